"""What a bar says of something that takes long: how far it is, and how much longer it will take.

A bar is looked at ten times a second by a thread of its own, which tells what is new. So whoever
works only notes how far he is, which costs nothing; what is said last is always told; and a step
that takes long is shown while it lasts.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Bar", "Estimate"]

# Nobody needs to see what is over sooner, in seconds.
_PATIENCE = 0.5
# Time between two looks at the bars, in seconds.
_INTERVAL = 0.1
# What part of the time so far counts for the rate.
_MEMORY = 0.3
# A bar is one line; what is longer only costs time on its way.
_LONGEST = 300

_numbers = itertools.count()
# Held while something is told, so that nothing follows a bar's last word. Meanwhile the garbage
# collector may end the loop of another bar, in this very thread.
_lock = threading.RLock()


class Estimate:
    """How long something will still take, by its rate of late.

    The rate is an average over about the last third of the time so far: a job that changes its pace
    is followed, and a single slow step hardly shows in a long one.

    Parameters
    ----------
    fraction : float
        How much is done at the beginning.
    now : float
        The time, in seconds.
    """

    def __init__(self, fraction: float, now: float) -> None:
        self._begin(fraction, now)

    def _begin(self, fraction: float, now: float) -> None:
        self._began = self._at = now
        self._fraction = fraction
        self._rate = 0.0

    def left(self, fraction: float, now: float) -> float | None:
        """Give the seconds that are left; None while nobody can know."""
        if fraction < self._fraction:
            # Something else is being done now.
            self._begin(fraction, now)
        elapsed = now - self._at
        if fraction > self._fraction and elapsed > 0:
            rate = (fraction - self._fraction) / elapsed
            weight = 1 - math.exp(-elapsed / (_MEMORY * (now - self._began)))
            self._rate += (rate - self._rate) * (weight if self._rate else 1)
            self._fraction, self._at = fraction, now
            elapsed = 0.0
        if not self._rate:
            return None
        return max((1 - fraction) / self._rate - elapsed, 0.0)


class Bar:
    """One bar, as a context manager: at the end of the block it goes.

    Parameters
    ----------
    send : callable
        Takes what there is to say, see `tell`. Called from any thread, but never twice at a time.
    text : str
        What is being done.
    total : float, optional
        How often `advance` will be called, if anybody knows.

    Attributes
    ----------
    text : str
    """

    def __init__(
        self, send: Callable[[dict[str, Any]], None], text: str = "", total: float | None = None
    ) -> None:
        self.text = text
        self._fraction: float | None = None
        self._send = send
        self._total = total
        self._count: int | None = None
        self._number = next(_numbers)
        self._began = time.monotonic()
        self._estimate: Estimate | None = None
        self._told: object = None
        self._ended = False

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.end()

    @property
    def fraction(self) -> float | None:
        """How much is done, from 0 to 1; None if nobody knows."""
        if self._count is None or not self._total:
            return self._fraction
        return min(self._count / self._total, 1.0)

    def count(self) -> Callable[[], None]:
        """Begin to count; give what is to be called after each step."""
        self._count = 0
        _watch.add(self)

        def advance() -> None:
            self._count += 1  # type: ignore[operator]

        return advance

    def say(self, fraction: float | None, text: str | None = None) -> None:
        """Note how much is done, and what is being done if that is something else now."""
        self._fraction = fraction
        if text is not None:
            self.text = text
        _watch.add(self)

    def tell(self, now: float) -> bool:
        """Send what is new, if it is time for that.

        Sent are ``number``, which is the bar's own, ``text``, ``fraction``, ``left`` (seconds, or
        None), ``count`` (steps so far, None for a bar without), ``elapsed`` (seconds) and ``done``.

        Returns
        -------
        bool
            Whether to look again.
        """
        if now < self._began + _PATIENCE:
            return not self._ended
        with _lock:
            if self._ended:
                return False
            news = (self.text, self.fraction, self._count)
            if news != self._told:
                self._told = news
                self._send_safely(now, done=False)
        return self._count is not None and not self._ended

    def end(self) -> None:
        """Have it go, if it was ever shown."""
        _watch.discard(self)
        with _lock:
            shown = self._told is not None and not self._ended
            if shown:
                self._send_safely(time.monotonic(), done=True)
            self._ended = True

    def _send_safely(self, now: float, *, done: bool) -> None:
        fraction, left = self.fraction, None
        if fraction is not None:
            self._estimate = self._estimate or Estimate(*self._start(fraction, now))
            left = self._estimate.left(fraction, now)
        message = {
            "number": self._number,
            "text": self.text[:_LONGEST],
            "fraction": fraction,
            "left": left,
            "count": self._count,
            "elapsed": now - self._began,
            "done": done,
        }
        try:
            self._send(message)
        except Exception:  # noqa: BLE001 - a bar that cannot be shown must not stop the work
            self._ended = True

    def _start(self, fraction: float, now: float) -> tuple[float, float]:
        """Give how much was done when: who counts began with nothing, others may go on."""
        return (0.0, self._began) if self._count is not None else (fraction, now)


class _Watch:
    """The thread that looks at bars with something to say, and at those that count."""

    def __init__(self) -> None:
        self._bars: dict[Bar, None] = {}
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, bar: Bar) -> None:
        self._bars[bar] = None
        if self._wanted.is_set():
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pybridge bars", daemon=True)
            self._thread.start()
        self._wanted.set()

    def discard(self, bar: Bar) -> None:
        self._bars.pop(bar, None)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(_INTERVAL)
            # Before the look: what is added from now on is seen by the next one.
            self._wanted.clear()
            for bar in tuple(self._bars):
                # Out before it tells: whoever says something meanwhile puts it in again.
                self.discard(bar)
                if bar.tell(time.monotonic()):
                    self.add(bar)


_watch = _Watch()
