from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

mpl.use("agg")


@pytest.fixture(autouse=True)
def _clean_pyplot():
    """Start and end without figures, with matplotlib's own settings."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["backend"] = "agg"
        yield
        plt.close("all")
