"""Positive outcomes whose spread grows with their mean."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Gamma as TorchGamma

from tabmixnn.families.base import Family, Parameter, check_that, check_varies
from tabmixnn.families.counts import log_mean
from tabmixnn.families.links import exp


class Gamma(Family):
    """Positive outcomes with ``E y = mu``, ``Var y = mu^2 / shape``, log link, one learnt shape."""

    name: ClassVar[str] = "gamma"
    data_type: ClassVar[str] = "positive"
    link: ClassVar[str] = "log"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {
            "mu": Parameter(inverse_link=exp),
            "shape": Parameter(inverse_link=exp, predicted=False),
        }

    def distribution(self, mu: Tensor, shape: Tensor) -> TorchGamma:
        return TorchGamma(shape.expand_as(mu), shape / mu, validate_args=False)

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # The shape of the marginal distribution: what the features explain can only raise it.
        return {"mu": log_mean(y), "shape": np.log([y.mean() ** 2 / y.var()])}

    def check_values(self, y: np.ndarray) -> None:
        check_that(self.name, y, y > 0, "values above 0")
        check_varies(self.name, y)
