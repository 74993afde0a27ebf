"""Proportions (Ferrari and Cribari-Neto 2004)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from scipy.special import polygamma
from torch import Tensor
from torch.distributions import Beta as TorchBeta

from tabmixnn.families.base import Family, Parameter, check_that, check_varies
from tabmixnn.families.links import exp


class Beta(Family):
    """Proportions with ``E y = mu``, ``Var y = mu (1 - mu) / (1 + phi)``, logit link, learnt phi.

    The parameter is the logit of mu: mu and 1 - mu then both keep their precision.
    """

    name: ClassVar[str] = "beta"
    data_type: ClassVar[str] = "proportion"
    link: ClassVar[str] = "logit"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"logits": Parameter(), "phi": Parameter(inverse_link=exp, predicted=False)}

    def distribution(self, logits: Tensor, phi: Tensor) -> OpenBeta:
        return OpenBeta(
            phi * torch.sigmoid(logits), phi * torch.sigmoid(-logits), validate_args=False
        )

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        phi = float(shared["phi"])
        return float(polygamma(1, phi * mean) + polygamma(1, phi * (1.0 - mean)))

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        spread = y.mean() * (1 - y.mean())
        return {
            "logits": np.log([y.mean() / (1 - y.mean())]),
            "phi": np.log([max(spread / y.var() - 1, 0.1)]),
        }

    def check_values(self, y: np.ndarray) -> None:
        check_that(self.name, y, (y > 0) & (y < 1), "proportions between 0 and 1, both excluded")
        check_varies(self.name, y)


class OpenBeta(TorchBeta):
    """Beta distribution on the open interval.

    A network is trained in single precision, where a proportion closer to 1 than 6e-8 is 1 itself
    and would have an infinite density: it counts as the closest number below.
    """

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of proportions `value`, shape (n,)."""
        limits = torch.finfo(value.dtype)
        return super().log_prob(value.clamp(limits.tiny, 1 - limits.eps / 2))
