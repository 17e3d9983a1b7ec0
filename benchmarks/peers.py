"""The ways to play an animation in a notebook, each in a notebook of its own."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.cell import CellError
from tests.browser.javascript import JavaScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.browser.cell import Cell

    from .page import Page

HERE = Path(__file__).parent

# How many frames a peer plays at a time: enough for a rate, as each of them takes long.
FRAMES = 36
WARM_UP = 8
# A peer may leave out frames that came too late; what counts is those that it drew.
SHARE_DRAWN = 0.8


@dataclass(frozen=True)
class Way:
    """A way to play.

    Attributes
    ----------
    name : str
    show : str
        The source of the cell that shows the animation ``{scene}``.
    film : tuple
        Which of ``films`` in the page plays it, and its arguments after the number of frames.
    package : str
        What has to be installed.
    begin : str
        The source of the notebook's first cell.
    ready : str
        A JavaScript expression that is true once the first picture is there.
    note : str
        Its settings, where they are not the defaults.
    """

    name: str
    show: str
    film: tuple[str, Any]
    package: str = "matplotlib"
    begin: str = ""
    ready: str = "true"
    note: str = ""


_RFB = {
    "package": "jupyter_rfb",
    "ready": "document.querySelector('img.renderview-view')?.naturalWidth > 0",
}
_IPYMPL = {
    "package": "ipympl",
    "begin": "%matplotlib widget",
    "show": "ipympl = Ipympl({scene!r})",
    "ready": "document.querySelector('.jupyter-matplotlib-canvas-container canvas')?.width === 640",
}

OLD = Way("2013 method", "old = Old({scene!r})", ("old", None))
RFB = Way("jupyter_rfb", "widget = rfb({scene!r})\nwidget", ("rfb", False), **_RFB)
RFB_BEST = Way(
    "jupyter_rfb, best",
    "widget = rfb({scene!r}, max_buffered_frames=8)\nwidget",
    ("rfb", True),
    **_RFB,
    note="max_buffered_frames=8, and not held to the screen's 60 Hz",
)
IPYMPL = Way("ipympl", film=("ipympl", 0), **_IPYMPL)
IPYMPL_BEST = Way(
    "ipympl, best",
    film=("ipympl", 1),
    **_IPYMPL,
    # Further ahead of the page it leaves frames out.
    note="canvas.draw() instead of draw_idle(), as soon as the page has drawn a frame",
)
WAYS = (OLD, RFB, RFB_BEST, IPYMPL, IPYMPL_BEST)


@dataclass
class Take:
    """What the page says of frames that it has drawn.

    Attributes
    ----------
    ms : float
        From the first request to the last frame drawn.
    drawn : int
    size : list of int
        Width and height in pixels.
    bytes : int
        Of all frames on their way; 0 where that was not counted.
    distinct : int
        How many different frames there were; 0 where that was not counted.
    calls : int
        Requests that it took; 0 where that was not counted.
    cpu : dict
        Processor time of each process, ms a frame.
    """

    ms: float
    drawn: int
    size: list[int]
    bytes: int = 0
    distinct: int = 0
    calls: int = 0
    cpu: Mapping[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Frames a second."""
        return 1000 * self.drawn / self.ms

    def check(self, way: str, frames: int) -> None:
        """Let nothing count that was not drawn.

        Raises
        ------
        UnavailableError
            When many frames are missing, or they are of the wrong size.
        """
        if not SHARE_DRAWN * frames <= self.drawn <= frames or self.size != [640, 480]:
            raise UnavailableError(
                f"{way} drew {self.drawn} of {frames} frames, of size {self.size}"
            )


class Stage:
    """A notebook in which one way plays one animation after the other.

    Raises
    ------
    UnavailableError
        When the way does not work on this host.
    """

    def __init__(self, page: Page, way: Way) -> None:
        self.way = way
        self.page = page
        self.notebook = page.open(
            way.name,
            *filter(None, (way.begin, _source("animations.py"), _source("ways.py"))),
            script=_source("frames.js"),
        )
        self._cell: Cell | None = None
        self._pid = page.server.kernel_pid(self.notebook.kernel_id)
        self._users = 0
        self.sleep()

    def sleep(self) -> None:
        """Stop the kernel: some do a little all the time, at the cost of whoever plays now."""
        os.kill(self._pid, signal.SIGSTOP)

    def wake(self) -> None:
        """Let the kernel go on."""
        os.kill(self._pid, signal.SIGCONT)

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Have the kernel run for a while."""
        self._users += 1
        self.wake()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self.sleep()

    def set(self, scene: str) -> None:
        """Show an animation in the place of the one before."""
        with self.awake():
            self._show(scene)

    def _show(self, scene: str) -> None:
        if self._cell:
            self._cell.js("cell.clear_output();")
        try:
            self._cell = self.notebook.run(self.way.show.format(scene=scene))
            self._cell.js("cell.element[0].scrollIntoView();")
            self.notebook.wait_for(self.way.ready, 20)
            self.play(WARM_UP)
        except (CellError, TimeoutError) as error:
            raise UnavailableError(
                f"{self.way.name}: {str(error).strip().splitlines()[0]}"
            ) from error

    def play(self, frames: int = FRAMES) -> Take:
        """Play the next frames, as fast as they come."""
        name, *options = self.way.film
        take = Take(**self.film(name, frames, *options))
        take.check(self.way.name, frames)
        return take

    def film(self, name: str, *args: Any, timeout: float = 90) -> Any:
        """Call one of the functions that ``frames.js`` leaves in ``window.films``."""
        body = "const [name, ...args] = arguments; return await films[name](...args);"
        try:
            with self.awake():
                return self.notebook.js_async(body, name, *args, timeout=timeout)
        except (JavaScriptError, TimeoutError) as error:
            problem = str(error).strip().splitlines()[0]
            raise UnavailableError(f"{self.way.name}: {problem}") from error


class UnavailableError(RuntimeError):
    """A way does not work on this host, for the reason it says."""


def stages(page: Page, ways: tuple[Way, ...] = WAYS) -> tuple[dict[str, Stage], list[str]]:
    """Open a notebook for each way that is installed.

    Returns
    -------
    dict, list of str
        The stages by name; and why the others are left out.
    """
    missing = {way.package for way in ways if find_spec(way.package) is None}
    opened = {way.name: Stage(page, way) for way in ways if way.package not in missing}
    return opened, [f"{package} is skipped: it is not installed" for package in sorted(missing)]


def _source(name: str) -> str:
    return (HERE / name).read_text("utf-8")
