"""Notebooks with all that outlives its kernel, as nbconvert makes pages of them."""

from __future__ import annotations

import nbformat
import pytest
from bs4 import BeautifulSoup
from traitlets.config import Config

from pybridge.nbconvert.exporter import PybridgeExporter

ANIMATION = """\
import pybridge
import traitlets
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

figure = Figure((4, 3), dpi=100)
line, = figure.add_subplot(title="A line & <more>").plot([0, 1], [0, 1])
animation = FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=30, interval=50)
pybridge.Animation(animation)
"""

MODEL = """\
class Counter(pybridge.Model):
    value = traitlets.Int(3, min=0, max=10).tag(sync=True)

counter = Counter()
counter
"""


def notebook(*cells):
    """A notebook of code cells, and of those that are cells already."""
    made = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    kernelspec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernelspec})


def export(nb, *, execute=True, **bake):
    """Give the page that is made of a notebook."""
    config = Config(ExecutePreprocessor={"enabled": execute}, BakePreprocessor=bake)
    html, _ = PybridgeExporter(config=config).from_notebook_node(nb)
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="session")
def page():
    """A page with a player, and a model that a later cell has changed."""
    return export(notebook(ANIMATION, MODEL, "counter.value = 7"))
