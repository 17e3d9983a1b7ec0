"""Taking a figure over from pyplot and its backend, and lending it back for an update."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from .drawing import guard, has_pyplot, lent, lent_manager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

__all__ = ["Canvas", "active_figure", "adopt", "current", "moves_layout"]


class Canvas(FigureCanvasAgg):
    """An Agg canvas that draws when it is told to, and never because something changed."""

    def draw_idle(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the frame is drawn once, after its update."""

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Draw as ``savefig`` does: animated artists too, and no animation starts on the draw."""
        before = self.is_saving()
        self._is_saving = True
        try:
            yield
        finally:
            self._is_saving = before


class _Manager(FigureManagerBase):
    """A manager without a window: pyplot accepts only figures that have one."""

    def destroy(self) -> None:
        """Keep the canvas, which matplotlib's own managers take off when they go."""


def adopt(figure: Figure) -> None:
    """Take `figure` from its backend and out of pyplot, keeping it usable.

    Its window, if it had one, closes; ``%matplotlib inline`` does not show it again at the end of
    the cell; `savefig` and every artist work as before. Does nothing the second time.

    Parameters
    ----------
    figure : Figure
        Any figure, made by pyplot or not, whatever the backend.
    """
    Gcf.destroy_fig(figure)
    if isinstance(figure.canvas, Canvas):
        return
    # A GUI backend on a HiDPI screen multiplies the figure's dpi; a new canvas starts at ratio 1.
    ratio = figure.canvas.device_pixel_ratio
    if ratio != 1:
        figure.set_dpi(figure.get_dpi() / ratio)
    manager = _Manager(Canvas(figure), _free_number(getattr(figure, "number", None)))
    # Shown to pyplot once, it is prepared for the case that the user asks for it by plt.figure().
    with _lent(manager):
        pass


@contextmanager
def current(figure: Figure | None) -> Iterator[None]:
    """Make `figure` pyplot's current figure for a while, so that ``plt.title`` and such reach it.

    Afterwards pyplot is as it was: the figure unknown to it again, the former one current. In
    another thread than the main one, only this thread sees it. Does nothing for None, and where
    pyplot was never imported.
    """
    manager = None if figure is None else figure.canvas.manager
    if manager is None or "matplotlib.pyplot" not in sys.modules:
        yield
        return
    if not has_pyplot():
        guard()
        with lent(manager):
            yield
        return
    former = Gcf.get_active()
    try:
        with _lent(manager):
            yield
    finally:
        if former is not None and former in Gcf.figs.values():
            Gcf.set_active(former)


@contextmanager
def _lent(manager: FigureManagerBase) -> Iterator[None]:
    if manager in Gcf.figs.values():
        Gcf.set_active(manager)
        yield
        return
    if manager.num in Gcf.figs:
        manager.num = _free_number(None)
    Gcf._set_new_active_manager(manager)  # noqa: SLF001 - what pyplot calls for a new figure
    try:
        yield
    finally:
        # The update may have closed it.
        if manager in Gcf.figs.values():
            del Gcf.figs[int(manager.num)]


def moves_layout(figure: Figure) -> bool:
    """Say whether a layout engine places the parts of `figure` whenever it is drawn.

    A call of ``tight_layout()`` leaves one that does nothing.
    """
    engine = figure.get_layout_engine()
    return engine is not None and not isinstance(engine, PlaceHolderLayoutEngine)


def active_figure() -> Figure | None:
    """Give pyplot's current figure, None where there is none. Makes no figure.

    In another thread than the main one it is what `current` lends: the user's own is not ours.
    """
    manager = Gcf.get_active() if has_pyplot() else lent_manager()
    return None if manager is None else manager.canvas.figure


def _free_number(wanted: object) -> int:
    if isinstance(wanted, int) and wanted not in Gcf.figs:
        return wanted
    return max(Gcf.figs, default=0) + 1
