"""How much of the plane to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = [
    "DEFAULT",
    "LARGEST",
    "Span",
    "check",
    "extent",
    "join",
    "square",
    "text",
    "with_margin",
    "without_margin",
]

Span = tuple[float, float]
"""Lowest and highest coordinate."""

DEFAULT: Span = (-10.0, 10.0)

LARGEST = 1e100
"""Coordinates beyond it are not shown: the arithmetic of a picture needs some room."""

_OUTLIERS = 4.0
_MARGIN = 0.06


def extent(values: NDArray[np.float64]) -> Span | None:
    """Find the range of a curve's values, without what a pole adds to it.

    Parameters
    ----------
    values : array
        Evenly sampled; may hold nan and infinities.

    Returns
    -------
    (float, float) or None
        None when no value is finite.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    finite = np.clip(finite, -LARGEST, LARGEST)
    low, high = float(finite.min()), float(finite.max())
    lower, upper = (float(each) for each in np.percentile(finite, [5, 95]))
    usual = upper - lower
    # A polynomial or exp has a few times the range of most of its values, a pole thousands.
    if high - low > _OUTLIERS * usual > 0:
        low, high = max(low, lower - usual / 4), min(high, upper + usual / 4)
    return low, high


def join(spans: Iterable[Span | None]) -> Span | None:
    """Find the range that holds others; None when there is none."""
    known = [span for span in spans if span is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def with_margin(span: Span | None) -> Span:
    """Add room around a range; one without any values is the default."""
    if span is None:
        return DEFAULT
    low, high = span
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        # A constant: the axis tells its height.
        low, high = (min(1.25 * low, 0.0), max(1.25 * high, 0.0)) if high or low else (-1.0, 1.0)
    margin = (high - low) * _MARGIN
    return low - margin, high + margin


def without_margin(span: Span) -> Span:
    """Give the range around which `with_margin` adds room up to this one."""
    margin = (span[1] - span[0]) * _MARGIN / (1 + 2 * _MARGIN)
    return span[0] + margin, span[1] - margin


def square(x: Span, y: Span, width: float, height: float) -> tuple[Span, Span]:
    """Widen one range so that a unit has the same length in both directions.

    Parameters
    ----------
    x, y : (float, float)
    width, height : float
        Of the picture, in any unit.
    """
    unit = max((x[1] - x[0]) / width, (y[1] - y[0]) / height)
    more_x, more_y = (unit * width - (x[1] - x[0])) / 2, (unit * height - (y[1] - y[0])) / 2
    return (x[0] - more_x, x[1] + more_x), (y[0] - more_y, y[1] + more_y)


def check(span: Span) -> None:
    """Refuse limits that no picture can have.

    Raises
    ------
    ValueError
    """
    low, high = span
    largest = max(abs(low), abs(high))
    if not (largest <= LARGEST and low < high):
        msg = f"from {low:g} to {high:g} is no range"
        raise ValueError(msg)
    if high - low < largest * 1e-10 or high - low < 1 / LARGEST:
        msg = f"the range from {low:g} to {high:g} is too narrow"
        raise ValueError(msg)


def text(span: Span) -> str:
    """Write a range as in the language."""
    return f"[{span[0]:.6g}, {span[1]:.6g}]"
