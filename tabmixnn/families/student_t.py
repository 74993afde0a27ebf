"""Continuous outcomes with heavy tails."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Distribution
from torch.distributions import StudentT as TorchStudentT

from tabmixnn.families.base import Family, Parameter, ResponseScale, check_varies
from tabmixnn.families.links import exp


class StudentT(Family):
    """Robust regression, ``y ~ mu + sigma t(df)``, with identity link, learnt sigma and df.

    What is predicted is the location mu, which is the mean wherever there is one (df > 1). The
    network sees the response standardised by its median and its normal-consistent median
    absolute deviation, which outliers leave alone (the standard deviation if that is zero).
    """

    name: ClassVar[str] = "student_t"
    data_type: ClassVar[str] = "real"
    link: ClassVar[str] = "identity"

    @property
    def parameters(self) -> dict[str, Parameter]:
        sigma = Parameter(inverse_link=exp, predicted=False, in_units=True)
        df = Parameter(inverse_link=exp, predicted=False)
        return {"mu": Parameter(), "sigma": sigma, "df": df}

    def distribution(self, mu: Tensor, sigma: Tensor, df: Tensor) -> TorchStudentT:
        return TorchStudentT(df.expand_as(mu), mu, sigma, validate_args=False)

    def mean(self, distribution: Distribution) -> Tensor:
        return distribution.loc

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        sigma, df = float(shared["sigma"]), float(shared["df"])
        return sigma**2 * df / (df - 2.0) if df > 2.0 else np.inf

    def check_values(self, y: np.ndarray) -> None:
        check_varies(self.name, y)

    def response_scale(self, y: np.ndarray) -> ResponseScale:
        centre = float(np.median(y))
        deviation = 1.4826 * float(np.median(np.abs(y - centre)))
        return ResponseScale(centre, deviation or float(y.std()))

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"df": np.log([5.0])}
