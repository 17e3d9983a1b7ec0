"""How far a cell is with something long, shown under it for as long as that lasts."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import TYPE_CHECKING

from . import host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PROGRESS", "cell_progress"]

PROGRESS = "progress"

# Nobody needs to see what is over sooner, in seconds.
_PATIENCE = 0.5
# Least time between two messages, in seconds.
_INTERVAL = 0.1

_numbers = itertools.count()


@contextlib.contextmanager
def cell_progress(text: str) -> Iterator[Callable[[float], None]]:
    """Show a bar under the cell that runs, which takes no part in its output.

    Parameters
    ----------
    text : str
        What is being done.

    Yields
    ------
    callable
        To be told how much of it is done, from 0 to 1, as often as one likes.
    """
    number = next(_numbers)
    next_time = time.monotonic() + _PATIENCE
    shown = False

    def tell(fraction: float) -> None:
        nonlocal next_time, shown
        now = time.monotonic()
        if now >= next_time and host.has_pages():
            next_time = now + _INTERVAL
            shown = True
            host.broadcast(PROGRESS, {"number": number, "text": text, "fraction": fraction})

    try:
        yield tell
    finally:
        if shown:
            host.broadcast(PROGRESS, {"number": number, "text": text, "fraction": None})
