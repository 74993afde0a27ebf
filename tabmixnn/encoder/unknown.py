"""What a group unseen when fitting is given (section 3.1.2 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tabmixnn.draws import uniforms


class ZeroUnknown(nn.Module):
    """An unseen group gets u = 0, the population-level prediction.

    Parameters
    ----------
    n_terms, dim : int
        Number q of slope terms and embedding dimension d.
    """

    def __init__(self, n_terms: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("row", torch.zeros(1, n_terms, dim), persistent=False)

    def mix(self, effects: Tensor) -> Tensor:
        """Return the sampled effects, shape (G, q, d), as they are: nothing is to be learnt."""
        return effects


class LearnedUnknown(nn.Module):
    """An unseen group gets an embedding that was trained for the purpose.

    No training row belongs to an unseen group, so an embedding merely set aside would keep its
    initial value. Instead each group is, with probability `rate` in every training step, treated
    as if it had never been seen: all its rows use this embedding. It thus learns what serves
    best for a group about which nothing is known, which in a nonlinear network differs from
    u = 0, the effect of the average group.

    Parameters
    ----------
    n_terms, dim : int
        Number q of slope terms and embedding dimension d.
    rate : float
        Probability with which a group is taken for unseen in a training step.
    """

    def __init__(self, n_terms: int, dim: int, rate: float = 0.1) -> None:
        super().__init__()
        self.rate = rate
        self.row = nn.Parameter(torch.zeros(1, n_terms, dim))

    def mix(self, effects: Tensor) -> Tensor:
        """Replace a random share of the G groups' effects, shape (G, q, d), by the embedding."""
        unseen = uniforms((effects.shape[0], 1, 1), effects.device) < self.rate
        return torch.where(unseen, self.row, effects)


UNKNOWN_STRATEGIES: dict[str, type[ZeroUnknown] | type[LearnedUnknown]] = {
    "zero": ZeroUnknown,
    "learned": LearnedUnknown,
}
