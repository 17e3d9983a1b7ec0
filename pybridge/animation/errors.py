"""What can be wrong with asking for a frame.

::

    BridgeError                       code           data
    ├── ForwardOnlyError              forward-only   .index, .reason
    └── BadArgumentError              bad-argument
        ├── FrameRangeError           bad-argument   .index, .length
        └── NotRestartableError       bad-argument

An exception raised by the user's own update function is not in this tree: it passes unchanged.
"""

from __future__ import annotations

from pybridge.errors import BadArgumentError, BridgeError

__all__ = ["ForwardOnlyError", "FrameRangeError", "NotRestartableError"]


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
