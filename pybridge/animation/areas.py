"""Which rectangle of the canvas an artist can reach."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.patches import Patch
from matplotlib.text import Annotation, Text

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.transforms import BboxBase
    from numpy.typing import NDArray

__all__ = ["EVERYWHERE", "NOWHERE", "Area", "area_of", "is_clipped", "painted_area"]

_MARGIN = 2.0  # pixels around what is drawn: antialiasing and snapping
_POINTS = 72.0  # to the inch


class Area(NamedTuple):
    """A rectangle of the canvas, in pixels."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.y1 - self.y0

    def overlaps(self, other: Area) -> bool:
        """Tell whether the two have more than an edge in common."""
        return (
            self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1
        )

    def holds(self, other: Area) -> bool:
        """Tell whether the other lies within this one."""
        return self.union(other) == self

    def union(self, other: Area) -> Area:
        """Give the smallest area that holds both."""
        return Area(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def pixels(self, canvas: NDArray[np.uint8]) -> tuple[slice, slice]:
        """Give the rows and the columns of a canvas that it touches."""
        height, width = canvas.shape[:2]
        top, bottom = (min(max(height - y, 0), height) for y in (self.y1, self.y0))
        left, right = (min(max(x, 0), width) for x in (self.x0, self.x1))
        return (
            slice(math.floor(top), math.ceil(bottom)),
            slice(math.floor(left), math.ceil(right)),
        )

    def padded(self, margin: float) -> Area:
        """Give the area with so much more on each side."""
        return Area(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)


_INFINITY = float("inf")
EVERYWHERE = Area(-_INFINITY, -_INFINITY, _INFINITY, _INFINITY)
NOWHERE = Area(_INFINITY, _INFINITY, -_INFINITY, -_INFINITY)


def is_clipped(artist: Artist) -> bool:
    """Tell whether `artist` stays within an area of its own wherever it moves."""
    return artist.get_clip_on() and (
        artist.get_clip_box() is not None or artist.get_clip_path() is not None
    )


def area_of(artist: Any, renderer: Any) -> Area:
    """Give an area that `artist` does not reach beyond as it is now; rather too large than small.

    Parameters
    ----------
    artist : Artist
    renderer : RendererAgg
        Of the resolution at which it is drawn.
    """
    if not artist.get_visible():
        return NOWHERE
    if artist.get_path_effects() or artist.get_agg_filter() or artist.get_sketch_params():
        return EVERYWHERE
    if is_clipped(artist):
        return _area_of_clip(artist, renderer.height)
    if isinstance(artist, Text) and not isinstance(artist, Annotation):
        return _area_of_text(artist, renderer)
    if isinstance(artist, Patch):
        extent = _area(artist.get_window_extent(renderer))
        return extent.padded(_pixels(artist.get_linewidth(), renderer))
    return EVERYWHERE


def painted_area(canvas: NDArray[np.uint8]) -> Area:
    """Give the smallest area outside of which a canvas of shape (height, width, 4) is empty."""
    opaque = canvas[..., 3]
    rows, columns = np.flatnonzero(opaque.any(axis=1)), np.flatnonzero(opaque.any(axis=0))
    if len(rows) == 0:
        return NOWHERE
    height = canvas.shape[0]
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Area(left, height - int(rows[-1]) - 1, right, height - int(rows[0]))


def _area_of_clip(artist: Any, height: float) -> Area:
    box = artist.get_clip_box()
    if box is None:
        return _area(artist.get_clip_path().get_fully_transformed_path().get_extents())
    # To the pixel, as Agg rounds it, which counts lines from the top: ticks begin right beside.
    return Area(
        math.floor(box.x0 + 0.5),
        height - math.floor(height - box.y0 + 0.5),
        math.floor(box.x1 + 0.5),
        height - math.floor(height - box.y1 + 0.5),
    )


def _area_of_text(text: Text, renderer: Any) -> Area:
    if not text.get_text():
        return NOWHERE
    frame = text.get_bbox_patch()
    if frame is not None:
        return EVERYWHERE
    return _area(text.get_window_extent(renderer))


def _area(box: BboxBase | None) -> Area:
    if box is None:
        return EVERYWHERE
    return Area(box.xmin, box.ymin, box.xmax, box.ymax).padded(_MARGIN)


def _pixels(points: float, renderer: Any) -> float:
    return points * float(renderer.dpi) / _POINTS
