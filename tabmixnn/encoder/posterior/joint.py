"""One posterior for the effects of all terms together."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tabmixnn.draws import normals_like
from tabmixnn.encoder.inputs import BlockSpec, GroupRows
from tabmixnn.encoder.posterior.divergence import divergence
from tabmixnn.encoder.posterior.factorised import beside
from tabmixnn.encoder.posterior.full import FullPosterior, LowerTriangular
from tabmixnn.encoder.priors import Prior

MAX_FLOATS = 2**24


class JointPosterior(nn.Module):
    """A normal of the effects of all terms; the levels of the largest independent given the rest.

    Crossed or nested groups share rows, so that their effects are correlated given the data. A
    posterior that keeps them apart pays for that in the divergence, and pays least where one of
    the variances is zero (Pastes). Here the terms but the largest have a dense covariance
    ``L L'``. The largest adds its share of their noise to an own covariance a level,

        u_rest = mu_rest + L e,    u_g = mu_g + B_g e + L_g e_g.

    Given the other terms the levels of one term are independent, because no row has two of them,
    so in a linear model with independent levels this is the posterior itself. Where the levels
    are correlated a priori (``cov_struct_map``) the term belongs to the dense part.

    Parameters
    ----------
    specs : sequence of BlockSpec
        The terms.
    dim : int
        Embedding dimension d.

    Raises
    ------
    ValueError
        If the covariance would be too large to hold.
    """

    def __init__(self, specs: Sequence[BlockSpec], dim: int) -> None:
        super().__init__()
        self.shapes = [(spec.n_levels, len(spec.names), dim) for spec in specs]
        self.sizes = [spec.n_levels * len(spec.names) * dim for spec in specs]
        free = [i for i, spec in enumerate(specs) if spec.over_levels is None]
        self.largest = max(free, key=lambda i: self.sizes[i]) if free else None
        self.dense = [i for i in range(len(specs)) if i != self.largest]
        size = sum(self.sizes[i] for i in self.dense)
        outer = 0 if self.largest is None else self.sizes[self.largest]
        if size * (size + outer) > MAX_FLOATS:
            raise ValueError(
                f"posterior='joint' would need a covariance of {size:,} by {size + outer:,} random "
                "effects, which is too large; lower embedding_dim, or use posterior='full'."
            )
        self.mu = nn.ParameterList(torch.zeros(self.shapes[i]) for i in self.dense)
        self.lower = LowerTriangular(1, size)
        if self.largest is not None:
            self.own = FullPosterior(specs[self.largest], dim)
            self.coupling = nn.Parameter(torch.zeros(outer, size))

    def _in_order(self, dense: Sequence[Tensor], largest: Tensor | None) -> list[Tensor]:
        """Put what the dense terms have and what the largest has into the terms' order."""
        out = list(dense)
        if self.largest is not None:
            out.insert(self.largest, largest)
        return out

    def mean(self) -> list[Tensor]:
        """Return the means of every term, each of shape (G, q, d)."""
        return self._in_order(self.mu, None if self.largest is None else self.own.mean())

    def variances(self) -> list[Tensor | None]:
        """Return None a term: levels are not independent of each other."""
        return [None] * len(self.shapes)

    def of_levels(self, chosen: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return which entries of parameters belong to levels; see `FactorisedPosterior`."""
        by_effect = [
            mask.repeat_interleave(size // len(mask))
            for mask, size in zip(chosen, self.sizes, strict=True)
        ]
        out = {f"mu.{k}": beside(chosen[i], self.mu[k]) for k, i in enumerate(self.dense)}
        # A row of L is what the noise does to one effect.
        dense = torch.cat([torch.zeros(0), *(by_effect[i] for i in self.dense)])
        out["lower.log_diagonal"] = dense[None]
        out["lower.below"] = dense[self.lower.rows][None]
        if self.largest is not None:
            mask = chosen[self.largest]
            for name, parameter in self.own.named_parameters():
                out[f"own.{name}"] = beside(mask, parameter)
            out["coupling"] = by_effect[self.largest][:, None]
        return out

    def draw(self) -> list[Tensor]:
        """Draw the effects of every term, each of shape (G, q, d)."""
        noise = normals_like(self.lower.log_diagonal[0])
        moved = (self.lower()[0] @ noise).split([self.sizes[i] for i in self.dense])
        dense = [mu + part.view_as(mu) for mu, part in zip(self.mu, moved, strict=True)]
        if self.largest is None:
            return dense
        shared = (self.coupling @ noise).view(self.shapes[self.largest])
        return self._in_order(dense, self.own.draw() + shared)

    def _factors(self) -> list[Tensor]:
        """Return what the shared noise e does to each term, shape (G, q, d, size of e)."""
        parts = self.lower()[0].split([self.sizes[i] for i in self.dense])
        largest = None if self.largest is None else self.coupling
        factors = self._in_order(parts, largest)
        return [f.view(*shape, -1) for f, shape in zip(factors, self.shapes, strict=True)]

    def kl(self, priors: Sequence[Prior]) -> list[Tensor]:
        """Return each term's share of the divergence: they add up to the whole."""
        logdets = 2 * self.lower.log_diagonal[0]
        logdets = [part.sum() for part in logdets.split([self.sizes[i] for i in self.dense])]
        logdets = self._in_order(logdets, None if self.largest is None else self.own.logdet())
        out = []
        parts = zip(priors, self.mean(), self._factors(), logdets, strict=True)
        for i, (prior, mean, factor, logdet) in enumerate(parts):
            spread = prior.quadratic(factor.flatten(2))
            if i == self.largest:
                spread = spread + self.own.spread(prior)
            out.append(divergence(prior, mean, spread, logdet))
        return out

    def predictor_variance(self, groups: Sequence[GroupRows], weight: Tensor) -> Tensor:
        """Return the variance of a linear predictor, shape (n,)."""
        shared, own = 0.0, 0.0
        for i, (factor, rows) in enumerate(zip(self._factors(), groups, strict=True)):
            by_slope = torch.einsum("gsdm,d->gsm", factor, weight).index_select(0, rows.codes)
            shared = shared + torch.einsum("ns,nsm->nm", rows.z, by_slope)
            if i == self.largest:
                own = self.own.predictor_variance(rows, weight)
        return shared.square().sum(dim=1) + own
