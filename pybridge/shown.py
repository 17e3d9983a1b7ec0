"""What cells show, and pages call as long as they show it."""

from __future__ import annotations

import threading
import uuid

from . import registry

__all__ = ["Shown"]


class Shown:
    """Root of what serves the views of one output, in any number of cells and windows.

    Parameters
    ----------
    kind : str
        How the name of its handle begins.

    Attributes
    ----------
    name : str
        The name of its handle.
    """

    def __init__(self, kind: str) -> None:
        self.name = f"{kind}-{uuid.uuid4().hex[:16]}"
        self._views: set[str] = set()
        self._unclaimed = False
        self._shown_lock = threading.Lock()

    def register(self) -> None:
        """Let the page call: a cell is about to show a view."""
        with self._shown_lock:
            self._unclaimed = True
            registry.register(self, self.name)

    def join(self, view: str) -> None:
        """Note a view by the page's name for it."""
        with self._shown_lock:
            self._views.add(view)
            self._unclaimed = False

    @registry.export
    def detach(self, view: str, keep: bool = False) -> None:
        """Forget a view that is gone; with the last one goes the handle.

        Parameters
        ----------
        view : str
        keep : bool
            Keep the handle: the page is left, and may be loaded again.
        """
        with self._shown_lock:
            self._views.discard(view)
            # A cell that ran again may have shown a view that has not come forward yet.
            if not (self._views or self._unclaimed or keep):
                registry.get(self.name).release()
