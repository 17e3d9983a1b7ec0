"""Films that take long to draw: by many workers, in bounded memory, and again after a crash."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from PIL import Image

from pybridge.errors import BadArgumentError
from pybridge.reporting import working

from .errors import FrameRangeError, RenewedError
from .executors import check
from .frames import Frames
from .movie import FORMATS, write_movie
from .parallel import TIMEOUT, ParallelFrames
from .recipe import Recipe, pack, settings

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor
    from types import CodeType

    from .frame import EncodedFrame

__all__ = ["render"]

_logger = logging.getLogger(__name__)

# What is drawn ahead of being written, in bytes.
_BUDGET = 64 * 2**20


def render(
    make: Callable[[], Any],
    frames: int | None = None,
    *,
    to: str | os.PathLike[str],
    executor: Executor | None = None,
    fps: float | None = None,
    scale: float = 1.0,
    resume: bool = True,
    timeout: float = TIMEOUT,
) -> Path:
    """Write an animation to a film, its frames drawn by the workers of an executor.

    Finished frames are kept beside the film in a folder of its name with ``.frames``, until the
    film is written. After a crash or an interrupt the same call goes on from there.

    Parameters
    ----------
    make : callable
        Builds the figure, and returns a matplotlib animation or a function of the frame number. It
        is called once here, and once by each worker.
    frames : int, optional
        How many. By default as many as the animation has; where that is not known its
        ``save_count``, or 100 with a warning.
    to : path-like
        Ending in ``.mp4`` (which needs the extra ``[export]``), ``.gif`` or ``.webp``.
    executor : concurrent.futures.Executor, optional
        As for `pybridge.Animation`; frame i then has to depend on i alone. None: this process draws
        the frames, in order.
    fps : float, optional
        Frames per second; by default from the animation's interval.
    scale : float
        Pixels per pixel of the figure at its own dpi.
    resume : bool
        Whether frames that are kept may be used. They are not when the code of `make`, the size,
        the first frame or matplotlib is another one.
    timeout : float
        How long a worker may take for a frame before another one gets it, in seconds.

    Returns
    -------
    Path
        The film's.

    Raises
    ------
    BadArgumentError
        For another ending, or what is no animation.
    NotPicklableError
        When something that `make` uses cannot be sent to a worker.
    WorkerError
        When drawing a frame has failed on a worker. Those that were finished are kept.
    DependentFramesError
        When frames turned out to depend on those drawn before.
    Exception
        Whatever the user's code raises, without an executor.
    """
    path = Path(to)
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise BadArgumentError(f"to={str(to)!r}: a film ends in one of .{', .'.join(FORMATS)}")
    if frames is not None and frames < 1:
        raise BadArgumentError(f"frames={frames}: expected at least 1")
    recipe = Recipe(make, settings=settings())
    drawn = _frames_of(recipe, executor, timeout)
    count = drawn.count(frames)
    folder = path.with_name(path.name + ".frames")
    with working(f"rendering {path.name}") as tell:
        while True:
            if not drawn.gives(0, scale):
                drawn.restart()
            kept = _Kept(folder, _identity(recipe.make, drawn, scale), resume=resume)
            pictures = _pictures(drawn, kept, range(count), scale, tell)
            try:
                write_movie(path, pictures, fps or 1000 / max(drawn.interval, 1))
            except RenewedError:
                # One of them has put those before it in doubt; whole figures are drawn now.
                kept.remove()
            else:
                break
    if drawn.note is not None:
        warnings.warn(drawn.note, stacklevel=2)
    drawn.warn_if_cut(frames, stacklevel=3)
    kept.remove()
    return path


def _frames_of(recipe: Recipe, executor: Executor | None, timeout: float) -> Frames:
    if executor is None:
        return Frames(recipe.source(recipe.make(), random_access=False), budget=_BUDGET)
    packed = pack(recipe)
    source = recipe.source(recipe.make())
    return ParallelFrames(source, packed, check(executor), timeout=timeout, budget=_BUDGET)


def _identity(make: object, drawn: Frames, scale: float) -> dict[str, Any]:
    """Describe what frames have in common with those that were kept, if they are the same ones."""
    first = drawn.first(scale)
    return {
        "code": _fingerprint(getattr(make, "__code__", None)),
        "first": first.digest,
        "matplotlib": mpl.__version__,
        "scale": scale,
        "size": [first.width, first.height],
    }


def _fingerprint(code: CodeType | None) -> str:
    """Tell a function's code, with those inside of it, from another one, in any process."""
    if code is None:
        return ""
    whole = hashlib.sha256(code.co_code)
    whole.update(repr((code.co_names, code.co_varnames)).encode())
    for constant in code.co_consts:
        inner = _fingerprint(constant) if hasattr(constant, "co_code") else _in_words(constant)
        whole.update(inner.encode())
    return whole.hexdigest()[:16]


def _in_words(constant: object) -> str:
    """Write a constant of a function's code; the order of a set is not the same in any process."""
    if isinstance(constant, tuple):
        return f"({', '.join(map(_in_words, constant))})"
    if isinstance(constant, frozenset):
        return f"{{{', '.join(sorted(map(_in_words, constant)))}}}"
    return repr(constant)


class _Kept:
    """Finished frames, each in a file of its own.

    Parameters
    ----------
    folder : Path
        Emptied, unless what it holds is of the same identity.
    identity : dict
    resume : bool
        Whether that may be used.
    """

    def __init__(self, folder: Path, identity: dict[str, Any], *, resume: bool) -> None:
        self._folder = folder
        # Workers' frames come in a thread of their own, also when it is over here.
        self._lock = threading.Lock()
        self._open = True
        note = self._folder / "frames.json"
        try:
            same = json.loads(note.read_text("utf-8")) == identity
        except (OSError, ValueError):
            same = False
        if not (same and resume):
            if self._folder.exists() and not note.exists() and any(self._folder.iterdir()):
                raise BadArgumentError(
                    f"{self._folder} is where finished frames are kept, and holds something else:"
                    " move that away, or choose another name for the film"
                )
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True)
            _write(note, json.dumps(identity, indent=2).encode())

    def has(self, index: int) -> bool:
        return self._file(index).exists()

    def put(self, *frames: EncodedFrame) -> None:
        for frame in frames:
            with self._lock:
                if self._open:
                    _write(self._file(frame.index), frame.file())

    def picture(self, index: int) -> Image.Image:
        with Image.open(self._file(index)) as picture:
            picture.load()
            return picture

    def remove(self) -> None:
        """Delete them all; none is kept from now on."""
        with self._lock:
            self._open = False
            shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, index: int) -> Path:
        return self._folder / f"{index:06d}.png"


def _write(path: Path, data: bytes) -> None:
    """Write a file that is whole as soon as it is there."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _pictures(
    drawn: Frames, kept: _Kept, indices: range, scale: float, tell: Callable[[float], None]
) -> Iterator[Image.Image]:
    """Iterate over the frames of one version; raises RenewedError."""
    version = drawn.version
    if isinstance(drawn, ParallelFrames):
        # Also those that are done before their turn.
        drawn.came = lambda new, _: kept.put(*new)
    missing = [index for index in indices if not kept.has(index)]
    _logger.debug("%d of %d frames are to be drawn", len(missing), len(indices))
    drawn.expect(missing, scale)
    for index in indices:
        if not kept.has(index):
            try:
                frame = drawn.frame(index, scale)
            except FrameRangeError:
                return
            drawn.check(version)
            kept.put(frame)
        drawn.check(version)
        tell((index + 1) / len(indices))
        yield kept.picture(index)
