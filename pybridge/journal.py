"""What becomes of the calls of pages, counted; twin of nbext/journal.js.

`debugging` shows it. Calls end in the main thread and in those of subshells.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from .histogram import Histogram

if TYPE_CHECKING:
    from .histogram import Latency

__all__ = ["answered", "counts"]

_lock = threading.Lock()
_latency = Histogram()
_errors: Counter[str] = Counter()


def answered(took: float, code: str = "") -> None:
    """Count a call that was answered.

    Parameters
    ----------
    took : float
        For how long the kernel was at it, in ms.
    code : str
        Of the error that was the answer; empty for none.
    """
    with _lock:
        _latency.add(took)
        if code:
            _errors[code] += 1


def counts() -> tuple[Latency, dict[str, int]]:
    """Give how long calls took, and how many of them ended with which error."""
    with _lock:
        return _latency.summary(), dict(_errors)
