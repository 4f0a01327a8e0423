"""Types of arrays that many rooms name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Weights, vectors and topic proportions.
Array = NDArray[np.float32]
#: What is computed in double precision.
Numbers = NDArray[np.float64]
#: Numbers of either precision.
Floats = NDArray[np.floating]
