"""One pass over the frames of something that moves."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .errors import ForwardOnlyError, FrameRangeError, NotRestartableError
from .figures import current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["DEFAULT_INTERVAL", "Picture", "Source"]

DEFAULT_INTERVAL = 200.0  # ms, matplotlib's own

Picture = Figure | NDArray[np.uint8]
"""What a source shows: a figure to draw, or pixels of shape (height, width, 4), RGBA."""

_NOTHING: Final = object()

# Which source last changed a figure: two sources over one figure spoil each other's state.
_last_to_change: weakref.WeakKeyDictionary[Figure, weakref.ref[Source]] = (
    weakref.WeakKeyDictionary()
)


class Source(ABC):
    """An animation as a state that shows one frame after another.

    Nothing of the animation runs before the first frame is asked for. From then on each frame's
    update runs once, in order, as ``Animation.save`` runs them; nothing is drawn here.

    An update that raises leaves the pass where it was: `next` is unchanged, `shown` is None, and
    the next `step` runs the same update again with the same data. When the frames' own iterator
    raises, the pass can't go on (Python has closed the generator): every later `step` raises that
    error again, until `restart`.

    Parameters
    ----------
    length : int or None
        Number of frames; None while it is unknown, or without end.
    interval : float
        Time from one frame to the next, milliseconds.
    repeat : bool
        Whether the animation asks to be played in a loop.
    random_access : bool
        Whether frame i is known to depend on i alone, so that updates may run in any order.
    params : mapping, optional
        Keyword arguments with which the user's function is called.
    setter : callable, optional
        Takes the parameters instead of the function.

    Attributes
    ----------
    next : int
        First frame whose update has not run in this pass.
    reached : int
        One more than the highest frame ever shown: what a slider can cover while `length` is None.
    shown : int or None
        Frame whose state the source holds; None before the first and after an error.
    picture : Figure or ndarray or None
        What shows it. A figure is the same object from frame to frame, unless the user's function
        makes new ones.
    restartable : bool
        Whether a pass may begin again.
    save_count : int or None
        How many frames a file is to hold where `length` is None; None when nobody has said.
    layout_passes : int
        How often a layout engine runs on a frame before ``savefig`` runs it once more: axes move a
        little with each run. ``Animation.save`` draws each frame before it saves it, so one.
    """

    restartable = True
    save_count: int | None = None
    layout_passes = 1

    def __init__(
        self,
        *,
        length: int | None,
        interval: float,
        repeat: bool,
        random_access: bool,
        params: Mapping[str, Any] | None = None,
        setter: Callable[..., object] | None = None,
    ) -> None:
        self.length = self._declared_length = length
        self.interval = interval
        self.repeat = repeat
        self.random_access = random_access
        self.params = dict(params or {})
        self._setter = setter
        self.next = 0
        self.reached = 0
        self.picture: Picture | None = None
        self._shown: int | None = None
        self._items: Iterator[Any] | None = None
        self._item: Any = _NOTHING
        self._broken: BaseException | None = None
        self._interrupted = False

    @property
    def shown(self) -> int | None:  # noqa: D102 - described with the class
        return None if self.disturbed else self._shown

    @property
    def complete(self) -> bool:
        """Whether every frame's update has run in this pass."""
        return self.length is not None and self.next >= self.length

    @property
    def disturbed(self) -> bool:
        """Whether another source has changed the figure since this one last did."""
        figure = self.figure
        if figure is None:
            return False
        last = _last_to_change.get(figure)
        return last is not None and last() is not self

    @property
    def figure(self) -> Figure | None:
        """The figure it draws on; None when it makes pixels, or has made nothing yet."""
        return self.picture if isinstance(self.picture, Figure) else None

    def step(self) -> None:
        """Run the update of frame `next`.

        Raises
        ------
        FrameRangeError
            At the end; `length` is known from then on.
        Exception
            Whatever the user's code raises.
        """
        if self.complete:
            raise FrameRangeError(self.next, self.length)
        self._claim()
        with current(self.figure):
            if self._items is None:
                self._items = self._begin()
            if self._item is _NOTHING:
                self._item = self._advance(self._items)
            self._run(self.next, self._item)
        self._item = _NOTHING
        self.next += 1

    def jump(self, index: int) -> None:
        """Run the update of frame `index` now, whatever ran before it.

        The picture is right only where frames are independent: `frames.Frames` decides.

        Raises
        ------
        FrameRangeError
            When the animation ends before `index`.
        Exception
            Whatever the user's code raises.
        """
        if self.length is not None and index >= self.length:
            raise FrameRangeError(index, self.length)
        self._claim()
        with current(self.figure):
            if self._items is None:
                self._items = self._begin()
            self._run(index, self._item_at(index))

    def disown(self) -> None:
        """Take what the figure shows for no frame: it turned out to be wrong."""
        self._shown = None

    def restart(self) -> None:
        """Begin a new pass: the next `step` runs frame 0, after the animation's own initialising.

        Raises
        ------
        NotRestartableError
            When the frames come from an iterator that is already begun.
        """
        if not self.restartable and self._items is not None:
            raise NotRestartableError(
                "the frames come from an iterator that cannot be begun again:"
                " pass a generator function (without the parentheses), a list, or repeat=True"
            )
        self.length = self._declared_length
        self.next = self.reached = 0
        self._shown = None
        self._items = None
        self._item = _NOTHING
        self._broken = None
        self._interrupted = False

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Change parameters of the user's function and begin a new pass.

        Parameters
        ----------
        params : mapping
            Those that change; the others stay.

        Raises
        ------
        NotRestartableError
            As `restart`; nothing is changed then.
        Exception
            Whatever a setter raises; the new pass begins nevertheless.
        """
        self.restart()
        self.params.update(params)
        if self._setter is not None:
            with current(self.figure):
                self._setter(**params)

    @abstractmethod
    def _begin(self) -> Iterator[Any]:
        """Initialise as ``save`` does before frame 0, and give the data of each frame."""

    @abstractmethod
    def _update(self, item: Any) -> Picture:
        """Show the frame whose data is `item`. StopIteration says that there is no such frame."""

    @abstractmethod
    def _item_at(self, index: int) -> Any:
        """Give frame `index`'s data out of order. FrameRangeError says that there is none."""

    def _run(self, index: int, item: Any) -> None:
        self._shown = None
        if self._interrupted:
            raise ForwardOnlyError(index, "the update of a frame was interrupted midway")
        try:
            self.picture = self._update(item)
        except StopIteration:
            raise self._end(index, index) from None
        except Exception:
            raise
        except BaseException:
            # Half of the update has run: run again, it would not show what `save` shows.
            self._interrupted = not self.random_access
            raise
        self._shown = index
        self.reached = max(self.reached, index + 1)
        self._claim()  # the update may have made a new figure

    def _advance(self, items: Iterator[Any]) -> Any:
        try:
            return next(items)
        except StopIteration:
            if isinstance(self._broken, Exception):
                raise self._broken from None
            if self._broken is not None:
                raise RuntimeError("the frames' iterator was interrupted") from self._broken
            raise self._end(self.next, self.next) from None
        except BaseException as error:
            self._broken = error
            raise

    def _end(self, index: int, length: int) -> FrameRangeError:
        # A function that has no frame 900 may end anywhere between here and there.
        if length <= self.reached:
            self.length = length
        return FrameRangeError(index, self.length)

    def _claim(self) -> None:
        figure = self.figure
        if figure is not None:
            _last_to_change[figure] = weakref.ref(self)
