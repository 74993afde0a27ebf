"""A posterior whose terms are independent."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tabmixnn.encoder.inputs import GroupRows
from tabmixnn.encoder.priors import Prior


class FactorisedPosterior(nn.Module):
    """``q(u) = prod_t q(u_t)``, one factor a term.

    Parameters
    ----------
    terms : sequence of DiagonalPosterior or FullPosterior
    """

    def __init__(self, terms: Sequence[nn.Module]) -> None:
        super().__init__()
        self.terms = nn.ModuleList(terms)

    def mean(self) -> list[Tensor]:
        """Return the means of every term, each of shape (G, q, d)."""
        return [term.mean() for term in self.terms]

    def draw(self) -> list[Tensor]:
        """Draw the effects of every term, each of shape (G, q, d)."""
        return [term.draw() for term in self.terms]

    def kl(self, priors: Sequence[Prior]) -> list[Tensor]:
        """Return the divergence of each term from its prior."""
        return [term.kl(prior) for term, prior in zip(self.terms, priors, strict=True)]

    def predictor_variance(self, groups: Sequence[GroupRows], weight: Tensor) -> Tensor:
        """Return the variance of a linear predictor, shape (n,)."""
        parts = zip(self.terms, groups, strict=True)
        return sum(term.predictor_variance(rows, weight) for term, rows in parts)
