"""From running the cell to its first picture, and what the saved notebook weighs.

Against ``to_jshtml``, matplotlib's own player: it draws every frame before it shows the first, and
puts all of them into the notebook.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.browser.notebook import Notebook

from .figures import Figure, at_least, at_most, median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page

HERE = Path(__file__).parent

SOONER = at_least(50)
SMALLER = at_most(1 / 20)

# Beyond 20 MB matplotlib would leave frames out.
SET_UP = """
import matplotlib
from IPython.display import HTML
from matplotlib.animation import FuncAnimation
import pybridge
matplotlib.rcParams["animation.embed_limit"] = 1000
"""

PLAYER = "pybridge.Animation(FuncAnimation(*scene('sine'), frames={frames}))"
JSHTML = "HTML(FuncAnimation(*scene('sine'), frames={frames}).to_jshtml())"

# Where a cell shows its first picture, and when that is decoded.
RUN = """
const cell = Jupyter.notebook.insert_cell_at_bottom("code");
cell.set_text(arguments[0]);
const begin = performance.now();
await new Promise((resolve, reject) => {
    const look = () => {
        const image = cell.element[0].querySelector(".output img[src^='data:']");
        if (image) observer.disconnect(), image.decode().then(resolve, reject);
        else if (cell.element[0].querySelector(".output_error")) reject(new Error("it raised"));
    };
    const observer = new MutationObserver(look);
    observer.observe(cell.element[0], {childList: true, subtree: true, attributes: true});
    cell.execute();
});
return performance.now() - begin;
"""


class Shown(NamedTuple):
    """What one cell took."""

    ms: float
    kilobytes: float


def first_frames(page: Page) -> Iterator[Figure]:
    """Measure 100 frames on each server, and 1000 where it depends little on the server."""
    yield from _first_frames(page, 100, repeats=3)
    if page.kind == "low-latency":
        yield from _first_frames(page, 1000, repeats=1)


def _first_frames(page: Page, frames: int, repeats: int) -> Iterator[Figure]:
    player, jshtml = [], []
    for _ in range(repeats):
        player.append(_show(page, PLAYER.format(frames=frames)))
        jshtml.append(_show(page, JSHTML.format(frames=frames)))
    base, of = "to_jshtml", f"of {frames} frames"
    ms = (median(shown.ms for shown in way) for way in (player, jshtml))
    goals = (SOONER, SMALLER) if frames == 100 else (None, None)
    yield Figure(f"first frame {of}", "ms", *ms, base, faster=True, goal=goals[0], server=page.kind)
    size = (median(shown.kilobytes for shown in way) for way in (player, jshtml))
    yield Figure(f"saved notebook {of}", "kB", *size, base, goal=goals[1], server=page.kind)


def _show(page: Page, source: str) -> Shown:
    """Run a cell in a new notebook, and save that."""
    notebook = Notebook.create(page.browser, page.server, name="first.ipynb")
    try:
        # Not as a cell, so that it does not count in what is saved.
        notebook.py("await py.runPython(arguments[0]);", _source() + SET_UP)
        # The first figure of a process waits for fonts to be found.
        notebook.py("await py.runPython(arguments[0]);", "scene('sine')[0].canvas.draw()")
        ms: float = notebook.js_async(RUN, source, timeout=100)
        notebook.save(timeout=60)
        size = (page.server.folder / notebook.path).stat().st_size
        return Shown(ms, size / 1000)
    finally:
        notebook.close()


def _source() -> str:
    return (HERE / "animations.py").read_text("utf-8")
