"""Frames drawn on the canvas per second, live and uncached, beside the other ways to do it.

All ways take turns, on all servers: what else the machine does befalls each of them. Every frame
counts only when the page has decoded and drawn it; that the pixels are those of ``savefig`` is
looked at afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from .figures import Figure, at_least, at_most, median
from .peers import (
    IPYMPL,
    IPYMPL_BEST,
    OLD,
    RFB,
    RFB_BEST,
    Stage,
    Take,
    UnavailableError,
    Way,
    stages,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .figures import Goal
    from .page import Page, Pages

FRAMES = 300
# Frames of which the pixels on the canvas are compared with the kernel's.
LOOKED_AT = (0, 7, 99)

PYBRIDGE = Way("pybridge", "film = Film({scene!r}, 300)", ("pybridge", None))


@dataclass(frozen=True)
class Scene:
    """One of the animations in ``animations.py``.

    Attributes
    ----------
    name : str
    composited : bool
        Whether most of a frame is as in the one before, so that only what changes is drawn.
    repeats : int
        How often it is played; slow ones take long enough.
    """

    name: str
    composited: bool = True
    repeats: int = 3


SCENES = (
    Scene("sine"),
    Scene("3 axes"),
    Scene("image", repeats=2),
    Scene("3D surface", composited=False, repeats=1),
    Scene("scatter", composited=False, repeats=1),
)

# Of the sine animation, against each peer at its defaults.
SINE_GOALS: Mapping[tuple[str, str], Goal] = {
    ("stock", OLD.name): at_least(20),
    ("stock", RFB.name): at_least(15),
    ("low-latency", OLD.name): at_least(15),
    ("low-latency", RFB.name): at_least(10),
}
NOT_SLOWER = at_least(1)
FULL_DRAW_FASTER = at_least(1.4)
OF_THE_KERNEL = at_least(0.85)
FEWER_BYTES = at_most(0.8)


class Studio(Stage):
    """The notebook in which pybridge plays."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, PYBRIDGE)
        self.name = ""

    def set(self, scene: str) -> None:
        self.film("run", f"film = Film({scene!r}, {FRAMES})")
        self.name = self.film("run", "film.animation.name")
        self.film("pybridge", self.name, FRAMES // 10)

    def play(self, frames: int = FRAMES) -> Take:
        before = self.page.cpu(self.notebook)
        take = Take(**self.film("pybridge", self.name, frames))
        after = self.page.cpu(self.notebook)
        take.cpu = {name: 1000 * (after[name] - before[name]) / frames for name in before}
        take.check(self.way.name, frames)
        if take.distinct != frames:
            raise RuntimeError(f"only {take.distinct} of {frames} frames were different")
        return take

    def cost(self, frames: int) -> dict[str, float]:
        """Make frames in the kernel for nobody; see ``Film.cost`` in ``ways.py``."""
        cost: dict[str, float] = self.film("run", f"film.cost({frames})")
        return cost

    def look(self, scene: str) -> float:
        """Compare pixels of the canvas with those of ``savefig``.

        Returns
        -------
        float
            Time to decode and draw a frame with nothing else to do, ms.

        Raises
        ------
        RuntimeError
            When they differ.
        """
        again = self.film("again", self.name, max(LOOKED_AT) + 1, LOOKED_AT)
        for index, found in zip(LOOKED_AT, again["hashes"], strict=True):
            if found != self.film("run", f"digest({scene!r}, {index})"):
                raise RuntimeError(f"frame {index} of {scene} is not what savefig draws")
        ms: float = again["ms"]
        return ms


def films(pages: Pages, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure every animation on every server, in every way."""
    studios = {kind: Studio(page) for kind, page in pages.items()}
    peers: dict[str, dict[str, Stage]] = {}
    for kind, page in pages.items():
        peers[kind], skipped = stages(page)
    for reason in skipped:
        say(reason)
    try:
        for scene in SCENES:
            say(scene.name)
            yield from _film(scene, studios, peers, say)
    finally:
        # Stopped processes cannot be shut down.
        for stage in chain(studios.values(), *(found.values() for found in peers.values())):
            stage.wake()


def _film(
    scene: Scene,
    studios: Mapping[str, Studio],
    peers: Mapping[str, dict[str, Stage]],
    say: Callable[[str], None],
) -> Iterator[Figure]:
    rates: dict[tuple[str, str], list[Take]] = defaultdict(list)
    costs: dict[str, list[dict[str, float]]] = defaultdict(list)
    for kind, studio in studios.items():
        studio.set(scene.name)
        for name, stage in list(peers[kind].items()):
            try:
                stage.set(scene.name)
            except UnavailableError as error:
                say(f"skipped on the {kind} server: {error}")
                del peers[kind][name]
    for repeat in range(scene.repeats):
        for kind, studio in studios.items():
            rates[kind, studio.way.name].append(studio.play())
            for name, stage in list(peers[kind].items()):
                # There is no goal for the best settings: once has to do.
                if repeat and stage.way.note:
                    continue
                try:
                    take = stage.play()
                except UnavailableError as error:
                    say(f"left out from now on, on the {kind} server: {error}")
                    del peers[kind][name]
                else:
                    rates[kind, name].append(take)
            costs[kind].append(studio.cost(FRAMES))
    for kind, studio in studios.items():
        takes = {name: found for (server, name), found in rates.items() if server == kind}
        yield from _rates(scene, kind, takes)
        yield from _profile(scene, kind, takes[PYBRIDGE.name], costs[kind], studio)


def _rates(scene: Scene, kind: str, takes: Mapping[str, list[Take]]) -> Iterator[Figure]:
    rate = {name: median(take.rate for take in found) for name, found in takes.items()}
    value = rate.pop(PYBRIDGE.name)
    figure = partial(Figure, scene.name, "frames/s", value, server=kind)
    for way in (OLD, RFB, RFB_BEST, IPYMPL, IPYMPL_BEST):
        if way.name in rate:
            goal = _goal(scene, kind, way)
            yield figure(rate[way.name], way.name, goal=goal, note=way.note)
    if OLD.name in takes:
        ours, theirs = (
            median(take.bytes / take.drawn / 1000 for take in takes[name])
            for name in (PYBRIDGE.name, OLD.name)
        )
        name = f"{scene.name}: a frame's size"
        yield Figure(name, "kB", ours, theirs, OLD.name, goal=FEWER_BYTES, server=kind)


def _goal(scene: Scene, kind: str, way: Way) -> Goal | None:
    if scene.name == "sine":
        return SINE_GOALS.get((kind, way.name))
    if way is not RFB:
        return None
    return NOT_SLOWER if scene.composited else FULL_DRAW_FASTER


def _profile(
    scene: Scene, kind: str, takes: list[Take], costs: list[dict[str, float]], studio: Studio
) -> Iterator[Figure]:
    """Tell where each frame's time goes."""
    figure = partial(Figure, server=kind)
    cost = {part: median(one[part] for one in costs) for part in costs[0]}
    allowed = 1000 / cost["total"]
    rate = median(take.rate for take in takes)
    goal = None if scene.composited else OF_THE_KERNEL
    yield figure(scene.name, "frames/s", rate, allowed, "the kernel alone", goal=goal)
    of, ms = f"{scene.name}: a frame's", "ms"
    yield figure(f"{of} time, all in all", ms, 1000 / rate)
    for part in ("update", "draw", "encode"):
        yield figure(f"{of} {part} in the kernel, alone", ms, cost[part])
    yield figure(f"{of} decoding and drawing in the browser, alone", ms, studio.look(scene.name))
    for process in takes[0].cpu:
        spent = median(take.cpu[process] for take in takes)
        yield figure(f"{of} processor time in the {process}", ms, spent)
    calls = median(take.drawn / take.calls for take in takes)
    yield figure(f"{scene.name}: frames a request", "", calls)
