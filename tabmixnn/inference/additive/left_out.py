"""Losses of Gaussian rows by all others, without a fit for each.

Where folds leave fewer rows than there are fixed effects, all rows but one can still be enough.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.parameters import Parameters
from tabmixnn.inference.additive.variants import Variant

Array = NDArray[np.float64]

UNDETERMINED = 1e-8
"""Of a row's own variance the share that is left given all others, below which they say nothing:
its fixed effects are not determined without it."""


def left_out_losses(variant: Variant) -> Array:
    r"""Return the loss of each of n rows by the model fitted to the others, at the same parameters.

    With :math:`P` the projection of the restricted likelihood, the error of row i is
    :math:`(Py)_i / P_{ii}` (Cook and Weisberg 1982, section 2.2.3). It takes time of order n cubed.

    Parameters
    ----------
    variant : Variant
        Of a Gaussian outcome.

    Returns
    -------
    ndarray, shape (n,)
        NaN where the other rows do not determine the model.
    """
    matrices, outcome = variant.matrices, variant.outcome
    y, weights = outcome.working(outcome.start())
    covariance = _covariance(matrices, variant.x) + np.diag(1.0 / weights)
    precision = np.linalg.inv(covariance)
    half = precision @ matrices.X
    information = matrices.X.T @ half
    if matrices.fixed_precision is not None:
        information = information + matrices.fixed_precision
    P = precision - half @ np.linalg.solve(information, half.T)
    own = np.diagonal(P)
    is_known = own * np.diagonal(covariance) > UNDETERMINED
    errors = np.divide(P @ y, own, out=np.full(len(y), np.nan), where=is_known)
    return outcome.losses(outcome.offset + y - errors)


def _covariance(matrices: Matrices, x: Array) -> Array:
    """Return what the random effects add to the covariance of the rows, shape (n, n)."""
    scales = Parameters(matrices).scales(x)
    side = np.hstack([matrices.R, matrices.S.toarray()]) * scales.side
    own = matrices.Z @ scales.own
    same = matrices.codes[:, None] == matrices.codes
    return side @ side.T + (own @ own.T) * same
