"""A frame, encoded: a picture of its own, or what differs from one that many frames share."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from .png import MIME, PngWriter, crc32

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Backdrop", "Box", "EncodedFrame", "differing", "digest_of"]


class Box(NamedTuple):
    """A part of a picture: pixels from `left` and `top` on, up to `right` and `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    def cut(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give the part's pixels, a view."""
        return pixels[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A picture that frames share but for a part of each.

    Attributes
    ----------
    key : str
        Equal for equal pictures.
    data : bytes
        An image file.
    mime : str
        Its media type.
    """

    key: str
    data: bytes
    mime: str = MIME


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One frame.

    Attributes
    ----------
    index : int
        Which frame.
    data : bytes
        An image file: of all of it, or of the part that takes the place of its backdrop's.
    width, height : int
        Pixels of all of it.
    scale : float
        Pixels per pixel of the figure at its own dpi. 1 for a function that returns pixels.
    digest : str
        Equal for equal pixels, whatever the frame.
    x, y : int
        Where in the backdrop the part's left upper corner is.
    backdrop : Backdrop or None
    mime : str
        The file's media type.
    """

    index: int
    data: bytes
    width: int
    height: int
    scale: float
    digest: str
    x: int = 0
    y: int = 0
    backdrop: Backdrop | None = None
    mime: str = MIME

    def picture(self) -> Image.Image:
        """Decode all of it."""
        part = _decoded(self.data)
        if self.backdrop is None:
            return part
        picture = _decoded(self.backdrop.data)
        picture.paste(part, (self.x, self.y))
        return picture

    def file(self) -> bytes:
        """Give all of it as a PNG file."""
        if self.backdrop is None:
            return self.data
        return PngWriter().write(np.asarray(self.picture()))


def _decoded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


# Boxes are a little larger than need be, so that those of frames in a row are often the same one:
# then the page need not mend what the one before has left around it.
_GRID = 16


def differing(pixels: NDArray[np.uint8], others: NDArray[np.uint8]) -> Box:
    """Give a part, at least a pixel large, outside of which two pictures are the same.

    Parameters
    ----------
    pixels, others : ndarray of uint8, shape (height, width, 4), contiguous
    """
    differ = pixels.view(np.uint32)[..., 0] != others.view(np.uint32)[..., 0]
    rows = np.flatnonzero(differ.any(axis=1))
    if len(rows) == 0:
        return Box(0, 0, 1, 1)
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(differ[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    height, width = differ.shape
    return Box(
        left - left % _GRID,
        top - top % _GRID,
        min(width, right + -right % _GRID),
        min(height, bottom + -bottom % _GRID),
    )


def digest_of(pixels: NDArray[np.uint8]) -> str:
    """Give a text that is the same for the same pixels, and hardly ever for others.

    It holds a checksum of 32 bits: a fast one, as every frame is to have it. Nothing depends on its
    being hard to forge.
    """
    height, width = pixels.shape[:2]
    return f"{width}x{height}-{crc32(np.ascontiguousarray(pixels)):08x}"
