"""Counts with more zeros than a Poisson distribution has (Lambert 1992)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution
from torch.distributions import Poisson as TorchPoisson
from torch.nn.functional import logsigmoid, softplus

from tabmixnn.families.base import Family, Parameter
from tabmixnn.families.counts import check_counts, log_mean
from tabmixnn.families.links import exp

_ONE = torch.Size()


class ZeroInflatedPoisson(Family):
    """A certain zero with probability pi, otherwise ``Poisson(rate)`` with the log link.

    One pi is learnt for all rows, on the logit scale.
    """

    name: ClassVar[str] = "zero_inflated_poisson"
    data_type: ClassVar[str] = "count"
    link: ClassVar[str] = "log"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"rate": Parameter(inverse_link=exp), "gate_logit": Parameter(predicted=False)}

    def distribution(self, rate: Tensor, gate_logit: Tensor) -> ZeroInflated:
        return ZeroInflated(rate, gate_logit)

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        counted = float(torch.sigmoid(-shared["gate_logit"]))
        return float(np.log1p((1.0 + (1.0 - counted) * mean / counted) / mean))

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # The gate starts at a half, so the rate at twice the mean.
        return {"rate": log_mean(2 * y)}

    def check_values(self, y: np.ndarray) -> None:
        check_counts(self.name, y)


class ZeroInflated(Distribution):
    """Mixture of a point at zero and a Poisson distribution.

    Parameters
    ----------
    rate : Tensor, shape (n,)
    gate_logit : Tensor, shape (1,)
        Logit of the probability of a certain zero.
    """

    def __init__(self, rate: Tensor, gate_logit: Tensor) -> None:
        super().__init__(rate.shape, validate_args=False)
        self.rate = rate
        self.gate_logit = gate_logit

    @property
    def mean(self) -> Tensor:
        """The expectation ``(1 - pi) rate``, shape (n,)."""
        return torch.sigmoid(-self.gate_logit) * self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-probability of counts `value`, shape (n,)."""
        counted = logsigmoid(-self.gate_logit) + TorchPoisson(
            self.rate, validate_args=False
        ).log_prob(value)
        # Not torch.logaddexp, whose second derivative is not a number where counts are large.
        certain = logsigmoid(self.gate_logit)
        zero = certain + softplus(counted - certain)
        return torch.where(value == 0, zero, counted)

    def sample(self, sample_shape: torch.Size = _ONE) -> Tensor:
        """Draw counts, shape ``sample_shape + (n,)``."""
        shape = self._extended_shape(sample_shape)
        counts = torch.poisson(self.rate.expand(shape))
        zero = torch.bernoulli(torch.sigmoid(self.gate_logit).expand(shape))
        return counts * (1 - zero)
