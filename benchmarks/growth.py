"""What a frame costs as there is more to draw, and what many frames leave behind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .figures import Figure, at_most, median
from .frames import PYBRIDGE
from .peers import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .page import Page

POINTS = (100, 1000, 10_000, 100_000)
AXES = (1, 2, 4, 8)
# Frames of which the cost is taken: so many that the first, drawn whole, hardly counts.
SOME = 300
WHOLE = 20

FRAMES = 10_000
STAGES = 10

# Bytes of frames that each part may keep: `store.DEFAULT_BUDGET`, and `BUDGET` in nbext/frames.js.
CACHES = {"kernel": 256 * 2**20, "page": 64 * 2**20}
WITHIN = at_most(1)


def growth(page: Page, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure more points, more axes, and more frames."""
    stage = Stage(page, PYBRIDGE)
    for points in POINTS:
        yield _cost(stage, f"{points} points", "sine", points=points)
    for axes in AXES:
        yield _cost(stage, f"{axes} axes" if axes > 1 else "1 axes", "3 axes", count=axes)
    yield from _many(stage, say)


def _cost(stage: Stage, what: str, scene: str, **options: Any) -> Figure:
    """Compare a frame, encoded, with the drawing alone as ``savefig`` does it."""
    stage.film("run", f"film = Film({scene!r}, {SOME}, **{options})")
    cost = stage.film("run", f"film.cost({SOME})")
    savefig = stage.film("run", f"savefig_cost({scene!r}, {WHOLE}, **{options})")
    name = f"a frame of {what}, in the kernel"
    return Figure(name, "ms", cost["total"], savefig, "savefig's pixels", server=stage.page.kind)


def _many(stage: Stage, say: Callable[[str], None]) -> Iterator[Figure]:
    page, chunk = stage.page, FRAMES // STAGES
    figure = partial(Figure, server=page.kind)
    # The wave travels so slowly that no frame comes twice.
    stage.film("run", f"film = Film('sine', {FRAMES}, turn=2 * np.pi / {FRAMES})")
    name = stage.film("run", "film.animation.name")
    times, held = [], []
    for number in range(STAGES):
        times.append(stage.film("roll", name, chunk))
        if number in {0, STAGES - 1}:
            cached = stage.film("run", "film.cached()")
            page.collect()
            held.append({**page.memory(stage.notebook), "cached": cached})
        if number % 2:
            say(f"{(number + 1) * chunk} frames")
    seen = f"{FRAMES} frames seen"
    last, first = median(times[-3:]), median(times[:3])
    yield figure(f"a frame's time with {seen}", "ms", last, first, "the first of them")
    before, after = held
    for part, bound in CACHES.items():
        more = after[part] - before[part]
        label = f"memory of the {part} with {seen}: growth"
        yield figure(label, "MB", more / 1e6, bound / 1e6, "its cache's bound", goal=WITHIN)
    beyond = (after["kernel"] - before["kernel"] - (after["cached"] - before["cached"])) / (
        FRAMES - chunk
    )
    yield figure("… of the kernel's, beyond the frames it keeps", "bytes a frame", beyond)
