"""Handles that live as long as a page shows what they serve."""

from __future__ import annotations

import threading
import uuid

from . import registry

__all__ = ["Shown"]


class Shown:
    """The handle of something that cells show, in any number of views.

    Parameters
    ----------
    obj : object
        What the page calls.
    kind : str
        How the handle's name begins.

    Attributes
    ----------
    name : str
        The name of the handle.
    """

    def __init__(self, obj: object, kind: str) -> None:
        self.name = f"{kind}-{uuid.uuid4().hex[:16]}"
        self._obj = obj
        self._views: set[str] = set()
        self._unclaimed = False
        self._lock = threading.Lock()

    def expect(self) -> None:
        """Let the page call: a cell is about to show a view."""
        with self._lock:
            self._unclaimed = True
            registry.register(self._obj, self.name)

    def join(self, view: str) -> None:
        """Note a view by the page's name for it."""
        with self._lock:
            self._views.add(view)
            self._unclaimed = False

    def leave(self, view: str, *, keep: bool) -> None:
        """Forget a view; with the last one goes the handle.

        Parameters
        ----------
        view : str
        keep : bool
            Keep the handle: the page is left, and may be loaded again.
        """
        with self._lock:
            self._views.discard(view)
            # A cell that ran again may have shown a view that has not come forward yet.
            if not (self._views or self._unclaimed or keep):
                registry.get(self.name).release()
