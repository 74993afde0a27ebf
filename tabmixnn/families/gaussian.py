"""Gaussian outcomes (eqs. 32-33 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Normal

from tabmixnn.families.base import Family, Parameter, ResponseScale, check_varies
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
        sigma = Parameter(inverse_link=exp, predicted=False, in_units=True)
        return {"mu": Parameter(), "sigma": sigma}

    def distribution(self, mu: Tensor, sigma: Tensor) -> Normal:
        return Normal(mu, sigma, validate_args=False)

    def check_values(self, y: np.ndarray) -> None:
        check_varies(self.name, y)

    def scale_of(self, mean: float, std: float) -> ResponseScale:
        return ResponseScale(mean, std)
