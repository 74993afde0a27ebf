"""Outcomes with several classes (eqs. 36-37 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Categorical

from tabmixnn.families.base import Family, Parameter, check_finite


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

    def bind(self, y: np.ndarray) -> Multinomial:
        return Multinomial(self.n_classes or int(y.max()) + 1)

    def check_response(self, y: np.ndarray) -> None:
        if y.ndim != 1:
            raise ValueError(
                "A multinomial model needs one response column of classes; found an array of "
                f"shape {y.shape}."
            )
        check_finite(self.name, y)
        values = np.unique(y)
        if (values < 0).any() or (values != np.round(values)).any():
            shown = ", ".join(f"{v:g}" for v in values[:5])
            raise ValueError(
                f"A multinomial model needs class codes 0, 1, 2, ...; found values such as {shown}."
            )
        if len(values) < 2:
            raise ValueError(
                f"A multinomial model needs two classes or more; all {y.size} responses are one "
                "class."
            )
        if self.n_classes is not None and values[-1] >= self.n_classes:
            raise ValueError(
                f"The response has class code {values[-1]:g}, but n_classes is {self.n_classes}."
            )
