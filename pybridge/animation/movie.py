"""Frames to a file: GIF, WebP and MP4, one frame in memory at a time where the format allows."""

from __future__ import annotations

import importlib
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from pybridge.errors import BadArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["FORMATS", "write_movie"]

FORMATS = {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}
"""Media types by the file's ending."""

_GIF_MOST = 50  # frames a second


def write_movie(path: Path, pictures: Iterator[Image.Image], fps: float) -> None:
    """Write an animation.

    Parameters
    ----------
    path : pathlib.Path
        Its ending says the format. The file appears once it is whole.
    pictures : iterator of PIL.Image.Image
        The frames, all of one size.
    fps : float
        Frames per second. GIF counts in hundredths of a second.

    Raises
    ------
    BadArgumentError
        For an ending that is no format here, a speed that is none, no frames at all, or MP4
        without imageio-ffmpeg.
    """
    if not 0 < fps < math.inf:
        msg = f"fps={fps}: expected a positive number"
        raise BadArgumentError(msg)
    write = _WRITERS.get(path.suffix.lower().lstrip("."))
    if write is None:
        msg = f"cannot save as {path.suffix or path.name!r}: choose one of {', '.join(FORMATS)}"
        raise BadArgumentError(msg)
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        first = next(pictures, None)
        if first is None:
            msg = "there are no frames to save"
            raise BadArgumentError(msg)
        write(part, _chain(first, pictures), fps)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _chain(first: Image.Image, rest: Iterator[Image.Image]) -> Iterator[Image.Image]:
    yield first
    yield from rest


def _with_pillow(path: Path, pictures: Iterator[Image.Image], fps: float, **options: Any) -> None:
    first = next(pictures)
    duration = round(1000 / fps)
    first.save(path, save_all=True, append_images=pictures, duration=duration, loop=0, **options)


def _gif(path: Path, pictures: Iterator[Image.Image], fps: float) -> None:
    # Browsers slow frames of less than 20 ms down to 100 ms: fewer frames keep the time.
    every = math.ceil(fps / _GIF_MOST - 1e-9)
    kept = itertools.islice(pictures, 0, None, every)
    _with_pillow(path, (_on_white(picture, picture.size) for picture in kept), fps / every)


def _webp(path: Path, pictures: Iterator[Image.Image], fps: float) -> None:
    _with_pillow(path, pictures, fps, lossless=True, quality=50, method=2)


def _mp4(path: Path, pictures: Iterator[Image.Image], fps: float) -> None:
    try:
        ffmpeg = importlib.import_module("imageio_ffmpeg")
    except ImportError:
        msg = "MP4 needs imageio-ffmpeg: pip install 'pybridge-nbext[export]'"
        raise BadArgumentError(msg) from None
    first = next(pictures)
    # H.264 with the colours that every browser plays wants even sides.
    size = first.width + first.width % 2, first.height + first.height % 2
    writer = ffmpeg.write_frames(
        str(path), size, fps=fps, pix_fmt_in="rgb24", quality=8, macro_block_size=2
    )
    writer.send(None)
    try:
        for picture in _chain(first, pictures):
            writer.send(np.ascontiguousarray(_on_white(picture, size)))
    finally:
        writer.close()


def _on_white(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Lay a picture on a white sheet, for formats that have no shades of transparency."""
    sheet = Image.new("RGB", size, "white")
    sheet.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return sheet


_WRITERS: dict[str, Callable[[Path, Iterator[Image.Image], float], None]] = {
    "gif": _gif,
    "webp": _webp,
    "mp4": _mp4,
}
