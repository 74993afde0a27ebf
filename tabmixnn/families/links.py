"""Inverse links: from what a head computes to a distribution's parameter (eq. 30)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

InverseLink = Callable[[Tensor], Tensor]


def identity(eta: Tensor) -> Tensor:
    """Return the linear predictor unchanged."""
    return eta


def exp(eta: Tensor) -> Tensor:
    """Inverse of the log link, for parameters that must be positive."""
    return torch.exp(eta)


def ordered(eta: Tensor) -> Tensor:
    """Increasing thresholds 0 < c_2 < c_3 < ... from the logarithms of their differences.

    Parameters
    ----------
    eta : Tensor, shape (K - 2,)

    Returns
    -------
    Tensor, shape (K - 1,)
    """
    return torch.cat([eta.new_zeros(1), torch.exp(eta).cumsum(0)])


def cholesky(eta: Tensor) -> Tensor:
    """Lower-triangular factor L of a covariance matrix L L', with a positive diagonal.

    Parameters
    ----------
    eta : Tensor, shape (K (K + 1) / 2,)
        The lower triangle row by row; zeros give the identity matrix.

    Returns
    -------
    Tensor, shape (K, K)
    """
    size = int(((8 * eta.shape[-1] + 1) ** 0.5 - 1) / 2)
    rows, columns = torch.tril_indices(size, size)
    # softplus rather than exp: the diagonal then grows no faster than the rest. Shifted so that
    # zero gives one.
    values = torch.where(rows == columns, softplus(eta + _SOFTPLUS_ONE), eta)
    return eta.new_zeros(size, size).index_put((rows, columns), values)


_SOFTPLUS_ONE = 0.5413248546129181  # log(e - 1)
