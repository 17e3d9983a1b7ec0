"""Which calls run now, so that a cancel or an interrupt reaches exactly the call it is meant for.

The page cancels over the control channel, which the kernel serves in a thread of its own while
the main thread runs a call. A call is stopped by SIGINT, as Kernel → Interrupt would stop it: code
that computes gets a KeyboardInterrupt, and where the call waits, its task is cancelled. The signal
is sent under a lock which the call takes when it ends, and a call that was sent a signal waits for
it: it is received inside of the call, never by the user's next cell. It is sent again while Python
does not notice it: one that comes when a sleep is about to begin is noticed after the sleep.

A call on a subshell runs in a thread that no signal reaches. While it computes, KeyboardInterrupt
is raised in that thread instead, and taken back if it has not come before that is over. A coroutine
is stopped where it awaits something.
"""

from __future__ import annotations

import _thread
import asyncio
import ctypes
import inspect
import logging
import signal
import sys
import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import errors, timers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from types import FrameType

__all__ = ["Call", "calls", "cancel", "interruptible", "leave"]

_logger = logging.getLogger(__name__)

# Cancels that came before their call; those whose call never comes are forgotten in turn.
_EARLY_LIMIT = 1000
# A signal that was sent arrives within microseconds; the bound is for code that blocks SIGINT.
_SIGNAL_WAIT = 0.5
# When to send a signal again that came in a bad moment; each time twice as late.
_AGAIN = 0.01

_lock = threading.Lock()
_calls: dict[str, Call] = {}
_early: OrderedDict[str, None] = OrderedDict()


def cancel(call_id: str) -> None:
    """Stop the call with this id: at once if it runs, before its start if it is still queued."""
    with _lock:
        call = _calls.get(call_id)
        if call is not None:
            call.stop()
        else:
            _early[call_id] = None
            while len(_early) > _EARLY_LIMIT:
                _early.popitem(last=False)
    _logger.debug("cancel of %s: %s", call_id, "not here" if call is None else call.what)


def leave(thread: int) -> None:
    """Stop what waits in a thread, for a page that is gone."""
    with _lock:
        for call in _calls.values():
            if call.thread == thread and call.is_waiting:
                call.stop()


def calls() -> list[Call]:
    """List the calls that run, the oldest first."""
    with _lock:
        return list(_calls.values())


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Kernel → Interrupt raise KeyboardInterrupt in the block, which belongs to no call.

    The block may run while a call or a cell awaits something. That would take the interrupt, and be
    cancelled once the block is over. A page's cancel of such a call is passed on to it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: Any = signal.getsignal(signal.SIGINT)

    def on_sigint(signum: int, frame: FrameType | None) -> None:
        if any(call.is_signalled for call in list(_calls.values())):
            previous(signum, frame)
        else:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, on_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


