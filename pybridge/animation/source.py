"""Any animation as a `Source`: a matplotlib Animation, or a plain function of i."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matplotlib.animation import Animation, ArtistAnimation, FuncAnimation

from pybridge.errors import BadArgumentError

from .base import DEFAULT_INTERVAL, Picture, Source
from .errors import FrameRangeError
from .figures import adopt, moves_layout
from .function import FunctionSource

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["AnimationSource", "as_source"]


def as_source(
    animation: Animation | Callable[..., Any],
    *,
    frames: int | None = None,
    figure: Figure | None = None,
    interval: float | None = None,
    random_access: bool = False,
    params: Mapping[str, Any] | None = None,
    setter: Callable[..., object] | None = None,
) -> Source:
    """Make a source of whatever moves.

    Parameters
    ----------
    animation : Animation or callable
        A matplotlib animation, or a function ``f(i, **params)`` that draws frame i on a figure or
        returns it as a Figure, an array or a PIL image.
    frames : int, optional
        A function's number of frames. None: until it raises StopIteration, or without end.
    figure : Figure, optional
        The figure a function draws on. By default pyplot's current one once it has run.
    interval : float, optional
        Milliseconds a frame is shown; by default the animation's own, 200 for a function.
    random_access : bool
        Promise that frame i depends on i alone. ArtistAnimation needs no promise, unless its figure
        has a layout engine.
    params : mapping, optional
        Keyword arguments for the function.
    setter : callable, optional
        Called with ``**params`` whenever they change, instead of passing them to the function.

    Raises
    ------
    BadArgumentError
        When `animation` is neither, or an option does not go with it.
    """
    if isinstance(animation, Animation):
        if frames is not None or figure is not None:
            raise BadArgumentError("frames= and figure= go with a function; an Animation has both")
        return AnimationSource(
            animation,
            interval=interval,
            random_access=random_access,
            params=params,
            setter=setter,
        )
    if not callable(animation):
        raise BadArgumentError(
            "expected a matplotlib Animation or a function of the frame number,"
            f" got {type(animation).__name__}"
        )
    return FunctionSource(
        animation,
        frames=frames,
        figure=figure,
        interval=interval,
        random_access=random_access,
        params=params,
        setter=setter,
    )


class AnimationSource(Source):
    """The frames of a matplotlib Animation, driven as ``Animation.save`` drives it.

    From here on the animation does nothing by itself: its timer no longer steps it, and drawing
    the figure no longer starts it. ``animation.save`` still works; it begins a pass of its own, so
    call `restart` after it.

    A pass begins with the animation's ``_init_draw`` (the init function, or an extra call of the
    update function with the first frame's data) and a new frame sequence. Frames beyond a given
    ``save_count`` are played: that is a limit on files only.

    Raises
    ------
    BadArgumentError
        When parameters are given without a setter to an animation without a function, or random
        access is promised over an iterator that can be read only once.
    """

    def __init__(
        self,
        animation: Animation,
        *,
        interval: float | None = None,
        random_access: bool = False,
        params: Mapping[str, Any] | None = None,
        setter: Callable[..., object] | None = None,
    ) -> None:
        # The type stubs leave out everything that `save` itself is made of.
        self._animation = cast("Any", animation)
        self._frames = _frames_of(animation)
        own = getattr(animation, "_interval", DEFAULT_INTERVAL)
        super().__init__(
            length=len(self._frames) if hasattr(self._frames, "__len__") else None,
            interval=float(own if interval is None else interval),
            repeat=bool(getattr(animation, "_repeat", True)),
            random_access=random_access or _is_independent(self._animation),
            params=params,
            setter=setter,
        )
        self.restartable = self.repeat or not isinstance(self._frames, Iterator)
        self.save_count = getattr(animation, "_save_count", None)
        if random_access and not self.restartable:
            raise BadArgumentError(
                "random_access=True needs frames that can be read again: pass list(frames)"
            )
        self._function: Any = getattr(animation, "_func", None)
        if self.params:
            self._apply(self.params)
        self._replay: Iterator[tuple[int, Any]] | None = None
        self._replayed = -1
        _silence(self._animation)
        # A subfigure's `figure` is the figure it belongs to.
        figure: Figure = self._animation._fig.figure
        adopt(figure)
        self.picture = figure

    def restart(self) -> None:
        """Begin a new pass. See `Source.restart`."""
        super().restart()
        self._replay = None

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Change parameters and begin a new pass. See `Source.set_params`."""
        self._check_parameters(params)
        super().set_params(params)
        self._apply(self.params)

    def _apply(self, params: Mapping[str, Any]) -> None:
        self._check_parameters(params)
        # Kept in the animation itself, so that its `save` writes what is shown here.
        if self._setter is None:
            self._animation._func = functools.partial(self._function, **params)

    def _check_parameters(self, params: Mapping[str, Any]) -> None:
        if self._setter is None and not callable(self._function):
            kind = type(self._animation).__name__
            raise BadArgumentError(f"{kind} has no function to take {', '.join(params)}")

    def _begin(self) -> Iterator[Any]:
        self._animation._init_draw()
        return self._new_sequence()

    def _update(self, item: Any) -> Picture:
        self._animation._pre_draw(item, False)
        try:
            self._animation._draw_frame(item)
        except StopIteration as error:
            # From here it would read as the end of the frames; matplotlib's `save` fails too.
            raise RuntimeError("the update function raised StopIteration") from error
        picture = self.picture
        assert picture is not None  # noqa: S101 - set when made
        return picture

    def _item_at(self, index: int) -> Any:
        if isinstance(self._frames, range | list | tuple | np.ndarray):
            return self._frames[index]
        # Anything else is read from its beginning again; once for frames asked for in order.
        if self._replay is None or index <= self._replayed:
            self._replay = enumerate(self._new_sequence())
            self._replayed = -1
        try:
            for position, item in self._replay:
                self._replayed = position
                if position == index:
                    return item
        except BaseException:
            # A generator that has raised is over: read on, it would seem to have come to its end.
            self._replay = None
            raise
        self._replay = None
        self.length = self._replayed + 1
        raise FrameRangeError(index, self.length)

    def _new_sequence(self) -> Iterator[Any]:
        animation = self._animation
        # FuncAnimation's saved sequence is the same one, cut off at save_count.
        if isinstance(animation, FuncAnimation):
            return iter(animation.new_frame_seq())
        return iter(animation.new_saved_frame_seq())


