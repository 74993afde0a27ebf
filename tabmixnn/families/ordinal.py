"""Ordered classes: the proportional-odds model (McCullagh 1980)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn.functional import logsigmoid

from tabmixnn.families.base import Family, Parameter
from tabmixnn.families.classes import check_codes
from tabmixnn.families.links import ordered


class Ordinal(Family):
    """Ordered classes by cumulative logits, ``logit P(y <= k) = c_k - eta``.

    Responses are codes 0 to K - 1 in their order. The first threshold is zero, so that eta keeps
    its intercept; the other K - 2 are learnt and increase.

    Parameters
    ----------
    n_classes : int, optional
        Number K of classes; by default one more than the largest code seen when fitting.
    """

    name: ClassVar[str] = "ordinal"
    data_type: ClassVar[str] = "categorical"
    link: ClassVar[str] = "logit"

    def __init__(self, n_classes: int | None = None) -> None:
        self.n_classes = n_classes

    @property
    def parameters(self) -> dict[str, Parameter]:
        gaps = max((self.n_classes or 2) - 2, 0)
        return {
            "eta": Parameter(),
            "thresholds": Parameter(inverse_link=ordered, size=gaps, predicted=False),
        }

    def distribution(self, eta: Tensor, thresholds: Tensor) -> Categorical:
        cut = thresholds - eta[..., None]
        # P(y = k) = F(b) - F(a) = F(b) F(-a) (1 - exp(a - b)), whose factors keep their precision
        # in both tails.
        below, above = logsigmoid(cut), logsigmoid(-cut)
        inner = torch.log(-torch.expm1(-torch.diff(thresholds)))
        middle = below[..., 1:] + above[..., :-1] + inner
        logits = torch.cat([below[..., :1], middle, above[..., -1:]], dim=-1)
        return Categorical(logits=logits, validate_args=False)

    def mean(self, distribution: Categorical) -> Tensor:
        """Return the class probabilities, shape (n, K)."""
        return distribution.probs

    def probabilities(self, distribution: Categorical) -> Tensor:
        return distribution.probs

    def link_variance(self, mean: float, **shared: Tensor) -> float:
        return np.pi**2 / 3.0

    def bind(self, y: np.ndarray) -> Ordinal:
        return Ordinal(self.n_classes or int(y.max()) + 1)

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        return [y]

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # Thresholds at the cumulative logits of the observed shares, half a row added to each
        # class so that an empty one has a threshold too.
        shares = np.bincount(y.astype(np.int64), minlength=self.n_classes) + 0.5
        below = np.cumsum(shares / shares.sum())[:-1]
        cut = np.log(below) - np.log1p(-below)
        return {"eta": -cut[:1], "thresholds": np.log(np.diff(cut))}

    def check_values(self, y: np.ndarray) -> None:
        check_codes(self.name, y, self.n_classes)
