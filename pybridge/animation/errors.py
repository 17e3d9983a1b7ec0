"""What can be wrong with asking for a frame.

::

    BridgeError                       code           data
    ├── ForwardOnlyError              forward-only   .index, .reason
    ├── WorkerError                   worker         .index, .description
    ├── DependentFramesError          dependent-frames
    └── BadArgumentError              bad-argument
        ├── FrameRangeError           bad-argument   .index, .length
        ├── NotPicklableError         bad-argument   .culprit
        └── NotRestartableError       bad-argument

An exception raised by the user's own update function is not in this tree: it passes unchanged,
except for one raised on a worker, of which a `WorkerError` tells.
"""

from __future__ import annotations

from typing import Any

from pybridge.errors import BadArgumentError, BridgeError

__all__ = [
    "DependentFramesError",
    "ForwardOnlyError",
    "FrameRangeError",
    "NotPicklableError",
    "NotRestartableError",
    "RenewedError",
    "WorkerError",
]


class ForwardOnlyError(BridgeError, LookupError):
    """A frame is gone, and drawing it out of order might show a wrong picture.

    Attributes
    ----------
    index : int
        The frame asked for.
    reason : str
        Why it cannot be drawn again, a clause without a full stop.
    """

    code = "forward-only"

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(f"frame {index} plays forward only: {reason}")
        self.index = index
        self.reason = reason


class FrameRangeError(BadArgumentError, IndexError):
    """There is no such frame.

    Attributes
    ----------
    index : int
        The frame asked for.
    length : int or None
        Number of frames, None while it is unknown.
    """

    def __init__(self, index: int, length: int | None) -> None:
        if length is not None:
            why = f"there are {length} frames, from 0"
        else:
            why = "frames count from 0" if index < 0 else "the animation ends before it"
        super().__init__(f"no frame {index}: {why}")
        self.index = index
        self.length = length


class NotRestartableError(BadArgumentError):
    """The frames come from an iterator that cannot be begun again."""


class NotPicklableError(BadArgumentError, TypeError):
    """What makes the animation cannot be sent to a worker.

    Attributes
    ----------
    culprit : str
        What it is, as far as that could be found out.
    """

    def __init__(self, culprit: str, error: BaseException) -> None:
        super().__init__(
            f"{culprit} cannot be sent to a worker: {error}. Create what belongs to one process,"
            " such as a lock, an open file or a connection, inside of make(), and load large data"
            " there as well"
        )
        self.culprit = culprit


class WorkerError(BridgeError, RuntimeError):
    """No worker could draw a frame.

    Attributes
    ----------
    index : int
        The frame.
    description : dict
        What happened, as `tracebacks.describe` puts it.
    """

    code = "worker"

    def __init__(self, index: int, description: dict[str, Any]) -> None:
        kind, message = description["type"], description["message"]
        trace = description["traceback"]
        super().__init__(
            f"frame {index} failed on a worker: {kind}: {message}" + (f"\n\n{trace}" * bool(trace))
        )
        self.index = index
        self.description = description


class RenewedError(Exception):
    """Other frames took the place of those that something was being made of: make it anew.

    Never leaves this package.
    """


class DependentFramesError(BridgeError, RuntimeError):
    """Frames depend on those drawn before them, so that workers cannot share them out."""

    code = "dependent-frames"
