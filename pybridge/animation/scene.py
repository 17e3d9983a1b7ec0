"""A figure taken apart: what stays as it is, painted once, and what is painted over it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.cm import ScalarMappable
from matplotlib.table import Cell

from .areas import EVERYWHERE, Area, area_of, is_clipped, painted_area
from .figures import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["Scene"]

# So often in a row something still is drawn over by what moves, then it is drawn again each time.
_TOUCHES = 2


class Scene:
    """Draws a figure by what has changed in it.

    What has not changed since the figure was drawn whole is painted once, into a background; the
    rest is painted over a copy of that, in the figure's own order. Whatever lies over something
    that moves, such as the spines over a line, is painted again with it, so that the pixels are
    those of the whole figure.

    Changes are known by matplotlib's ``stale`` flags, the lists of children, and the limits and
    the place of each Axes. What an update does behind matplotlib's back, such as writing into an
    array that an artist holds, goes unnoticed: whoever uses a scene must compare it with the whole
    figure now and then.

    Parameters
    ----------
    figure : Figure
        As it was just drawn, whole, at `dpi`.
    dpi : float

    Attributes
    ----------
    spoilt : bool
        Whether somebody else has drawn the figure since, and so taken the marks of change away.

    Notes
    -----
    The order of painting is that of ``Figure.draw`` and ``Axes.draw``. What has a draw method of
    its own, such as a legend, 3D axes or a subfigure, is one thing and painted as a whole.
    """

    def __init__(self, figure: Figure, dpi: float) -> None:
        self.spoilt = False
        self._figure = figure
        self._dpi = dpi
        self._size = tuple(figure.get_size_inches())
        width, height = (int(side * dpi) for side in self._size)
        agg: Any = RendererAgg
        self._renderer = agg(width, height, dpi)
        self._canvas: NDArray[np.uint8] = np.asarray(self._renderer.buffer_rgba())
        self._background = self._scenery = self._canvas
        self._places = {axes: _place(axes) for axes in figure.findobj(Axes)}
        self._undivided: set[Any] = set()  # axes that are drawn as a whole
        self._areas: dict[Artist, Area] = {}
        self._overlaps: dict[tuple[Artist, Area], bool] = {}
        self._read_order()
        # Some are stale for ever, such as the empty titles at the left and the right.
        self._still = {artist for artist in self._order if not artist.stale}
        # Whose part everything is; and of what is still, the parts whose flags tell of changes.
        self._owners = {part: artist for artist in self._order for part in _parts_of(artist)}
        self._parts = {
            part: artist
            for part, artist in self._owners.items()
            if artist in self._still and not part.stale
        }
        # What is coloured by numbers takes others without a mark, each time in another array.
        self._numbers = {part: _numbers(part) for part in self._parts if _numbers(part) is not None}
        self._below: list[Artist] | None = None  # what is in the background
        self._top: list[Artist] = []  # what is painted over it
        self._rest: list[Artist] = []  # all that is still: what is in the scenery
        self._moving: list[Artist] = []  # and the others
        self._above: list[tuple[slice, slice]] = []  # where something still lies above them
        self._touched = 0  # how often in a row they reached it
        self._loose: list[Artist] = []  # what of that may reach further in the next frame
        self._zorders: dict[Artist, float] = {}  # of what moves, and of what is divided
        with _saving(figure, dpi):
            self._heights = {title: self._area(title).height for title in self._titles()}
        self._connection = figure.canvas.mpl_connect("draw_event", self._spoil)

    def close(self) -> None:
        """Let go of the figure."""
        self._figure.canvas.mpl_disconnect(self._connection)

    @property
    def background(self) -> NDArray[np.uint8] | None:
        """What does not change, RGBA; another array whenever it is painted anew."""
        return None if self._below is None else self._scenery

    @property
    def changed(self) -> bool:
        """Whether something has changed that was still so far."""
        return any(part.stale for part in self._parts)

    def draw(self, figure: Figure, dpi: float) -> NDArray[np.uint8] | None:
        """Draw the figure as it is now.

        Returns
        -------
        ndarray of uint8, shape (height, width, 4), or None
            RGBA; a view of the canvas, good until the next call. None when the scene is not of this
            figure any more: draw that whole, and make another scene of it.
        """
        if not self._is_of(figure, dpi):
            return None
        with _saving(figure, dpi):
            news = self._notice()
            if any(axes.get_aspect() != "auto" for axes in self._undivided):
                return None  # the figure would make room for them first
            moving = [artist for artist in self._order if artist not in self._still]
            areas = {artist: self._area(artist) for artist in (moving if news else self._loose)}
            # A title's height decides how far above its axes the figure puts it.
            if any(
                title in areas and areas[title].height != height
                for title, height in self._heights.items()
            ):
                return None
            if self._grow(areas) or news:
                self._arrange()
            if not self._draw_beside():
                np.copyto(self._canvas, self._background)
                self._paint(self._top)
        return self._canvas

    def _draw_beside(self) -> bool:
        """Draw only what moves, and tell whether it has left alone what is still above it.

        What lies over the place where something may move is seldom reached by it, as the spines
        around a line; to look is faster than to draw it again.
        """
        if self._touched > _TOUCHES:
            return False
        np.copyto(self._canvas, self._scenery)
        self._paint(self._moving)
        for rows, columns in self._above:
            if not np.array_equal(self._canvas[rows, columns], self._scenery[rows, columns]):
                self._touched += 1
                return False
        self._touched = 0
        return True

    def _is_of(self, figure: Figure, dpi: float) -> bool:
        return (
            figure is self._figure
            and dpi == self._dpi
            and not self.spoilt
            and tuple(figure.get_size_inches()) == self._size
        )

    def _notice(self) -> bool:
        """Learn what moves, and whether that or the order is news."""
        moved = {artist for part, artist in self._parts.items() if part.stale}
        moved.update(
            self._owners[part]
            for part, known in self._numbers.items()
            if _numbers(part) is not known
        )
        shifted = [axes for axes, place in self._places.items() if _place(axes) != place]
        if (
            not (moved or shifted)
            and self._below is not None
            and all(parent.get_children() == known for parent, known in self._children.items())
            and all(artist.zorder == known for artist, known in self._zorders.items())
        ):
            return False
        for axes in shifted:
            del self._places[axes]
            self._undivided.add(axes)
            # In a subfigure, it is that which moves.
            moved.add(self._owners.get(axes, axes))
        self._read_order()
        self._still = self._still.intersection(self._order) - moved
        self._parts = {part: whole for part, whole in self._parts.items() if whole in self._still}
        self._numbers = {part: of for part, of in self._numbers.items() if part in self._parts}
        return True

    def _grow(self, areas: dict[Artist, Area]) -> bool:
        """Take in where artists are now, and tell whether one reaches further than before."""
        grown = False
        for artist, area in areas.items():
            known = self._areas.get(artist)
            if known is None or not known.holds(area):
                self._areas[artist] = area if known is None else known.union(area)
                grown = True
        return grown

    def _arrange(self) -> None:
        """Divide what is painted into background and top."""
        below: list[Artist] = []
        still: list[Artist] = []
        self._top = []
        reached: list[Area] = []
        for artist in self._order:
            if artist not in self._still:
                self._top.append(artist)
                reached.append(self._areas[artist])
                continue
            for part in _painted_parts(artist):
                # What is hidden now is marked as changed when it appears.
                if not part.get_visible():
                    continue
                still.append(part)
                if self._lies_over(part, reached):
                    self._top.append(part)
                    reached.append(self._areas[part])
                else:
                    below.append(part)
        self._moving = [artist for artist in self._order if artist not in self._still]
        self._zorders = {artist: artist.zorder for artist in (*self._moving, *self._children)}
        self._loose = [artist for artist in self._moving if not self._is_bound(artist)]
        self._above = [
            self._areas[part].pixels(self._canvas) for part in self._top if part in still
        ]
        if (below, still) == (self._below, self._rest):
            return
        self._below, self._rest = below, still
        self._background = self._picture(below)
        self._scenery = self._picture(still)
        self._touched = 0

    def _lies_over(self, part: Artist, areas: list[Area]) -> bool:
        """Tell whether `part`, which is still, paints a pixel within one of `areas`."""
        if not areas:
            return False
        own = self._areas.get(part)
        if own is None:
            own = self._areas[part] = self._area(part)
        common = [area for area in areas if area.overlaps(own)]
        if any((part, area) not in self._overlaps for area in common):
            self._renderer.clear()
            part.draw(self._renderer)
            self._areas[part] = painted_area(self._canvas)
            for area in common:
                painted = self._canvas[area.pixels(self._canvas)][..., 3]
                self._overlaps[part, area] = bool(painted.any())
        return any(self._overlaps[part, area] for area in common)

    def _picture(self, artists: list[Artist]) -> NDArray[np.uint8]:
        self._renderer.clear()
        self._paint(artists)
        return self._canvas.copy()

    def _paint(self, artists: list[Artist]) -> None:
        for artist in artists:
            artist.draw(self._renderer)

    def _area(self, artist: Artist) -> Area:
        return area_of(artist, self._renderer)

    def _is_bound(self, artist: Artist) -> bool:
        """Tell whether where an artist can reach is the same in every frame."""
        return self._areas[artist] == EVERYWHERE or (artist.get_visible() and is_clipped(artist))

    def _titles(self) -> list[Artist]:
        plain: list[Any] = [parent for parent in self._children if parent is not self._figure]
        return [
            title
            for axes in plain
            for title in (axes.title, axes._left_title, axes._right_title)  # noqa: SLF001
        ]

    def _spoil(self, _: object) -> None:
        self.spoilt = True

    def _read_order(self) -> None:
        """Read in which order the figure is painted."""
        self._children: dict[Artist, list[Artist]] = {}
        self._order = list(self._order_of(self._figure))

    def _order_of(self, parent: Any) -> Iterator[Artist]:
        children = self._children[parent] = parent.get_children()
        if parent is self._figure:
            painted = _painted_by_figure(parent, children)
            yield parent.patch
        else:
            painted = _painted_by_axes(parent, children)
            if parent.axison and parent.get_frame_on():
                yield parent.patch
        for artist in sorted(painted, key=lambda artist: artist.get_zorder()):
            if artist not in self._undivided and _is_divisible(artist):
                yield from self._order_of(artist)
            else:
                yield artist


def _painted_by_figure(figure: Figure, children: list[Artist]) -> list[Artist]:
    theirs = {child for subfigure in figure.subfigs for child in subfigure.get_children()}
    return [
        child
        for child in children
        if child is not figure.patch and child not in theirs and not child.get_animated()
    ]


def _painted_by_axes(axes: Axes, children: list[Artist]) -> list[Artist]:
    left_out: set[Artist] = {axes.patch}
    if not (axes.axison and axes.get_frame_on()):
        left_out.update(axes.spines.values())
    if not axes.axison:
        left_out.update(child for child in children if isinstance(child, Axis))
    return [child for child in children if child not in left_out]


def _painted_parts(artist: Any) -> list[Artist]:
    """Give what an artist that is up to date paints, one after the other.

    Of an axis only the ends of its ticks may lie over what moves beside it, and its labels are what
    takes the time.
    """
    if not isinstance(artist, Axis) or type(artist).draw is not Axis.draw:
        return [artist]
    if not artist.get_visible():
        return []
    ticks: list[Any] = artist._update_ticks()  # type: ignore[attr-defined]  # noqa: SLF001
    parts = [
        part
        for tick in ticks
        if tick.get_visible()
        for part in (tick.gridline, tick.tick1line, tick.tick2line, tick.label1, tick.label2)
    ]
    return [*parts, artist.label, artist.offsetText]


def _parts_of(artist: Artist) -> Iterator[Artist]:
    for part in artist.findobj():
        yield part
        # Not among its children.
        if isinstance(part, Cell):
            yield part.get_text()


def _numbers(part: Any) -> object:
    """Give the array that an artist is coloured by, if it is."""
    return part.get_array() if isinstance(part, ScalarMappable) else None


def _is_divisible(artist: Artist) -> bool:
    """Tell whether an artist paints nothing but its children, each by itself."""
    return (
        isinstance(artist, Axes)
        and type(artist).draw is Axes.draw
        and artist.get_visible()
        and artist.get_agg_filter() is None
    )


# What marks nothing as stale; all but the first are of 3D axes, and say from where one looks.
_UNMARKED = ("_frameon", "elev", "azim", "roll", "_focal_length", "_vertical_axis")


def _place(axes: Axes) -> tuple[object, ...]:
    """Give what all that an Axes shows depends on."""
    return (
        axes.get_visible(),
        axes.axison,
        axes.viewLim.bounds,  # brought up to date by asking for it
        axes.get_position().bounds,
        *_at_top(axes.xaxis),
        *(getattr(axes, name, None) for name in _UNMARKED),
    )


def _at_top(axis: Any) -> tuple[object, ...]:
    """Give what a title may have to give way to."""
    label_position = axis.get_label_position()
    label = axis.label.get_text() if label_position == "top" else ""
    return axis.get_ticks_position(), label_position, label


@contextmanager
def _saving(figure: Figure, dpi: float) -> Iterator[None]:
    """Let parts of a figure be drawn as ``savefig`` draws them, animated ones too."""
    canvas, before = figure.canvas, figure.get_dpi()
    with canvas.saving() if isinstance(canvas, Canvas) else nullcontext():
        if before != dpi:
            figure.set_dpi(dpi)
        try:
            yield
        finally:
            if before != dpi:
                figure.set_dpi(before)
