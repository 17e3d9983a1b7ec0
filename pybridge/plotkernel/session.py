"""`Session`: reads cells one after the other, and remembers what they define."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import editing, limits
from .cells import Cell, read_cell
from .curves import Line
from .drawing import COLORS
from .errors import PlotError
from .evaluation import Clock, Evaluator, Scope
from .forms import COORDINATES, Curve, Definition, Graph, Range, Setting, Statement, Value
from .plot import Parameter, Plot

if TYPE_CHECKING:
    from .expressions import Expression
    from .limits import Span

__all__ = ["MAX_CURVES", "Result", "Session"]

MAX_CURVES = 50
"""Curves of a cell."""

_T_RANGE = (0.0, math.tau)


@dataclass
class Result:
    """What a cell gives.

    Attributes
    ----------
    plot : Plot or None
        None when nothing is to be drawn.
    printed : list of str
        Values, and a line for each curve.
    value : str or None
        The value of a cell that is one expression without x and nothing else.
    errors : list of PlotError
        In the order of the lines.
    """

    plot: Plot | None = None
    printed: list[str] = field(default_factory=list)
    value: str | None = None
    errors: list[PlotError] = field(default_factory=list)


class Session:
    """Definitions, parameters and ranges, and the cells that make and use them.

    Parameters
    ----------
    seconds : float
        How long a cell may take.

    Examples
    --------
    >>> session = Session()
    >>> session.run("f(x) = x^2").printed
    ['f(x) = x^2  for x in [-10, 10]']
    >>> session.run("f(3)").printed
    ['f(3) = 9']
    """

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds = seconds
        self._scope = Scope()
        self._ranges: dict[str, Span] = {}

    def run(self, source: str) -> Result:
        """Run a cell; what is wrong with it is in the result's errors."""
        cell = read_cell(source, self._values)
        return _Run(self._scope, self._ranges, Clock(self._seconds), cell).result

    def names(self) -> dict[str, str]:
        """Give the user's names, each with ``"function"``, ``"parameter"`` or ``"range"``."""
        kinds = dict.fromkeys(self._scope.numbers, "parameter")
        for name, definition in self._scope.definitions.items():
            kinds[name] = "function" if definition.arguments else "parameter"
        kinds.update((name, "range") for name in COORDINATES if name in self._ranges)
        return dict(sorted(kinds.items()))

    def complete(self, source: str, position: int) -> tuple[list[tuple[str, str]], int, int]:
        """Find the names that continue the one before a position.

        Returns
        -------
        list of (str, str)
            Names and their kinds: function, constant or parameter.
        start, end : int
            The stretch of the source that they replace.
        """
        return editing.complete(source, position, self.names())

    def inspect(self, source: str, position: int) -> str | None:
        """Describe the name at a position, or the function in whose brackets it is."""
        return editing.inspect(source, position, self._describe)

    def is_complete(self, source: str) -> str:
        """Tell whether a cell can be run: ``"complete"``, ``"incomplete"`` or ``"invalid"``."""
        return editing.is_complete(source, self._values)

    @property
    def _values(self) -> set[str]:
        """Names of numbers, which brackets behind them multiply."""
        definitions = self._scope.definitions.items()
        following = {name for name, definition in definitions if not definition.arguments}
        return {*self._scope.numbers, *following}

    def _describe(self, name: str) -> str | None:
        definition = self._scope.definitions.get(name)
        span = self._ranges.get(name)
        if definition is not None and not definition.arguments:
            try:
                found = Evaluator(self._scope, Clock(self._seconds)).evaluate(definition.body)
            except PlotError as error:
                return f"{definition.text}\n{error.message}"
            return f"{definition.text} = {_number(float(found))}"
        if definition is not None:
            return definition.text
        if name in self._scope.numbers:
            value = _number(self._scope.numbers[name])
            return f"{name} = {value} in {_interval(span)}" if span else f"{name} = {value}"
        return f"{name} in {_interval(span)}" if span else None


