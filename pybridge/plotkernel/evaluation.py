"""Work out expressions with asteval, on whole arrays of float64.

asteval walks the syntax tree that `.expressions` has checked and never runs anything as Python.
The other libraries for this fall short: sympy's parser calls `eval` on what the user wrote, and
numexpr has few functions and no way to define new ones. Of asteval only the walk is used: our
handlers replace those that would let an expression do more, or less, than one of mathematics.

There are no branches in the language, so working out an expression once meets every error in it.
"""

from __future__ import annotations

import ast
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from asteval import Interpreter  # type: ignore[import-not-found, import-untyped, unused-ignore]

from .errors import PlotError, nearest
from .forms import COORDINATES, Definition
from .functions import CONSTANTS, FUNCTIONS, Function

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from .expressions import Expression

__all__ = ["MAX_STEPS", "Clock", "Evaluator", "Scope"]

MAX_STEPS = 5000
"""Nodes that one evaluation may visit. Definitions that double each other reach any number."""

_MAX_DEPTH = 150

_OPERATORS: dict[type[ast.AST], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}


@dataclass
class Scope:
    """What names mean.

    Attributes
    ----------
    definitions : dict
        Own functions, and parameters that follow others.
    numbers : dict
        Parameters.
    """

    definitions: dict[str, Definition] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)

    def over(self, other: Scope) -> Scope:
        """Join two scopes; this one hides the other's names."""
        theirs = {k: v for k, v in other.definitions.items() if k not in self.numbers}
        numbers = {k: v for k, v in other.numbers.items() if k not in self.definitions}
        return Scope({**theirs, **self.definitions}, {**numbers, **self.numbers})

    def copy(self) -> Scope:
        """Give a scope that no longer changes with this one."""
        return Scope(dict(self.definitions), dict(self.numbers))

    def reach(self, *expressions: Expression, without: Iterable[str] = ()) -> set[str]:
        """Name everything that expressions depend on, through definitions as well.

        Parameters
        ----------
        *expressions
        without : iterable of str
            Names that mean something of the expressions' own, such as a function's arguments.
        """
        found: set[str] = set()
        new = {name for expression in expressions for name in expression.names} - {*without}
        while new:
            found |= new
            bodies = [self.definitions[name] for name in new if name in self.definitions]
            new = {name for each in bodies for name in each.body.names - {*each.arguments}} - found
        return found


