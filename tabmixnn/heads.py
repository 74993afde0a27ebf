"""Output heads: from backbone features to a family's parameters (eq. 30 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.families.base import Family


class OutputHead(nn.Module):
    """``theta = g(W H + b)`` for every parameter of a family, eq. 30 of the paper.

    Parameters that are shared by all rows (``Parameter.predicted`` false) are one learnt number
    on the link scale, starting at zero.

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

    def linear_predictor(self, features: Tensor, offset: Tensor) -> Tensor:
        """Return the location parameter's linear predictor with its offset.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)

        Returns
        -------
        Tensor, shape (n,), or (n, size) for a vector parameter
        """
        eta = self.predicted[self.location](features)
        return eta.squeeze(-1) + offset if eta.shape[-1] == 1 else eta + offset[:, None]

    def forward(self, features: Tensor, offset: Tensor) -> Distribution:
        """Return the distribution of n outcomes.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)
        """
        values = {}
        for name, parameter in self.family.parameters.items():
            if name == self.location:
                eta = self.linear_predictor(features, offset)
            elif parameter.predicted:
                eta = self.predicted[name](features).squeeze(-1)
            else:
                eta = self.shared[name]
            values[name] = parameter.inverse_link(eta)
        return self.family.distribution(**values)
