"""Gaussian outcomes (eqs. 32-33 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Normal

from tabmixnn.families.base import Family, Parameter, ResponseScale, check_finite
from tabmixnn.families.links import exp


class Gaussian(Family):
    """Continuous outcomes, ``y ~ N(mu, sigma^2)`` with identity link and one learnt sigma.

    The network sees the response standardised by its mean and standard deviation.
    """

    name: ClassVar[str] = "gaussian"
    data_type: ClassVar[str] = "real"
    link: ClassVar[str] = "identity"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"mu": Parameter(), "sigma": Parameter(inverse_link=exp, predicted=False)}

    def distribution(self, mu: Tensor, sigma: Tensor) -> Normal:
        return Normal(mu, sigma, validate_args=False)

    def check_response(self, y: np.ndarray) -> None:
        if y.ndim != 1:
            raise ValueError(
                f"A gaussian model needs one response column; found an array of shape {y.shape}."
            )
        check_finite(self.name, y)
        if y.size and y.min() == y.max():
            raise ValueError(
                f"The response is constant: all {y.size} values are {y[0]:g}. "
                "There is nothing to model; check the target column."
            )

    def response_scale(self, y: np.ndarray) -> ResponseScale:
        return ResponseScale(float(y.mean()), float(y.std()))
