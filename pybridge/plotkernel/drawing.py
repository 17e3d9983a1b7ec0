"""Pictures: sampled curves on matplotlib's axes, without pyplot and its global state."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, ScalarFormatter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from .errors import PlotError
    from .limits import Span

__all__ = ["COLORS", "Drawing", "Points", "axes_size", "render"]

COLORS = (
    *("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e"),
    *("#17becf", "#e377c2", "#8c564b", "#7f7f7f", "#bcbd22"),
)
"""Of the curves, one after the other."""

# In points, so that the labels of the ticks have the same room in pictures of every size.
_LEFT, _RIGHT, _BOTTOM, _TOP = 44.0, 16.0, 26.0, 14.0

_POINTS_PER_INCH = 72

_LONGEST_LABEL = 60
_MOST_LABELS = 12


@dataclass(frozen=True)
class Points:
    """A curve ready to be drawn.

    Attributes
    ----------
    label, color : str
    x, y : array, shape (n,)
        nan where the line is interrupted.
    """

    label: str
    color: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass
class Drawing:
    """A picture.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    x, y : (float, float)
        The limits shown.
    errors : list of PlotError
        Why curves are missing, if any are.
    """

    figure: Figure
    x: Span
    y: Span
    errors: list[PlotError]

    def png(self) -> bytes:
        """Give the picture as PNG."""
        file = io.BytesIO()
        with _without_glyph_warnings():
            self.figure.savefig(file, format="png", dpi=self.figure.dpi)
        return file.getvalue()

    def svg(self) -> str:
        """Give the picture as SVG."""
        file = io.BytesIO()
        # No date and no random names, so that the same plot gives the same text.
        with _without_glyph_warnings(), mpl.rc_context({"svg.hashsalt": "pybridge"}):
            self.figure.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue().decode()

    @property
    def axes_box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the axes in pixels of the PNG, from its top left."""
        width, height = self.figure.get_size_inches() * self.figure.dpi
        box = self.figure.axes[0].get_position()
        # savefig cuts off a fraction of a pixel; it does so at the top.
        height, width = float(height), float(width)
        return (box.x0 * width, (1 - box.y1) * height, box.x1 * width, (1 - box.y0) * height)


@contextlib.contextmanager
def _without_glyph_warnings() -> Iterator[None]:
    """Let a box stand for a letter that the font does not have, without a word about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def axes_size(size: tuple[float, float]) -> tuple[float, float]:
    """Give width and height of the axes, in inches, in a picture of a size in inches."""
    _, _, width, height = _axes_rectangle(size)
    return width * size[0], height * size[1]


def render(
    curves: Sequence[Points],
    x: Span,
    y: Span,
    size: tuple[float, float],
    *,
    dpi: float,
    errors: Sequence[PlotError] = (),
) -> Drawing:
    """Draw curves.

    Parameters
    ----------
    curves : sequence of Points
    x, y : (float, float)
        Limits.
    size : (float, float)
        Width and height in inches.
    dpi : float
    errors : sequence of PlotError
        For `Drawing.errors`.
    """
    figure = Figure(figsize=size, dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(_axes_rectangle(size))
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    _style_axes(axes, x, y, size)
    for curve in curves:
        axes.plot(curve.x, curve.y, color=curve.color, label=_label(curve.label), linewidth=1.8)
    if curves:
        handles = axes.lines[:_MOST_LABELS]
        # matplotlib's own "best" is slow.
        corner: Any = _free_corner(curves, x, y)
        legend = axes.legend(handles=handles, loc=corner, fontsize=9)
        legend.set_zorder(5)
    return Drawing(figure, x, y, list(errors))


def _axes_rectangle(size: tuple[float, float]) -> tuple[float, float, float, float]:
    width, height = (max(each * _POINTS_PER_INCH, 1.0) for each in size)
    left, right = min(_LEFT / width, 0.3), min(_RIGHT / width, 0.1)
    bottom, top = min(_BOTTOM / height, 0.3), min(_TOP / height, 0.1)
    return left, bottom, 1 - left - right, 1 - bottom - top


class _WithoutZero(ScalarFormatter):
    """Leaves out the 0 where the axes cross, which both would write on the other's line."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return "" if x == 0 else str(super().__call__(x, pos))


def _style_axes(axes: Axes, x: Span, y: Span, size: tuple[float, float]) -> None:
    axes.grid(True, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    spines: Any = axes.spines
    for name in ("right", "top"):
        spines[name].set_visible(False)
    crosses = x[0] < 0 < x[1] and y[0] < 0 < y[1]
    for name, across in (("left", x), ("bottom", y)):
        spines[name].set_color("#555555")
        if across[0] < 0 < across[1]:
            spines[name].set_position("zero")
    width, height = axes_size(size)
    for axis, room in ((axes.xaxis, 2.4 * width), (axes.yaxis, 2.4 * height)):
        nbins = int(min(max(room, 2), 10))
        axis.set_major_locator(MaxNLocator(nbins=nbins, steps=[1, 2, 5, 10]))
        formatter = _WithoutZero() if crosses else ScalarFormatter()
        formatter.set_powerlimits((-3, 5))
        axis.set_major_formatter(formatter)
        axis.set_tick_params(colors="#444444", labelsize=9, length=3)


def _label(text: str) -> str:
    # matplotlib leaves out labels that start with _.
    short = text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
    return f"\u200b{short}" if short.startswith("_") else short


def _free_corner(curves: Sequence[Points], x: Span, y: Span) -> str:
    """Choose the corner with the fewest points of curves."""
    best, fewest = "upper right", float("inf")
    width, height = x[1] - x[0], y[1] - y[0]
    for name, left, low in (
        ("upper right", x[0] + 0.65 * width, y[0] + 0.8 * height),
        ("upper left", x[0], y[0] + 0.8 * height),
        ("lower right", x[0] + 0.65 * width, y[0]),
        ("lower left", x[0], y[0]),
    ):
        # Hiding the numbers of an axis is worse than hiding some pixels of a curve.
        count = 50 * int(low <= 0 <= low + 0.2 * height)
        for curve in curves:
            inside = (curve.x >= left) & (curve.x <= left + 0.35 * width)
            inside &= (curve.y >= low) & (curve.y <= low + 0.2 * height)
            count += int(inside.sum())
        if count < fewest:
            best, fewest = name, count
    return best
