"""A notebook that can show animations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.browser.notebook import Notebook

from .player import Player

SETUP = '''
import itertools
import time

import numpy as np
import pybridge
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure


def moving(frames=20, interval=50, size=(4, 2), **options):
    """An animation that tells its frames apart."""
    figure = Figure(figsize=size, dpi=100)
    text = figure.text(0.3, 0.4, "", size=24)

    def update(i):
        text.set_text(f"frame {i}")

    options.setdefault("cache_frame_data", False)
    return FuncAnimation(figure, update, frames=frames, interval=interval, **options)
'''

Show = Callable[..., Player]


@pytest.fixture
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook in which `moving` is defined; its cells go after each test, errors are told."""
    if not shared_notebook.js("return window.isSetUp;"):
        shared_notebook.run(SETUP)
        shared_notebook.js("window.isSetUp = true;")
    shared_notebook.console_errors()
    yield shared_notebook
    shared_notebook.js(
        "const notebook = Jupyter.notebook;"
        "while (notebook.ncells() > 1) notebook.delete_cell(notebook.ncells() - 1);"
    )


@pytest.fixture
def show(page: Notebook) -> Show:
    """Runs a cell that shows an animation as ``shown``, and gives its player."""

    def run(
        source: str = "moving(), random_access=True", *, before: str = "", drawn: bool = True
    ) -> Player:
        cell = page.run(f"{before}\nshown = pybridge.Animation({source})\nshown")
        return Player.of(cell, drawn=drawn)

    return run


@pytest.fixture
def picture(page: Notebook) -> Callable[[str], NDArray[np.uint8]]:
    """Gives the pixels of a PIL image that an expression in the kernel makes."""

    def read(expression: str) -> NDArray[np.uint8]:
        page.run(f"({expression}).convert('RGBA').save('picture.png')")
        path = Path(page.server.folder, page.path).parent / "picture.png"
        return np.asarray(Image.open(path))

    return read
