"""Draw only what moves, as long as nobody could tell."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

from .figures import moves_layout
from .renderer import Renderer
from .scene import Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["CompositingRenderer"]

# Composed frames compared with whole ones: the first three, then each one that is four times as
# far; of ever so many, one in a thousand.
_CHECKED = frozenset({1, 2, 3, 12, 48, 192, 768})
_CHECKED_EVERY = 1024

# Composing is given up that took longer than so much of a whole draw, in the best of as many frames
# that were drawn in both ways, right one after the other: a busy machine may hold up any of them.
_WORTH = 1.0
_PATIENCE = 4


class CompositingRenderer(Renderer):
    """Gives the pixels of whole draws, and draws no more than has changed since the last one.

    What it composes is compared with a whole draw, to the last pixel, for the first frames of each
    pass and at each scale, and now and then after. It goes back to whole draws for good when they
    differ, and when composing is hardly faster, as for figures in which everything moves.

    Attributes
    ----------
    whole : str or None
        Why it draws whole figures; None while it composes them.
    """

    def __init__(self) -> None:
        self.whole: str | None = None
        self._scene: Scene | None = None
        # So many at this resolution: at another, the parts may fall between pixels.
        self._composed = 0
        self._dpi = 0.0
        self._unchecked = 0
        # What composing took, as a share of a whole draw of the same frame.
        self._shares: deque[float] = deque(maxlen=_PATIENCE)

    @property
    def method(self) -> str:  # noqa: D102 - described with the base class
        return "what moves" if self.whole is None else f"whole figures: {self.whole}"

    @property
    def background(self) -> NDArray[np.uint8] | None:
        """What the last figure was drawn on, of shape (height, width, 4); None without such."""
        return None if self._scene is None else self._scene.background

    def renew(self) -> None:
        """Hear that anything may look different from now on."""
        self._forget()
        self._composed = self._unchecked = 0

    def draw(self, figure: Figure, dpi: float) -> NDArray[np.uint8]:
        """Draw all of `figure`, the next one in a row. Result and errors as for `render`."""
        if self.whole is None:
            self.whole = _hindrance(figure)
        if self.whole is not None:
            return self.draw_whole(figure, dpi)
        started = time.perf_counter()
        try:
            pixels = self._compose(figure, dpi)
        except BaseException:
            # An artist failed, and those before it are no longer marked as changed.
            self._forget()
            raise
        if pixels is None:
            pixels = self._begin(figure, dpi)
        elif self._is_to_be_checked():
            return self._check(figure, dpi, pixels, time.perf_counter() - started)
        return pixels

    def draw_whole(self, figure: Figure, dpi: float) -> NDArray[np.uint8]:
        """Draw all of `figure` as ``savefig`` does. Result and errors as for `render`."""
        scene = self._scene
        knows_all = scene is not None and not (scene.spoilt or scene.changed)
        pixels = super().draw_whole(figure, dpi)
        if scene is not None and knows_all:
            scene.spoilt = False
        return pixels

    def _compose(self, figure: Figure, dpi: float) -> NDArray[np.uint8] | None:
        if self._scene is None:
            return None
        pixels = self._scene.draw(figure, dpi)
        if pixels is not None:
            self._composed += 1
            self._unchecked += 1
        return pixels

    def _begin(self, figure: Figure, dpi: float) -> NDArray[np.uint8]:
        self._forget()
        if dpi != self._dpi:
            self._composed, self._dpi = 0, dpi
        pixels = self.draw_whole(figure, dpi)
        self._scene = Scene(figure, dpi)
        return pixels

    def _is_to_be_checked(self) -> bool:
        return self._composed in _CHECKED or self._composed % _CHECKED_EVERY == 0

    def _check(
        self, figure: Figure, dpi: float, composed: NDArray[np.uint8], took: float
    ) -> NDArray[np.uint8]:
        started = time.perf_counter()
        whole = self.draw_whole(figure, dpi)
        self._shares.append(took / (time.perf_counter() - started))
        if np.array_equal(whole, composed):
            self._unchecked = 0
        else:
            self.doubtful = self._unchecked - 1
            self._give_up("its parts drawn one by one looked different")
        if len(self._shares) == _PATIENCE and min(self._shares) > _WORTH:
            self._give_up("nearly all of it changes from frame to frame")
        return whole

    def _give_up(self, why: str) -> None:
        self.whole = why
        self._forget()

    def _forget(self) -> None:
        if self._scene is not None:
            self._scene.close()
        self._scene = None


def _hindrance(figure: Figure) -> str | None:
    """Say what makes ``savefig`` give other pixels than the parts of `figure` one by one."""
    if moves_layout(figure):
        return "its layout is made anew for each frame"
    settings = mpl.rcParams
    if settings["savefig.transparent"] or {
        settings["savefig.facecolor"],
        settings["savefig.edgecolor"],
    } != {"auto"}:
        return "rcParams give saved figures other colours"
    return None
