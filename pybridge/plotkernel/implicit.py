"""Curves that an equation describes: where the difference of its sides changes its sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import contourpy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["GRID", "zero_lines"]

GRID = 400
"""Samples in each direction. Even, so that symmetric ranges do not sample zero, as for 1/x."""

_HALVINGS = 16


def zero_lines(
    function: Callable[[Floats, Floats], Floats],
    x: tuple[float, float],
    y: tuple[float, float],
    grid: int = GRID,
) -> tuple[Floats, Floats]:
    """Find the lines on which a function of two coordinates is zero.

    Lines without a change of sign, as of ``(x - y)**2 = 0``, are not found.

    Parameters
    ----------
    function : callable
        Takes and returns arrays of one shape.
    x, y : (float, float)
        Where to look.
    grid : int
        Samples in each direction.

    Returns
    -------
    x, y : array, shape (n,)
        Points of the lines one after the other, nan between two of them.
    """
    xs, ys = np.linspace(*x, grid), np.linspace(*y, grid)
    with np.errstate(all="ignore"):
        values = function(*np.meshgrid(xs, ys))
        values = np.where(np.isfinite(values), values, np.nan)
        mask = np.isnan(values)
        for axis in (0, 1):
            _mask_jumps(function, (xs, ys), values, mask, axis)
    if mask.all():
        return np.empty(0), np.empty(0)
    generator = contourpy.contour_generator(xs, ys, np.ma.array(values, mask=mask))
    lines = generator.lines(0.0)
    points = [np.empty((0, 2))]
    for line in lines:
        points += [np.asarray(line, dtype=float), np.full((1, 2), np.nan)]
    joined = np.concatenate(points)
    return joined[:-1, 0], joined[:-1, 1]


def _mask_jumps(
    function: Callable[[Floats, Floats], Floats],
    grid: tuple[Floats, Floats],
    values: Floats,
    mask: NDArray[np.bool_],
    axis: int,
) -> None:
    """Mask where the sign changes along an axis without the function being zero there.

    Each interval is halved towards the change. A continuous function's values shrink on the way,
    those at a pole grow, and those at a jump stay.
    """
    xs, ys = grid
    one, other = (values[:-1], values[1:]) if axis == 0 else (values[:, :-1], values[:, 1:])
    rows, columns = np.nonzero((one < 0) != (other < 0))
    both = np.isfinite(one[rows, columns]) & np.isfinite(other[rows, columns])
    rows, columns = rows[both], columns[both]
    if not rows.size:
        return
    next_row, next_column = (rows + 1, columns) if axis == 0 else (rows, columns + 1)
    start, end = np.zeros(rows.size), np.ones(rows.size)
    first, last = values[rows, columns], values[next_row, next_column]
    before = np.abs(last - first)
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        value = function(
            xs[columns] + middle * (xs[next_column] - xs[columns]),
            ys[rows] + middle * (ys[next_row] - ys[rows]),
        )
        same = (value < 0) == (first < 0)
        start, first = np.where(same, middle, start), np.where(same, value, first)
        end, last = np.where(same, end, middle), np.where(same, last, value)
    broken = ~(np.abs(last - first) < before / 4)
    mask[rows[broken], columns[broken]] = True
    mask[next_row[broken], next_column[broken]] = True
