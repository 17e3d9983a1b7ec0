"""Calls and frames while a cell keeps the kernel busy, computing or asleep.

The base is the same call in the main lane, which waits for the cell: such calls are asked for all
through the cell's time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import Figure, at_most, median, p95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.notebook import Notebook

    from .page import Page

SECONDS = 10.0
# Of the cell's time, what is measured in: its beginning and its end are the notebook's.
SHARE = 0.8
LIMIT = at_most(50)  # ms, at the 95th percentile

SETUP = """
import time
import numpy as np
import pybridge
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

@pybridge.export(lane="side")
def beside():
    return 1

@pybridge.export
def behind():
    return 1

_figure = Figure()
_x = np.linspace(0, 7, 1000)
_line, = _figure.subplots().plot(_x, np.sin(_x))

def _update(i):
    _line.set_ydata(np.sin(_x + i / 10))

film = pybridge.Animation(
    FuncAnimation(_figure, _update, frames=100_000, cache_frame_data=False),
    random_access=True, lane="side",
)
film
"""

CELLS = {
    "computes": f"end, n = time.monotonic() + {SECONDS}, 0\nwhile time.monotonic() < end: n += 1",
    "sleeps": f"time.sleep({SECONDS})",
}

# Each frame is a new one; none lies in a store.
SAMPLE = """
const [what, name, ms] = arguments;
const {connect} = await new Promise(done => require(['nbextensions/pybridge/main'], done));
const py = await connect(), times = [], end = performance.now() + ms;
const wishes = {known: null, backdrops: [], link: null};
const film = py.handle(name), one = py.handle(what);
window.nextFrame ??= 1000;
while (performance.now() < end) {
    const asked = performance.now();
    if (what === 'frames') await film.call('frames', [[nextFrame++], 1, 0], wishes);
    else await one();
    times.push(performance.now() - asked);
    await new Promise(done => setTimeout(done, 10));
}
return times;
"""


def lanes(page: Page) -> Iterator[Figure]:
    """Measure, one after the other, calls and frames during each kind of cell."""
    notebook = page.notebook
    features = notebook.js("return Jupyter.notebook.kernel.info_reply.supported_features ?? [];")
    if "kernel subshells" not in features:
        return
    notebook.run(SETUP)
    name = notebook.run("print(film.name)").text.strip()
    for kind, cell in CELLS.items():
        waited = _waited(notebook, cell)
        for what, words in (("beside", "call"), ("frames", "frame of a player")):
            times = _during(notebook, cell, what, name)
            base = (waited, "the call in the main lane, median") if what == "beside" else ()
            yield Figure(
                f"{words} while a cell {kind}, median", "ms", median(times), *base, server=page.kind
            )
            yield Figure(
                f"{words} while a cell {kind}, p95", "ms", p95(times), server=page.kind, goal=LIMIT
            )


def _during(notebook: Notebook, cell: str, what: str, name: str) -> list[float]:
    running = notebook.run(cell, wait=False)
    times: list[float] = notebook.js_async(
        SAMPLE, what, name, 1000 * SHARE * SECONDS, timeout=2 * SECONDS
    )
    running.wait()
    return times


def _waited(notebook: Notebook, cell: str) -> float:
    running = notebook.run(cell, wait=False)
    body = """
        const [ms] = arguments;
        const {connect} = await new Promise(done => require(['nbextensions/pybridge/main'], done));
        const behind = (await connect()).handle('behind');
        const times = await Promise.all(Array.from({length: 8}, async (_, i) => {
            await new Promise(done => setTimeout(done, ms * (i + 0.5) / 8));
            const asked = performance.now();
            await behind();
            return performance.now() - asked;
        }));
        return times;
    """
    times: list[float] = notebook.js_async(body, 1000 * SHARE * SECONDS, timeout=4 * SECONDS)
    running.wait()
    return median(times)