class Call:
    """One call from its start to its end, as a context manager.

    Parameters
    ----------
    call_id : str
    what : str
        What is asked for, in words.

    Attributes
    ----------
    lane : {"main", "side"}
    began : float
        By `time.monotonic`.

    Raises
    ------
    CancelledError
        On entry, when the call was cancelled before it began.
    """

    def __init__(self, call_id: str, what: str = "") -> None:
        self.id = call_id
        self.what = what
        self.began = time.monotonic()
        self.cancelled = False
        self._interrupted = False
        self._signalled = False
        self._received = False
        self._computing = False
        self._task: asyncio.Future[Any] | None = None
        self.thread = threading.get_ident()
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        self._previous: Any = None
        self._previous_hook: Any = None
        self._again: timers.Timer | None = None

    def __enter__(self) -> Call:
        if self._in_main_thread:
            # ipykernel's own handler cancels the cell's task, for every bridge call is an
            # asynchronous cell. That would never stop code that does not await. Ours is there
            # before anybody can find the call and send it a signal.
            self._previous = signal.getsignal(signal.SIGINT)
            self._previous_hook = sys.unraisablehook
            sys.unraisablehook = self._on_unraisable
            signal.signal(signal.SIGINT, self._on_sigint)
        with _lock:
            self.cancelled = self.id in _early
            if not self.cancelled:
                _calls[self.id] = self
                return self
            del _early[self.id]
        self._restore()
        raise self.error()

    def __exit__(self, *exc_info: object) -> None:
        self._computing = False
        with _lock:
            _calls.pop(self.id, None)
        if not self._in_main_thread:
            return
        deadline = time.monotonic() + _SIGNAL_WAIT
        while self.is_signalled and time.monotonic() < deadline:
            time.sleep(0.001)
        with _lock:
            self._received = True
        self._restore()

    def _restore(self) -> None:
        if self._in_main_thread:
            signal.signal(signal.SIGINT, self._previous)
            sys.unraisablehook = self._previous_hook

    @property
    def lane(self) -> str:
        """In which lane it is served."""
        return "main" if self._in_main_thread else "side"

    def error(self) -> errors.BridgeError:
        """Say why the call was stopped."""
        if self.cancelled:
            return errors.CancelledError("the page cancelled the call")
        return errors.InterruptedError("the kernel was interrupted while the call ran")

    @property
    def is_waiting(self) -> bool:
        """Whether it awaits something."""
        return self._task is not None

    @property
    def is_signalled(self) -> bool:
        """Whether it was sent a signal that has not come yet."""
        return self._signalled and not self._received

    def stop(self) -> None:
        """Stop whatever the call does now; the lock is held by the caller."""
        self.cancelled = True
        if self._in_main_thread:
            if not self._signalled:
                self._signalled = True
                _signal_main_thread()
                self._signal_again_in(_AGAIN)
        elif self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        elif self._computing:
            _raise_in(self.thread, KeyboardInterrupt)

    def _signal_again_in(self, seconds: float) -> None:
        if self._again is not None:
            self._again.cancel()
        self._again = timers.call_later(seconds, lambda: self._signal_again(2 * seconds))

    def _signal_again(self, later: float) -> None:
        """Send a signal if the last one has not been noticed, and see to it that this one is."""
        with _lock:
            # The user's code may have a handler of its own, for which two are not one.
            if self.is_signalled and signal.getsignal(signal.SIGINT) == self._on_sigint:
                _signal_main_thread()
                self._signal_again_in(later)

    def _put_off(self) -> None:
        """Have the signal come again a little later: now it would be lost, or do harm."""
        self._signalled, self._received = True, False
        self._signal_again_in(_AGAIN)

    def _on_sigint(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._received = self._received or self._signalled
        self._interrupted = True
        if self._computing:
            raise KeyboardInterrupt
        if self._task is not None:
            loop = self._task.get_loop()
            # While it waits, or in the midst of its code?
            if asyncio.current_task(loop) is not self._task:
                loop.call_soon_threadsafe(self._task.cancel)
            elif frame is not None and frame.f_code is _contain.__code__:
                # Before its first line nothing would contain it.
                self._put_off()
            else:
                raise KeyboardInterrupt

    def _on_unraisable(self, ignored: sys.UnraisableHookArgs) -> None:
        """Send the signal again that came while a finalizer ran: Python ignores what is raised."""
        if issubclass(ignored.exc_type, KeyboardInterrupt) and threading.get_ident() == self.thread:
            self._put_off()
        else:
            self._previous_hook(ignored)

    def _check(self) -> None:
        if self.cancelled or self._interrupted:
            raise self.error()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let SIGINT raise KeyboardInterrupt in the block."""
        self._computing = True
        try:
            self._check()
            yield
        finally:
            self._computing = False
            if not self._in_main_thread:
                # What is on its way comes here, or never.
                with _lock:
                    _raise_in(self.thread, None)

    async def wait(self, awaitable: Awaitable[Any]) -> Any:
        """Await something that a cancel or an interrupt may stop.

        Raises
        ------
        CancelledError, InterruptedError
            The bridge's own, when the call was stopped.
        KeyboardInterrupt
            When it was stopped while it computed.
        asyncio.CancelledError
            When the user's code cancels itself.
        """
        task = asyncio.ensure_future(_contain(awaitable))
        self._task = task
        try:
            self._check()
            value, escape = await task
        except asyncio.CancelledError:
            self._check()
            raise
        finally:
            self._task = None
            task.cancel()
            # Python would warn of a coroutine that was never awaited.
            if (
                inspect.iscoroutine(awaitable)
                and inspect.getcoroutinestate(awaitable) == inspect.CORO_CREATED
            ):
                awaitable.close()
        if escape is not None:
            try:
                raise escape
            finally:
                # Its traceback holds this frame: a circle, with all that the user's code has open.
                del escape
        return value


def _signal_main_thread() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        # Unlike interrupt_main this ends a sleep or a read at once.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Raise an error in another thread at its next step; None takes back what has not come yet."""
    raised = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


async def _contain(awaitable: Awaitable[Any]) -> tuple[Any, BaseException | None]:
    """Hand over what would leave asyncio's loop, and so end the kernel, if a task raised it."""
    try:
        return await awaitable, None
    except (SystemExit, KeyboardInterrupt) as escape:
        return None, escape
