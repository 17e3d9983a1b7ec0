"""Each kind of curve: its extent, by which limits are chosen, and its points within them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import limits
from .drawing import Points
from .forms import Curve, Graph, Implicit, Parametric, Vertical
from .implicit import zero_lines
from .sampling import MAX_POINTS, sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .evaluation import Evaluator, Scope
    from .limits import Span

    Floats = NDArray[np.float64]

__all__ = ["Line", "Window", "points_of", "x_extent", "y_extent"]

_FEWEST, _MOST = 400, 4000

# A first look: enough to see where a curve is.
_LOOK_GRID, _LOOK_POINTS = 200, 1000


@dataclass(frozen=True)
class Window:
    """The part of the plane that a picture shows.

    Attributes
    ----------
    x, y : (float, float)
    width, height : float
        In pixels.
    """

    x: Span
    y: Span
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class Line:
    """A curve with all that it needs to be worked out.

    Attributes
    ----------
    curve : Curve
    scope : Scope
    color : str
    t : (float, float)
        Range of the parameter of a parametric curve.
    """

    curve: Curve
    scope: Scope
    color: str
    t: Span

    @property
    def label(self) -> str:
        """The user's own text."""
        return self.curve.text

    def check(self, evaluator: Evaluator) -> None:
        """Work out a point, which meets every error in the curve.

        Raises
        ------
        PlotError
        """
        at = np.ones(1)
        if isinstance(self.curve, Graph):
            self.graph(evaluator)(at)
        elif isinstance(self.curve, Parametric):
            self.parametric(evaluator)(at)
        elif isinstance(self.curve, Implicit):
            self.difference(evaluator)(at, at)
        elif isinstance(self.curve, Vertical):
            evaluator.evaluate(self.curve.body)

    def graph(self, evaluator: Evaluator) -> Callable[[Floats], Floats]:
        """Give a graph's function of x, with values of shape ``(1, n)``."""
        curve = self.curve
        assert isinstance(curve, Graph)  # noqa: S101
        return lambda x: evaluator.evaluate(curve.body, **{curve.variable: x})[None]

    def parametric(self, evaluator: Evaluator) -> Callable[[Floats], Floats]:
        """Give a parametric curve's function of t, with values of shape ``(2, n)``."""
        curve = self.curve
        assert isinstance(curve, Parametric)  # noqa: S101
        return lambda t: np.stack(
            [evaluator.evaluate(curve.x, t=t), evaluator.evaluate(curve.y, t=t)]
        )

    def difference(self, evaluator: Evaluator) -> Callable[[Floats, Floats], Floats]:
        """Give the difference of an equation's sides."""
        curve = self.curve
        assert isinstance(curve, Implicit)  # noqa: S101

        def difference(x: Floats, y: Floats) -> Floats:
            left = evaluator.evaluate(curve.left, x=x, y=y)
            return left - evaluator.evaluate(curve.right, x=x, y=y)

        return difference


def x_extent(line: Line, evaluator: Evaluator, window: Window) -> Span | None:
    """Find from where to where a curve that is no graph reaches."""
    if isinstance(line.curve, Vertical):
        x = float(evaluator.evaluate(line.curve.body))
        return limits.join([limits.DEFAULT, limits.extent(np.array([x]))])
    return _extent(line, evaluator, window, 0)


def y_extent(line: Line, evaluator: Evaluator, window: Window) -> Span | None:
    """Find from where to where a curve reaches upwards; None if it tells nothing."""
    if isinstance(line.curve, Vertical):
        return None
    if isinstance(line.curve, Graph):
        return limits.extent(line.graph(evaluator)(_grid(window)))
    return _extent(line, evaluator, window, 1)


def points_of(line: Line, evaluator: Evaluator, window: Window) -> Points:
    """Sample a curve for a picture.

    Raises
    ------
    PlotError
        When it cannot be worked out.
    """
    if isinstance(line.curve, Vertical):
        at = float(evaluator.evaluate(line.curve.body))
        x, y = np.full(2, at if np.isfinite(at) else np.nan), np.array(window.y)
    elif isinstance(line.curve, Graph):
        graph, grid = line.graph(evaluator), _grid(window)
        x, values = sample(graph, grid, graph(grid), [window.y])
        y = values[0]
    elif isinstance(line.curve, Parametric):
        x, y = _parametric_points(line, evaluator, window)
    else:
        x, y = zero_lines(line.difference(evaluator), window.x, window.y)
    return Points(line.label, line.color, x, y)


def _grid(window: Window) -> Floats:
    count = int(min(max(2 * window.width, _FEWEST), _MOST))
    # An even number: symmetric limits then do not sample zero, where so many curves have a pole.
    return np.linspace(*window.x, count + count % 2)


def _extent(line: Line, evaluator: Evaluator, window: Window, axis: int) -> Span | None:
    if isinstance(line.curve, Parametric):
        values = line.parametric(evaluator)(np.linspace(*line.t, _LOOK_POINTS))
        return limits.extent(values[axis])
    found = zero_lines(line.difference(evaluator), window.x, window.y, _LOOK_GRID)[axis]
    found = found[np.isfinite(found)]
    if not found.size:
        return None
    span = window.y if axis else window.x
    low, high = float(found.min()), float(found.max())
    # A curve that leaves the window has no end there.
    near = 2 * (span[1] - span[0]) / _LOOK_GRID
    if low - span[0] < near or span[1] - high < near:
        return limits.without_margin(span)
    return low, high


def _parametric_points(line: Line, evaluator: Evaluator, window: Window) -> tuple[Floats, Floats]:
    curve = line.parametric(evaluator)
    grid = np.linspace(*line.t, _LOOK_POINTS)
    values = curve(grid)
    size = np.array([window.x[1] - window.x[0], window.y[1] - window.y[0]])[:, None]
    pixels = np.array([window.width, window.height])[:, None]
    with np.errstate(all="ignore"):
        steps = np.abs(np.diff(values, axis=1)) / size
        # What lies far outside is seen by nobody.
        length = np.nansum(np.minimum(steps, 1) * pixels)
    count = int(min(max(length, _LOOK_POINTS), MAX_POINTS))
    if count > 2 * _LOOK_POINTS:
        grid = np.linspace(*line.t, count)
        values = curve(grid)
    _, points = sample(curve, grid, values, [window.x, window.y])
    return points[0], points[1]
