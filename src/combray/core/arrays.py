"""Names for the array types that modules share; functions document the shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""Vectors, scores and norms."""
RowScores = FloatArray
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
"""Numbers of rows of a view."""
Numbers = NDArray[np.intp]
"""Numbers of nodes, edges or places, as they index an array."""
Weights = NDArray[np.float64]
