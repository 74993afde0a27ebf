"""The output head of one outcome: from backbone features to a family's parameters (eq. 30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.families.base import Family


class OutputHead(nn.Module):
    """``theta = g(W H + b)`` for every parameter of a family, eq. 30 of the paper.

    Parameters that are shared by all rows (``Parameter.predicted`` false) are learnt numbers on
    the link scale, starting at zero.

    Parameters
    ----------
    in_features : int
        Width of the backbone's output.
    family : Family
        Bound to its response (`Family.bind`).
    """

    def __init__(self, in_features: int, family: Family) -> None:
        super().__init__()
        self.family = family
        parameters = family.parameters
        self.location = next(iter(parameters))
        self.predicted = nn.ModuleDict(
            {
                name: nn.Linear(in_features, parameter.size)
                for name, parameter in parameters.items()
                if parameter.predicted
            }
        )
        self.shared = nn.ParameterDict(
            {
                name: nn.Parameter(torch.zeros(parameter.size))
                for name, parameter in parameters.items()
                if not parameter.predicted
            }
        )

    @property
    def size(self) -> int:
        """The number of linear predictors of the location parameter."""
        return self.family.parameters[self.location].size

    def start_at(self, start: Mapping[str, np.ndarray]) -> None:
        """Set the intercepts of some parameters, on the link scale (`Family.start`)."""
        with torch.no_grad():
            for name, values in start.items():
                known = self.shared[name] if name in self.shared else self.predicted[name].bias
                known.copy_(torch.as_tensor(values))

    def start(self, y: np.ndarray, offset: np.ndarray) -> None:
        """Start from what the responses suggest (`Family.start`).

        Parameters
        ----------
        y : ndarray, shape (n,) or (n, K)
            On the network's scale.
        offset : ndarray, shape (n,)
        """
        start = self.family.start(y)
        if self.location in start:
            start[self.location] = start[self.location] - offset.mean()
        self.start_at(start)

    def scores(self, features: Tensor) -> Tensor:
        """Return ``W H + b`` of the location parameter, shape (n, size).

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        """
        return self.predicted[self.location](features)

    def linear_predictor(self, features: Tensor, offset: Tensor) -> Tensor:
        """Return the location parameter's linear predictor with its offset.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,), or (n, size)
            On the network's scale.

        Returns
        -------
        Tensor, shape (n,), or (n, size) for a vector parameter
        """
        scores = self.scores(features)
        if scores.shape[-1] == 1:
            return scores.squeeze(-1) + offset
        return scores + (offset if offset.ndim == 2 else offset[:, None])

    def distribution(self, features: Tensor, eta: Tensor) -> Distribution:
        """Return the distribution of n outcomes, given the location's linear predictor.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        eta : Tensor, shape (n,) or (n, size)
        """
        values = {}
        for name, parameter in self.family.parameters.items():
            if name == self.location:
                score = eta
            elif parameter.predicted:
                score = self.predicted[name](features).squeeze(-1)
            else:
                score = self.shared[name]
            values[name] = parameter.inverse_link(score)
        return self.family.distribution(**values)

    def forward(self, features: Tensor, offset: Tensor) -> Distribution:
        """Return the distribution of n outcomes on the network's scale.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)
        """
        return self.distribution(features, self.linear_predictor(features, offset))

    def predict(self, kind: str, features: Tensor, offset: Tensor) -> Tensor:
        """Predict n rows on the network's scale.

        Parameters
        ----------
        kind : str
            A key of `KINDS`.
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)

        Returns
        -------
        Tensor, shape (n,) or (n, K)
        """
        return self.predict_at(kind, features, self.linear_predictor(features, offset))

    def predict_at(self, kind: str, features: Tensor, eta: Tensor) -> Tensor:
        """Predict as `predict` does, given the location's linear predictor."""
        return KINDS[kind](self, features, eta)

    @staticmethod
    def gather(parts: list[Tensor]) -> np.ndarray:
        """Return predictions made in parts as one array."""
        return torch.cat(parts).numpy()

    def penalties(self) -> dict[str, Tensor]:
        """Return what the objective should weigh: nothing."""
        return {}


def _mean(head: OutputHead, features: Tensor, eta: Tensor) -> Tensor:
    return head.family.mean(head.distribution(features, eta))


def _link(head: OutputHead, features: Tensor, eta: Tensor) -> Tensor:
    return eta


def _probability(head: OutputHead, features: Tensor, eta: Tensor) -> Tensor:
    return head.family.probabilities(head.distribution(features, eta))


KINDS: dict[str, Callable[[OutputHead, Tensor, Tensor], Tensor]] = {
    "response": _mean,
    "link": _link,
    "probability": _probability,
}
"""What is predicted by ``kind``: the outcome's mean, the linear predictor, class probabilities."""
