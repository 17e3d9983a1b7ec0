"""Frame i of an animation, encoded: from the store, or drawn if it may be."""

from __future__ import annotations

import io
import operator
import warnings
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from pybridge.errors import BadArgumentError

from .compositing import CompositingRenderer
from .drawing import DRAWING
from .encoder import Encoded, Encoder, Link
from .errors import ForwardOnlyError, FrameRangeError, RenewedError
from .frame import Backdrop, Box, EncodedFrame, differing, digest_of
from .png import PngWriter
from .renderer import Renderer, frozen_layout
from .store import DEFAULT_BUDGET, FrameStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from .base import Picture, Source

__all__ = ["Frames"]

# What a file holds of an animation that may have no end, as it was in matplotlib for long.
_SAVE_COUNT = 100
# A part of that share of the whole picture, or less, is sent instead of it.
_PART = 0.8


class Frames:
    """The frames of one animation, for any number of views.

    Frame i is what ``Animation.save`` would write as frame i, and its pixels are those of
    ``figure.savefig``. Updates run in order, each once; asking for a frame further on runs the
    updates of those between without drawing them. A frame behind comes from the store. Whether it
    may be drawn when it is not there is decided in `refusal` alone.

    All frames of one `version` belong to one pass over the animation; they are never mixed with
    those of another. Every method may be called from any thread.

    Parameters
    ----------
    source : Source
        What moves.
    budget : int
        Bytes of encoded frames to keep.
    renderer : Renderer, optional
        How figures become pixels.

    Attributes
    ----------
    source : Source
    store : FrameStore
    lock : threading.RLock
        Held while anything is drawn or changed, here or in any other animation: `drawing.DRAWING`.
        Hold it to do several things at one frame.
    version : int
        Grows whenever the frames made so far are no longer those that would be made.
    forward_only : str or None
        Why frames have been refused in this version; None as long as none was.
    note : str or None
        What else a viewer should know, in words.
    """

    note: str | None = None

    def __init__(
        self, source: Source, *, budget: int = DEFAULT_BUDGET, renderer: Renderer | None = None
    ) -> None:
        self.source = source
        self.store = FrameStore(budget)
        self.lock = DRAWING
        self.version = 0
        self.forward_only: str | None = None
        self._renderer = renderer or CompositingRenderer()
        self._png = PngWriter()
        self._encoder = Encoder()
        # The frame encoded last, with the pixels of its file: good until something else is drawn.
        self._fresh: tuple[EncodedFrame, NDArray[np.uint8]] | None = None
        # What the renderer drew the last frame on, and that encoded once there is use for it.
        self._background: NDArray[np.uint8] | None = None
        self._backdrop: Backdrop | None = None
        # Of each frame ever drawn in this version, the scale of its first drawing and its digest.
        self._drawn: dict[int, tuple[float, str]] = {}
        self._refuted: str | None = None
        # The frame that the source shows with its layout done; drawing it again must not redo it.
        self._laid_out: int | None = None
        self._returns_pixels = False

    @property
    def length(self) -> int | None:
        """Number of frames; None while it is unknown, or without end."""
        return self.source.length

    @property
    def interval(self) -> float:
        """Time from one frame to the next, milliseconds."""
        return self.source.interval

    @property
    def drawing(self) -> str:
        """What is drawn for a frame, in a few words for the viewer."""
        return "by the function" if self._returns_pixels else self._renderer.method

    def count(self, wanted: int | None = None) -> int:
        """Give how many frames a file is to hold.

        Parameters
        ----------
        wanted : int, optional
            So many, if there are. By default all; where their number is not known the animation's
            ``save_count``, or 100.
        """
        if self.length is None:
            return wanted or self.source.save_count or _SAVE_COUNT
        return min(wanted or self.length, self.length)

    def warn_if_cut(self, wanted: int | None, *, stacklevel: int) -> None:
        """Warn that a file of `count` frames may not be all, where nobody has asked for so many."""
        if wanted is None and self.length is None and self.source.save_count is None:
            warnings.warn(
                f"the first {_SAVE_COUNT} frames were saved, as nobody knows how many there are:"
                " frames= says how many to save",
                stacklevel=stacklevel,
            )

    def frame(self, index: SupportsIndex, scale: float = 1.0) -> EncodedFrame:
        """Give frame `index`, drawing it if need be.

        Parameters
        ----------
        index : int
            From 0.
        scale : float
            Pixels per pixel of the figure at its own dpi, such as the screen's device pixel ratio.
            A frame that may not be drawn again comes at the largest scale at which it was kept. A
            function that returns pixels decides for itself: its frames are of scale 1.

        Raises
        ------
        ForwardOnlyError
            When it is gone and may not be drawn out of order.
        FrameRangeError
            When there is no such frame. While `length` is None, asking for a frame beyond the end
            runs the updates up to there; then `length` is known.
        TooLargeError
            When it would have too many pixels.
        Exception
            Whatever the user's code raises. Frames before it stay; asking again runs the same
            update again (see `Source`).
        """
        index = operator.index(index)
        with self.lock:
            stored = self.store.get(index, self._scale(scale))
            if stored is not None:
                return stored
            reason = self.refusal(index)
            if reason is None:
                try:
                    return self._draw(index, scale)
                except ForwardOnlyError as error:
                    reason = error.reason
            stored = self.store.at_any_scale(index)
            if stored is None:
                raise self._refuse(index, reason)
            return stored

    def take(self, index: int, scale: float) -> EncodedFrame | None:
        """Give frame `index`, or None when others are at it; otherwise as `frame`."""
        return self.frame(index, scale)

    def want(self, view: str | None, indices: Sequence[int], scale: float) -> None:
        """Hear what a view will ask for, the most urgent first, where others draw it."""

    def leave(self, view: str) -> None:
        """Hear that a view is gone."""

    def expect(self, indices: Iterable[int], scale: float = 1.0) -> None:
        """Hear what `frame` will be asked for, in that order, where others draw it."""

    def encoded_for(self, frame: EncodedFrame, link: Link) -> Encoded:
        """Give a frame in the format that is on a view's screen soonest, perhaps with losses."""
        with self.lock:
            if self._fresh is not None and self._fresh[0] is frame:
                pixels = self._fresh[1]
            else:
                pixels = np.asarray(Image.open(io.BytesIO(frame.data)))
            return self._encoder.encode(pixels, frame.data, link)

    def first(self, scale: float = 1.0) -> EncodedFrame:
        """Give frame 0. Parameters and errors as for `frame`."""
        return self.frame(0, scale)

    def image(self, index: SupportsIndex) -> Image.Image:
        """Give frame `index` as a picture at the figure's own dpi. Errors as for `frame`.

        Exact, unless the frame is left at another scale only and may not be drawn again; then it
        is resampled.
        """
        frame = self.frame(index)
        image = frame.picture()
        if frame.scale == 1:
            return image
        size = round(frame.width / frame.scale), round(frame.height / frame.scale)
        return image.resize(size, Image.Resampling.LANCZOS)

    def export(self, index: SupportsIndex, file_format: str, **options: Any) -> bytes:
        """Give frame `index` as a file of another format, such as ``"svg"`` or ``"pdf"``.

        Parameters
        ----------
        index : int
            From 0.
        file_format : str
            One that ``savefig`` knows.
        **options
            For ``savefig``.

        Raises
        ------
        BadArgumentError
            When the frame is made of pixels, so that no figure could be saved.
        ForwardOnlyError, FrameRangeError, Exception
            As for `frame`.
        """
        index = operator.index(index)
        with self.lock:
            reason = self.refusal(index)
            if reason is not None:
                raise self._refuse(index, reason)
            self._bring(index, 1.0)
            figure = self.source.picture
            if not isinstance(figure, Figure):
                raise BadArgumentError(
                    f"cannot write {file_format}: the animation is made of pixels, not of a figure"
                )
            file = io.BytesIO()
            with frozen_layout(figure):
                figure.savefig(file, format=file_format, **options)
            return file.getvalue()

    def gives(self, index: int, scale: float | None = None) -> bool:
        """Tell whether frame `index` may be had now, kept or drawn.

        Parameters
        ----------
        index : int
        scale : float, optional
            At this one; by default at any.

        Raises
        ------
        FrameRangeError
            When there is no such frame.
        """
        with self.lock:
            if scale is None:
                kept = self.store.at_any_scale(index)
            else:
                kept = self.store.get(index, self._scale(scale))
            return kept is not None or self.refusal(index) is None

    def check(self, version: int) -> None:
        """Raise RenewedError when the frames are no longer those of this version."""
        if self.version != version:
            raise RenewedError

    def refusal(self, index: int) -> str | None:
        """Say why frame `index` must not be drawn now; None when it may be.

        It may be drawn when

        - frames are known to be independent: an ArtistAnimation, or the user said so;
        - it is next, or further on: updates then run in order up to it;
        - it is what the figure shows at this moment;
        - every update of the pass has run, so that running one again can spoil no frame to come,
          and the frame's digest is known, so that a wrong picture is found out before anyone sees
          it. The first one that is found wrong ends this.

        Raises
        ------
        FrameRangeError
            When there is no such frame.
        """
        source = self.source
        if index < 0 or (source.length is not None and index >= source.length):
            raise FrameRangeError(index, source.length)
        if source.random_access or index == source.shown:
            return None
        if index >= source.next:
            if source.next > 0 and source.disturbed:
                return "another player has changed the figure since; start over"
            return None
        if index not in self._drawn:
            return "it was passed over without being drawn"
        if not source.complete:
            return "it is no longer kept, and later frames may depend on it"
        if not source.restartable:
            return "it is no longer kept, and the frames come from an iterator read only once"
        return self._refuted

    def restart(self) -> None:
        """Begin again from frame 0, as ``Animation.save`` called now would.

        Frames made so far are dropped and `version` grows.

        Raises
        ------
        NotRestartableError
            When the frames come from an iterator read only once; nothing is changed then.
        """
        with self.lock:
            self.source.restart()
            self._begin_again()

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Change parameters of the user's function, and begin again from frame 0.

        Parameters
        ----------
        params : mapping
            Those that change; the others stay.

        Raises
        ------
        NotRestartableError, BadArgumentError
            As `Source.set_params`; nothing is changed then.
        Exception
            Whatever a setter raises; the version has grown nevertheless.
        """
        with self.lock:
            try:
                self.source.set_params(params)
            except BadArgumentError:
                raise
            except BaseException:
                self._begin_again()
                raise
            self._begin_again()

    def _draw(self, index: int, scale: float) -> EncodedFrame:
        first = self._bring(index, scale)
        if first is not None and first.scale == self._scale(scale):
            return first
        return self._keep(self._encode(index, scale, self._renderer.render_again))

    def _encode(
        self, index: int, scale: float, render: Callable[..., NDArray[np.uint8]], **options: Any
    ) -> EncodedFrame:
        picture = self._picture
        self._fresh = None
        self._returns_pixels = not isinstance(picture, Figure)
        pixels = render(picture, scale, **options)
        if self._renderer.doubtful:
            self._renderer.doubtful = 0
            self._new_version()
        height, width = pixels.shape[:2]
        box, backdrop = self._part(pixels)
        part = box.cut(pixels)
        frame = EncodedFrame(
            index=index,
            data=self._png.write(part),
            width=width,
            height=height,
            scale=self._scale(scale),
            digest=digest_of(pixels),
            x=box.left,
            y=box.top,
            backdrop=backdrop,
        )
        self._fresh = frame, part
        return frame

    def _part(self, pixels: NDArray[np.uint8]) -> tuple[Box, Backdrop | None]:
        """Find what has to be sent of a picture, and what the rest of it is to be had from."""
        height, width = pixels.shape[:2]
        whole = Box(0, 0, width, height)
        background = self._renderer.background
        if background is not self._background:
            # Whether more than one frame is drawn on it shows with the next.
            self._background, self._backdrop = background, None
        elif background is not None and background.shape == pixels.shape:
            box = differing(pixels, background)
            if (box.right - box.left) * (box.bottom - box.top) < _PART * width * height:
                if self._backdrop is None:
                    self._backdrop = Backdrop(digest_of(background), self._png.write(background))
                return box, self._backdrop
        return whole, None

    def _keep(self, frame: EncodedFrame) -> EncodedFrame:
        self._drawn.setdefault(frame.index, (frame.scale, frame.digest))
        self.store.put(frame, length_known=self.length is not None)
        return frame

    def _bring(self, index: int, scale: float) -> EncodedFrame | None:
        """Make the source show `index`, which `refusal` allows.

        Returns
        -------
        EncodedFrame or None
            The frame as it was drawn on the way: at `scale` for the first time, or at the scale of
            its first drawing to be compared with that. None when the source shows it already.

        Raises
        ------
        ForwardOnlyError
            When a frame drawn out of order differs from its first drawing.
        """
        source = self.source
        if index == source.shown:
            # It may have been refused for its size, or have failed to draw.
            return None if index == self._laid_out else self._take(index, scale)
        self._laid_out = None
        if source.random_access:
            source.jump(index)
            return self._take(index, scale)
        if index < source.next:
            source.jump(index)
            return self._check(index)
        if index > source.next == 0:
            # Some artists settle at their first drawing, such as the scale of a Quiver.
            self._draw(0, scale)
        while source.next < index:
            source.step()
            self._renderer.pass_over(self._picture, scale, layout_passes=source.layout_passes)
            self._laid_out = source.shown
        source.step()
        return self._take(index, scale)

    def _take(self, index: int, scale: float) -> EncodedFrame:
        return self._keep(self._encode_first(index, scale))

    def _encode_first(self, index: int, scale: float) -> EncodedFrame:
        passes = self.source.layout_passes
        frame = self._encode(index, scale, self._renderer.render, layout_passes=passes)
        self._laid_out = index
        return frame

    def _check(self, index: int) -> EncodedFrame:
        scale, digest = self._drawn[index]
        frame = self._encode_first(index, scale)
        if frame.digest != digest:
            self.source.disown()
            self._refuted = (
                f"it is no longer kept, and frame {index} drawn again looked different:"
                " frames depend on those before them"
            )
            raise ForwardOnlyError(index, self._refuted)
        return self._keep(frame)

    @property
    def _picture(self) -> Picture:
        picture = self.source.picture
        assert picture is not None  # noqa: S101 - asked for only once the source shows a frame
        return picture

    def _scale(self, scale: float) -> float:
        if not 0 < scale < float("inf"):
            raise BadArgumentError(f"scale={scale}: expected a positive number")
        return 1.0 if self._returns_pixels else float(scale)

    def _refuse(self, index: int, reason: str) -> ForwardOnlyError:
        self.forward_only = reason
        return ForwardOnlyError(index, reason)

    def _begin_again(self) -> None:
        # A parameter's setter, for one, may change what no frame has changed so far.
        self._renderer.renew()
        self._new_version()

    def _new_version(self) -> None:
        self.version += 1
        self.store.clear()
        self._drawn.clear()
        self._refuted = self.forward_only = self._laid_out = None
