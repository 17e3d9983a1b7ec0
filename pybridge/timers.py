"""What is to be done a little later, all of it by one thread.

ipykernel opens a socket for each thread that sends something, and closes it up to ten seconds after
the thread's end; a process may have 1023. A thread for each thing, as ``threading.Timer`` has it,
would use them up.
"""

from __future__ import annotations

import heapq
import logging
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Timer", "call_later"]

_logger = logging.getLogger(__name__)


@dataclass(order=True)
class Timer:
    """Something to be done, once.

    Attributes
    ----------
    at : float
        When, by `time.monotonic`.
    """

    at: float
    _function: Callable[[], object] | None = field(compare=False)

    def cancel(self) -> None:
        """Have it not done, if it has not begun."""
        self._function = None

    def _run(self) -> None:
        function, self._function = self._function, None
        if function is None:
            return
        try:
            function()
        except Exception:
            _logger.exception("what was to be done later has failed")


# Both may be used in the midst of a signal's handler, or where KeyboardInterrupt is raised.
_added: queue.SimpleQueue[Timer] = queue.SimpleQueue()
_thread: threading.Thread | None = None


def call_later(seconds: float, function: Callable[[], object]) -> Timer:
    """Have a function called in so many seconds, in a thread that is not to wait for long.

    Returns
    -------
    Timer
        To cancel it with.
    """
    global _thread  # noqa: PLW0603 - one for all
    timer = Timer(time.monotonic() + seconds, function)
    _added.put(timer)
    # It is not there in a forked process, and an interrupt may have come before its start.
    if _thread is None or not _thread.is_alive():
        _thread = threading.Thread(target=_work, args=[_added], name="pybridge-timers", daemon=True)
        _thread.start()
    return timer


def _work(added: queue.SimpleQueue[Timer]) -> None:
    timers: list[Timer] = []
    while True:
        try:
            wait = max(timers[0].at - time.monotonic(), 0) if timers else None
            heapq.heappush(timers, added.get(timeout=wait))
        except queue.Empty:
            heapq.heappop(timers)._run()  # noqa: SLF001 - the class is of this module
