"""What runs on a worker: it makes the animation once, then draws the frames it is told.

A task goes out with frame numbers, and the recipe only as long as the worker may not have it: one
that is asked by the token alone for what it has not made says so, and is asked again. What comes
back are encoded frames, and whatever the user's code has raised as data: an exception may not
survive the way.
"""

from __future__ import annotations

import os
import platform
import sys
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager, ft2font

from pybridge import __version__
from pybridge.tracebacks import describe

from .compositing import CompositingRenderer
from .drawing import DRAWING, take_pyplot
from .errors import FrameRangeError
from .frames import Frames
from .recipe import unpack
from .renderer import Renderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .frame import EncodedFrame

__all__ = ["Answer", "Surroundings", "Task", "draw", "surroundings"]

# Animations that a worker keeps, the ones used last: of as many players that play at a time.
_KEPT = 4


@dataclass(frozen=True, slots=True)
class Task:
    """Frames to draw.

    Attributes
    ----------
    token : str
        Of the recipe.
    indices : tuple of int
    scale : float
        Pixels per pixel of the figure at its own dpi.
    params : mapping
        Keyword arguments of the user's function.
    composing : bool
        Whether what moves may be drawn by itself, see `compositing`.
    recipe : bytes or None
        None where the worker is thought to have it.
    ticket : str
        No other task has it: Dask takes equal tasks for one, and would wait for a worker that hangs
        instead of asking another.
    """

    token: str
    indices: tuple[int, ...]
    scale: float
    params: Mapping[str, Any]
    composing: bool
    recipe: bytes | None
    ticket: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the pixels of a frame depend on besides the frame.

    Attributes
    ----------
    worker : str
        Machine and process.
    versions : dict
        What is installed there, by name.
    """

    worker: str
    versions: dict[str, str]


@dataclass(slots=True)
class Answer:
    """What a worker says to a task.

    Attributes
    ----------
    about : Surroundings
    is_unknown : bool
        The recipe has to be sent along; nothing was drawn.
    broken : dict or None
        Why the animation could not be made here, as `tracebacks.describe` puts it.
    first : str
        The digest of frame 0, at scale 1.
    frames : list of EncodedFrame
    failures : dict
        What the user's code raised, by frame, as `tracebacks.describe` puts it.
    end : int or None
        The first frame found not to exist.
    seconds : float
        What drawing took.
    method : str
        How frames were drawn, in words.
    is_doubtful : bool
        Frames drawn since the last check may be wrong, see `compositing`.
    dependent : int or None
        A frame that looked different when it was drawn again, after others.
    """

    about: Surroundings
    is_unknown: bool = False
    broken: dict[str, Any] | None = None
    first: str = ""
    frames: list[EncodedFrame] = field(default_factory=list)
    failures: dict[int, dict[str, Any]] = field(default_factory=dict)
    end: int | None = None
    seconds: float = 0.0
    method: str = ""
    is_doubtful: bool = False
    dependent: int | None = None


_made: OrderedDict[tuple[str, bool], _Made] = OrderedDict()
_about: Surroundings | None = None


def draw(task: Task) -> Answer:
    """Draw frames. Never raises what the user's code raises, only `BaseException`."""
    # A process draws one task at a time, however many threads its executor has.
    with DRAWING:
        take_pyplot()
        if "matplotlib.pyplot" not in sys.modules:
            # A notebook's backend is inherited, and there is no screen here.
            mpl.use("agg")
        about = surroundings()
        key = task.token, task.composing
        if key not in _made and task.recipe is None:
            return Answer(about, is_unknown=True)
        try:
            made = _made.get(key) or _make(key, task)
            _made.move_to_end(key)
            return made.draw(task)
        except Exception as error:  # noqa: BLE001 - the user's function may raise anything
            return Answer(about, broken=describe(error))


def surroundings() -> Surroundings:
    """Describe this process, as far as pictures depend on it."""
    global _about  # noqa: PLW0603 - it stays the same
    # Not so in a process that was forked.
    worker = f"{platform.node()}, process {os.getpid()}"
    if _about is None or _about.worker != worker:
        font = font_manager.fontManager.findfont(font_manager.FontProperties())
        versions = {
            "matplotlib": mpl.__version__,
            "FreeType": ft2font.__freetype_version__,
            "font": os.path.basename(font),  # noqa: PTH119 - findfont gives text
            "pybridge": __version__,
            "Python": platform.python_version(),
        }
        _about = Surroundings(worker, versions)
    return _about


def _make(key: tuple[str, bool], task: Task) -> _Made:
    assert task.recipe is not None  # noqa: S101 - `draw` asks for it
    while len(_made) >= _KEPT:
        _made.popitem(last=False)
    made = _made[key] = _Made(task)
    return made


class _Made:
    """An animation that was made here."""

    def __init__(self, task: Task) -> None:
        assert task.recipe is not None  # noqa: S101 - `draw` asks for it
        recipe = unpack(task.recipe)
        self._settings = recipe.settings
        with mpl.rc_context(self._settings):
            source = recipe.source(recipe.make(), task.params)
        renderer = CompositingRenderer() if task.composing else Renderer()
        # Whoever asks keeps the frames.
        self._frames = Frames(source, budget=0, renderer=renderer)
        self._first = ""
        # A frame to be drawn again once others have been, and whether that was done.
        self._sample: EncodedFrame | None = None
        self._checked = False

    def draw(self, task: Task) -> Answer:
        with mpl.rc_context(self._settings):
            frames = self._frames
            if task.params != frames.source.params:
                frames.set_params(task.params)
                self._first = ""
            if not self._first:
                # Some artists settle at their first drawing, such as the scale of a Quiver.
                self._first = frames.frame(0).digest
                self._sample, self._checked = None, False
            answer = Answer(surroundings(), first=self._first)
            version = frames.version
            began = time.perf_counter()
            for index in task.indices:
                self._draw(index, task.scale, answer)
                if frames.version != version:
                    answer.is_doubtful = True
                    return answer
            answer.seconds = time.perf_counter() - began
            answer.method = frames.drawing
            self._check(answer)
            return answer

    def _draw(self, index: int, scale: float, answer: Answer) -> None:
        try:
            answer.frames.append(self._frames.frame(index, scale))
        except FrameRangeError:
            answer.end = index if answer.end is None else min(index, answer.end)
        except Exception as error:  # noqa: BLE001 - the user's function may raise anything
            answer.failures[index] = describe(error)

    def _check(self, answer: Answer) -> None:
        """Find out whether a frame depends on those drawn before it, once."""
        last = answer.frames[-1] if answer.frames else None
        sample = self._sample
        if sample is None:
            self._sample = last
        elif not self._checked and last is not None and last.index != sample.index:
            self._checked = True
            again = self._frames.frame(sample.index, sample.scale)
            answer.dependent = sample.index if again.digest != sample.digest else None
