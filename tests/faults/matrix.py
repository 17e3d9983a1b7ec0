"""The cells of the matrix.

Every fault meets every kind of call, every fault meets every moment, and every kind of call meets
every moment (pairwise coverage); the whole product would be six times as large.
"""

from __future__ import annotations

from .faults import FAULTS, Fault
from .kinds import KINDS, Kind
from .moments import MOMENTS, Moment

Cell = tuple[type[Fault], type[Moment], Kind]

# CI runs one cell of so many.
_SHARE = 5


def cells() -> list[Cell]:
    """Give all cells: each fault with each kind of call, the moments in turn."""
    return [
        (fault, MOMENTS[(row + column) % len(MOMENTS)], kind)
        for row, fault in enumerate(FAULTS)
        for column, kind in enumerate(KINDS)
    ]


def few() -> list[Cell]:
    """Give some cells in which every fault, every moment and every kind of call is met."""
    columns = len(KINDS)
    return [
        cell
        for number, cell in enumerate(cells())
        if (number // columns + 2 * (number % columns)) % _SHARE == 0
    ]