class Clock:
    """A time by which work must be done.

    Parameters
    ----------
    seconds : float
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.end


class _ExhaustedError(Exception):
    """Too many steps, or too long."""


class Evaluator(Interpreter):  # type: ignore[misc, unused-ignore]
    """Works out expressions in a scope.

    Parameters
    ----------
    scope : Scope
    clock : Clock
    """

    def __init__(self, scope: Scope, clock: Clock) -> None:
        # Of a table of its own: asteval puts `print` there whatever its configuration is.
        super().__init__(symtable={}, use_numpy=False, minimal=True)
        self._symbols = {**CONSTANTS, **FUNCTIONS, **scope.numbers, **scope.definitions}
        self._clock = clock
        self._steps = 0
        self._depth = 0
        self._locals: Mapping[str, Any] = {}
        self._expression: Expression | None = None
        for node in list(self.node_handlers):
            if node not in ("constant", "unaryop"):
                self.remove_nodehandler(node)
        self.set_nodehandler("name", self._name)
        self.set_nodehandler("call", self._call)
        self.set_nodehandler("binop", self._binop)
        self.set_nodehandler("boolop", self._boolop)
        self.set_nodehandler("compare", self._compare)
        self.set_nodehandler("unaryop", self._unaryop)

    def evaluate(self, expression: Expression, /, **variables: Any) -> NDArray[np.float64]:
        """Work out an expression.

        Parameters
        ----------
        expression : Expression
        **variables : array_like
            Values of x, y or t, or of a function's arguments; all of the same shape.

        Returns
        -------
        array of float64
            Of the variables' shape, nan where the expression is undefined.

        Raises
        ------
        PlotError
            For unknown names and the like, or when it takes too long.
        """
        self._steps = 0
        arrays = {name: np.asarray(value, dtype=float) for name, value in variables.items()}
        shape = next((array.shape for array in arrays.values()), ())
        try:
            with np.errstate(all="ignore"):
                value = self._inside(expression, arrays, expression.tree)
        except _ExhaustedError as error:
            raise expression.error(str(error)) from None
        except (RecursionError, MemoryError):
            msg = "this is too much to work out"
            raise expression.error(msg) from None
        return np.array(np.broadcast_to(np.asarray(value, dtype=float), shape))

    def run(self, node: Any, *_: Any, **__: Any) -> Any:
        """Work out a node; asteval's own `run` would hide errors behind its own."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            msg = f"this takes more than {MAX_STEPS} steps to work out"
            raise _ExhaustedError(msg)
        if self._clock.is_over:
            msg = f"there is no time left for this: a cell has {self._clock.seconds:g} seconds"
            raise _ExhaustedError(msg)
        if self._depth > _MAX_DEPTH:
            msg = "this goes too deep: a definition uses another, which uses another, ..."
            raise _ExhaustedError(msg)
        self._depth += 1
        try:
            return self.node_handlers[type(node).__name__.lower()](node)
        finally:
            self._depth -= 1

    def _inside(self, expression: Expression, names: Mapping[str, Any], node: ast.AST) -> Any:
        before = self._expression, self._locals
        self._expression, self._locals = expression, names
        try:
            return self.run(node)
        finally:
            self._expression, self._locals = before

    def _fail(self, message: str, node: ast.AST, suggestion: str | None = None) -> PlotError:
        assert self._expression is not None  # noqa: S101 - `evaluate` has set it
        return self._expression.error(message, node, suggestion)

    def _name(self, node: ast.Name) -> Any:
        name = node.id
        value = self._locals.get(name, self._symbols.get(name))
        if value is None:
            raise self._unknown(node)
        if isinstance(value, Definition) and not value.arguments:
            return self._enter(value, (), node)
        if isinstance(value, (Function, Definition)):
            msg = f"{name} is a function: write {name}(...)"
            raise self._fail(msg, node)
        return value

    def _unknown(self, node: ast.Name) -> PlotError:
        name = node.id
        if name in ("x", "y"):
            msg = f"here is no {name}"
            return self._fail(msg, node)
        if name == "t":
            msg = "t only has a meaning in parametric curves: x = cos(t); y = sin(t) on one line"
            return self._fail(msg, node)
        known = {*self._locals, *self._symbols, *COORDINATES}
        letters = set(name)
        if letters <= known and not any(self._is_function(each) for each in letters):
            return self._fail(f"unknown name {name}", node, "*".join(name))
        return self._fail(f"unknown name {name}", node, nearest(name, known - {*COORDINATES}))

    def _is_function(self, name: str) -> bool:
        value = self._locals.get(name, self._symbols.get(name))
        return isinstance(value, Function) or (
            isinstance(value, Definition) and bool(value.arguments)
        )

    def _call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)  # noqa: S101 - the tree has been checked
        name = node.func.id
        function = self._locals.get(name, self._symbols.get(name))
        if function is None:
            known = [each for each in self._symbols if self._is_function(each)]
            msg = f"unknown function {name}"
            raise self._fail(msg, node.func, nearest(name, known))
        if not self._is_function(name):
            msg = f"{name} is a number: to multiply write {name}*(...)"
            raise self._fail(msg, node.func)
        takes = len(function.arguments)
        fits = function.takes if isinstance(function, Function) else takes.__eq__
        if not fits(len(node.args)):
            what = ", ".join(function.arguments)
            msg = f"it is {name}({what}), but here with {len(node.args)} of these arguments"
            raise self._fail(msg, node)
        values = [self.run(each) for each in node.args]
        if isinstance(function, Definition):
            return self._enter(function, tuple(values), node)
        return np.asarray(function.call(*values), dtype=float)

    def _enter(self, definition: Definition, values: tuple[Any, ...], node: ast.AST) -> Any:
        names = dict(zip(definition.arguments, values, strict=True))
        try:
            return self._inside(definition.body, names, definition.body.tree)
        except PlotError as error:
            # The definition may be in another cell: point at its use.
            message = error.message
            where = "" if message.startswith("in ") else f"in {definition.name}: "
            raise self._fail(where + message, node, error.suggestion) from None

    def _binop(self, node: ast.BinOp) -> Any:
        return _OPERATORS[type(node.op)](self.run(node.left), self.run(node.right))

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return np.equal(self.run(node.operand), 0).astype(float)
        return self.on_unaryop(node)

    def _boolop(self, node: ast.BoolOp) -> Any:
        # Elementwise, and all of it: asteval's stops where the rest does not matter.
        truths = [np.not_equal(self.run(value), 0) for value in node.values]
        join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
        return join.reduce(np.broadcast_arrays(*truths)).astype(float)

    def _compare(self, node: ast.Compare) -> Any:
        # 1 and 0 rather than NumPy's bool, with which one cannot calculate.
        values = [self.run(node.left), *(self.run(value) for value in node.comparators)]
        results = [
            _OPERATORS[type(op)](one, other)
            for op, one, other in zip(node.ops, values, values[1:], strict=False)
        ]
        return np.logical_and.reduce(np.broadcast_arrays(*results)).astype(float)
