"""What many calls leave behind, counted in the kernel and in the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import Figure, at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .page import Page

CALLS = 10_000
STAGES = 10
IN_ROW = 20
AT_ONCE = 64
# The kernel keeps so many sources for tracebacks; only beyond that would one more be a leak.
SOURCES_KEPT = 256

# Jupyter's session remembers the signatures of so many messages; 65,536, in 10 MB, unless told.
SIGNATURES_KEPT = 1000

# What moves by itself: growth per call up to these is noise.
NOISE = {"heap bytes": 100, "resident bytes": 100, "tracked objects": 0.05}

_LABELS = {"heap bytes": "heap", "resident bytes": "memory", "tracked objects": "objects"}


def leaks(
    page: Page, say: Callable[[str], None], calls: int = CALLS, stages: int = STAGES
) -> Iterator[Figure]:
    """Count before and after the calls.

    Things are counted exactly and must not become more; memory is given per call, and may grow by
    what `NOISE` allows.
    """
    page.notebook.run(f"get_ipython().kernel.session.digest_history_size = {SIGNATURES_KEPT}")
    page.do("fillSources", SOURCES_KEPT + 1)
    page.do("manyCalls", 1000, IN_ROW, AT_ONCE)
    # The first one's memory is the allocator's to keep, and the next ones come to lie there.
    for _ in range(3):
        page.do("upload")
    before = page.census()
    for stage in range(stages):
        page.do("manyCalls", calls // stages, IN_ROW, AT_ONCE, timeout=300)
        page.do("upload")
        if stage % 2:
            say(f"{(stage + 1) * calls // stages} calls")
    after = page.census()
    for process in before:
        growth = {name: after[process][name] - before[process][name] for name in before[process]}
        things = {name: more for name, more in growth.items() if name not in NOISE}
        for name, more in things.items():
            if more:
                say(f"{name} in the {process}: {before[process][name]}, and {more} more")
        left = sum(more for more in things.values() if more > 0)
        what = f"left in the {process} by {calls} calls"
        yield Figure(f"things {what}", "", left, goal=at_most(0), server=page.kind)
        for name in growth.keys() & NOISE.keys():
            unit = "objects a call" if name == "tracked objects" else "bytes a call"
            more = growth[name] / calls
            label, limit = f"{_LABELS[name]} {what}", at_most(NOISE[name])
            yield Figure(label, unit, more, goal=limit, server=page.kind)
