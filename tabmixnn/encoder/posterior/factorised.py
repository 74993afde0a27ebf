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

    def variances(self) -> list[Tensor | None]:
        """Return the variances of every term, whose levels are independent: (G, q, d)."""
        return [term.variances() for term in self.terms]

    def draw(self) -> list[Tensor]:
        """Draw the effects of every term, each of shape (G, q, d)."""
        return [term.draw() for term in self.terms]

    def of_levels(self, chosen: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return 1 where entries of parameters belong to some levels, else 0, by their names.

        Parameters
        ----------
        chosen : sequence of Tensor, each of shape (G,)
            1 for the levels of a term that are meant, 0 for the others.
        """
        return {
            f"terms.{place}.{name}": beside(mask, parameter)
            for place, (term, mask) in enumerate(zip(self.terms, chosen, strict=True))
            for name, parameter in term.named_parameters()
        }

    def kl(self, priors: Sequence[Prior]) -> list[Tensor]:
        """Return the divergence of each term from its prior."""
        return [term.kl(prior) for term, prior in zip(self.terms, priors, strict=True)]

    def predictor_variance(self, groups: Sequence[GroupRows], weight: Tensor) -> Tensor:
        """Return the variance of a linear predictor, shape (n,)."""
        parts = zip(self.terms, groups, strict=True)
        return sum(term.predictor_variance(rows, weight) for term, rows in parts)


def beside(rows: Tensor, values: Tensor) -> Tensor:
    """Return a vector of what each row has, to multiply a tensor with these rows by."""
    return rows.view(-1, *[1] * (values.ndim - 1))
