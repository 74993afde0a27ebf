"""The encoder: fixed and random effects added up (eq. 17 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tabmixnn.encoder.fixed import FixedEffects
from tabmixnn.encoder.inputs import EncoderInputs, EncoderSpec
from tabmixnn.encoder.posterior import POSTERIORS
from tabmixnn.encoder.priors import build_prior
from tabmixnn.encoder.random import RandomEffects
from tabmixnn.encoder.unknown import UNKNOWN_STRATEGIES


class MixedEffectsEncoder(nn.Module):
    """``H = H_fixed + sum_gs Z_gs * u_gs``, eq. 17 of the paper.

    Parameters
    ----------
    spec : EncoderSpec
        Sizes of the columns and random-effects terms.
    dim : int
        Embedding dimension d, the width of the result.
    unknown_strategy : str
        A key of ``UNKNOWN_STRATEGIES``: what unseen levels are given.
    enforce_centering : bool
        Impose ``sum_g u_gs = 0`` in the forward pass.
    prior, posterior : str
        Keys of ``PRIORS`` and ``POSTERIORS``; by default the paper's.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        dim: int,
        *,
        unknown_strategy: str,
        enforce_centering: bool,
        prior: str = "standard",
        posterior: str = "diagonal",
    ) -> None:
        super().__init__()
        unknown = UNKNOWN_STRATEGIES[unknown_strategy]
        self.spec, self.dim = spec, dim
        self.fixed = FixedEffects(spec.n_cont, spec.cat_sizes, dim)
        self.random = nn.ModuleList(
            RandomEffects(
                block,
                build_prior(prior, block),
                unknown(len(block.names), dim),
                centre=enforce_centering,
            )
            for block in spec.blocks
        )
        self.posterior = POSTERIORS[posterior](spec.blocks, dim)

    def sample(self) -> list[Tensor]:
        """Draw the effects of every term, each of shape (G + 1, q, d); line 5 of Algorithm 1."""
        draws = zip(self.random, self.posterior.draw(), strict=True)
        return [term.drawn(effects) for term, effects in draws]

    def posterior_mean(self) -> list[Tensor]:
        """Return the posterior means of every term, for conditional predictions."""
        means = zip(self.random, self.posterior.mean(), strict=True)
        return [term.expected(mean) for term, mean in means]

    def population(self) -> list[Tensor]:
        """Return zero effects for every term, for population-level predictions."""
        means = zip(self.random, self.posterior.mean(), strict=True)
        return [term.zero(mean) for term, mean in means]

    def kl(self) -> Tensor:
        """Return each term's divergence averaged over its levels, shape (n_terms,)."""
        if not self.random:
            return torch.zeros(0)
        shares = self.posterior.kl([term.prior for term in self.random])
        levels = [term.spec.n_levels for term in self.random]
        return torch.stack([kl / n for kl, n in zip(shares, levels, strict=True)])

    def forward(self, inputs: EncoderInputs, effects: Sequence[Tensor]) -> Tensor:
        """Encode n rows given the effects of every term.

        Parameters
        ----------
        inputs : EncoderInputs
            Tensors of n rows.
        effects : sequence of Tensor
            One table of shape (G + 1, q, d) a term.

        Returns
        -------
        Tensor, shape (n, d)
        """
        hidden = self.fixed(inputs)
        for term, rows, table in zip(self.random, inputs.groups, effects, strict=True):
            hidden = hidden + term(rows, table)
        return hidden
