"""Random effects as variational embeddings (eqs. 6-7 and 49-50 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tabmixnn.encoder.inputs import BlockSpec, GroupRows

INITIAL_SIGMA = 0.1


class RandomEffects(nn.Module):
    """Variational random effects of one term ``(s1 + s2 + ... | g)``.

    Every level g and slope term s has q(u_gs) = N(mu_gs, diag(sigma_gs^2)) in d dimensions
    (eq. 6). The means start at zero, so that an untrained model makes population-level
    predictions; the standard deviations start at 0.1, small beside the prior's 1, so that the
    first steps see signal rather than sampling noise.

    Parameters
    ----------
    spec : BlockSpec
        Number G of levels and names of the q slope terms.
    dim : int
        Embedding dimension d.
    unknown : nn.Module
        Strategy for unseen levels, one of ``UNKNOWN_STRATEGIES``.
    centre : bool
        Impose ``sum_g u_gs = 0`` (section 3.1.3), so that the random effects cannot take over
        part of the fixed intercept and slopes.
    """

    def __init__(self, spec: BlockSpec, dim: int, unknown: nn.Module, *, centre: bool) -> None:
        super().__init__()
        self.spec = spec
        self.centre = centre
        self.unknown = unknown
        shape = (spec.n_levels, len(spec.names), dim)
        self.mu = nn.Parameter(torch.zeros(shape))
        self.log_sigma = nn.Parameter(torch.full(shape, INITIAL_SIGMA).log())

    def sample(self) -> Tensor:
        """Draw every level once by the reparameterisation trick (eq. 7).

        Returns
        -------
        Tensor, shape (G + 1, q, d)
            One row a level, then the row of unseen levels.
        """
        noise = torch.randn_like(self.mu)
        drawn = torch.addcmul(self.mu, self.log_sigma.exp(), noise)
        return self._with_unknown(self.unknown.mix(self._centred(drawn)))

    def mean(self) -> Tensor:
        """Return the posterior means, shape (G + 1, q, d), unseen levels last."""
        return self._with_unknown(self._centred(self.mu))

    def zero(self) -> Tensor:
        """Return zero effects, shape (G + 1, q, d): the population level."""
        return self._with_unknown(torch.zeros_like(self.mu), torch.zeros_like(self.mu[:1]))

    def kl(self) -> Tensor:
        """Kullback-Leibler divergence from N(0, I), averaged over levels.

        Returns
        -------
        Tensor, scalar
            Eq. 50 of the paper divided by G: summed over the q terms and d dimensions.
        """
        divergence = self.mu**2 + (2 * self.log_sigma).exp() - 2 * self.log_sigma - 1
        return 0.5 * divergence.sum() / self.spec.n_levels

    def forward(self, rows: GroupRows, effects: Tensor) -> Tensor:
        """Contribution of the term to n rows, ``sum_s Z_gs * u_gs`` of eq. 17.

        Parameters
        ----------
        rows : GroupRows
            ``codes`` of shape (n,) and ``z`` of shape (n, q).
        effects : Tensor, shape (G + 1, q, d)
            From `sample`, `mean` or `zero`.

        Returns
        -------
        Tensor, shape (n, d)
        """
        return torch.einsum("nq,nqd->nd", rows.z, effects.index_select(0, rows.codes))

    def _centred(self, effects: Tensor) -> Tensor:
        return effects - effects.mean(dim=0, keepdim=True) if self.centre else effects

    def _with_unknown(self, effects: Tensor, row: Tensor | None = None) -> Tensor:
        return torch.cat([effects, self.unknown.row if row is None else row])