class _Run:
    """One run of a cell."""

    def __init__(self, scope: Scope, ranges: dict[str, Span], clock: Clock, cell: Cell) -> None:
        self._scope = scope
        self._ranges = ranges
        self._clock = clock
        self._curves: list[tuple[Curve, Scope]] = []
        self._t: dict[int, Span] = {}
        self._defined: list[Definition] = []
        self._is_alone = len(cell.statements) == 1 and not cell.errors
        self.result = Result(errors=list(cell.errors))
        for statement in cell.statements:
            try:
                self._run(statement)
            except PlotError as error:
                self.result.errors.append(error)
        self._check_definitions()
        self._plot()
        self.result.errors.sort(key=lambda error: (error.line, error.column))

    def _run(self, statement: Statement) -> None:
        if isinstance(statement, Value):
            value = self._work_out(statement.body)
            self.result.printed.append(f"{statement.text} {_outcome(value)}")
            if self._is_alone:
                self.result.value = _number(value)
        elif isinstance(statement, Setting):
            self._set(statement)
        elif isinstance(statement, Range):
            self._set_range(statement)
        elif isinstance(statement, Definition):
            self._define(statement)
            if len(statement.arguments) == 1:
                graph = Graph(
                    statement.text, statement.place, statement.body, statement.arguments[0]
                )
                self._add_curve(graph)
        elif isinstance(statement, Curve):
            self._add_curve(statement)

    def _add_curve(self, curve: Curve) -> None:
        if len(self._curves) >= MAX_CURVES:
            msg = f"a cell draws at most {MAX_CURVES} curves"
            raise PlotError(msg, curve.place)
        self._curves.append((curve, self._scope.copy()))

    def _work_out(self, body: Expression) -> float:
        return float(Evaluator(self._scope, self._clock).evaluate(body))

    def _finite(self, body: Expression) -> float:
        value = self._work_out(body)
        if not math.isfinite(value):
            msg = "this is not a finite number"
            raise body.error(msg)
        return value

    def _define(self, definition: Definition) -> None:
        name = definition.name
        if name in self._scope.reach(definition.body, without=definition.arguments):
            msg = f"{name} cannot be defined by itself"
            raise PlotError(msg, definition.place)
        self._forget(name)
        self._scope.definitions[name] = definition
        self._defined.append(definition)

    def _set(self, setting: Setting) -> None:
        name = setting.name
        span = self._span(setting.range) if setting.range else self._ranges.get(name)
        body = setting.body
        own = {*self._scope.numbers, *self._scope.definitions}
        # b = 2a follows a; a = a + 1 takes the value that a has now.
        if body.names & own and setting.range is None and name not in self._scope.reach(body):
            self._define(Definition(setting.text, setting.place, name, (), body))
            return
        value = self._finite(body)
        if setting.range and span and not span[0] <= value <= span[1]:
            msg = f"{_number(value)} is not in {_interval(span)}"
            raise body.error(msg)
        self._forget(name)
        self._scope.numbers[name] = value
        if span and span[0] <= value <= span[1]:
            self._ranges[name] = span

    def _set_range(self, statement: Range) -> None:
        name = statement.name
        span = self._span(statement)
        if name in COORDINATES:
            self._ranges[name] = span
            if name == "t":
                self._t[statement.place.line] = span
            return
        value = self._scope.numbers.get(name)
        self._forget(name)
        inside = value is not None and span[0] <= value <= span[1]
        self._scope.numbers[name] = value if inside and value is not None else sum(span) / 2
        self._ranges[name] = span

    def _span(self, statement: Range) -> Span:
        span = self._finite(statement.low), self._finite(statement.high)
        try:
            limits.check(span)
        except ValueError as error:
            raise PlotError(str(error), statement.place) from None
        return span

    def _forget(self, name: str) -> None:
        self._scope.numbers.pop(name, None)
        self._scope.definitions.pop(name, None)
        self._ranges.pop(name, None)

    def _check_definitions(self) -> None:
        """Meet the errors of definitions that no curve of this cell uses."""
        plotted = {curve.text for curve, _ in self._curves}
        evaluator = Evaluator(self._scope, self._clock)
        for definition in self._defined:
            if definition.text not in plotted:
                try:
                    ones = dict.fromkeys(definition.arguments, 1.0)
                    evaluator.evaluate(definition.body, **ones)
                except PlotError as error:
                    self.result.errors.append(error)

    def _plot(self) -> None:
        sliders = [
            Parameter(name, value, *self._ranges[name])
            for name, value in self._scope.numbers.items()
            if name in self._ranges
        ]
        t = self._ranges.get("t", _T_RANGE)
        lines = [
            Line(
                curve,
                scope.over(self._scope),
                COLORS[index % len(COLORS)],
                self._t.get(curve.place.line, t),
            )
            for index, (curve, scope) in enumerate(self._curves)
        ]
        if not lines:
            return
        plot = Plot(lines, sliders, self._ranges.get("x"), self._ranges.get("y"))
        self.result.errors += plot.prepare(self._clock)
        if not plot.lines:
            return
        self.result.plot = plot
        self.result.printed += plot.describe()


def _number(value: float) -> str:
    return f"{value:.12g}"


def _interval(span: Span) -> str:
    return f"[{_number(span[0])}, {_number(span[1])}]"


def _outcome(value: float) -> str:
    return "is not defined" if math.isnan(value) else f"= {_number(value)}"
