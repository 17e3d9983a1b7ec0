"""`Plot`: the curves of a cell, which can be drawn again with other limits and parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import limits
from .curves import Line, Window, points_of, x_extent, y_extent
from .drawing import Drawing, axes_size, render
from .errors import PlotError
from .evaluation import Clock, Evaluator, Scope
from .forms import Graph, Parametric, Vertical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .drawing import Points
    from .limits import Span

__all__ = ["Parameter", "Plot"]

_SECONDS = 10.0

# Equal units would make a line of a curve that is much longer one way than the other.
_MOST_UNEQUAL = 12.0

_SMALLEST_DPI, _LARGEST_PIXELS = 1.0, 10_000.0


@dataclass(frozen=True)
class Parameter:
    """A number with a slider.

    Attributes
    ----------
    name : str
    value : float
    low, high : float
        Range of the slider.
    """

    name: str
    value: float
    low: float
    high: float


class Plot:
    """What one cell draws.

    It has its own copy of definitions and parameters: later cells do not change it.

    Parameters
    ----------
    lines : sequence of Line
    parameters : sequence of Parameter
        Those with a range; the plot keeps the ones that its curves depend on.
    x, y : (float, float) or None
        Ranges that the user has set.

    Attributes
    ----------
    parameters : dict of str to Parameter
    """

    def __init__(
        self,
        lines: Sequence[Line],
        parameters: Sequence[Parameter],
        x: Span | None = None,
        y: Span | None = None,
    ) -> None:
        self._lines = list(lines)
        self._x = x
        self._y = y
        self._last: tuple[Any, Window, list[Points], dict[Line, PlotError]] | None = None
        used: set[str] = set()
        for line in lines:
            curve = line.curve
            used |= line.scope.reach(*curve.expressions, without=curve.variables)
        self.parameters = {each.name: each for each in parameters if each.name in used}

    @property
    def lines(self) -> list[Line]:
        """Its curves."""
        return list(self._lines)

    def prepare(self, clock: Clock) -> list[PlotError]:
        """Work out the first picture, drop the curves that cannot be, and tell why."""
        lines, errors = list(self._lines), []
        for line in lines:
            try:
                line.check(self._evaluator(line, clock))
            except PlotError as error:
                errors.append(error)
                self._lines.remove(line)
        if self._lines:
            window, points, failed = self._points((None, None), (6.4, 4.8), 100, clock)
            self._lines = [line for line in self._lines if line not in failed]
            errors += failed.values()
            # `draw` finds the points there; the errors have been told now.
            if self._last is not None:
                self._last = (self._last[0], window, points, {})
        return errors

    def set_parameters(self, values: Mapping[str, float]) -> None:
        """Set sliders, each to the nearest value in its range.

        Raises
        ------
        ValueError
            For a name that is none of its parameters, or a value that is no finite number.
            No parameter has changed then.
        """
        changed = {}
        for name, value in values.items():
            known = self.parameters.get(name)
            if known is None:
                msg = f"{name!r} is no parameter of this plot"
                raise ValueError(msg)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                msg = f"parameter {name!r} cannot be {value!r:.80}"
                raise ValueError(msg)
            if not math.isfinite(value):
                msg = f"parameter {name!r} cannot be {value!r}"
                raise ValueError(msg)
            changed[name] = replace(known, value=float(min(max(value, known.low), known.high)))
        self.parameters.update(changed)

    def draw(
        self,
        *,
        x: tuple[float, float] | None = None,
        y: tuple[float, float] | None = None,
        size: tuple[float, float] = (6.4, 4.8),
        dpi: float = 100,
    ) -> Drawing:
        """Draw it.

        Parameters
        ----------
        x, y : (float, float), optional
            Limits; by default the user's ranges, else chosen so that the curves can be seen.
        size : (float, float)
            Width and height in inches.
        dpi : float

        Raises
        ------
        ValueError
            For limits or a size that no picture can have.
        """
        for span in (x, y):
            if span is not None:
                limits.check(span)
        if not (dpi >= _SMALLEST_DPI and all(1 <= side * dpi <= _LARGEST_PIXELS for side in size)):
            msg = f"a picture cannot have {size} inches at {dpi} dpi"
            raise ValueError(msg)
        window, points, errors = self._points((x, y), size, dpi, Clock(_SECONDS))
        return render(points, window.x, window.y, size, dpi=dpi, errors=list(errors.values()))

    def trace(self, x: float) -> list[dict[str, Any]]:
        """Give the value of each curve y(x) at a place.

        Returns
        -------
        list of dict
            With ``label``, ``color``, ``x`` and ``y``, which is None where it is undefined. Curves
            of other forms are left out.
        """
        found = []
        clock = Clock(_SECONDS)
        for line in self._lines:
            if isinstance(line.curve, Graph):
                try:
                    at = np.array([float(x)])
                    y = float(line.graph(self._evaluator(line, clock))(at)[0, 0])
                except PlotError:
                    y = math.nan
                shown = y if math.isfinite(y) else None
                found.append({"label": line.label, "color": line.color, "x": float(x), "y": shown})
        return found

    def describe(self) -> list[str]:
        """Say in a line for each curve what is drawn."""
        said = []
        x = self._x or limits.DEFAULT
        for line in self._lines:
            if isinstance(line.curve, Graph):
                said.append(f"{line.label}  for {line.curve.variable} in {limits.text(x)}")
            elif isinstance(line.curve, Parametric):
                said.append(f"{line.label}  for t in {limits.text(line.t)}")
            else:
                said.append(line.label)
        return said

    def _evaluator(self, line: Line, clock: Clock) -> Evaluator:
        numbers = {name: each.value for name, each in self.parameters.items()}
        return Evaluator(Scope(numbers=numbers).over(line.scope), clock)

    def _points(
        self,
        given: tuple[Span | None, Span | None],
        size: tuple[float, float],
        dpi: float,
        clock: Clock,
    ) -> tuple[Window, list[Points], dict[Line, PlotError]]:
        values = tuple(each.value for each in self.parameters.values())
        key = (given, tuple(size), dpi, values)
        if self._last is not None and self._last[0] == key:
            return self._last[1:]
        width, height = axes_size(size)
        window = Window(limits.DEFAULT, limits.DEFAULT, width * dpi, height * dpi)
        ready = [(line, self._evaluator(line, clock)) for line in self._lines]
        errors: dict[Line, PlotError] = {}
        window = self._choose(given, window, ready, errors)
        points = []
        for line, evaluator in ready:
            if line not in errors:
                try:
                    points.append(points_of(line, evaluator, window))
                except PlotError as error:
                    errors[line] = error
        self._last = (key, window, points, errors)
        return self._last[1:]

    def _choose(
        self,
        given: tuple[Span | None, Span | None],
        window: Window,
        ready: Sequence[tuple[Line, Evaluator]],
        errors: dict[Line, PlotError],
    ) -> Window:
        """Choose the limits that nobody has set."""
        x, y = given[0] or self._x, given[1] or self._y
        free = x is None and y is None
        if x is not None and y is not None:
            return replace(window, x=x, y=y)
        window = replace(window, x=x or window.x, y=y or window.y)
        has_graph = any(isinstance(line.curve, Graph) for line in self._lines)
        fits = x is None and not has_graph
        x_spans, y_spans = [], []
        for line, evaluator in ready:
            try:
                if fits:
                    x_spans.append(x_extent(line, evaluator, window))
                if y is None:
                    y_spans.append(y_extent(line, evaluator, window))
            except PlotError as error:
                errors[line] = error
        if y is None:
            window = replace(window, y=limits.with_margin(limits.join(y_spans)))
        if fits:
            window = replace(window, x=limits.with_margin(limits.join(x_spans)))
        if free and not any(isinstance(line.curve, (Graph, Vertical)) for line in self._lines):
            ratio = (window.x[1] - window.x[0]) / (window.y[1] - window.y[0])
            if 1 / _MOST_UNEQUAL < ratio < _MOST_UNEQUAL:
                x, y = limits.square(window.x, window.y, window.width, window.height)
                window = replace(window, x=x, y=y)
        return window
