"""Counts (eqs. 38-39 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Poisson as TorchPoisson

from tabmixnn.families.base import Family, Parameter
from tabmixnn.families.counts import check_counts, log_mean
from tabmixnn.families.links import exp


class Poisson(Family):
    """Counts, ``y ~ Poisson(rate)`` with the log link."""

    name: ClassVar[str] = "poisson"
    data_type: ClassVar[str] = "count"
    link: ClassVar[str] = "log"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"rate": Parameter(inverse_link=exp)}

    def distribution(self, rate: Tensor) -> TorchPoisson:
        return TorchPoisson(rate, validate_args=False)

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"rate": log_mean(y)}

    def check_values(self, y: np.ndarray) -> None:
        check_counts(self.name, y)
