"""Frames on their way to a view, each picture once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .encoder import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .frame import EncodedFrame

__all__ = ["Batch"]


class Batch:
    """What one reply to a view carries, or a notebook.

    Parameters
    ----------
    known : str, optional
        The digest of a frame that the view has.
    backdrops : iterable of str
        The keys of the backdrops that the view has.
    encode : callable, optional
        Gives the file of a frame. By default the one that it has.
    """

    def __init__(
        self,
        known: str | None = None,
        backdrops: Iterable[str] = (),
        encode: Callable[[EncodedFrame], Encoded] | None = None,
    ) -> None:
        self._last = known
        self._backdrops = set(backdrops)
        self._encode = encode or _as_it_is
        self._frames: list[dict[str, Any]] = []
        self._files: list[bytes] = []

    def add(self, frame: EncodedFrame) -> None:
        """Put a frame in; without its picture if the one before looks the same."""
        described = {"index": frame.index, "digest": frame.digest, "size": 0}
        if frame.digest != self._last:
            file = self._encode(frame)
            described.update(mime=file.mime, size=len(file.data), x=frame.x, y=frame.y)
            described.update(self._backdrop_of(frame))
            self._files.append(file.data)
        self._last = frame.digest
        self._frames.append(described)

    def _backdrop_of(self, frame: EncodedFrame) -> dict[str, Any]:
        backdrop = frame.backdrop
        if backdrop is None:
            return {"backdrop": None}
        if backdrop.key in self._backdrops:
            return {"backdrop": backdrop.key, "backdropSize": 0}
        self._backdrops.add(backdrop.key)
        self._files.append(backdrop.data)
        size = len(backdrop.data)
        return {"backdrop": backdrop.key, "backdropSize": size, "backdropMime": backdrop.mime}

    def clear(self) -> None:
        """Take everything out again."""
        self._frames.clear()
        self._files.clear()

    def describe(self) -> dict[str, Any]:
        """Give the reply's ``frames`` and their ``data``, as `AnimationService.frames` says."""
        # One buffer: each of them would be a message part of its own all the way.
        return {"frames": self._frames, "data": b"".join(self._files)}


def _as_it_is(frame: EncodedFrame) -> Encoded:
    return Encoded(frame.data, frame.mime)
