"""The format in which a frame is on the screen soonest."""

from __future__ import annotations

import importlib
import io
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image

from . import png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["LOSSLESS", "Encoded", "Encoder", "Link", "by_pillow", "is_opaque"]

LOSSLESS = png.MIME

_QUALITY = 85  # of JPEG and WebP, of 100
# A lossy format must save so much of the time, or it is not worth its artefacts.
_WORTH = 0.7
# Frames until a format is measured again: what is drawn changes, and so does how it compresses.
_REMEASURE = 100
_MEGA = 1e6
_UNKNOWN_DECODE = 5.0  # ms per megapixel, until the page has measured it


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


class Link(NamedTuple):
    """How a view takes frames in, as it has measured it.

    Attributes
    ----------
    rate : float
        Bytes per ms that arrive.
    decode : mapping of str to float
        Time to decode by media type, ms per megapixel. Some may be missing.
    """

    rate: float
    decode: Mapping[str, float]

    def time(self, mime: str, size: float, megapixels: float) -> float:
        """Give the time from sending to showing, ms."""
        return size / self.rate + self.decode.get(mime, _UNKNOWN_DECODE) * megapixels


class _Measured(NamedTuple):
    """What a format took of late, each per megapixel."""

    time: float  # ms
    size: float  # bytes
    left: int  # frames until it is measured again


class Encoder:
    """Chooses how to send frames that do not keep up losslessly, by what each format has taken."""

    def __init__(self) -> None:
        self._measured: dict[str, _Measured] = {}

    def encode(self, pixels: NDArray[np.uint8], exact: bytes, link: Link) -> Encoded:
        """Encode in the format that is on the view's screen soonest.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width, 4)
            RGBA, not premultiplied.
        exact : bytes
            The same, lossless; it is given back unless another format is clearly faster.
        link : Link
        """
        megapixels = pixels.shape[0] * pixels.shape[1] / _MEGA
        files = {LOSSLESS: exact}
        times = {LOSSLESS: _WORTH * link.time(LOSSLESS, len(exact), megapixels)}
        for mime in _formats_for(pixels):
            measured = self._measured.get(mime)
            if measured is None or measured.left == 0:
                files[mime], measured = _measure(mime, pixels, megapixels)
            self._measured[mime] = measured._replace(left=measured.left - 1)
            arriving = link.time(mime, measured.size * megapixels, megapixels)
            times[mime] = measured.time * megapixels + arriving
        best = min(times, key=times.__getitem__)
        return Encoded(files.get(best) or _FORMATS[best](pixels), best)


def _formats_for(pixels: NDArray[np.uint8]) -> list[str]:
    return [mime for mime in _FORMATS if mime != "image/jpeg" or is_opaque(pixels)]


def is_opaque(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether nothing shines through a picture, RGBA."""
    return bool((pixels[..., 3] == 255).all())  # noqa: PLR2004 - alpha


def _measure(mime: str, pixels: NDArray[np.uint8], megapixels: float) -> tuple[bytes, _Measured]:
    started = time.perf_counter()
    data = _FORMATS[mime](pixels)
    took = 1000 * (time.perf_counter() - started)
    return data, _Measured(took / megapixels, len(data) / megapixels, _REMEASURE)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    try:
        simplejpeg: Any = importlib.import_module("simplejpeg")
    except ImportError:
        return by_pillow(pixels[..., :3], "JPEG", quality=_QUALITY, subsampling=0)
    # Without subsampling: coloured lines on white would blur.
    data: bytes = simplejpeg.encode_jpeg(
        np.ascontiguousarray(pixels), _QUALITY, "RGBA", colorsubsampling="444"
    )
    return data


def _webp(pixels: NDArray[np.uint8]) -> bytes:
    return by_pillow(pixels, "WEBP", quality=_QUALITY, method=0)


def by_pillow(pixels: NDArray[np.uint8], name: str, **options: Any) -> bytes:
    """Give a picture as a file of a format of Pillow's."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, name, **options)
    return file.getvalue()


_FORMATS: dict[str, Callable[[NDArray[np.uint8]], bytes]] = {
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
