"""How long things take, counted in a few numbers; twin of nbext/histogram.js."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

__all__ = ["BOUNDS", "Histogram", "Latency"]

BOUNDS = tuple(
    factor * unit for unit in (0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0) for factor in (1, 2, 5)
)
"""Up to where each place counts, in ms; one more counts what is beyond."""


@dataclass(frozen=True)
class Latency:
    """How long things took, in ms; None where nothing was counted.

    Attributes
    ----------
    count : int
    median, p95 : float or None
        What half of them, and 95 % of them, took at most, as the histogram tells.
    longest : float or None
    histogram : tuple of (float or None, int)
        Up to how many ms, None for any; and how many there are above the pair before.
    """

    count: int
    median: float | None
    p95: float | None
    longest: float | None
    histogram: tuple[tuple[float | None, int], ...]


class Histogram:
    """Counts by `BOUNDS`: what it takes does not grow with what is counted."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._longest = 0.0

    def add(self, took: float) -> None:
        """Count one that took so many ms."""
        self._counts[bisect_left(BOUNDS, took)] += 1
        self._longest = max(self._longest, took)

    def summary(self) -> Latency:
        """Give what was counted so far."""
        count = sum(self._counts)
        return Latency(
            count,
            self._quantile(0.5, count),
            self._quantile(0.95, count),
            self._longest if count else None,
            tuple(zip((*BOUNDS, None), self._counts, strict=True)),
        )

    def _quantile(self, share: float, count: int) -> float | None:
        """Give what a share of them took at most; those of a place are taken to lie evenly."""
        rest, begin = share * count, 0.0
        for bound, here in zip((*BOUNDS, self._longest), self._counts, strict=True):
            end = min(bound, self._longest)
            if here and rest <= here:
                return begin + (end - begin) * rest / here
            rest -= here
            begin = end
        return self._longest if count else None
