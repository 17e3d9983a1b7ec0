"""Frames that the notebook holds itself, so that its players play without a kernel.

They are chosen evenly, as many as fit, and written as the kernel sends frames to a page: pictures
of what differs from a backdrop, one after the other. Each is a WebP of its own. As measured (see
``docs/saving.md``), that is a third of the PNGs' bytes, and the page can go to any of them; a
film's formats need less still, but not every browser plays them, and none to the frame.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2.utils import htmlsafe_json_dumps

from pybridge.errors import BadArgumentError

from .batch import Batch
from .compact import CompactEncoder
from .errors import FrameRangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

    from .frame import EncodedFrame

__all__ = ["DEFAULT", "Baked", "Limit", "bake"]

FORMAT = 1
"""Of what is written; the page reads no other, see ``nbext/baked.js``."""

# How many frames say how well a way to encode them does.
_SAMPLES = 4
# What drawing takes of the time, about.
_DRAWING = 0.4
# Of drawn frames so much is held, in bytes, until some of them are chosen.
_HELD = 200e6
# What a frame takes besides its picture, its number, digest, size and place, and what all of them
# take together, in bytes.
_DESCRIPTION = 170
_DESCRIPTIONS = 1000

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMG]?)(i?)B\s*")
_POWERS = {"": 0, "k": 1, "M": 2, "G": 3}


@dataclass(frozen=True)
class Limit:
    """How much of an animation to bake.

    Attributes
    ----------
    frames : int or None
        At most so many.
    nbytes : int or None
        At most so many bytes of the notebook.
    """

    frames: int | None = None
    nbytes: int | None = None

    @classmethod
    def of(cls, given: bool | int | str) -> Limit:
        """Read what a user has given: True, a number of frames, or a size such as ``"2 MB"``.

        Raises
        ------
        BadArgumentError
            When it is nothing of these.
        """
        if given is True:
            return DEFAULT
        if isinstance(given, int) and given > 0:
            return cls(frames=int(given))
        match = _SIZE.fullmatch(given) if isinstance(given, str) else None
        if match is None:
            msg = f'bake={given!r:.60}: expected True, a number of frames, or a size like "2 MB"'
            raise BadArgumentError(msg)
        number, unit, binary = match.groups()
        return cls(nbytes=int(float(number) * (1024 if binary else 1000) ** _POWERS[unit]))


DEFAULT = Limit(nbytes=2_000_000)
"""What True means."""


@dataclass(frozen=True)
class Baked:
    """Frames as a notebook holds them.

    Attributes
    ----------
    indices : tuple of int
        Which.
    length : int or None
        Of how many; None when the animation has no end that is known.
    version : int
        Which frames they are, see `frames.Frames`.
    lossless : bool
        Whether they all are exact.
    nbytes : int
        What they take of the notebook.
    document : Markup
        What the page reads, ready to be put into a script element.
    """

    indices: tuple[int, ...]
    length: int | None
    version: int
    lossless: bool
    nbytes: int
    document: Markup = field(repr=False)

    @property
    def text(self) -> str:
        """Which frames they are, in words."""
        return _in_words(len(self.indices), self.length)

    def __str__(self) -> str:
        exact = "without losses" if self.lossless else "with losses"
        return f"{self.text}, {exact}: {self.nbytes / 1e6:.2f} MB"


def _in_words(count: int, length: int | None) -> str:
    if length is None:
        return f"the first {count} frames"
    return f"all {length} frames" if count == length else f"{count} of {length} frames"


def bake(
    frame: Callable[[int], EncodedFrame],
    count: int,
    limit: Limit,
    *,
    lossless: bool = False,
    told: Callable[[float], object] = lambda _: None,
    describe: Callable[[], dict[str, Any]],
) -> Baked:
    """Choose and encode frames.

    Parameters
    ----------
    frame : callable
        Gives frame i; asked in order. `FrameRangeError` says that the animation has ended.
    count : int
        How many frames there are, or how many to go through where that is not known.
    limit : Limit
    lossless : bool
        Keep every pixel.
    told : callable
        Told now and then how much of it is done, from 0 to 1.
    describe : callable
        Gives what else the page is to know, once all frames were drawn.

    Raises
    ------
    BadArgumentError
        When not even one frame fits.
    Exception
        Whatever the user's code raises.
    """
    wanted = min(count, limit.frames or count)
    held = _draw(frame, [i * count // wanted for i in range(wanted)], told)
    if not held:
        raise BadArgumentError("there are no frames to bake")
    # The first ones are whole pictures: what stays is not known yet.
    samples = _evenly([each for each in held if each.backdrop] or held, _SAMPLES)
    encoder = CompactEncoder(samples, lossless=lossless)
    wanted = len(held)
    if limit.nbytes is not None:
        wanted = max(1, min(wanted, limit.nbytes * len(samples) // _size(samples, encoder)))
    while True:
        kept = _evenly(held, wanted)
        for place, each in enumerate(kept):
            encoder(each)
            told(_DRAWING + (1 - _DRAWING) * place / len(kept))
        size = _size(kept, encoder)
        if limit.nbytes is None or size <= limit.nbytes:
            return _write(kept, encoder, describe())
        if wanted == 1:
            raise BadArgumentError(f"not one frame fits into {limit.nbytes} bytes")
        wanted = max(1, min(wanted - 1, wanted * limit.nbytes // size))


def _evenly(frames: list[EncodedFrame], count: int) -> list[EncodedFrame]:
    count = min(count, len(frames))
    return [frames[i * len(frames) // count] for i in range(count)]


def _draw(
    frame: Callable[[int], EncodedFrame], indices: Sequence[int], told: Callable[[float], object]
) -> list[EncodedFrame]:
    """Draw frames in order, as many as there are; fewer, evenly, if they are too large to hold."""
    held: list[EncodedFrame] = []
    nbytes = 0
    step = 1
    for place, index in enumerate(indices):
        if place % step:
            continue
        try:
            held.append(frame(index))
        except FrameRangeError:
            break
        told(_DRAWING * place / len(indices))
        nbytes += len(held[-1].data)
        if nbytes > _HELD:
            held, step = held[::2], 2 * step
            nbytes = sum(len(each.data) for each in held)
    return held


def _size(frames: list[EncodedFrame], encoder: CompactEncoder) -> int:
    """Give what frames take of a notebook, in bytes."""
    files = {each.digest: len(encoder(each).data) for each in frames}
    backdrops = {each.backdrop.key: len(each.backdrop.data) for each in frames if each.backdrop}
    pictures = sum(files.values()) + sum(backdrops.values())
    return pictures * 4 // 3 + len(frames) * _DESCRIPTION + _DESCRIPTIONS


def _write(kept: list[EncodedFrame], encoder: CompactEncoder, more: dict[str, Any]) -> Baked:
    batch = Batch(encode=encoder)
    for each in kept:
        batch.add(each)
    indices = tuple(each.index for each in kept)
    length = more["length"]
    described = batch.describe()
    document = htmlsafe_json_dumps(
        {
            **more,
            "format": FORMAT,
            "scale": kept[0].scale,
            "text": _in_words(len(indices), length),
            "partial": len(indices) != length,
            "frames": described["frames"],
            "data": base64.b64encode(described["data"]).decode("ascii"),
        },
        dumps=lambda value, **_: json.dumps(value, separators=(",", ":"), sort_keys=True),
    )
    return Baked(
        indices=indices,
        length=length,
        version=more["version"],
        lossless=encoder.lossless,
        nbytes=len(document),
        document=document,
    )
