"""The object that a cell shows as a player: frames for any number of views of one animation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pybridge.errors import BadArgumentError

from .bake import Limit
from .drawing import guard
from .errors import FrameRangeError
from .executors import check
from .frames import Frames
from .parallel import TIMEOUT, ParallelFrames
from .params import controls
from .poster import label
from .recipe import Recipe, pack, settings
from .service import AnimationService
from .source import as_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    import matplotlib.animation
    from matplotlib.figure import Figure
    from PIL import Image

    from pybridge.registry import Lane

    from .bake import Baked

__all__ = ["Animation"]


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
        Keyword arguments for the function that can be changed while it plays, each with a control
        beside the player, in the shorthand of ``ipywidgets.interact``: ``(0.1, 5.0)``, ``(0, 10,
        2)``, ``["sin", "cos"]``, ``True``; see `pybridge.animation.params`.
    setter : callable, optional
        Called with ``**params`` whenever they change, instead of passing them to the function.
    bake : bool, int or str
        Keep frames in the notebook, chosen evenly, so that it plays without a kernel as well: at
        most so many, or as many as fit into a size such as ``"2 MB"``, which is what True means.
        They are drawn when a cell shows the player.
    lossless : bool
        Whether those are to keep every pixel. Else they look alike (a structural similarity of
        0.98 at least), and may be more in the same size.
    lane : {"main", "side"}
        ``"side"`` promises that the updates may run in another thread: where the kernel has
        subshells (ipykernel 7.4), it goes on playing while a cell runs. They draw on the
        animation's own figure only, and a cell that changes that, or what they read, holds `lock`
        meanwhile.
    executor : concurrent.futures.Executor, optional
        Who draws the frames: ``ProcessPoolExecutor()``, ipyparallel's
        ``client.load_balanced_view().executor``, Dask's ``client.get_executor()``. `animation` is
        then a function without arguments that builds the figure and returns an animation, or a
        function of the frame number; it is called once here, and once by each worker. Frame i has
        to depend on i alone.
    timeout : float
        How long a worker may take for a frame before another one gets it, in seconds.

    Attributes
    ----------
    lock : threading.RLock
        Held while a frame is made. It is one for all animations, and from the first one in the
        side lane on it is also held while matplotlib draws anything else.
    name : str
        The name of its handle; empty until it is shown.
    params : dict
        The parameters' values now.

    Raises
    ------
    BadArgumentError
        When `animation` is neither, or an option does not go with it.
    NotPicklableError
        When something that it uses cannot be sent to the workers of an executor.
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
        bake: bool | int | str = False,
        lossless: bool = False,
        lane: Lane = "main",
        executor: Executor | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        if lane == "side":
            guard()
        packed = None
        if executor is not None:
            if figure is not None or setter is not None:
                raise BadArgumentError(
                    "figure= and setter= are of this process, and with an executor others draw:"
                    " build the figure in make(), and let its function take the parameters"
                )
            recipe = Recipe(cast("Any", animation), frames, interval, settings())
            packed = pack(recipe)
            animation = recipe.make()
        function: object = getattr(animation, "_func", animation)
        shown = controls(params or {}, setter or function)
        source = as_source(
            animation,
            frames=frames,
            figure=figure,
            interval=interval,
            random_access=random_access or executor is not None,
            params={name: control.value for name, control in shown.items()},
            setter=setter,
        )
        if executor is None or packed is None:
            self._frames = Frames(source)
        else:
            self._frames = ParallelFrames(source, packed, check(executor), timeout=timeout)
        limit = Limit.of(bake) if bake else None
        self._service = AnimationService(
            self._frames, shown, limit=limit, lossless=lossless, lane=lane
        )
        self.lock = self._frames.lock

    @property
    def name(self) -> str:  # noqa: D102 - described with the class
        return self._service.name

    @property
    def params(self) -> dict[str, Any]:  # noqa: D102 - described with the class
        return dict(self._frames.source.params)

    def play(self) -> None:
        """Play in every view."""
        self._service.tell("play")

    def pause(self) -> None:
        """Pause in every view."""
        self._service.tell("pause")

    def seek(self, index: int) -> None:
        """Go to frame `index` in every view, and pause.

        Raises
        ------
        FrameRangeError
            When there is no such frame, as far as is known.
        """
        length = self._frames.length
        if index < 0 or (length is not None and index >= length):
            raise FrameRangeError(index, length)
        self._service.tell("seek", index=index)

    def set_params(self, **params: object) -> None:
        """Change parameters, and show the new frames in every view.

        Parameters
        ----------
        **params
            Those that change. Any values: the limits are those of the controls only.

        Raises
        ------
        BadArgumentError
            When there is no such parameter, or the frames cannot begin again.
        """
        self._service.set_params(params)

    def restart(self) -> None:
        """Begin again from frame 0 in every view, running the updates anew.

        Raises
        ------
        NotRestartableError
            When the frames come from an iterator read only once; nothing is changed then.
        """
        self._service.restart()

    def save(
        self, path: str | Path, *, frames: int | None = None, fps: float | None = None
    ) -> None:
        """Write the animation to a file; frames that were drawn before are used again.

        Where one of them is gone and may not be drawn out of order, the animation begins again
        from frame 0 first, as matplotlib's own ``save`` does.

        Parameters
        ----------
        path : path-like
            Ending in ``.gif``, ``.webp`` or ``.mp4`` (which needs the extra ``[export]``).
        frames : int, optional
            How many, from 0. By default all; where their number is not known the animation's
            ``save_count``, or 100 with a warning.
        fps : float, optional
            Frames per second; by default from the animation's interval.

        Raises
        ------
        BadArgumentError
            For another ending.
        NotRestartableError
            When a frame is gone and the animation cannot begin again.
        """
        self._service.save(Path(path), frames, fps)

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

    def bake(self, bake: bool | int | str = True, *, lossless: bool = False) -> Baked:
        """Keep frames in the notebook, in every view, so that it plays without a kernel as well.

        Parameters
        ----------
        bake : bool, int or str
            How much at most, as for the class.
        lossless : bool
            As for the class.

        Returns
        -------
        Baked
            Which frames they are, what they take, and whether they are exact.

        Raises
        ------
        BadArgumentError
            When `bake` says nothing, or not one frame fits.
        NotRestartableError
            When a frame is gone and the animation cannot begin again.
        """
        return self._service.bake(Limit.of(bake), lossless=lossless)

    def __repr__(self) -> str:
        length = self._frames.length
        count = "" if length is None else f", {length} frames"
        return f"<pybridge.{label(self._frames)}{count}>"

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return self._service.show()

    def _repr_html_(self) -> str:
        html: str = self._service.show()[0]["text/html"]
        return html
