"""Formulas with as many fixed effects as there are rows.

Likelihood says nothing of their effects without a prior. The formula's own model has its constant
and its groups then, and all other effects come in with the penalty (`penalty`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal import DesignError
from tabmixnn.inference.marginal.fixed import column_rank, constant_columns

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

MOST_EFFECTS = 1_000
"""Effects up to which they can be as many as rows: time rises with their cube."""


def is_wide(X: Array) -> bool:
    """Return whether rows leave nothing to tell a variance by.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        Fixed effects' columns.

    Raises
    ------
    DesignError
        If they leave nothing, and the effects cannot be held back.
    """
    n, p = X.shape
    if p < n or len(column_rank(X, None)[0]) < n:
        return False
    if p > MOST_EFFECTS:
        raise DesignError(
            f"{n} rows have {p} fixed effects; more effects than rows are held back up to "
            f"{MOST_EFFECTS:,} of them: leave predictors out"
        )
    if not constant_columns(X).any():
        raise DesignError(
            f"{n} rows have {p} fixed effects and no intercept; held back without one, they would "
            "hold the base rate back, too: add an intercept, or leave predictors out"
        )
    return True


def fixed_columns(exact: MarginalEngine) -> Codes:
    """Return which columns of the fixed effects a model has that grows.

    Parameters
    ----------
    exact : MarginalEngine
        The formula's model. Its columns, or where it has the constant alone, that and all that
        vary.
    """
    if not exact.options.constant_alone:
        return exact.result.kept
    return np.union1d(exact.result.kept, np.flatnonzero(np.ptp(exact.frame.X, axis=0)))


def standardising(X: Array) -> Array:
    """Return what the columns of a wide X are to be multiplied by, shape (p, p).

    Parameters
    ----------
    X : ndarray, shape (n, p)
        One column is constant. The others are standardised by it; they are dependent, so that
        they cannot be made orthogonal.
    """
    is_constant = constant_columns(X)
    scale = np.where(is_constant, X[0], X.std(axis=0))
    out = np.diag(1.0 / scale)
    out[is_constant, :] -= X.mean(axis=0) / scale / X[0, is_constant] * ~is_constant
    return out
