"""Several correlated Gaussian outcomes (eqs. 42-43 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import MultivariateNormal

from tabmixnn.families.base import Family, Parameter, ResponseScale
from tabmixnn.families.links import cholesky


class MultivariateGaussian(Family):
    """K correlated outcomes, ``y ~ N(mu, Sigma)`` with one full covariance matrix for all rows.

    Sigma is learnt through its Cholesky factor. The network sees every column standardised, so
    the factor it learns is that of the standardised residuals.

    Parameters
    ----------
    n_outcomes : int, optional
        Number K of outcomes; by default the number of columns seen when fitting.
    """

    name: ClassVar[str] = "multivariate_gaussian"
    data_type: ClassVar[str] = "real"
    link: ClassVar[str] = "identity"
    columns: ClassVar[tuple[int, ...]] = (0,)

    def __init__(self, n_outcomes: int | None = None) -> None:
        self.n_outcomes = n_outcomes

    @property
    def parameters(self) -> dict[str, Parameter]:
        size = self.n_outcomes or 1
        factor = Parameter(inverse_link=cholesky, size=size * (size + 1) // 2, predicted=False)
        return {"mu": Parameter(size=size), "scale_tril": factor}

    def distribution(self, mu: Tensor, scale_tril: Tensor) -> MultivariateNormal:
        return MultivariateNormal(mu, scale_tril=scale_tril, validate_args=False)

    def bind(self, y: np.ndarray) -> MultivariateGaussian:
        return MultivariateGaussian(y.shape[1])

    def check_values(self, y: np.ndarray) -> None:
        for column, spread in enumerate(np.ptp(y, axis=0)):
            if spread == 0:
                raise ValueError(
                    f"Column {column + 1} of the response of a {self.name} model is constant: all "
                    f"{len(y)} values are {y[0, column]:g}. Leave it out."
                )
        if np.linalg.matrix_rank(self.response_scale(y).standardise(y)) < y.shape[1]:
            raise ValueError(
                f"The {y.shape[1]} columns of the response of a {self.name} model are linearly "
                "dependent, so their covariance matrix has no inverse. Leave one of them out."
            )
        if self.n_outcomes not in (None, y.shape[1]):
            raise ValueError(
                f"The response has {y.shape[1]} columns, but n_outcomes is {self.n_outcomes}."
            )

    def response_scale(self, y: np.ndarray) -> ResponseScale:
        return ResponseScale(y.mean(axis=0), y.std(axis=0))
