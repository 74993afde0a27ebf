"""Random effects as embeddings of groups (eqs. 6-7, 17 and 49-50 of the paper)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tabmixnn.encoder.inputs import BlockSpec, GroupRows
from tabmixnn.encoder.priors import Prior


class RandomEffects(nn.Module):
    """Random effects of one term ``(s1 + s2 + ... | g)``: their prior, and what rows get of them.

    Their posterior is elsewhere (`tabmixnn.encoder.posterior`), because it may tie several terms.

    Parameters
    ----------
    spec : BlockSpec
        Number G of levels and names of the q slope terms.
    prior : Prior
        Of its effects.
    unknown : nn.Module
        Strategy for unseen levels, one of ``UNKNOWN_STRATEGIES``.
    centre : bool
        Impose ``sum_g u_gs = 0`` (section 3.1.3), so that the random effects cannot take over
        part of the fixed intercept and slopes. As in the paper it holds for exchangeable levels
        only: levels with a structure are never centred.

    Attributes
    ----------
    centred : callable
        How effects of shape (G, q, d) are centred, where they are.
    """

    def __init__(self, spec: BlockSpec, prior: Prior, unknown: nn.Module, *, centre: bool) -> None:
        super().__init__()
        self.spec = spec
        self.prior = prior
        self.centre = centre and spec.over_levels is None
        self.unknown = unknown
        self.centred: Callable[[Tensor], Tensor] = sum_to_zero

    def drawn(self, effects: Tensor) -> Tensor:
        """Return the table that trains on a draw of the effects.

        Parameters
        ----------
        effects : Tensor, shape (G, q, d)
            From the posterior.

        Returns
        -------
        Tensor, shape (G + 1, q, d)
            One row a level, then the row of unseen levels.
        """
        return self._with_unknown(self.unknown.mix(self._centred(effects)))

    def expected(self, mean: Tensor) -> Tensor:
        """Return the table of the posterior means, shape (G + 1, q, d), unseen levels last."""
        return self._with_unknown(self._centred(mean))

    def known(self, effects: Tensor, someone: int | None = None) -> Tensor:
        """Return the table of effects that are given, unseen levels having those of `someone`.

        Parameters
        ----------
        effects : Tensor, shape (G, q, d)
        someone : int, optional
            A level; without one, unseen levels have what the strategy for them says.

        Returns
        -------
        Tensor, shape (G + 1, q, d)
        """
        centred = self._centred(effects)
        return self._with_unknown(centred, None if someone is None else centred[someone, None])

    def zero(self, mean: Tensor) -> Tensor:
        """Return zero effects, shape (G + 1, q, d): the population level."""
        return self._with_unknown(torch.zeros_like(mean), torch.zeros_like(mean[:1]))

    def forward(self, rows: GroupRows, effects: Tensor) -> Tensor:
        """Contribution of the term to n rows, ``sum_s Z_gs * u_gs`` of eq. 17.

        Parameters
        ----------
        rows : GroupRows
            ``codes`` of shape (n,) and ``z`` of shape (n, q).
        effects : Tensor, shape (G + 1, q, d)
            From `drawn`, `expected` or `zero`.

        Returns
        -------
        Tensor, shape (n, d)
        """
        return contribution(rows, effects)

    def _centred(self, effects: Tensor) -> Tensor:
        return self.centred(effects) if self.centre else effects

    def _with_unknown(self, effects: Tensor, row: Tensor | None = None) -> Tensor:
        return torch.cat([effects, self.unknown.row if row is None else row])


def sum_to_zero(effects: Tensor) -> Tensor:
    """Return the effects of G levels, shape (G, q, d), less their mean."""
    return effects - effects.mean(dim=0, keepdim=True)


def contribution(rows: GroupRows, effects: Tensor) -> Tensor:
    """Return ``sum_s Z_gs * u_gs`` of n rows; see `RandomEffects.forward`."""
    return torch.einsum("nq,nqd->nd", rows.z, effects.index_select(0, rows.codes))
