"""Frames as small files that every browser shows."""

from __future__ import annotations

import functools
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .encoder import by_pillow, is_opaque
from .frame import Backdrop, Box, differing
from .likeness import ssim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .frame import EncodedFrame

    Way = Callable[[NDArray[np.uint8]], bytes]

__all__ = ["Packer"]

_WEBP = "image/webp"
# What frames with losses have to keep of what differs; of the whole picture, 0.98 are promised.
_LIKENESS = 0.985
# Exact frames are worth more bytes.
_WORTH = 0.6
# How many frames say how well a way to encode them does.
_SAMPLES = 5


class Packer:
    """Encodes frames in the way that suits them best: what differs from the first, each once.

    The parts that frames come in would do as well, but which those are depends on how long drawing
    them took: the same frames are to give the same files.

    Parameters
    ----------
    frames : sequence of EncodedFrame
        Those that may be wanted.
    lossless : bool
        Keep every pixel.

    Attributes
    ----------
    lossless : bool
        Whether every pixel was kept so far.
    """

    def __init__(self, frames: Sequence[EncodedFrame], *, lossless: bool) -> None:
        self.lossless = True
        self._packed: dict[str, EncodedFrame] = {}
        self._base = _pixels(frames[0])
        self._backdrop = Backdrop(frames[0].digest, _exact(self._base), _WEBP)
        # The first one is the backdrop itself.
        samples = frames[:: -(-len(frames) // _SAMPLES)][1:] or frames
        self._way = None if lossless else _best_way([self._part(each)[1] for each in samples])

    def __call__(self, frame: EncodedFrame) -> EncodedFrame:
        """Give a frame anew; one that looks the same has the same file."""
        packed = self._packed.get(frame.digest)
        if packed is None:
            packed = self._packed[frame.digest] = self._pack(frame)
        return replace(packed, index=frame.index)

    def _pack(self, frame: EncodedFrame) -> EncodedFrame:
        box, pixels = self._part(frame)
        is_part = pixels.shape[:2] != (frame.height, frame.width)
        backdrop = self._backdrop if is_part else None
        return replace(
            frame, data=self._encode(pixels), mime=_WEBP, x=box.left, y=box.top, backdrop=backdrop
        )

    def _part(self, frame: EncodedFrame) -> tuple[Box, NDArray[np.uint8]]:
        pixels = _pixels(frame)
        box = Box(0, 0, frame.width, frame.height)
        if pixels.shape == self._base.shape:
            box = differing(pixels, self._base)
        return box, box.cut(pixels)

    def _encode(self, pixels: NDArray[np.uint8]) -> bytes:
        if self._way is not None:
            data = self._way(pixels)
            if _is_like(pixels, data):
                self.lossless = False
                return data
        return _exact(pixels)


def _exact(pixels: NDArray[np.uint8]) -> bytes:
    return by_pillow(pixels, "WEBP", lossless=True, quality=50, method=2, exact=True)


def _with_colours(count: int, pixels: NDArray[np.uint8]) -> bytes:
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if is_opaque(pixels):
        few = picture.convert("RGB").quantize(count, dither=Image.Dither.NONE)
    else:
        few = picture.quantize(count, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few_pixels = np.asarray(few.convert("RGBA"))
    return by_pillow(few_pixels, "WEBP", lossless=True, quality=50, method=2)


def _with_quality(quality: int, pixels: NDArray[np.uint8]) -> bytes:
    return by_pillow(pixels, "WEBP", quality=quality, method=4)


# Plots have few colours, and keep their edges with even fewer; photographs are another matter.
_WAYS: list[Way] = [
    *(functools.partial(_with_colours, count) for count in (64, 128, 256)),
    *(functools.partial(_with_quality, quality) for quality in (75, 90)),
]


def _best_way(pictures: list[NDArray[np.uint8]]) -> Way | None:
    """Give the way that makes the smallest files that look alike; None for the exact one."""
    exact = sum(len(_exact(pixels)) for pixels in pictures)
    sizes: dict[Way, int] = {}
    for way in _WAYS:
        files = [way(pixels) for pixels in pictures]
        size = sum(map(len, files))
        if size < _WORTH * exact and all(map(_is_like, pictures, files)):
            sizes[way] = size
    return min(sizes, key=sizes.__getitem__, default=None)


def _is_like(pixels: NDArray[np.uint8], data: bytes) -> bool:
    decoded = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    return ssim(_on_white(pixels), _on_white(decoded)) >= _LIKENESS


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGBA on white: what is under transparent pixels does not show."""
    alpha = pixels[..., 3:].astype(np.float32) / 255
    laid: NDArray[np.uint8] = (pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return laid


def _pixels(frame: EncodedFrame) -> NDArray[np.uint8]:
    return np.ascontiguousarray(frame.picture().convert("RGBA"))
