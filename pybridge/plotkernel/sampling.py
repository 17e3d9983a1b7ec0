"""Points of a curve, close where it matters, and with gaps where it jumps.

Whether a curve is steep or broken between two samples is found by halving: of each half the one
with the larger difference is kept. Where the curve is continuous the difference shrinks with the
interval; at a jump it stays, and at a pole it grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indexes = NDArray[np.intp]

__all__ = ["MAX_POINTS", "sample"]

MAX_POINTS = 20_000
"""Points of a curve before those that are added near its breaks."""

_HALVINGS = 36
"""From a pixel to about the precision of a float."""

_KEPT = 10
"""Halvings whose points are kept: they show the way to a pole."""

_MAX_BREAKS = 4000


def sample(
    curve: Callable[[Floats], Floats],
    grid: Floats,
    values: Floats,
    view: Sequence[tuple[float, float]],
) -> tuple[Floats, Floats]:
    """Add points near breaks, ends and steep places, and nan where a curve is broken.

    Parameters
    ----------
    curve : callable
        From parameters, shape ``(n,)``, to coordinates, shape ``(k, n)``.
    grid : array, shape (n,)
        Parameters, increasing.
    values : array, shape (k, n)
        The curve there.
    view : sequence of (float, float)
        For each coordinate the lowest and highest that is shown.

    Returns
    -------
    parameters : array, shape (m,)
    values : array, shape (k, m)
        nan between two points that must not be joined.
    """
    low = np.array([each[0] for each in view])[:, None]
    high = np.array([each[1] for each in view])[:, None]
    size = high - low
    with np.errstate(all="ignore"):
        finite: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=0))
        left, right = values[:, :-1], values[:, 1:]
        both = finite[:-1] & finite[1:]
        outside = ((left > high) & (right > high)) | ((left < low) & (right < low))
        seen = both & ~outside.any(axis=0)
        steps = (np.abs(right - left) / size).max(axis=0)
        steep = np.flatnonzero(seen & (steps > 0.01))  # noqa: PLR2004 - some pixels
        ends = np.flatnonzero(finite[:-1] != finite[1:])
        if steep.size > _MAX_BREAKS:
            # No picture can show so many: such a curve is a band of colour.
            steep = steep[:0]
        found = [(grid, values)]
        if steep.size:
            found += _halve_steep(curve, grid, values, steep, size)
        if ends.size:
            found += _halve_ends(curve, grid, values, ends[:_MAX_BREAKS])
    where = np.concatenate([each[0] for each in found])
    what = np.concatenate([each[1] for each in found], axis=1)
    order = np.argsort(where, kind="stable")
    what = what[:, order]
    what[:, ~np.isfinite(what).all(axis=0)] = np.nan
    # Far outside of the picture only the direction counts, and backends dislike huge numbers.
    return where[order], np.clip(what, low - 100 * size, high + 100 * size)


def _halve_steep(
    curve: Callable[[Floats], Floats], grid: Floats, values: Floats, steep: Indexes, size: Floats
) -> list[tuple[Floats, Floats]]:
    start, end = grid[steep], grid[steep + 1]
    first, last = values[:, steep], values[:, steep + 1]
    before = (np.abs(last - first) / size).max(axis=0)
    found = []
    for halving in range(_HALVINGS):
        middle = (start + end) / 2
        value = curve(middle)
        if halving < _KEPT:
            # An undefined point here is for the search alone.
            defined = np.isfinite(value).all(axis=0)
            found.append((middle[defined], value[:, defined]))
        to_left = (np.abs(value - first) / size).max(axis=0)
        to_right = (np.abs(last - value) / size).max(axis=0)
        # Towards what is undefined, if anything is.
        go_left = ~(to_left < to_right)
        end, last = np.where(go_left, middle, end), np.where(go_left, value, last)
        start, first = np.where(go_left, start, middle), np.where(go_left, first, value)
    after = (np.abs(last - first) / size).max(axis=0)
    broken = ~(after < before / 4)
    start, end = start[broken], end[broken]
    nothing = np.full((values.shape[0], start.size), np.nan)
    found.append((start, first[:, broken]))
    found.append(((start + end) / 2, nothing))
    found.append((end, last[:, broken]))
    return found


def _halve_ends(
    curve: Callable[[Floats], Floats], grid: Floats, values: Floats, ends: Indexes
) -> list[tuple[Floats, Floats]]:
    finite = np.isfinite(values[:, ends]).all(axis=0)
    inside = np.where(finite, grid[ends], grid[ends + 1])
    outside = np.where(finite, grid[ends + 1], grid[ends])
    value = np.where(finite, values[:, ends], values[:, ends + 1])
    found = []
    for halving in range(_HALVINGS):
        middle = (inside + outside) / 2
        there = curve(middle)
        defined = np.isfinite(there).all(axis=0)
        if halving < _KEPT:
            found.append((middle[defined], there[:, defined]))
        inside, outside = np.where(defined, middle, inside), np.where(defined, outside, middle)
        value = np.where(defined, there, value)
    nothing = np.full((values.shape[0], ends.size), np.nan)
    return [*found, (inside, value), (outside, nothing)]
