"""Frames that the notebook holds itself, so that its players play without a kernel.

They are chosen evenly, as many as fit, and written as the kernel sends frames to a page: pictures
of what differs from the first one, one after the other. Each is a WebP of its own. As measured (see
``docs/saving.md``), that is a third of the PNGs' bytes, and the page can go to any of them; a
film's formats need less still, but not every browser plays them, and none to the frame.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jinja2.utils import htmlsafe_json_dumps

from pybridge.errors import BadArgumentError

from .batch import Batch
from .compact import Packer
from .errors import FrameRangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from .frame import EncodedFrame

__all__ = ["DEFAULT", "Baked", "Limit", "draw", "pack"]

_logger = logging.getLogger(__name__)

FORMAT = 1
"""Of what is written; the page reads no other, see ``nbext/baked.js``."""

# Of drawn frames so much is held, in bytes, until some of them are chosen.
_HELD = 200e6
# What a frame takes besides its picture: its number, digest, size and place, in bytes.
_DESCRIPTION = 170
# And what is written besides frames.
_FRAME = 500
# When to stop looking for a number of frames that fills the place better.
_FILLED = 0.93

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kMG]?)(i?)B\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3}


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
        return cls(nbytes=int(float(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()]))

    def choose(self, count: int) -> list[int]:
        """Choose which of `count` frames to draw, evenly."""
        wanted = min(count, self.frames or count)
        return [place * count // wanted for place in range(wanted)]


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
    text : str
        Which frames they are, in words.
    """

    indices: tuple[int, ...]
    length: int | None
    version: int
    lossless: bool
    nbytes: int
    document: Markup = field(repr=False)
    text: str

    @property
    def digest(self) -> str:
        """Equal for equal frames, as a notebook holds them."""
        return hashlib.sha256(self.document.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        exact = "without losses" if self.lossless else "with losses"
        return f"{self.text}, {exact}: {self.nbytes / 1e6:.2f} MB"


def _in_words(kept: Sequence[EncodedFrame], length: int | None, reach: int) -> str:
    if len(kept) == length:
        return f"all {length} frames"
    if length is not None:
        return f"{len(kept)} of {length} frames"
    chosen = "" if len(kept) == reach else f"{len(kept)} of "
    return f"{chosen}the first {reach} frames"


def draw(
    frame: Callable[[int], EncodedFrame],
    count: int,
    limit: Limit,
    told: Callable[[float], object] = lambda _: None,
) -> list[EncodedFrame]:
    """Draw the frames that may be baked, evenly chosen, in order.

    Parameters
    ----------
    frame : callable
        Gives frame i. `FrameRangeError` says that the animation has ended.
    count : int
        How many frames there are, or how many to go through where that is not known.
    limit : Limit
    told : callable
        Told now and then how much of it is done, from 0 to 1.

    Raises
    ------
    BadArgumentError
        When there are none.
    Exception
        Whatever the user's code raises.
    """
    chosen = limit.choose(count)
    held: list[EncodedFrame] = []
    nbytes = 0
    step = 1
    for place, index in enumerate(chosen):
        if place % step:
            continue
        try:
            held.append(frame(index))
        except FrameRangeError:
            break
        told(place / len(chosen))
        nbytes += len(held[-1].data)
        if nbytes > _HELD:
            held, step = held[::2], 2 * step
            nbytes = sum(len(each.data) for each in held)
    if not held:
        raise BadArgumentError("there are no frames to bake")
    _logger.debug("%d frames drawn, %d held", len(chosen), len(held))
    return held


def pack(
    held: Sequence[EncodedFrame],
    limit: Limit,
    more: Mapping[str, Any],
    *,
    lossless: bool = False,
    told: Callable[[float], object] = lambda _: None,
) -> Baked:
    """Write as many of some frames as fit, chosen evenly.

    Parameters
    ----------
    held : sequence of EncodedFrame
        In order.
    limit : Limit
    more : mapping
        What else the page is to know; ``length``, the number of all frames, or None, and
        ``version`` among it.
    lossless : bool
        Keep every pixel.
    told : callable
        Told now and then how much of it is done, from 0 to 1.

    Raises
    ------
    BadArgumentError
        When not even one frame fits.
    """
    packer = Packer(held, lossless=lossless)
    wanted = len(held)
    if limit.nbytes is not None:
        wanted = _fitting(held, packer, limit.nbytes - len(_dumps(more)) - _FRAME, told)
    while wanted > 0:
        kept = [packer(each) for each in _evenly(held, wanted)]
        baked = _write(kept, more, lossless=packer.lossless, reach=held[-1].index + 1)
        if limit.nbytes is None or baked.nbytes <= limit.nbytes:
            _logger.debug("baked: %s", baked)
            return baked
        wanted -= 1
    raise BadArgumentError(f"not one frame fits into {limit.nbytes} bytes")


def _fitting(
    held: Sequence[EncodedFrame],
    packer: Packer,
    nbytes: float,
    told: Callable[[float], object],
) -> int:
    """Find how many of the frames fit; 0 when none does."""
    fits, too_many = 0, len(held) + 1
    wanted = min(len(held), 8)
    while fits + 1 < too_many:
        kept = [packer(each) for each in _evenly(held, wanted)]
        fixed, each = _size(kept)
        told(wanted / too_many)
        if fixed + each * wanted <= nbytes:
            fits = wanted
            if fixed + each * wanted > _FILLED * nbytes:
                break
        else:
            too_many = wanted
        wanted = int((nbytes - fixed) / each)
        wanted = max(fits + 1, min(wanted, too_many - 1, 4 * len(kept)))
    return fits


def _evenly(frames: Sequence[EncodedFrame], count: int) -> list[EncodedFrame]:
    return [frames[i * len(frames) // count] for i in range(count)]


def _size(kept: Sequence[EncodedFrame]) -> tuple[float, float]:
    """Give what frames take of a notebook, in bytes: all together, and each besides."""
    files = {each.digest: len(each.data) for each in kept}
    backdrops = {each.backdrop.key: len(each.backdrop.data) for each in kept if each.backdrop}
    each = sum(files.values()) * 4 / 3 / len(kept) + _DESCRIPTION
    return sum(backdrops.values()) * 4 / 3, each


def _write(
    kept: list[EncodedFrame], more: Mapping[str, Any], *, lossless: bool, reach: int
) -> Baked:
    batch = Batch()
    # Those that look alike one after the other: then their file is written once.
    first = {each.digest: each.index for each in reversed(kept)}
    for each in sorted(kept, key=lambda each: first[each.digest]):
        batch.add(each)
    length = more["length"]
    text = _in_words(kept, length, reach)
    described = batch.describe()
    document = _dumps(
        {
            **more,
            "format": FORMAT,
            "scale": kept[0].scale,
            "text": text,
            "partial": len(kept) != length,
            "frames": described["frames"],
            "data": base64.b64encode(described["data"]).decode("ascii"),
        }
    )
    return Baked(
        indices=tuple(each.index for each in kept),
        length=length,
        version=more["version"],
        lossless=lossless,
        nbytes=len(document),
        document=document,
        text=text,
    )


def _dumps(value: Mapping[str, Any]) -> Markup:
    """Write JSON that can stand in a script element."""
    return htmlsafe_json_dumps(
        value, dumps=lambda tree, **_: json.dumps(tree, separators=(",", ":"), sort_keys=True)
    )
