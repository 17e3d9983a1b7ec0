"""How much two pictures look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ssim"]

_WINDOW = 7  # pixels, on a side
# The constants of the paper, for values from 0 to 255.
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Give the mean structural similarity of two pictures, over places and colours.

    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image quality assessment: from error
    visibility to structural similarity, IEEE Transactions on Image Processing 13 (2004), with
    square windows of 7 pixels and the sample covariance.

    Parameters
    ----------
    one, other : ndarray of uint8, shape (height, width, channels)
        Pictures of one size; smaller ones than a window are one window.

    Returns
    -------
    float
        1 for equal pictures.
    """
    x, y = one.astype(np.int32), other.astype(np.int32)
    rows, columns = (min(_WINDOW, length) for length in x.shape[:2])
    count = rows * columns

    def mean(values: NDArray[np.int32]) -> NDArray[np.float32]:
        height, width = len(values) - rows + 1, values.shape[1] - columns + 1
        sums = np.add.reduce([values[i : i + height] for i in range(rows)])
        sums = np.add.reduce([sums[:, i : i + width] for i in range(columns)])
        means: NDArray[np.float32] = np.divide(sums, count, dtype=np.float32)
        return means

    mean_x, mean_y = mean(x), mean(y)
    unbias = count / max(count - 1, 1)
    variances = unbias * (mean(x * x + y * y) - mean_x**2 - mean_y**2)
    covariance = unbias * (mean(x * y) - mean_x * mean_y)
    above = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    below = (mean_x**2 + mean_y**2 + _C1) * (variances + _C2)
    return float((above / below).mean(dtype=np.float64))
