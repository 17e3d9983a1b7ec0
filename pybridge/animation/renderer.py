"""From what a source shows to pixels."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from pybridge.errors import BadArgumentError, TooLargeError

from .figures import Canvas, moves_layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .base import Picture

__all__ = ["MAX_PIXELS", "Renderer", "check_size", "frozen_layout", "pixel_size", "to_rgba"]

MAX_PIXELS = 40_000_000  # 160 MB as RGBA

_CHANNELS = 4  # of one byte each


class Renderer:
    """Draws a figure as ``figure.savefig`` does, to the last pixel, once per call.

    A renderer that knows a faster way from one frame to the next derives from this one and
    overrides `draw`.

    Attributes
    ----------
    method : str
        How it draws, in a few words for the viewer.
    doubtful : int
        How many of the frames drawn last turned out to be in doubt. Whoever keeps frames drops
        them then, and sets it back to 0.
    """

    doubtful = 0

    @property
    def method(self) -> str:  # noqa: D102 - described with the class
        return "whole figures"

    @property
    def background(self) -> NDArray[np.uint8] | None:
        """What the last figure was drawn on, of shape (height, width, 4); None without such."""
        return None

    def render(
        self, picture: Picture, scale: float = 1.0, *, layout_passes: int = 0
    ) -> NDArray[np.uint8]:
        """Give the pixels of `picture`, the first time that it is drawn in this state.

        Parameters
        ----------
        picture : Figure or ndarray
            A figure in the state to show, or pixels already, which pass unchanged.
        scale : float
            Device pixels per pixel of the figure: the dpi is the figure's own times this.
        layout_passes : int
            How often a layout engine runs before the drawing runs it again.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4)
            RGBA, not premultiplied. A view of the canvas, good until the next call: copy to keep.

        Raises
        ------
        TooLargeError
            When there would be more than `MAX_PIXELS`; nothing was drawn then.
        Exception
            Whatever drawing the user's artists raises, such as a title that is no valid mathtext.
        """
        check_size(*pixel_size(picture, scale))
        if not isinstance(picture, Figure):
            return picture
        if moves_layout(picture):
            _run_layout(picture, layout_passes)
        return self.draw(picture, picture.get_dpi() * scale)

    def render_again(self, picture: Picture, scale: float = 1.0) -> NDArray[np.uint8]:
        """Give the pixels of `picture` once more, at this scale or another one.

        The layout stays as it is, so that the frames to come find it as if this had not happened.
        Everything else is as for `render`.
        """
        check_size(*pixel_size(picture, scale))
        if not isinstance(picture, Figure):
            return picture
        with frozen_layout(picture):
            return self.draw_whole(picture, picture.get_dpi() * scale)

    def pass_over(self, picture: Picture, scale: float = 1.0, *, layout_passes: int = 0) -> None:
        """Leave `picture` as `render` would, without drawing it.

        A layout engine starts from where its last run left the axes, and moves them a little with
        each one: frames that are not drawn must run it, or those after them come out different.
        """
        if not isinstance(picture, Figure) or not moves_layout(picture):
            return
        _run_layout(picture, layout_passes)
        dpi = picture.get_dpi()
        picture.set_dpi(dpi * scale)
        try:
            _run_layout(picture, 1)
        finally:
            picture.set_dpi(dpi)

    def renew(self) -> None:
        """Hear that anything may look different from now on."""

    def draw(self, figure: Figure, dpi: float) -> NDArray[np.uint8]:
        """Draw all of `figure`, the next one in a row. Result and errors as for `render`."""
        return self.draw_whole(figure, dpi)

    def draw_whole(self, figure: Figure, dpi: float) -> NDArray[np.uint8]:
        """Draw all of `figure` as ``savefig`` does. Result and errors as for `render`."""
        sink: Any = _Sink()
        options: dict[str, Any] = {"format": "rgba", "dpi": dpi}
        if mpl.rcParams["savefig.bbox"] == "tight":
            # Frames of one size each; matplotlib's movie writers refuse this setting altogether.
            with mpl.rc_context({"savefig.bbox": None}):
                figure.savefig(sink, **options)
        else:
            figure.savefig(sink, **options)
        return np.asarray(sink.written)


class _Sink:
    """A file for ``savefig(format="rgba")``, which writes the canvas' buffer in one piece."""

    written: memoryview

    def write(self, buffer: memoryview) -> None:
        self.written = buffer

    def seek(self, offset: int) -> None:
        """Be taken for a file by matplotlib, which looks for this name and never calls it."""


@contextmanager
def frozen_layout(figure: Figure) -> Iterator[None]:
    """Let `figure` be drawn without its layout engine moving anything."""
    engine = figure.get_layout_engine()
    if engine is None:
        yield
        return
    figure.set_layout_engine("none")
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


def _run_layout(figure: Figure, passes: int) -> None:
    canvas = figure.canvas
    with canvas.saving() if isinstance(canvas, Canvas) else nullcontext():
        for _ in range(passes):
            figure.draw_without_rendering()


def pixel_size(picture: Picture, scale: float = 1.0) -> tuple[int, int]:
    """Width and height in pixels that `picture` has at `scale`."""
    if not isinstance(picture, Figure):
        height, width = picture.shape[:2]
        return width, height
    dpi = picture.get_dpi() * scale
    sides = picture.get_figwidth() * dpi, picture.get_figheight() * dpi
    # Canvases round down in the same way. Infinity is no integer, and far too large in any case.
    width, height = (int(min(side, sys.maxsize)) for side in sides)
    return width, height


def check_size(width: int, height: int) -> None:
    """Raise TooLargeError for more than `MAX_PIXELS`, and BadArgumentError for none at all."""
    if width < 1 or height < 1:
        raise BadArgumentError(f"a frame of {width} x {height} pixels shows nothing")
    if width * height > MAX_PIXELS:
        raise TooLargeError(
            f"a frame of {width} x {height} pixels is more than the {MAX_PIXELS // 10**6} million"
            " that are drawn: make the figure smaller or lower its dpi",
            size=width * height * _CHANNELS,
            limit=MAX_PIXELS * _CHANNELS,
        )


def to_rgba(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Copy an RGB(A) image to uint8 of shape (height, width, 4), floats as matplotlib does it.

    Raises
    ------
    BadArgumentError
        When it is not an array of shape (height, width, 3 or 4) of uint8, or of floats in 0..1.
    TooLargeError
        When it has more than `MAX_PIXELS`.
    """
    if image.ndim != 3 or image.shape[2] not in {3, 4} or 0 in image.shape:  # noqa: PLR2004
        raise BadArgumentError(
            f"an image has shape (height, width, 3) or (height, width, 4), got {image.shape}"
        )
    check_size(image.shape[1], image.shape[0])
    if image.dtype.kind == "f":
        if not (image.min() >= 0 and image.max() <= 1):  # NaN fails too
            raise BadArgumentError("a floating-point image has values from 0 to 1")
        image = (image * 255).astype(np.uint8)
    elif image.dtype != np.uint8:
        raise BadArgumentError(f"an image is of uint8 or of floats, got {image.dtype}")
    # A copy in any case: whose array it is may go on writing to it.
    rgba = np.full((*image.shape[:2], _CHANNELS), 255, np.uint8)
    rgba[..., : image.shape[2]] = image
    return rgba
