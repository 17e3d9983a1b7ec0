"""Arrays of float64, each way, against the same bytes bare and, at 8 MB, against JSON.

The bare ways make no copy that they need not make: down, a ``display_data`` message whose buffer is
the array's own memory, and in the page a view of what arrives; up, an ``execute_request`` with the
array's buffer, and in the kernel a view of it. JSON is a list in the content of a ``display_data``
message, or the text of one that the page parses; or, for information, a list sent by the bridge.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .figures import Figure, at_least, at_most, median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page, Sample

ROUNDS = 25
BLOCKS = 5

DOWN = ("array/bridge", "array/bare")
LISTS = ("list/bridge", "list/bare", "text/bare")
UP = ("upload/bridge", "upload/bare")

# Kilobytes that are moved, and how often.
SIZES = {1: 20, 32: 20, 1000: 12, 8000: 6, 64_000: 3}


def sizes(page: Page) -> Iterator[Figure]:
    """Measure arrays of 1 kB to 64 MB, each way.

    Bare, what goes to the kernel is cut beforehand into messages that the server lets through.
    """
    for way, where in (("down", "to the page"), ("up", "to the kernel")):
        names = f"{way}/bridge", f"{way}/bare"
        for size, rounds in SIZES.items():
            times = page.do("transfers", names, 1000 * size // 8, rounds)
            bridge, bare = (size / median(times[name]) for name in names)
            label = f"{size} kB" if size < 1000 else f"{size // 1000} MB"
            name = f"array of {label} {where}"
            yield Figure(name, "MB/s", bridge, bare, "bare buffer", server=page.kind)


def downloads(page: Page, rounds: int = ROUNDS, blocks: int = BLOCKS) -> Iterator[Figure]:
    """Measure Python to JavaScript; lists take seconds, so there are fewer of them."""
    samples: dict[str, list[Sample]] = {way: [] for way in (*DOWN, *LISTS)}
    for _ in range(blocks):
        # Lists leave garbage behind, which the array after them should not have to pay for.
        arrays = page.compare(DOWN, rounds // blocks, warm_up=2)
        for way, more in (arrays | page.compare(LISTS, 1, warm_up=0)).items():
            samples[way] += more
    times = {way: median(sample.result for sample in samples[way]) for way in samples}
    array, bare = (times[way] for way in DOWN)
    figure = partial(Figure, "8 MB array to the page", "ms", array, server=page.kind)
    yield figure(bare, "bare buffer", goal=at_most(1.3))
    faster = partial(figure, faster=True)
    yield faster(times["list/bare"], "JSON list, bare", goal=at_least(20))
    yield faster(times["text/bare"], "JSON text, bare", goal=at_least(20))
    yield faster(times["list/bridge"], "list by the bridge")


def uploads(page: Page, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure JavaScript to Python."""
    samples = page.compare(UP, rounds, warm_up=2)
    bridge, bare = (median(sample.result for sample in samples[way]) for way in UP)
    yield Figure("8 MB array to the kernel", "ms", bridge, bare, "bare buffer", server=page.kind)
