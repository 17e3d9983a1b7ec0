"""What a measurement gives: a figure, what it is compared with, and the goal it has."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Figure", "Goal", "at_least", "at_most", "median", "p95"]


@dataclass(frozen=True)
class Goal:
    """A bound of a figure, itself included."""

    limit: float
    is_upper: bool

    def is_met(self, figure: float) -> bool:
        """Tell whether a figure keeps to it, as it stands and not as it is rounded."""
        return figure <= self.limit if self.is_upper else figure >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.is_upper else '≥'} {self.limit:g}"


def at_most(limit: float) -> Goal:
    """Give the goal of what should be small."""
    return Goal(limit, is_upper=True)


def at_least(limit: float) -> Goal:
    """Give the goal of what should be large."""
    return Goal(limit, is_upper=False)


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    name : str
    unit : str
        Of `value` and `base`.
    value : float
        What was measured of the bridge.
    base : float or None
        What was measured of that which it is compared with, named by `base_name`.
    faster : bool
        The ratio is how often the value goes into the base, instead of the other way round.
    goal : Goal or None
        Of the ratio; of the value where there is no base.
    server : str
        Its kind; see `page.SERVERS`.
    note : str
        What else there is to know about it.
    """

    name: str
    unit: str
    value: float
    base: float | None = None
    base_name: str = ""
    _: KW_ONLY
    faster: bool = False
    goal: Goal | None = None
    server: str
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value to base, or the reverse; None without a base."""
        if self.base is None:
            return None
        return self.base / self.value if self.faster else self.value / self.base

    @property
    def judged(self) -> float:
        """What the goal is about."""
        return self.value if self.ratio is None else self.ratio

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        return None if self.goal is None else self.goal.is_met(self.judged)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON has it."""
        return {
            "name": self.name,
            "server": self.server,
            "unit": self.unit,
            "value": self.value,
            "base": self.base,
            "base_name": self.base_name,
            "ratio": self.ratio,
            "faster": self.faster,
            "note": self.note,
        }


def p95(values: Sequence[float]) -> float:
    """Give the smallest value that at most one in twenty exceeds (the nearest-rank method)."""
    ordered = sorted(values)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
