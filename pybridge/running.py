"""Which calls run now, so that a cancel or an interrupt reaches exactly the call it is meant for.

The page cancels over the control channel, which the kernel serves in a thread of its own while
the main thread runs a call. A synchronous call is stopped by SIGINT to its thread, an awaiting one
by cancelling its task. Both happen under one lock, which the call takes when it ends: a signal
that was sent for a call is received inside of it, never by the user's next cell.
"""

from __future__ import annotations

import _thread
import asyncio
import signal
import sys
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from types import FrameType

__all__ = ["Call", "cancel"]

# Cancels that came before their call; those whose call never comes are forgotten in turn.
_EARLY_LIMIT = 1000
# A signal that was sent arrives within microseconds; the bound is for code that blocks SIGINT.
_SIGNAL_WAIT = 0.5

_lock = threading.Lock()
_calls: dict[str, Call] = {}
_early: OrderedDict[str, None] = OrderedDict()


def cancel(call_id: str) -> None:
    """Stop the call with this id: at once if it runs, before its start if it is still queued."""
    with _lock:
        call = _calls.get(call_id)
        if call is not None:
            call.stop()
            return
        _early[call_id] = None
        while len(_early) > _EARLY_LIMIT:
            _early.popitem(last=False)


class Call:
    """One call from its start to its end, as a context manager.

    Raises
    ------
    CancelledError
        On entry, when the call was cancelled before it began.
    """

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.cancelled = False
        self._signalled = False
        self._received = False
        self._interruptible = False
        self._previous: Any = None
        self._task: asyncio.Future[Any] | None = None

    def __enter__(self) -> Call:
        with _lock:
            if self.id in _early:
                del _early[self.id]
                self.cancelled = True
                raise self.error()
            _calls[self.id] = self
        return self

    def __exit__(self, *exc_info: object) -> None:
        with _lock:
            _calls.pop(self.id, None)

    def error(self) -> errors.BridgeError:
        """Say why the call was stopped."""
        if self.cancelled:
            return errors.CancelledError("the page cancelled the call")
        return errors.InterruptedError("the kernel was interrupted while the call ran")

    def stop(self) -> None:
        """Stop whatever the call does now; the lock is held by the caller."""
        self.cancelled = True
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        elif self._interruptible and not self._signalled:
            self._signalled = True
            _signal_main_thread()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let SIGINT raise KeyboardInterrupt in the block.

        ipykernel answers SIGINT during an asynchronous cell, which every bridge call is, by
        cancelling the cell's task. That would never stop code that does not await.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._previous = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, self._on_sigint)
        try:
            with _lock:
                self._interruptible = True
            if self.cancelled:
                raise self.error()
            yield
        finally:
            self._close()
            signal.signal(signal.SIGINT, self._previous)

    def _on_sigint(self, signum: int, frame: FrameType | None) -> None:
        ours = self._signalled and not self._received
        self._received = self._received or ours
        if self._interruptible:
            raise KeyboardInterrupt
        # Outside of the block: what was meant for the call is too late, the rest is not ours.
        if not ours and callable(self._previous):
            self._previous(signum, frame)

    def _close(self) -> None:
        """End the block, and with it take in a signal that is still on its way."""
        try:
            with _lock:
                self._interruptible = False
            deadline = time.monotonic() + _SIGNAL_WAIT
            while self._signalled and not self._received and time.monotonic() < deadline:
                time.sleep(0.001)
        except KeyboardInterrupt:
            with _lock:
                self._interruptible = False

    async def wait(self, awaitable: Awaitable[Any]) -> Any:
        """Await something that a cancel or an interrupt may stop."""
        task = asyncio.ensure_future(_contain(awaitable))
        with _cancelled_by_sigint(task):
            return await self._wait(task)

    async def _wait(self, task: asyncio.Future[Any]) -> Any:
        with _lock:
            self._task = task
            if self.cancelled:
                task.cancel()
        try:
            value, escape = await task
        except asyncio.CancelledError:
            task.cancel()
            raise self.error() from None
        finally:
            with _lock:
                self._task = None
        if escape is not None:
            raise escape
        return value


@contextmanager
def _cancelled_by_sigint(task: asyncio.Future[Any]) -> Iterator[None]:
    """Let SIGINT cancel a task at once.

    ipykernel's own handler does so too, but without waking a loop that waits for the next message
    (tornado's ``add_callback`` in a signal handler), so the interrupt would wait as well.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = task.get_loop()
    wake = lambda *_: loop.call_soon_threadsafe(task.cancel)  # noqa: E731
    previous = signal.signal(signal.SIGINT, wake)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _signal_main_thread() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        # Unlike interrupt_main this ends a sleep or a read at once.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


async def _contain(awaitable: Awaitable[Any]) -> tuple[Any, BaseException | None]:
    """Hand over what would leave asyncio's loop, and so end the kernel, if a task raised it."""
    try:
        return await awaitable, None
    except (SystemExit, KeyboardInterrupt) as escape:
        return None, escape
