"""How far something long is, for whoever waits for it.

Who waits is the page whose call runs here, and it is told by a reply of that call; else the pages
that show the cell which runs, told by an event of the name `PROGRESS`; else a terminal, if there is
one. What they are told is in `bars.Bar.tell`, and nbext/bars.js shows it.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import host
from .bars import Bar

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator

__all__ = ["PROGRESS", "Progress", "answering", "progress", "report", "working"]

PROGRESS = "progress"

_Item = TypeVar("_Item")
# What tqdm shows of a fraction.
_PERCENT = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"


class _Run:
    """A call or a cell that runs, and the way to who waits for it."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self.reports: dict[str, Bar] = {}
        self.is_over = False

    def send(self, message: dict[str, Any]) -> None:
        if not self.is_over:
            self._tell(message)


# The call whose code runs in this context: it goes along into tasks and `asyncio.to_thread`.
_call: ContextVar[_Run | None] = ContextVar("pybridge_call", default=None)
# The message that the last cell came with, and its run.
_cell: tuple[str, _Run] | None = None
_is_fork = False


def _fall_silent() -> None:
    global _is_fork  # noqa: PLW0603 - a process of its own, with a copy of the kernel's sockets
    _is_fork = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_fall_silent)


@contextlib.contextmanager
def answering(reply: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """Have what runs in the block report to the page that has called it.

    Parameters
    ----------
    reply : callable
        Sends a reply of the call; may be called from any thread.
    """
    run = _Run(lambda message: reply({"kind": PROGRESS, **message}))
    token = _call.set(run)
    try:
        yield
    finally:
        _call.reset(token)
        run.is_over = True


def _who_waits() -> _Run | None:
    global _cell  # noqa: PLW0603 - one cell runs at a time
    if _is_fork:
        return None
    run = _call.get()
    if run is not None:
        return None if run.is_over else run
    asked = host.handled()
    if asked is None:
        return None
    number = asked.get("header", {}).get("msg_id", "")
    if _cell is None or _cell[0] != number:
        _cell = number, _Run(lambda message: host.broadcast(PROGRESS, message, during=asked))
    return _cell[1]


def report(name: str, fraction: float | None, text: str = "") -> None:
    """Say how far the call or the cell is that runs here; see `registry.Handle.report`."""
    known = _fraction(fraction)
    run = _who_waits()
    if run is None:
        return
    bar = run.reports.get(name)
    if bar is None:
        bar = run.reports[name] = Bar(run.send)
    bar.say(known, str(text))


def _fraction(value: float | None) -> float | None:
    try:
        number = math.nan if value is None else float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise TypeError(f"a fraction is a number from 0 to 1, or None, not {kind}") from None
    return None if math.isnan(number) else min(max(number, 0.0), 1.0)


@contextlib.contextmanager
def working(text: str) -> Iterator[Callable[[float], None]]:
    """Show a bar for as long as the block lasts.

    Parameters
    ----------
    text : str
        What is being done.

    Yields
    ------
    callable
        To be told how much of it is done, from 0 to 1, as often as one likes.
    """
    run = _who_waits()
    if run is not None:
        with Bar(run.send, text) as bar:
            yield bar.say
    elif _has_terminal():
        with _tqdm(desc=text, total=1, bar_format=_PERCENT) as bar:
            yield lambda fraction: bar.update(fraction - bar.n)
    else:
        yield lambda _: None


def _has_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _tqdm(**options: Any) -> Any:
    from tqdm import tqdm  # noqa: PLC0415 - only a terminal needs it

    return tqdm(delay=0.5, **options)


class Progress(Generic[_Item]):
    """An iterable that reports how far its iteration is; made by `progress`."""

    def __init__(
        self, iterable: Iterable[_Item] | AsyncIterable[_Item], text: str, total: float | None
    ) -> None:
        self._iterable: Any = iterable
        self._text = text
        self._total = total

    def __iter__(self) -> Iterator[_Item]:
        with self._shown() as advance:
            for item in self._iterable:
                yield item
                advance()

    async def __aiter__(self) -> AsyncIterator[_Item]:
        with self._shown() as advance:
            async for item in self._iterable:
                yield item
                advance()

    @contextlib.contextmanager
    def _shown(self) -> Iterator[Callable[[], object]]:
        """Show it to whoever waits now; give what to call after each item."""
        run = _who_waits()
        if run is not None:
            with Bar(run.send, self._text, self._total) as bar:
                yield bar.count()
        elif _has_terminal():
            with _tqdm(desc=self._text or None, total=self._total) as bar:
                yield bar.update
        else:
            yield lambda: None


def progress(
    iterable: Iterable[_Item] | AsyncIterable[_Item],
    text: str | None = None,
    *,
    total: float | None = None,
) -> Progress[_Item]:
    """Iterate over something, and show how far that is.

    In a notebook the bar stands below the cell, or in the page that has called the method which
    iterates, and goes when the iteration ends in any way. Nothing is put into the cell's output. In
    a terminal it is tqdm's. What is over within half a second shows nothing.

    Parameters
    ----------
    iterable : iterable or asynchronous iterable
        For ``for`` or ``async for``.
    text : str, optional
        What is being done.
    total : float, optional
        How many items there are, where ``len(iterable)`` does not tell. Without either, their
        count and the time are shown instead of a fraction and the time left.

    Returns
    -------
    Progress
        To be iterated over.

    Raises
    ------
    TypeError
        When `iterable` is none, or `total` is no number.

    Examples
    --------
    >>> for path in progress(["a", "b"], "reading"):
    ...     print(path)
    a
    b
    """
    kind = type(iterable)
    if not any(hasattr(kind, name) for name in ("__iter__", "__aiter__", "__getitem__")):
        raise TypeError(f"progress needs something to iterate over, not {kind.__name__}")
    known = _length(iterable) if total is None else float(total)
    if not 0 < known < math.inf:
        known = math.nan
    whole = int(known) if known == known // 1 else known
    return Progress(iterable, str(text or ""), None if math.isnan(known) else whole)


def _length(iterable: object) -> float:
    try:
        return len(iterable)  # type: ignore[arg-type]
    except (TypeError, OverflowError):  # there is none, or it is beyond all patience
        return math.nan
