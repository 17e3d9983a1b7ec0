"""What a worker needs to make an animation: packed once, and known by a token from then on."""

from __future__ import annotations

import dis
import hashlib
import inspect
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cloudpickle
import matplotlib as mpl

from pybridge.errors import BadArgumentError

from .errors import NotPicklableError
from .source import as_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import CodeType

    from .base import Source

__all__ = ["Packed", "Recipe", "pack", "settings", "unpack"]

# Of rcParams, what belongs to a process and not to a picture.
_OF_THE_PROCESS = ("backend", "figure.hooks", "interactive", "timezone", "toolbar", "webagg.")


@dataclass(frozen=True)
class Recipe:
    """How to make an animation, in this process or in another.

    Attributes
    ----------
    make : callable
        Builds the figure, and gives a matplotlib Animation or a function of the frame number.
    frames : int or None
        A function's number of frames.
    interval : float or None
        Milliseconds from frame to frame; None for the animation's own.
    settings : dict
        The rcParams that the figure is made and drawn with, as far as they are not matplotlib's
        own.
    """

    make: Callable[[], Any]
    frames: int | None = None
    interval: float | None = None
    settings: Any = field(default_factory=dict)

    def source(
        self,
        animation: Any,
        params: Mapping[str, Any] | None = None,
        *,
        random_access: bool = True,
    ) -> Source:
        """Make a source of what `make` gave, by default of frames in any order.

        Raises
        ------
        BadArgumentError
            When that is no animation, or a number of frames was given beside one.
        """
        return as_source(
            animation,
            frames=self.frames,
            interval=self.interval,
            random_access=random_access,
            params=params,
        )


@dataclass(frozen=True)
class Packed:
    """A recipe as it travels.

    Attributes
    ----------
    token : str
        Equal for equal bytes.
    data : bytes
        The recipe, by cloudpickle.
    """

    token: str
    data: bytes = field(repr=False)


def settings() -> dict[str, Any]:
    """Give the rcParams in force that are not matplotlib's own and have to do with pictures."""
    return {
        name: value
        for name, value in mpl.rcParams.items()
        if not name.startswith(_OF_THE_PROCESS) and value != mpl.rcParamsDefault[name]
    }


def pack(recipe: Recipe) -> Packed:
    """Pack a recipe for its way to the workers.

    Raises
    ------
    BadArgumentError
        When its `make` is no function without arguments.
    NotPicklableError
        When something that `make` uses cannot travel; the message names it.
    """
    if not _is_without_arguments(recipe.make):
        raise BadArgumentError(
            "with an executor, the first argument is a function make(), without arguments, that"
            " builds the figure and returns the animation, or a function of the frame number: each"
            f" worker builds its own; got {recipe.make!r:.80}"
        )
    try:
        data = cloudpickle.dumps(recipe)
    except Exception as error:
        raise NotPicklableError(_culprit(recipe.make), error) from error
    return Packed(hashlib.sha256(data).hexdigest()[:16], data)


def _is_without_arguments(make: object) -> bool:
    if not callable(make):
        return False
    try:
        inspect.signature(make).bind()
    except TypeError:
        return False
    except ValueError:
        # Some of those written in C have no signature to look at.
        return True
    return True


def _culprit(make: Callable[[], Any]) -> str:
    """Say what of all that a function uses cannot be pickled, as far as that can be found out."""
    named = ""
    found: list[Any] = [make]
    # It grows meanwhile. Functions that use each other are looked into once.
    for function in found:
        named = getattr(function, "__name__", type(function).__name__)
        for name, value in _used(function).items():
            try:
                cloudpickle.dumps(value)
            except Exception:  # noqa: BLE001 - whatever it is, that is the one
                if not inspect.isfunction(value):
                    return f"{name} (a {type(value).__module__}.{type(value).__qualname__})"
                if value not in found:
                    found.append(value)
    return named


def _used(function: Any) -> dict[str, Any]:
    """Give what a function uses of what was made outside of it, by name."""
    try:
        used = dict(inspect.getclosurevars(function).nonlocals)
    except (TypeError, ValueError):
        # It is none of Python's, or uses what is not there yet.
        return {}
    known = function.__globals__
    names = _global_names(function.__code__)
    return {**used, **{name: known[name] for name in names if name in known}}


def _global_names(code: CodeType) -> Iterator[str]:
    """Iterate over the globals that a function uses, itself or in functions that it makes."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for inner in code.co_consts:
        if inspect.iscode(inner):
            yield from _global_names(inner)


def unpack(data: bytes) -> Recipe:
    """Give back what `pack` has packed.

    Raises
    ------
    ImportError
        When a module that it needs is not installed here.
    """
    try:
        recipe: Recipe = pickle.loads(data)  # noqa: S301 - who sends it may run any code here
    except ImportError as error:
        raise ImportError(
            f"{error}. Install it for the workers as well, or have it sent along:"
            " cloudpickle.register_pickle_by_value(module)"
        ) from error
    return recipe
