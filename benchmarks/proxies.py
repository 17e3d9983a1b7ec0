"""Objects of one side in the hands of the other, against the calls and buffers they are made of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .figures import Figure, at_least, at_most, median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page

ROUNDS = 120
QUESTIONS = 200
BLOCKS = 4
NUMBERS = 8_000_000
ROWS = 1_000_000
MADE = 10_000
STAGES = 10

READ, CALL = "attribute/bridge", "call/bridge"
FRAME = ("frame/bridge", "frame/records")


def proxies(page: Page) -> Iterator[Figure]:
    """Measure reading, asking, moving and letting go."""
    figure = partial(Figure, server=page.kind)
    samples = page.compare((READ, CALL), ROUNDS)
    read, call = (median(sample.result for sample in samples[way]) for way in (READ, CALL))
    yield figure("an attribute of a proxy", "ms", read, call, "trivial call", goal=at_most(1.2))

    times: dict[str, list[float]] = {"asked": [], "typed": []}
    for _ in range(BLOCKS):
        for way, more in page.do("questions", QUESTIONS // BLOCKS).items():
            times[way] += more
    asked, typed = (median(times[way]) for way in ("asked", "typed"))
    name = "a JavaScript function called in a cell"
    yield figure(name, "ms", asked, typed, "raw_input", goal=at_most(1.5))

    moved = page.do("transfers", ("buffer/bridge", "down/bare"), NUMBERS, 4)
    buffer, bare = (8 * NUMBERS / 1e3 / median(moved[way]) for way in moved)
    yield figure("getBuffer of 64 MB", "MB/s", buffer, bare, "bare buffer", goal=at_least(0.7))

    page.do("makeFrame", ROWS)
    frame, records = (min(page.do("frame", way) for _ in range(2)) for way in FRAME)
    name = "a DataFrame of 10 columns of 1,000,000 floats"
    yield figure(name, "ms", frame, records, "JSON records", faster=True, goal=at_least(20))

    for stage in range(STAGES):
        page.do("manyProxies", MADE // STAGES, stage % 2 == 0)
        page.collect()
    # What was under way at the end is let go of only now.
    page.do("proxiesLeft")
    page.collect()
    left = page.do("proxiesLeft")
    yield figure(f"proxies left of {MADE} that were made", "", left, goal=at_most(0))
