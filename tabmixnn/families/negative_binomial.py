"""Overdispersed counts (eqs. 40-41 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import NegativeBinomial as TorchNegativeBinomial

from tabmixnn.families.base import Family, Parameter
from tabmixnn.families.counts import check_counts, log_mean
from tabmixnn.families.links import exp


class NegativeBinomial(Family):
    """Counts with ``E y = mu`` and ``Var y = mu + mu^2 / phi``, log link and one learnt phi.

    The parameter is log mu: its distance to log phi is the logit that the density needs.
    """

    name: ClassVar[str] = "negative_binomial"
    data_type: ClassVar[str] = "count"
    link: ClassVar[str] = "log"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"log_mu": Parameter(), "phi": Parameter(inverse_link=exp, predicted=False)}

    def distribution(self, log_mu: Tensor, phi: Tensor) -> TorchNegativeBinomial:
        return TorchNegativeBinomial(phi, logits=log_mu - torch.log(phi), validate_args=False)

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # The moment estimate of phi; counts without overdispersion start with a tenth of it.
        mean = y.mean()
        excess = max(y.var() - mean, 0.1 * mean)
        return {"log_mu": log_mean(y), "phi": np.log([mean**2 / excess])}

    def check_values(self, y: np.ndarray) -> None:
        check_counts(self.name, y)
