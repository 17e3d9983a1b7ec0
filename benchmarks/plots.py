"""The Plot kernel's pictures, against plain matplotlib's, and how soon a zoom shows one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.browser.notebook import Notebook

from .figures import Figure, at_most, median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page

ROUNDS = 30
FRAME = 1000 / 60  # ms

KERNELSPEC = {"name": "plot", "display_name": "Plot", "language": "plot"}
LINE = "y = sin(3*x) * exp(-x**2 / 20)"

# Both in turn, so that whatever else the machine does meets both.
SETUP = f"""
import io, time
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pybridge.plotkernel.session import Session

def plain():
    figure = Figure(figsize=(6.4, 4.8), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x = np.linspace(-10, 10, 1000)
    axes.plot(x, np.sin(3 * x) * np.exp(-x**2 / 20), label={LINE!r})
    axes.set_xlim(-10, 10)
    axes.grid(alpha=0.3)
    axes.legend()
    for side in ("left", "bottom"):
        axes.spines[side].set_position("zero")
    for side in ("right", "top"):
        axes.spines[side].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")

plot = Session().run({LINE!r}).plot

def ours():
    plot.draw(size=(6.4, 4.8), dpi=100).png()

def timed(work):
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)

plain(), ours()
"""
COMPARE = f"times = [(timed(ours), timed(plain)) for _ in range({ROUNDS})]; times"

# From asking for another view to its picture on the canvas, in ms.
ZOOM = """
const [rounds] = arguments;
const canvas = document.querySelector('.pybridge-plot canvas');
const root = canvas.closest('.pybridge-plot');
const times = [];
for (let i = 0; i < rounds; i++) {
    const before = canvas.dataset.drawn;
    const begun = performance.now();
    root.querySelector(`[data-action=${i % 2 ? 'farther' : 'closer'}]`).click();
    await new Promise(done => {
        const look = () => canvas.dataset.drawn === before ? requestAnimationFrame(look) : done();
        look();
    });
    times.push(performance.now() - begun);
}
return times;
"""


def plots(page: Page) -> Iterator[Figure]:
    """Measure a picture in the kernel, and one of a zoom in the page."""
    figure = partial(Figure, server=page.kind)
    notebook = page.open("plots", SETUP, script="")
    try:
        times = eval(notebook.run(COMPARE).data()[0])  # noqa: S307 - a list of numbers
    finally:
        notebook.close()
    ours, plain = (median(column) for column in zip(*times, strict=True))
    name = "a picture of one function, in the kernel"
    yield figure(name, "ms", ours, plain, "plain matplotlib", goal=at_most(1.2))

    metadata = {"kernelspec": KERNELSPEC}
    notebook = Notebook.create(page.browser, page.server, name="zoom.ipynb", metadata=metadata)
    try:
        notebook.run(LINE)
        notebook.find(".pybridge-plot canvas[data-drawn]")
        notebook.js_async(ZOOM, 4)
        zoom = median(notebook.js_async(ZOOM, ROUNDS))
    finally:
        notebook.close()
    yield figure("a zoom's picture in the page", "ms", zoom)
    name = "a zoom's picture beyond its drawing, in frames of a 60 Hz screen"
    yield figure(name, "", (zoom - ours) / FRAME, goal=at_most(2))
