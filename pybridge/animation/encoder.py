"""From pixels to bytes that a browser decodes."""

from __future__ import annotations

import importlib
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

__all__ = ["Encoded", "Encoder"]


def _fastest_deflate() -> ModuleType:
    try:
        # Intel's igzip: zlib's format and functions, several times as fast at level 1.
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return zlib


deflate = _fastest_deflate()

_LEVEL = 1  # higher ones cost more time than the saved bytes cost on their way
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = 6  # PNG colour type: writing the alpha along is faster than leaving it out
_CHANNELS = 4


class Encoded(NamedTuple):
    """An image file.

    Attributes
    ----------
    data : bytes
        Its content.
    mime : str
        Its media type.
    """

    data: bytes
    mime: str


class Encoder:
    """Encodes one image at a time, keeping its working memory. Not for several threads at once."""

    def __init__(self) -> None:
        self._lines = np.empty((0, 0), np.uint8)

    def encode(self, pixels: NDArray[np.uint8]) -> Encoded:
        """Encode in the format that suits best. So far that is PNG always, lossless.

        Equal pixels give equal bytes within one process.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 4)
            RGBA, not premultiplied.
        """
        return Encoded(self._png(pixels), "image/png")

    def _png(self, pixels: NDArray[np.uint8]) -> bytes:
        """Write a PNG of one IDAT chunk, every line unfiltered.

        Format: https://www.w3.org/TR/png-3/ (sections 5.3, 9.2, 11.2).
        """
        height, width, channels = pixels.shape
        if channels != _CHANNELS:
            raise ValueError(f"expected RGBA pixels, got {channels} channels")
        # Each line of a PNG starts with the number of its filter, 0 for none.
        if self._lines.shape != (height, 1 + _CHANNELS * width):
            self._lines = np.zeros((height, 1 + _CHANNELS * width), np.uint8)
        self._lines[:, 1:] = pixels.reshape(height, _CHANNELS * width)
        header = struct.pack(">IIBBBBB", width, height, 8, _RGBA, 0, 0, 0)
        return b"".join(
            (
                _SIGNATURE,
                *_chunk(b"IHDR", header),
                *_chunk(b"IDAT", deflate.compress(self._lines, _LEVEL)),
                *_chunk(b"IEND", b""),
            )
        )


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, ...]:
    check: int = deflate.crc32(data, deflate.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", check)
