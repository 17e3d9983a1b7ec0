"""Changes on their way to the pages: as fast as these show them, and no faster.

A page tells which revision it has shown. As long as one lags `WINDOW` revisions behind, changes are
held, and joined: of each trait the last one is sent. A page that shows nothing for `PATIENCE`
seconds, as a hidden one may, is not waited for until it catches up.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pybridge.timers import Timer, call_later

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pybridge.page import Page

__all__ = ["PATIENCE", "WINDOW", "Hold", "Outbox", "Viewer"]

WINDOW = 2
PATIENCE = 1.0


@dataclass
class Viewer:
    """A page that has a copy of the state.

    Attributes
    ----------
    page : Page
    shown : int
        The last revision that it has shown.
    stuck : bool
        Whether it is not waited for.
    """

    page: Page
    shown: int
    stuck: bool = False


class Hold:
    """As long as it lives, an outbox sends nothing."""


class Outbox:
    """What one model has to tell its viewers. Its methods may be called from any thread.

    Parameters
    ----------
    send : callable
        Sends a patch: takes the revision and the values by name.

    Attributes
    ----------
    revision : int
        Of the last patch that was sent.
    viewers : dict of str to Viewer
        By the session of their page.
    lock : RLock
        Held while anything here changes or is sent.
    """

    def __init__(self, send: Callable[[int, Mapping[str, object]], None]) -> None:
        self.revision = 0
        self.viewers: dict[str, Viewer] = {}
        self.lock = threading.RLock()
        self._send = send
        self._held: dict[str, object] = {}
        self._holds: weakref.WeakSet[Hold] = weakref.WeakSet()
        self._timer: Timer | None = None

    def view(self, page: Page) -> Viewer:
        """Give the viewer of a page, a new one if need be."""
        with self.lock:
            viewer = self.viewers.get(page.session)
            if viewer is None or viewer.page.gone:
                viewer = self.viewers[page.session] = Viewer(page, self.revision)
            return viewer

    def leave(self, session: str) -> bool:
        """Forget the viewer of a page; tell whether there is none any more."""
        with self.lock:
            self.viewers.pop(session, None)
            self._prune()
            return not self.viewers

    def put(self, name: str, value: object) -> bool:
        """Have a value sent, now or later, in place of the one that waits.

        Returns
        -------
        bool
            Whether it was sent. What raises while it is being sent is not tried again.
        """
        with self.lock:
            self._prune()
            if not self.viewers:
                return True
            self._held[name] = value
            return self._pump()

    def drop(self, name: str) -> None:
        """Send a value that waits no more."""
        with self.lock:
            self._held.pop(name, None)

    def hold(self) -> Hold:
        """Send nothing as long as what this gives lives; call `resume` then."""
        hold = Hold()
        with self.lock:
            self._holds.add(hold)
        return hold

    def resume(self) -> None:
        """Send what may be sent."""
        with self.lock:
            self._pump()

    def take(self) -> dict[str, object]:
        """Give what is held, which is the caller's to send."""
        with self.lock:
            held, self._held = self._held, {}
            return held

    def flush(self) -> None:
        """Send what is held, whoever lags behind."""
        with self.lock:
            held = self.take()
            if held:
                try:
                    # What cannot be sent takes no number: pages would wait for it.
                    self._send(self.revision + 1, held)
                except KeyboardInterrupt:
                    # It may not have been sent, and does no harm a second time.
                    self._held = held | self._held
                    raise
                self.revision += 1

    def shown(self, session: str, revision: int) -> None:
        """Note that a page has shown a revision."""
        with self.lock:
            viewer = self.viewers.get(session)
            if viewer is None:
                return
            viewer.shown = max(viewer.shown, min(revision, self.revision))
            viewer.stuck = viewer.stuck and self._lags(viewer)
            self._pump()

    def close(self) -> None:
        """Forget everything."""
        with self.lock:
            self.viewers.clear()
            self._held.clear()
            self._disarm()

    def _prune(self) -> None:
        gone = [session for session, viewer in self.viewers.items() if viewer.page.gone]
        for session in gone:
            del self.viewers[session]

    def _lags(self, viewer: Viewer) -> bool:
        return self.revision - viewer.shown >= WINDOW

    def _pump(self) -> bool:
        if self._holds or not self._held:
            return False
        self._prune()
        if any(self._lags(viewer) and not viewer.stuck for viewer in self.viewers.values()):
            self._arm()
            return False
        self._disarm()
        self.flush()
        return True

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = call_later(PATIENCE, self._give_up)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        with self.lock:
            self._timer = None
            for viewer in self.viewers.values():
                viewer.stuck = viewer.stuck or self._lags(viewer)
            self._pump()
