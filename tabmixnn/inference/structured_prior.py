"""Covariance structures in the variational engine: laid on the rows, and on levels that are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.linalg import cho_solve
from torch import Tensor

from tabmixnn.caller import warn_caller
from tabmixnn.encoder import MixedEffectsEncoder
from tabmixnn.encoder.covariance import Placed, apply_cov_struct_map
from tabmixnn.encoder.covariance.torch_prior import NUGGET, StructuredPrior
from tabmixnn.inference.exact.structures import named_columns
from tabmixnn.inference.marginal.structured import StructureWarning


@dataclass(frozen=True)
class TrainingPlaces:
    """What structures stand on, kept so that a model can be read from a file.

    Parameters
    ----------
    blocks : list of RandomBlock
        The terms of the n training rows.
    data : DataFrame, n rows
        The columns that ``cov_struct_map`` names.
    """

    blocks: list[Any]
    data: pd.DataFrame

    @classmethod
    def of(cls, cov_struct_map: Mapping[str, Any] | None, frame: Any) -> TrainingPlaces | None:
        """Return what a map needs of a `PlacedFrame`; None without a map."""
        if cov_struct_map is None:
            return None
        return cls(list(frame.blocks), named_columns(cov_struct_map, frame.data))


def warn_of_independent_levels(blocks: Sequence[Any], posterior: str) -> None:
    """Warn where a posterior without correlations between levels is to tell those of the prior.

    The divergence is smallest then where the prior has none either, whatever the data say.

    Parameters
    ----------
    blocks : sequence of BlockSpec
        With their structures.
    posterior : str
        A key of ``POSTERIORS``.
    """
    if posterior == "joint":
        return
    for block in blocks:
        placed = block.over_levels
        if placed is not None and placed.structure.n_params:
            names = " and ".join(placed.structure.names)
            warn_caller(
                f"{placed.where}: posterior={posterior!r} has levels without correlations, so that "
                f"{names} of {placed.structure.type} tends to where the prior has none the longer "
                "it trains; pass posterior='joint', or hold it",
                StructureWarning,
            )


def place_priors(cov_struct_map: Mapping[str, Any], places: TrainingPlaces) -> Sequence[Any]:
    """Return the terms of the training rows, with the structures that a map gives them.

    Parameters
    ----------
    cov_struct_map : mapping
        Section 4.3.2 of the paper; see `tabmixnn.encoder.covariance.apply_cov_struct_map`.
    places : TrainingPlaces

    Raises
    ------
    CovarianceError
        If an entry of the map cannot be laid on these rows.
    ValueError
        If an entry correlates the rows themselves: the objective is a sum over rows.
    """
    blocks, residual = apply_cov_struct_map(cov_struct_map, places.blocks, places.data)
    if residual is not None:
        raise ValueError(
            f"cov_struct_map lays {residual.structure.type} over the residuals within "
            f"{residual.group!r}, but inference='variational' takes rows as independent given "
            "the random effects; use inference='marginal', or another 'over'."
        )
    return blocks


@dataclass(frozen=True)
class NewLevels:
    """Levels of a term that the training rows did not have, and that its structure places.

    Parameters
    ----------
    weights : Tensor, shape (m, G)
        Their expectation is ``weights @ u`` of the effects of the G levels that were seen.
    deviations : Tensor, shape (m,)
        What is left around it of the deviation that the prior gives them.
    effect_factor : Tensor, shape (q, q)
        Lower Cholesky factor of the prior's covariance of a level's effects.
    """

    weights: Tensor
    deviations: Tensor
    effect_factor: Tensor

    @classmethod
    def of(
        cls, placed: Placed, prior: StructuredPrior, positions: np.ndarray, variances: Tensor | None
    ) -> NewLevels:
        """Predict levels at new positions from those that were seen (eq. 15; kriging).

        Where the posterior ``q(u) = N(m, V)`` is of all levels together, the prior's conditional
        given ``u`` is exact: with ``W = R_* R^-1`` the expectation is ``W m``, and the covariance
        ``(R_** - W R_*') (x) S + W V W'``. A posterior of independent levels has means that are
        not as smooth as the prior's, and errors without its correlations; ``R^-1`` of places near
        each other makes anything of them. Each mean then counts as a reading of its level with
        the error that the posterior gives it: ``W = R_* (R + N)^-1``, the exact conditional given
        such readings, ``N`` the posterior's variances over the prior's, on average over a level's
        effects and their dimensions. For any ``W``, ``u_* - W u`` has the prior variance
        ``R_** - 2 W R_*' + W R W'``.

        Parameters
        ----------
        placed : Placed
            The G levels.
        prior : StructuredPrior
            Of their effects.
        positions : ndarray of shape (m,) or (m, dim)
        variances : Tensor, shape (G, q, d), optional
            Those of a posterior of independent levels.
        """
        params = prior.level_params.detach().numpy()
        structure, among = placed.structure, placed.matrix(params)
        cross = structure.cross(params, positions, placed.positions)
        read = among
        if variances is not None:
            shares = variances.detach() / prior.effect_covariance().detach().diagonal()[:, None]
            read = among + np.diag(shares.mean(dim=(1, 2)).numpy())
        weights = cho_solve((_lower_factor(read), True), cross.T).T
        left = structure.variances(params, positions)
        left = left + ((weights @ among - 2.0 * cross) * weights).sum(axis=1)
        return cls(
            torch.as_tensor(weights),
            torch.as_tensor(np.sqrt(np.maximum(left, 0.0))),
            prior.effect_factor().detach(),
        )

    def mean(self, known: Tensor) -> Tensor:
        """Return what their structure expects, (m, q, d), of known effects (G, q, d)."""
        return torch.tensordot(self.weights.to(known.dtype), known, dims=1)

    def draw(self, known: Tensor) -> Tensor:
        """Draw their effects, (m, q, d), each level apart from the others."""
        noise = torch.randn(len(self.weights), *known.shape[1:], dtype=known.dtype)
        noise = torch.einsum("rq,mqd->mrd", self.effect_factor.to(known.dtype), noise)
        return self.mean(known) + self.deviations.to(known.dtype)[:, None, None] * noise


def _lower_factor(matrix: np.ndarray) -> np.ndarray:
    """Lower Cholesky factor ``(G, G)``; of a matrix that is all but singular with the nugget.

    That is where a level is told by others to within it.
    """
    nugget = NUGGET * np.diagonal(matrix).mean()
    try:
        lower = np.linalg.cholesky(matrix)
        if np.square(np.diagonal(lower)).min() > nugget:
            return lower
    except np.linalg.LinAlgError:
        pass
    return np.linalg.cholesky(matrix + nugget * np.eye(len(matrix)))


def find_new_levels(
    encoder: MixedEffectsEncoder, groups: Sequence[str], frame: Any
) -> tuple[Any, list[NewLevels | None]]:
    """Find the levels that a structure places though the training rows did not have them.

    Where nothing says where a level stands it stays with the strategy for unseen levels.

    Parameters
    ----------
    encoder : MixedEffectsEncoder
    groups : sequence of str
        The formula's text of each term's group.
    frame : ModelFrame
        n rows.

    Returns
    -------
    frame : ModelFrame
        Codes of placed new levels count on from G + 1.
    found : list of NewLevels or None
        One entry a term.
    """
    found: list[NewLevels | None] = [None] * len(encoder.random)
    if not any(term.spec.over_levels is not None for term in encoder.random):
        return frame, found
    blocks = list(frame.blocks)
    for i, (term, block) in enumerate(zip(encoder.random, blocks, strict=True)):
        rows = np.flatnonzero(block.codes < 0)
        placed = term.spec.over_levels
        if placed is None or not len(rows):
            continue
        context = frame.new_levels(groups[i], rows)
        positions = placed.place_new(context)
        if positions is None:
            continue
        variances = encoder.posterior.variances()[i]
        found[i] = NewLevels.of(placed, term.prior, positions, variances)
        codes = block.codes.copy()
        codes[rows] = term.spec.n_levels + 1 + context.codes
        blocks[i] = replace(block, codes=codes)
    return replace(frame, blocks=blocks), found


def with_new_levels(
    effects: Sequence[Tensor], found: Sequence[NewLevels | None], *, draw: bool = False
) -> list[Tensor]:
    """Give placed new levels what their structure expects of them, or a draw around it.

    That is their mean given the effects of the levels that were seen, as far as the posterior
    knows them (`NewLevels.of`): eq. 15 for kinship, kriging for a Gaussian process, the
    conditional mean of an autoregression.

    Parameters
    ----------
    effects : sequence of Tensor, each of shape (G + 1, q, d)
    found : sequence of NewLevels or None
        From `find_new_levels`.
    draw : bool
        With what is left of their variance.

    Returns
    -------
    list of Tensor
        With a row for each of them.
    """
    effects = list(effects)
    for i, new in enumerate(found):
        if new is not None:
            known = effects[i][: new.weights.shape[1]]
            effects[i] = torch.cat([effects[i], new.draw(known) if draw else new.mean(known)])
    return effects
