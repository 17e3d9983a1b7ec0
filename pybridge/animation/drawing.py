"""One thread at a time draws with matplotlib, and none draws on what another one has current."""

from __future__ import annotations

import functools
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.backend_bases import FigureManagerBase

__all__ = ["DRAWING", "guard", "has_pyplot", "lent", "lent_manager", "take_pyplot"]

DRAWING = threading.RLock()
"""Held while anything is drawn; its fonts, its mathtext and its caches are matplotlib's alone.

A single one for all figures: whoever draws two of them cannot meet anybody who does it the other
way round.
"""

if hasattr(os, "register_at_fork"):
    # A worker of a pool of processes must not wait for a thread that it has not.
    reinit = DRAWING._at_fork_reinit  # type: ignore[attr-defined] # noqa: SLF001 - as logging does
    os.register_at_fork(after_in_child=reinit)

# What draws, or lays out text, whoever calls it.
_ENTRANCES: tuple[tuple[Any, str], ...] = (
    (Figure, "draw"),
    (Figure, "draw_without_rendering"),
    (FigureCanvasBase, "print_figure"),
    (MathTextParser, "parse"),
)

_here = threading.local()


@functools.cache
def guard() -> None:
    """Have all of this process' drawing take turns, from now on.

    Without this matplotlib is as it was. With it, a cell that draws waits while a frame is drawn in
    another thread, and pyplot's current figure in that thread is the one that is lent to it.
    """
    for owner, name in _ENTRANCES:
        setattr(owner, name, _locked(vars(owner)[name]))
    get_own, set_own = Gcf.get_active, Gcf.set_active

    def get_active(_: type[Gcf]) -> Any:
        return lent_manager() or get_own()

    def set_active(_: type[Gcf], manager: Any) -> None:
        # As plt.sca does; it has a number of its own in the list of the user's figures.
        if manager is not lent_manager():
            set_own(manager)

    Gcf.get_active = classmethod(get_active)  # type: ignore[assignment,method-assign]
    Gcf.set_active = classmethod(set_active)  # type: ignore[assignment,method-assign]


def _locked(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def locked(*args: Any, **kwargs: Any) -> Any:
        with DRAWING:
            return method(*args, **kwargs)

    return locked


def has_pyplot() -> bool:
    """Tell whether pyplot's figures are this thread's: that of the cells, or a worker's."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main or getattr(_here, "has_pyplot", False)


def take_pyplot() -> None:
    """Have pyplot's figures be this thread's: in this process nobody else uses them."""
    _here.has_pyplot = True


def lent_manager() -> FigureManagerBase | None:
    """Give the manager of the figure that is lent to this thread alone; None without one."""
    return getattr(_here, "manager", None)


@contextmanager
def lent(manager: FigureManagerBase) -> Iterator[None]:
    """Make a figure pyplot's current one, in this thread alone."""
    before = lent_manager()
    _here.manager = manager
    try:
        yield
    finally:
        _here.manager = before
