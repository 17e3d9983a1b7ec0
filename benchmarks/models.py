"""State that changes many times a second: what it costs, and whether it piles up."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from .figures import Figure, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page

RATE = 30  # changes a second
SECONDS = 8

SETUP = """
import time
import numpy as np
import pybridge
import traitlets

class State(pybridge.Model):
    data = traitlets.Any().tag(sync=True)
    number = traitlets.Int(0).tag(sync=True)

state = State(data=np.zeros(100_000))
pybridge.register(state, "state")

def change(rate, seconds):
    begun = time.monotonic()
    for i in range(rate * seconds):
        state.data = np.full(100_000, float(i))
        time.sleep(max(0, begun + (i + 1) / rate - time.monotonic()))
    state.number = i
    return time.time()
"""

# When the page has shown the last change, in seconds as Python counts them, and how many it showed.
SCRIPT = """
const py = await pybridge.connect();
const model = await py.model("state");
let shown = 0;
model.on("change:data", () => { shown += 1; });
window.last = () => {
    shown = 0;
    return new Promise(done => {
        model.on("change:number", () => done({at: Date.now() / 1000, shown}));
    });
};
window.push = async (rate, seconds) => {
    const data = new Float64Array(100_000);
    const begun = performance.now();
    for (let i = 1; i <= rate * seconds; i++) {
        model.set("data", data.fill(i).slice());
        model.save();
        const rest = begun + 1000 * i / rate - performance.now();
        await new Promise(done => setTimeout(done, Math.max(0, rest)));
    }
    const over = performance.now();
    await model.save();
    return (performance.now() - over) / 1000;
};
"""


def models(page: Page) -> Iterator[Figure]:
    """Measure an array of 100,000 numbers that changes 30 times a second, from either side."""
    figure = partial(Figure, server=page.kind)
    notebook = page.open("models", SETUP, script=SCRIPT)
    try:
        for way, where in (("down", "to the page"), ("up", "to Python")):
            what = f"100,000 numbers {where}, {RATE} times a second"
            before, begun = page.cpu(notebook), time.monotonic()
            if way == "down":
                notebook.js("window.lasting = last();")
                # The cell tells when its last change was made.
                over = float(notebook.run(f"change({RATE}, {SECONDS})").data()[0])
                last = notebook.js_async("return await lasting;")
                behind, shown = last["at"] - over, last["shown"]
            else:
                behind = notebook.js_async("return await push(...arguments);", RATE, SECONDS)
                shown = None
            seconds = time.monotonic() - begun
            after = page.cpu(notebook)
            spent = {part: 100 * (after[part] - before[part]) / seconds for part in after}
            for part, percent in spent.items():
                name = f"{what}: of a core, in the {part}"
                yield figure(name, "%", percent, goal=at_most(60))
            yield figure(f"{what}: of a core, all in all", "%", sum(spent.values()))
            yield figure(f"{what}: behind at the end", "ms", 1000 * behind, goal=at_most(100))
            if shown is not None:
                share = shown / (RATE * SECONDS)
                yield figure(f"{what}: shown of them", "", share, goal=at_least(0.9))
    finally:
        notebook.close()
