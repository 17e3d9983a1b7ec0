"""How long the soak test takes."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak-minutes", type=float, default=2, help="how long the mixed traffic lasts (2)"
    )
