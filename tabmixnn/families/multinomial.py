"""Outcomes with several classes (eqs. 36-37 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Categorical

from tabmixnn.families.base import Family, Parameter
from tabmixnn.families.classes import check_codes


class Multinomial(Family):
    """One of K classes, ``y ~ Categorical(softmax(eta))``; responses are codes 0 to K - 1.

    Parameters
    ----------
    n_classes : int, optional
        Number K of classes; by default one more than the largest code seen when fitting.
    """

    name: ClassVar[str] = "multinomial"
    data_type: ClassVar[str] = "categorical"
    link: ClassVar[str] = "softmax"

    def __init__(self, n_classes: int | None = None) -> None:
        self.n_classes = n_classes

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"logits": Parameter(size=self.n_classes or 1)}

    def distribution(self, logits: Tensor) -> Categorical:
        return Categorical(logits=logits, validate_args=False)

    def mean(self, distribution: Categorical) -> Tensor:
        """Return the class probabilities, shape (n, K)."""
        return distribution.probs

    def probabilities(self, distribution: Categorical) -> Tensor:
        return distribution.probs

    def bind(self, y: np.ndarray) -> Multinomial:
        return Multinomial(self.n_classes or int(y.max()) + 1)

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        return [y]

    def check_values(self, y: np.ndarray) -> None:
        check_codes(self.name, y, self.n_classes)
