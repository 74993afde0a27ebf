"""Binary outcomes and counts of successes (eqs. 34-35 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution
from torch.nn.functional import logsigmoid

from tabmixnn.families.base import Family, Parameter, check_that, show_values


class Binomial(Family):
    """Binary outcomes, ``y ~ Bernoulli(p)`` with the logit link, or counts ``Binomial(m, p)``.

    Responses are one column of 0 and 1, or two columns of successes and failures, as
    ``cbind(successes, failures)`` gives them. The parameter is the logit itself: log-probabilities
    then do not saturate. The mean is the probability of success in both cases.

    Parameters
    ----------
    counts : bool, optional
        Whether responses are successes and failures; by default as seen when fitting.
    """

    name: ClassVar[str] = "binomial"
    data_type: ClassVar[str] = "binary"
    link: ClassVar[str] = "logit"
    columns: ClassVar[tuple[int, ...]] = (1, 2)

    def __init__(self, counts: bool = False) -> None:
        self.counts = counts

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"logits": Parameter()}

    def distribution(self, logits: Tensor) -> Distribution:
        if self.counts:
            return BinomialCounts(logits)
        return Bernoulli(logits=logits, validate_args=False)

    def probabilities(self, distribution: Distribution) -> Tensor:
        """Return the probabilities of failure and success, shape (n, 2)."""
        return torch.stack([1 - distribution.mean, distribution.mean], dim=-1)

    def bind(self, y: np.ndarray) -> Binomial:
        return Binomial(counts=y.ndim == 2)

    def start(self, y: np.ndarray) -> dict[str, np.ndarray]:
        # Rows of 0 and 1 are seldom so far from evens that training starts badly.
        if y.ndim == 1:
            return {}
        successes, failures = y.sum(axis=0)
        return {"logits": np.log([successes / failures])}

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        return [y] if y.ndim == 1 else []

    def check_values(self, y: np.ndarray) -> None:
        if y.ndim == 2:
            self._check_counts(y)
            return
        values = np.unique(y)
        if not np.isin(values, (0, 1)).all():
            raise ValueError(
                f"A binomial model needs a response of 0 and 1; found {len(values)} distinct "
                f"values, among them {show_values(values)}."
            )
        if len(values) < 2:
            raise ValueError(
                f"A binomial model needs both classes; all {y.size} responses are {values[0]:g}."
            )

    def _check_counts(self, y: np.ndarray) -> None:
        whole = (y >= 0) & (y == np.round(y))
        check_that(self.name, y, whole, "whole counts of successes and failures")
        empty = int((y.sum(axis=1) == 0).sum())
        if empty:
            raise ValueError(
                f"A binomial model needs a trial in every row; {empty} of {len(y)} rows have "
                "neither successes nor failures. Leave them out."
            )
        for column, name in enumerate(("success", "failure")):
            if not y[:, column].any():
                raise ValueError(
                    f"A binomial model needs both classes; no row of {len(y)} has a {name}."
                )


class BinomialCounts(Distribution):
    """Numbers of successes and failures in trials with the same probability.

    Parameters
    ----------
    logits : Tensor, shape (n,)
    """

    def __init__(self, logits: Tensor) -> None:
        super().__init__(logits.shape, torch.Size([2]), validate_args=False)
        self.logits = logits

    @property
    def mean(self) -> Tensor:
        """The probability of success, shape (n,)."""
        return torch.sigmoid(self.logits)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-probability of successes and failures `value`, shape (n, 2)."""
        successes, failures = value[..., 0], value[..., 1]
        ways = (
            torch.lgamma(successes + failures + 1)
            - torch.lgamma(successes + 1)
            - torch.lgamma(failures + 1)
        )
        return ways + successes * logsigmoid(self.logits) + failures * logsigmoid(-self.logits)
