"""Several independent binary outcomes (eqs. 44-45 of the paper)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Independent

from tabmixnn.families.base import Family, Parameter, check_that


class MultiLabelBinomial(Family):
    """K labels that a row has or has not, independent given its features.

    Parameters
    ----------
    n_labels : int, optional
        Number K of labels; by default the number of columns seen when fitting.
    """

    name: ClassVar[str] = "multilabel_binomial"
    data_type: ClassVar[str] = "binary"
    link: ClassVar[str] = "logit"
    columns: ClassVar[tuple[int, ...]] = (0,)

    def __init__(self, n_labels: int | None = None) -> None:
        self.n_labels = n_labels

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {"logits": Parameter(size=self.n_labels or 1)}

    def distribution(self, logits: Tensor) -> Independent:
        return Independent(Bernoulli(logits=logits, validate_args=False), 1, validate_args=False)

    def probabilities(self, distribution: Distribution) -> Tensor:
        """Return the probability of having each label, shape (n, K); they need not sum to one."""
        return distribution.mean

    def bind(self, y: np.ndarray) -> MultiLabelBinomial:
        return MultiLabelBinomial(y.shape[1])

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        return list(y.T)

    def check_values(self, y: np.ndarray) -> None:
        check_that(self.name, y, np.isin(y, (0, 1)), "labels of 0 and 1")
        for column, total in enumerate(y.sum(axis=0)):
            if total in (0, len(y)):
                raise ValueError(
                    f"A {self.name} model needs both classes of every label; label {column + 1} is "
                    f"{y[0, column]:g} in all {len(y)} rows. Leave it out."
                )
        if self.n_labels not in (None, y.shape[1]):
            raise ValueError(
                f"The response has {y.shape[1]} columns, but n_labels is {self.n_labels}."
            )
