"""The forms that a statement can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import Place
    from .expressions import Expression

__all__ = [
    "COORDINATES",
    "Curve",
    "Definition",
    "Graph",
    "Implicit",
    "Parametric",
    "Range",
    "Setting",
    "Statement",
    "Value",
    "Vertical",
]

COORDINATES = ("x", "y", "t")
"""Names that are neither parameters nor functions."""


@dataclass(frozen=True, eq=False)
class Statement:
    """What the user wrote, and where."""

    text: str
    place: Place


@dataclass(frozen=True, eq=False)
class Value(Statement):
    """An expression without x, to be printed."""

    body: Expression


@dataclass(frozen=True, eq=False)
class Definition(Statement):
    """``f(x) = ...``; without arguments a parameter that follows others, as ``b = 2a``."""

    name: str
    arguments: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, eq=False)
class Range(Statement):
    """``x in [low, high]``."""

    name: str
    low: Expression
    high: Expression


@dataclass(frozen=True, eq=False)
class Setting(Statement):
    """``a = 1`` or ``a = 1 in [0, 2]``."""

    name: str
    body: Expression
    range: Range | None


@dataclass(frozen=True, eq=False)
class Curve(Statement):
    """Something to draw."""

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """All that it depends on."""
        raise NotImplementedError

    @property
    def variables(self) -> tuple[str, ...]:
        """Names that mean nothing but a point of the curve in its expressions."""
        return COORDINATES


@dataclass(frozen=True, eq=False)
class Graph(Curve):
    """``y = ...`` of x, or of whatever the argument of a function is called."""

    body: Expression
    variable: str = "x"

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The one expression."""
        return (self.body,)

    @property
    def variables(self) -> tuple[str, ...]:
        """Its one variable."""
        return (self.variable,)


@dataclass(frozen=True, eq=False)
class Vertical(Curve):
    """``x = 3``."""

    body: Expression

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """The one expression."""
        return (self.body,)


@dataclass(frozen=True, eq=False)
class Parametric(Curve):
    """``x = cos(t); y = sin(t)``."""

    x: Expression
    y: Expression

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Both coordinates."""
        return (self.x, self.y)


@dataclass(frozen=True, eq=False)
class Implicit(Curve):
    """``x**2 + y**2 = 4``."""

    left: Expression
    right: Expression

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Both sides."""
        return (self.left, self.right)
