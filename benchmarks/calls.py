"""Round trips of a trivial call, and how many there are in a second.

The base is ``kernel.execute`` of the same expression, not silent, until its ``execute_result`` is
handed to the output callback: the earliest moment at which a page could have the value.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .figures import Figure, at_most, median, p95

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .page import Page, Pages, Sample

ROUNDS = 160
BLOCKS = 8
# How many calls are asked for at once, and how many of them a rate is taken of.
LOADS = {1: 40, 8: 160, 64: 192}
REPEATS = 3

LIMITS = {"stock": at_most(1.25), "low-latency": at_most(1.15)}
# Of a trivial call on the low-latency server, against kernel.execute on the stock one.
ACROSS = at_most(1 / 5)

BRIDGE, BARE = WAYS = ("call/bridge", "call/bare")
MEDIAN = "trivial call, median"


def round_trips(pages: Pages, rounds: int = ROUNDS, blocks: int = BLOCKS) -> Iterator[Figure]:
    """Measure single calls, each asked for when all of the one before is over.

    The servers take turns, so that what else the machine does befalls all of them.
    """
    samples: dict[str, dict[str, list[Sample]]] = {
        kind: {way: [] for way in WAYS} for kind in pages
    }
    for _ in range(blocks):
        for kind, page in pages.items():
            for way, more in page.compare(WAYS, rounds // blocks, warm_up=2).items():
                samples[kind][way] += more
    for kind in pages:
        yield from _round_trips(kind, samples[kind])
    if pages.keys() >= {"stock", "low-latency"}:
        fast, slow = (
            median(sample.result for sample in samples[kind][way])
            for kind, way in (("low-latency", BRIDGE), ("stock", BARE))
        )
        base = "kernel.execute, stock"
        yield Figure(MEDIAN, "ms", fast, slow, base, server="low-latency", goal=ACROSS)


def _round_trips(kind: str, samples: dict[str, list[Sample]]) -> Iterator[Figure]:
    bridge, bare = samples[BRIDGE], samples[BARE]
    figure = partial(Figure, base_name="kernel.execute", server=kind)
    limit = LIMITS[kind]
    result = [sample.result for sample in bridge], [sample.result for sample in bare]
    yield figure(MEDIAN, "ms", *map(median, result), goal=limit)
    yield figure("trivial call, p95", "ms", *map(p95, result), goal=limit)
    over = [sample.over for sample in bridge], [sample.over for sample in bare]
    yield figure("… until reply and idle, median", "ms", *map(median, over))
    kernel = [sample.kernel or 0 for sample in bridge], [sample.kernel or 0 for sample in bare]
    yield figure("… of it in the kernel, median", "ms", *map(median, kernel))


def rates(page: Page) -> Iterator[Figure]:
    """Measure calls per second with several asked for at once."""
    for at_once, count in LOADS.items():
        measured: dict[str, list[float]] = {BRIDGE: [], BARE: []}
        for repeat in range(REPEATS):
            for way in WAYS if repeat % 2 else reversed(WAYS):
                measured[way].append(page.do("rate", way, count, at_once))
        bridge, bare = (median(measured[way]) for way in WAYS)
        name = f"calls, {at_once} at once"
        yield Figure(name, "/s", bridge, bare, "kernel.execute", server=page.kind)