def _frames_of(animation: Any) -> Any:
    """Find what was given as ``frames``: something iterable, a generator function, or None."""
    if not isinstance(animation, FuncAnimation):
        return getattr(animation, "_framedata", None)
    # FuncAnimation keeps `frames` only in the function that it makes new sequences with.
    make: Any = animation._iter_gen  # type: ignore[attr-defined]
    if make is itertools.count or not inspect.isfunction(make):
        return None
    if make.__module__ != FuncAnimation.__module__:
        return make
    kept = inspect.getclosurevars(make).nonlocals
    frames = kept.get("frames", make.__defaults__[0] if make.__defaults__ else None)
    return frames if np.iterable(frames) or frames is None else range(frames)


def _is_independent(animation: Any) -> bool:
    """Say whether a frame of `animation` certainly does not depend on those before it."""
    if not isinstance(animation, ArtistAnimation):
        return False
    # A layout engine starts from where it left the axes in the frame before.
    figure: Figure = animation._fig.figure  # type: ignore[attr-defined]
    return not moves_layout(figure)


def _silence(animation: Any) -> None:
    """Keep the animation from stepping, starting or stopping by itself."""
    animation._draw_was_started = True  # or its __del__ warns that it was never shown
    for name in ("_first_draw_id", "_close_id", "_resize_id"):
        if hasattr(animation, name):
            animation._fig.canvas.mpl_disconnect(getattr(animation, name))
    # Not stopped: event sources can be shared between animations.
    if animation.event_source is not None:
        animation.event_source.remove_callback(animation._step)
