"""Encoded frames, as many as fit."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .frame import EncodedFrame

__all__ = ["DEFAULT_BUDGET", "FrameStore"]

DEFAULT_BUDGET = 256 * 2**20  # bytes

_RECENT_SHARE = 4  # a quarter of the budget, once the length is known


_Key = tuple[int, float]


class FrameStore:
    """Encoded frames by index and scale, bounded in bytes.

    What goes when it is full: an animation is played forward, often in a loop, and the frame that
    a loop needs last is the one just played, which is also the one that a step back needs first.
    So, when the number of frames is known, a quarter of the budget holds the frames used last, and
    the rest keeps those that were there first, usually the beginning. (Dropping the least recently
    used of all would leave a loop longer than the budget without a single hit.) While the length
    is unknown there is no loop, and the least recently used frame goes.

    Parameters
    ----------
    budget : int
        Bytes of encoded data. A single frame larger than that is not kept.

    Attributes
    ----------
    nbytes : int
        Bytes of encoded data held now, at most `budget`.
    evicted : int
        How many frames have been dropped for lack of room.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self.budget = budget
        self.nbytes = 0
        self.evicted = 0
        self._recent: OrderedDict[_Key, EncodedFrame] = OrderedDict()
        self._kept: OrderedDict[_Key, EncodedFrame] = OrderedDict()
        self._kept_nbytes = 0
        self._scales: dict[int, set[float]] = {}

    def __len__(self) -> int:
        return len(self._recent) + len(self._kept)

    def __iter__(self) -> Iterator[int]:
        """Iterate over the indexes of the frames held, in no order."""
        return iter(self._scales)

    def get(self, index: int, scale: float) -> EncodedFrame | None:
        """Give the frame at this scale; None when it is not here."""
        key = index, scale
        frame = self._recent.get(key)
        if frame is not None:
            self._recent.move_to_end(key)
            return frame
        return self._kept.get(key)

    def at_any_scale(self, index: int) -> EncodedFrame | None:
        """Give the frame at the largest scale that is here; None when none is."""
        scales = self._scales.get(index)
        return self.get(index, max(scales)) if scales else None

    def put(self, frame: EncodedFrame, *, length_known: bool) -> None:
        """Hold `frame`, in the place of an older one of the same index and scale."""
        key = frame.index, frame.scale
        self.remove(frame)
        if len(frame.data) > self.budget:
            self.evicted += 1
            return
        self._recent[key] = frame
        self.nbytes += len(frame.data)
        self._scales.setdefault(frame.index, set()).add(frame.scale)
        self._make_room(length_known=length_known)

    def remove(self, frame: EncodedFrame) -> None:
        """Drop what is held at this frame's index and scale, if anything is."""
        key = frame.index, frame.scale
        held = self._recent.pop(key, None)
        if held is None:
            held = self._kept.pop(key, None)
            if held is None:
                return
            self._kept_nbytes -= len(held.data)
        self._forget(key, held)

    def clear(self) -> None:
        """Drop every frame."""
        self._recent.clear()
        self._kept.clear()
        self._scales.clear()
        self.nbytes = self._kept_nbytes = 0

    def _make_room(self, *, length_known: bool) -> None:
        kept_budget = self.budget - self.budget // _RECENT_SHARE if length_known else 0
        while self.nbytes > self.budget:
            # The frame that was just put stays in any case.
            if len(self._recent) > 1:
                key, frame = self._recent.popitem(last=False)
                if self._kept_nbytes + len(frame.data) <= kept_budget:
                    self._kept[key] = frame
                    self._kept_nbytes += len(frame.data)
                    continue
            else:
                key, frame = self._kept.popitem()
                self._kept_nbytes -= len(frame.data)
            self._forget(key, frame)
            self.evicted += 1

    def _forget(self, key: _Key, frame: EncodedFrame) -> None:
        self.nbytes -= len(frame.data)
        scales = self._scales[frame.index]
        scales.discard(key[1])
        if not scales:
            del self._scales[frame.index]
