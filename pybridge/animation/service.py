"""What the page calls: frames, parameters and files for the views of one animation."""

from __future__ import annotations

import contextlib
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybridge import registry, tracebacks
from pybridge.errors import BadArgumentError
from pybridge.host import broadcast
from pybridge.reporting import working
from pybridge.shown import Shown

from . import poster
from .bake import DEFAULT, Baked, Limit, draw, pack
from .batch import Batch
from .encoder import LOSSLESS, Link
from .errors import FrameRangeError, RenewedError, WorkerError
from .movie import FORMATS, write_movie
from .parallel import ParallelFrames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from PIL import Image

    from .encoder import Encoded
    from .frame import EncodedFrame
    from .frames import Frames
    from .params import Control

__all__ = ["AnimationService"]

# Files of a single frame, drawn anew from the figure.
_FIGURE_FORMATS = {"svg": "image/svg+xml", "pdf": "application/pdf"}

# What drawing takes of the time of baking, about.
_DRAWING = 0.4

# What a view may ask for in one call: enough to hide the way, little enough to stay current.
_MAX_BATCH = 64

# How far beyond what was shown, where there is no end: all that lies between has to run.
_MAX_LEAP = 10_000


class AnimationService(Shown):
    """Serves the views of one animation, in any number of cells and windows.

    Parameters
    ----------
    frames : Frames
    controls : mapping
        The parameters' controls by name.
    limit : Limit, optional
        How much of it the notebook is to hold whenever it is shown. None: only a picture.
    lossless : bool
        Whether that is to keep every pixel.
    lane : {"main", "side"}
        Where the page's calls are served; see `pybridge.register`.

    Attributes
    ----------
    name : str
        The name of its handle, under which it also tells the views what is new.
    """

    def __init__(
        self,
        frames: Frames,
        controls: Mapping[str, Control],
        *,
        limit: Limit | None = None,
        lossless: bool = False,
        lane: registry.Lane = "main",
    ) -> None:
        super().__init__("animation", lane=lane)
        self._frames = frames
        self._controls = controls
        self._limit = limit
        self._lossless = lossless
        self._baked: Baked | None = None
        # Frames that views are to be told of once workers have drawn them.
        self._promised: set[int] = set()
        if isinstance(frames, ParallelFrames):
            frames.came = self._came

    def show(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what a cell is to show; see `poster.bundle`."""
        if not self._frames.gives(0):
            self._begin_again("renew")
        first = self._frames.first()
        self.register(first.digest, poster.label(self._frames), self._frames.interval)
        if self._limit is not None and self._baked is None:
            try:
                self._bake(self._limit, lossless=self._lossless)
            except Exception as error:  # noqa: BLE001 - the user's function may raise anything
                # It can be watched all the same.
                warnings.warn(f"no frames are kept in the notebook: {error!r}", stacklevel=2)
        return poster.bundle(self._frames, self.name, self._baked)

    def outlive(self, bake: bool | int | str, *, lossless: bool) -> None:
        """Bake, unless that was done, or the animation's own options say how."""
        if bake and self._limit is None and self._baked is None:
            self._bake(Limit.of(bake), lossless=lossless)

    def tell(self, what: str, **values: object) -> None:
        """Tell every view something."""
        if self.is_viewed:
            broadcast(self.name, {"what": what, **values})

    @registry.export
    def attach(self, view: str) -> dict[str, Any]:
        """Tell a new view what it shows.

        Parameters
        ----------
        view : str
            The page's name for the view.

        Returns
        -------
        dict
            What `_state` gives, ``interval`` (milliseconds), ``repeat``, ``params``: the controls,
            as `params.Control.describe` gives them, and ``baked``, which is equal for equal
            `baked` frames, or None.
        """
        self.join(view)
        baked = self._baked and self._baked.digest
        return {**self._state(), **self._describe_source(), "baked": baked}

    @registry.export
    def frames(
        self,
        indices: list[int],
        scale: float,
        version: int,
        *,
        known: str | None = None,
        backdrops: Sequence[str] = (),
        link: Any = None,
        view: str | None = None,
        wanted: list[int] | None = None,
    ) -> dict[str, Any]:
        """Give the frames that a view asks for, in its order.

        Parameters
        ----------
        indices : list of int
            At most 64 are given.
        scale : float
            Pixels per pixel of the figure at its own dpi.
        version : int
            Which frames the view means. If others have taken their place meanwhile none is given:
            going where the old ones were would pass over new ones.
        known : str, optional
            The digest of a frame that the view has.
        backdrops : sequence of str
            The keys of the backdrops that it has.
        link : dict, optional
            ``rate`` and ``decode`` of `Link`, of a view to which lossless frames come too slowly.
        view : str, optional
            Who asks.
        wanted : list of int, optional
            What it will ask for next, the most urgent first, `indices` among it.

        Returns
        -------
        dict
            What `_state` gives; ``frames``; ``data``, all their files one after the other;
            ``pending``, the indexes of those that workers are at: the view will be told;
            ``took``, the time in ms; and ``error``: None, or what stopped at ``error["index"]``.

            Each frame has ``index``, ``digest``, and ``size``: the bytes of its file, 0 for one
            that looks like the one before it or, if it is the first one, like the known one. Those
            with a file have ``mime``, and ``backdrop``, the key of the picture that it is put on at
            ``x``, ``y``, or None; and then ``backdropSize``, the bytes of that picture's file,
            which comes before its own, and ``backdropMime``, or 0 where the view has it.
        """
        began = time.perf_counter()
        batch = Batch(known, backdrops, self._encoder_for(link))
        error = None
        pending: list[int] = []
        # Locked throughout, so that what is given is of the version that it is said to be.
        with self._frames.lock:
            if version == self._frames.version:
                error = self._draw(indices[:_MAX_BATCH], scale, batch, pending)
            if version == self._frames.version:
                self._promised.update(pending)
                self._frames.want(view, wanted or indices, scale)
            else:
                # Drawing one of them has put the others in doubt.
                batch.clear()
                pending.clear()
                error = None
            took = 1000 * (time.perf_counter() - began)
            given = {**batch.describe(), "pending": pending, "error": error, "took": took}
            return {**self._state(), **given}

    def _encoder_for(self, link: Any) -> Callable[[EncodedFrame], Encoded] | None:
        if link is None:
            return None
        measured = Link(**link)
        return lambda frame: self._frames.encoded_for(frame, measured)

    def _came(self, _: list[EncodedFrame], indices: list[int] | None) -> None:
        """Tell the views of frames that they wait for; None for all of them."""
        with self._frames.lock:
            told = self._promised if indices is None else self._promised.intersection(indices)
            self._promised = self._promised - told
        if told:
            self.tell("ready", indices=sorted(told))

    @registry.export
    def detach(self, view: str, keep: bool = False) -> None:  # noqa: D102 - as in the base class
        self._frames.leave(view)
        super().detach(view, keep)

    def _draw(
        self, indices: list[int], scale: float, batch: Batch, pending: list[int]
    ) -> dict[str, Any] | None:
        """Draw frames into a batch, and describe what stopped it, if anything did."""
        for index in indices:
            try:
                self._check_leap(index)
                frame = self._frames.take(index, scale)
                if frame is None:
                    pending.append(index)
                else:
                    batch.add(frame)
            except Exception as raised:  # noqa: BLE001 - the user's function may raise anything
                if isinstance(raised, FrameRangeError) and self._frames.length is not None:
                    # Beyond the end, and the state says where that is.
                    continue
                if isinstance(raised, WorkerError):
                    return {**raised.description, "index": index}
                return {**tracebacks.describe(raised), "index": index}
        return None

    def _check_leap(self, index: int) -> None:
        source = self._frames.source
        leaps = source.length is None and not source.random_access
        if leaps and index > source.reached + _MAX_LEAP:
            raise BadArgumentError(
                f"frame {index} is too far ahead of the {source.reached} that were shown: at most"
                f" {_MAX_LEAP} are skipped"
            )

    @registry.export
    def change(self, changes: dict[str, Any]) -> None:
        """Set parameters as a view's controls say.

        Raises
        ------
        BadArgumentError
            When a control could not have been set so; nothing is changed then.
        """
        self.set_params({name: self._control(name).check(value) for name, value in changes.items()})

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Change parameters and tell the views. Errors as for `Frames.set_params`."""
        for name in params:
            self._control(name)
        version = self._frames.version
        try:
            self._frames.set_params(params)
        finally:
            if self._frames.version != version:
                self._baked = None
                # Also when a setter has failed: what it was given is what they are now.
                self.tell("params", **self._state(), params=self._describe_params())

    @registry.export
    def export(self, file_format: str, index: int, scale: float) -> dict[str, Any]:
        """Give a file for download.

        Parameters
        ----------
        file_format : str
            ``png``, ``svg`` or ``pdf`` for frame `index`; ``gif``, ``webp`` or ``mp4`` for all.
        index : int
        scale : float
            Of a PNG: pixels per pixel of the figure at its own dpi.

        Returns
        -------
        dict
            ``name``, ``mime`` and ``data``.
        """
        self._check_leap(index)
        if file_format in FORMATS:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, f"animation.{file_format}")
                self.save(path)
                return {"name": path.name, "mime": FORMATS[file_format], "data": path.read_bytes()}
        if file_format == "png":
            frame = self._frames.frame(index, scale)
            mime, data = LOSSLESS, frame.file()
        elif file_format in _FIGURE_FORMATS:
            mime, data = _FIGURE_FORMATS[file_format], self._frames.export(index, file_format)
        else:
            msg = f"no such format: {file_format!r:.80}"
            raise BadArgumentError(msg)
        return {"name": f"frame-{index}.{file_format}", "mime": mime, "data": data}

    def save(self, path: Path, frames: int | None = None, fps: float | None = None) -> None:
        """Write the animation to a file; see `Animation.save`."""
        if frames is not None and frames < 1:
            msg = f"frames={frames}: expected at least 1"
            raise BadArgumentError(msg)
        fps = fps or 1000 / max(self._frames.interval, 1)
        while True:
            # Once more where a frame has put those before it in doubt, or somebody moved a slider.
            with contextlib.suppress(RenewedError):
                write_movie(path, self._pictures(self._prepare(frames)), fps)
                break
        self._frames.warn_if_cut(frames, stacklevel=4)

    def bake(self, limit: Limit, *, lossless: bool) -> Baked:
        """Have the notebook hold frames, now and whenever it is shown."""
        baked = self._bake(limit, lossless=lossless)
        self._limit, self._lossless = limit, lossless
        self.tell("baked", digest=baked.digest)
        return baked

    @registry.export
    def keep(self) -> str:
        """Have the notebook hold as many frames as it holds by default; gives which, in words."""
        return self.bake(self._limit or DEFAULT, lossless=self._lossless).text

    @registry.export
    def baked(self) -> str | None:
        """Give what was baked, for the script element of a view; None when nothing was."""
        return None if self._baked is None else str(self._baked.document)

    @registry.export
    def restart(self) -> None:
        """Begin again from frame 0 and tell the views. Errors as for `Frames.restart`."""
        self._begin_again("restart")

    def _begin_again(self, what: str) -> None:
        self._frames.restart()
        self.tell(what, **self._state())

    def _prepare(self, frames: int | None = None, scale: float = 1.0) -> int:
        """Begin again if need be to have the first frames, and give how many there are.

        Those that cannot be drawn again at all may be had at another scale only.
        """
        count = self._frames.count(frames)
        wanted = scale if self._frames.source.restartable else None
        if not all(self._frames.gives(index, wanted) for index in range(count)):
            # The views stay where they are.
            self._begin_again("renew")
        return count

    def _bake(self, limit: Limit, *, lossless: bool) -> Baked:
        with self._progress("keeping frames in the notebook") as told:
            held, more = self._draw_all(limit, lambda done: told(_DRAWING * done))
            baked = self._baked = pack(
                held,
                limit,
                more,
                lossless=lossless,
                told=lambda done: told(_DRAWING + (1 - _DRAWING) * done),
            )
        return baked

    def _draw_all(
        self, limit: Limit, told: Callable[[float], object]
    ) -> tuple[list[EncodedFrame], dict[str, Any]]:
        """Draw frames of one version, and describe the animation."""
        scale = poster.scale()
        frames = self._frames
        with frames.lock:
            while True:
                count = self._prepare(limit.frames if frames.length is None else None, scale)
                version = frames.version
                frames.expect(limit.choose(count), scale)
                held = draw(lambda index: frames.frame(index, scale), count, limit, told)
                # Else one of them has put those before it in doubt; whole figures are drawn now.
                if frames.version == version:
                    return held, {**self._describe_source(), "version": version}

    @staticmethod
    @contextlib.contextmanager
    def _progress(doing: str) -> Iterator[Callable[[float], None]]:
        """Give what tells whoever waits how far something is."""
        furthest = 0.0
        with working(doing) as told:

            def tell(fraction: float) -> None:
                nonlocal furthest
                # What is left may turn out to be more than was thought.
                furthest = max(furthest, fraction)
                told(furthest)

            yield tell

    def _pictures(self, count: int) -> Iterator[Image.Image]:
        """Iterate over the frames of one version, all of one size; raises RenewedError."""
        version = self._frames.version
        self._frames.expect(range(count))
        with self._progress("saving the animation") as tell:
            for index in range(count):
                try:
                    picture = self._frames.image(index)
                except FrameRangeError:
                    return
                self._frames.check(version)
                yield picture
                tell((index + 1) / count)

    def _control(self, name: str) -> Control:
        try:
            return self._controls[name]
        except KeyError:
            known = ", ".join(self._controls) or "none"
            msg = f"no parameter {name!r:.80}; there is {known}"
            raise BadArgumentError(msg) from None

    def _describe_source(self) -> dict[str, Any]:
        source = self._frames.source
        return {
            "length": self._frames.length,
            "interval": source.interval,
            "repeat": source.repeat,
            "params": self._describe_params(),
        }

    def _describe_params(self) -> list[dict[str, Any]]:
        values = self._frames.source.params
        return [control.describe(values[name]) for name, control in self._controls.items()]

    def _state(self) -> dict[str, Any]:
        """Say what may change from reply to reply.

        Returns
        -------
        dict
            ``version``, which grows when older frames are no longer right; ``length``, None while
            unknown; ``reached``, how many frames have been shown; ``forwardOnly``, why a frame was
            refused, or None; ``drawing``, what is drawn for a frame, and ``note``, what else there
            is to say, in words.
        """
        frames = self._frames
        return {
            "version": frames.version,
            "length": frames.length,
            "reached": frames.source.reached,
            "forwardOnly": frames.forward_only,
            "drawing": frames.drawing,
            "note": frames.note,
        }
