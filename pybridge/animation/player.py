"""The object that a cell shows as a player: frames for any number of views of one animation."""

from __future__ import annotations

import base64
import threading
import uuid
from typing import TYPE_CHECKING, Any

from pybridge import registry, tracebacks
from pybridge._templates import render

from .errors import FrameRangeError
from .frames import Frames
from .source import as_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import matplotlib.animation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

__all__ = ["Animation"]

# What a view may ask for in one call: enough to hide the way, little enough to stay current.
_MAX_BATCH = 64


class Animation:
    """An animation with controls, its frames drawn by the kernel as they are asked for.

    As the last line of a cell it shows the player, with the first frame at once. Nothing is
    rendered ahead, and the figure is taken out of pyplot so that it does not show a second time.

    Parameters
    ----------
    animation : matplotlib.animation.Animation or callable
        Any matplotlib animation, or a function of the frame number that draws on a figure or
        returns a Figure, an RGB(A) array of shape (height, width, 3 or 4), or a PIL image.
    frames : int, optional
        A function's number of frames. None: until it raises StopIteration, or without end.
    figure : Figure, optional
        The figure a function draws on. By default pyplot's current one once it has run.
    interval : float, optional
        Milliseconds from frame to frame; by default the animation's own.
    random_access : bool
        Promise that frame i depends on i alone, so that frames may be drawn in any order.
    params : mapping, optional
        Keyword arguments for the function, which may be changed while it plays.
    setter : callable, optional
        Called with ``**params`` whenever they change, instead of passing them to the function.

    Attributes
    ----------
    name : str
        The name of its handle.

    Raises
    ------
    BadArgumentError
        When `animation` is neither, or an option does not go with it.
    TooLargeError
        When a frame would have too many pixels; nothing has been rendered then.

    Examples
    --------
    >>> pybridge.Animation(FuncAnimation(figure, update, frames=200))  # doctest: +SKIP
    """

    def __init__(
        self,
        animation: matplotlib.animation.Animation | Callable[..., Any],
        *,
        frames: int | None = None,
        figure: Figure | None = None,
        interval: float | None = None,
        random_access: bool = False,
        params: Mapping[str, Any] | None = None,
        setter: Callable[..., object] | None = None,
    ) -> None:
        source = as_source(
            animation,
            frames=frames,
            figure=figure,
            interval=interval,
            random_access=random_access,
            params=params,
            setter=setter,
        )
        self.name = f"animation-{uuid.uuid4().hex[:16]}"
        self._frames = Frames(source)
        self._views: set[str] = set()
        self._lock = threading.Lock()

    def frame(self, index: int) -> Image.Image:
        """Give frame `index` as a picture at the figure's own dpi.

        Raises
        ------
        FrameRangeError
            When there is no such frame.
        ForwardOnlyError
            When it is gone, and drawing it out of order might show a wrong picture.
        """
        return self._frames.image(index)

    def _repr_html_(self) -> str:
        poster = self._frames.first()
        self._register()
        return render(
            "player.html",
            handle=self.name,
            width=poster.width,
            height=poster.height,
            label=self._label(),
            mime=poster.mime,
            poster=base64.b64encode(poster.data).decode("ascii"),
        )

    def _register(self) -> None:
        registry.register(self, self.name, methods=["attach", "detach", "frames"])

    def attach(self, view: str) -> dict[str, Any]:
        """Tell a new view what it shows; called by the page.

        Parameters
        ----------
        view : str
            The page's name for the view.

        Returns
        -------
        dict
            What `_state` gives, ``interval`` (milliseconds) and ``repeat``.
        """
        with self._lock:
            self._views.add(view)
        source = self._frames.source
        return {**self._state(), "interval": source.interval, "repeat": source.repeat}

    def detach(self, view: str) -> None:
        """Forget a view that is gone; with the last one goes the handle. Called by the page."""
        with self._lock:
            self._views.discard(view)
            if not self._views:
                registry.get(self.name).release()

    def frames(self, indices: list[int], scale: float) -> dict[str, Any]:
        """Give the frames that a view asks for, in its order; called by the page.

        Parameters
        ----------
        indices : list of int
            At most 64 are given.
        scale : float
            Pixels per pixel of the figure at its own dpi.

        Returns
        -------
        dict
            What `_state` gives; ``frames``, each with ``index``, ``mime``, ``data``, ``width`` and
            ``height``; and ``error``: None, or what stopped at ``error["index"]``.
        """
        given: list[dict[str, Any]] = []
        error = None
        for index in indices[:_MAX_BATCH]:
            try:
                frame = self._frames.frame(index, scale)
            except FrameRangeError:
                # Beyond the end; the state says now where that is.
                continue
            except Exception as raised:  # noqa: BLE001 - the user's function may raise anything
                error = {**tracebacks.describe(raised), "index": index}
                break
            given.append(
                {
                    "index": frame.index,
                    "mime": frame.mime,
                    "data": frame.data,
                    "width": frame.width,
                    "height": frame.height,
                }
            )
        return {**self._state(), "frames": given, "error": error}

    def _state(self) -> dict[str, Any]:
        """Say what may change from reply to reply.

        Returns
        -------
        dict
            ``version``, which grows when older frames are no longer right; ``length``, None while
            unknown; ``reached``, how many frames have been shown; and ``forwardOnly``, why a frame
            was refused, or None.
        """
        frames = self._frames
        return {
            "version": frames.version,
            "length": frames.length,
            "reached": frames.source.reached,
            "forwardOnly": frames.forward_only,
        }

    def _label(self) -> str:
        """Describe the picture in words, for those who do not see it."""
        figure = self._frames.source.figure
        titles = [] if figure is None else [figure.get_suptitle(), *map(_title, figure.axes)]
        what = ", ".join(filter(None, titles))
        return f"Animation: {what}" if what else "Animation"


def _title(axes: Axes) -> str:
    return axes.get_title()
