"""What cells show, and pages call as long as they show it."""

from __future__ import annotations

import hashlib
import itertools
import threading
from abc import ABC, abstractmethod
from typing import Any

from . import host, registry

__all__ = ["Shown", "again"]


_naming = threading.Lock()


class Shown(ABC):
    """Root of what serves the views of one output, in any number of cells and windows.

    Parameters
    ----------
    kind : str
        How the name of its handle begins.
    lane : {"main", "side"}
        Where its calls are served; see `pybridge.register`.

    Attributes
    ----------
    name : str
        The name of its handle; empty as long as it was not shown.
    """

    def __init__(self, kind: str, *, lane: registry.Lane = "main") -> None:
        self.name = ""
        self._kind = kind
        self._lane = lane
        self._views: set[str] = set()
        self._unclaimed = False
        self._shown_lock = threading.Lock()

    def register(self, *content: object) -> None:
        """Let the page call: a cell is about to show a view.

        Parameters
        ----------
        *content
            What is shown. Notebooks are compared, so the same cell that shows the same has the
            same handle whenever it is run; but the views of a notebook that was opened again must
            not take another cell's for their own.
        """
        with self._shown_lock, _naming:
            self._unclaimed = True
            if not self._is_ours():
                text = repr((host.cell_source(), content))
                self.name = self._free(hashlib.sha256(text.encode()).hexdigest()[:16])
            registry.register(self, self.name, lane=self._lane)

    @abstractmethod
    def show(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what a cell is to show, as ``_repr_mimebundle_`` does."""

    def outlive(self, bake: bool | int | str, *, lossless: bool) -> None:  # noqa: B027 - optional
        """Prepare to be shown for the last time, as far as this can be shown without a kernel.

        Parameters
        ----------
        bake : bool, int or str
            How much to keep, as for `pybridge.Animation`; False for nothing.
        lossless : bool
            Whether to keep every pixel.
        """

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.show()

    def _is_ours(self) -> bool:
        """Tell whether the name is this object's, registered or not."""
        named = [handle.obj for handle in registry.handles() if handle.name == self.name]
        return bool(self.name) and all(obj is self for obj in named)

    def _free(self, digest: str) -> str:
        """Give a name that nothing else has: two cells may show the same."""
        name = f"{self._kind}-{digest}"
        taken = {handle.name for handle in registry.handles()}
        others = (f"{name}-{number}" for number in itertools.count(2))
        return next(each for each in itertools.chain([name], others) if each not in taken)

    @property
    def is_viewed(self) -> bool:
        """Whether there is any view that has come forward."""
        return bool(self._views)

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


def again(name: str, *, bake: bool | int | str, lossless: bool) -> Shown:
    """Give what a cell has shown, to be shown for the last time.

    Parameters
    ----------
    name : str
        Of its handle, as the output's metadata has it.
    bake, lossless
        As for `Shown.outlive`.

    Raises
    ------
    NoHandleError
        When it is gone.
    """
    shown: Shown = registry.get(name).obj  # type: ignore[assignment]
    shown.outlive(bake, lossless=lossless)
    return shown
