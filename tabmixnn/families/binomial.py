"""Binary outcomes (eqs. 34-35 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Bernoulli

from tabmixnn.families.base import Family, Parameter, check_finite


class Binomial(Family):
    """Binary outcomes, ``y ~ Bernoulli(p)`` with the logit link.

    The parameter is the logit itself: torch's Bernoulli then works with log-probabilities that
    do not saturate.
    """

    name: ClassVar[str] = "binomial"
    data_type: ClassVar[str] = "binary"
    link: ClassVar[str] = "logit"

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"logits": Parameter()}

    def distribution(self, logits: Tensor) -> Bernoulli:
        return Bernoulli(logits=logits, validate_args=False)

    def check_response(self, y: np.ndarray) -> None:
        if y.ndim != 1:
            raise ValueError(
                "A binomial model fitted variationally needs one column of 0 and 1; found an "
                f"array of shape {y.shape}. Give one row a trial instead of counts."
            )
        check_finite(self.name, y)
        values = np.unique(y)
        if not np.isin(values, (0, 1)).all():
            shown = ", ".join(f"{v:g}" for v in values[:5])
            raise ValueError(
                f"A binomial model needs a response of 0 and 1; found {len(values)} distinct "
                f"values, among them {shown}."
            )
        if len(values) < 2:
            raise ValueError(
                f"A binomial model needs both classes; all {y.size} responses are {values[0]:g}."
            )
