"""PNG, written as fast as deflate goes."""

from __future__ import annotations

import importlib
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

__all__ = ["MIME", "PngWriter", "crc32"]

MIME = "image/png"


def _fastest_deflate() -> ModuleType:
    try:
        # Intel's igzip: zlib's format and functions, several times as fast at level 1.
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return zlib


deflate = _fastest_deflate()


def crc32(data: object, start: int = 0) -> int:
    """Give the CRC-32 of a buffer, or of what came before and that buffer."""
    return int(deflate.crc32(data, start))


_LEVEL = 1  # higher ones cost more time than the saved bytes cost on their way
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = 6  # PNG colour type: writing the alpha along is faster than leaving it out
_CHANNELS = 4


class PngWriter:
    """Writes one image at a time, keeping its working memory. Not for several threads at once."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)

    def write(self, pixels: NDArray[np.uint8]) -> bytes:
        """Give the file of an image, of one IDAT chunk with every line unfiltered.

        Equal pixels give equal bytes within one process.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 4)
            RGBA, not premultiplied.

        Notes
        -----
        Format: https://www.w3.org/TR/png-3/ (sections 5.3, 9.2, 11.2).
        """
        height, width, channels = pixels.shape
        if channels != _CHANNELS:
            raise ValueError(f"expected RGBA pixels, got {channels} channels")
        size = height * (1 + _CHANNELS * width)
        if len(self._memory) < size:
            self._memory = np.empty(size, np.uint8)
        lines = self._memory[:size].reshape(height, 1 + _CHANNELS * width)
        lines[:, 0] = 0  # each line of a PNG starts with the number of its filter
        lines[:, 1:] = pixels.reshape(height, _CHANNELS * width)
        header = struct.pack(">IIBBBBB", width, height, 8, _RGBA, 0, 0, 0)
        return b"".join(
            (
                _SIGNATURE,
                *_chunk(b"IHDR", header),
                *_chunk(b"IDAT", deflate.compress(lines, _LEVEL)),
                *_chunk(b"IEND", b""),
            )
        )


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, ...]:
    check = struct.pack(">I", crc32(data, crc32(kind)))
    return struct.pack(">I", len(data)), kind, data, check
