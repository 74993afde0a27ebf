"""How a cause may act on an effect: functions of one column.

A new kind is a function from a centred column, (n,), to its basis, (n, k), and one line in
`BASES`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.interpolate import BSpline

INNER_KNOTS = 4
DEGREE = 3


def linear_basis(column: np.ndarray) -> np.ndarray:
    """Return the column itself, (n, 1): ``eta = B eta + xi`` (eq. 19 of the paper)."""
    return column[:, None]


def spline_basis(column: np.ndarray) -> np.ndarray:
    """Return cubic B-splines of a column with knots at its quantiles, (n, k).

    The basis is centred and orthonormal over the n values, so that the norm of a function's
    coefficients is the standard deviation of its values.
    """
    inner = np.unique(np.quantile(column, np.linspace(0, 1, INNER_KNOTS + 2)))
    knots = np.r_[[inner[0]] * DEGREE, inner, [inner[-1]] * DEGREE]
    splines = BSpline.design_matrix(column, knots, DEGREE).toarray()
    left, scale, _ = np.linalg.svd(splines - splines.mean(0), full_matrices=False)
    return left[:, scale > 1e-8 * scale[0]] * np.sqrt(len(column))


BASES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": linear_basis,
    "additive": spline_basis,
}
