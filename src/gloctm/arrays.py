"""Types of arrays that many rooms name, rows chosen without drawing any, and sums of rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Weights, vectors and topic proportions.
Array = NDArray[np.float32]
#: What is computed in double precision.
Numbers = NDArray[np.float64]
#: Numbers of either precision.
Floats = NDArray[np.floating]
#: Rows.
Indices = NDArray[np.int64]


def evenly_spread(number: int, most: int) -> Indices:
    """Return at most ``most`` of the rows 0 … number − 1, evenly spread: nothing is drawn."""
    if number <= most:
        return np.arange(number)
    return np.linspace(0, number - 1, most).round().astype(np.int64)


def sum_of_rows(block: Floats, before: Numbers) -> Numbers:
    """Return the sum of a block's rows and of all before it: to the last bit the same wherever blocks are cut."""
    return np.asarray(np.concatenate([before[None], block]).sum(axis=0), np.float64)
