"""Covariance structures in the variational engine: laid on the rows, and on levels that are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tabmixnn.encoder import MixedEffectsEncoder
from tabmixnn.encoder.covariance import apply_cov_struct_map
from tabmixnn.inference.exact.structures import named_columns


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


def with_new_levels(
    encoder: MixedEffectsEncoder, groups: Sequence[str], frame: Any, effects: Sequence[Tensor]
) -> tuple[Any, list[Tensor]]:
    """Give levels that the training rows did not have what their structure expects of them.

    That is their mean given the posterior means of the levels that were seen: eq. 15 for kinship,
    kriging for a Gaussian process, the conditional mean of an autoregression. Where nothing says
    where a level stands it stays with the strategy for unseen levels.

    Parameters
    ----------
    encoder : MixedEffectsEncoder
    groups : sequence of str
        The formula's text of each term's group.
    frame : ModelFrame
        n rows.
    effects : sequence of Tensor, each of shape (G + 1, q, d)

    Returns
    -------
    frame : ModelFrame
        Codes of placed new levels count on from G + 1.
    effects : list of Tensor
        With a row for each of them.
    """
    effects = list(effects)
    if not any(term.spec.over_levels is not None for term in encoder.random):
        return frame, effects
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
        params = term.prior.level_params.detach().numpy()
        weights, _ = placed.structure.conditional(params, placed.positions, positions)
        table = effects[i]
        known = table[: term.spec.n_levels]
        new = torch.tensordot(torch.as_tensor(weights, dtype=table.dtype), known, dims=1)
        codes = block.codes.copy()
        codes[rows] = term.spec.n_levels + 1 + context.codes
        blocks[i] = replace(block, codes=codes)
        effects[i] = torch.cat([table, new])
    return replace(frame, blocks=blocks), effects
