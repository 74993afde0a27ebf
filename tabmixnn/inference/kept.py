"""A network's random effects with some of them zero in the units of the data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tabmixnn.encoder import BlockSpec
from tabmixnn.encoder.scaling import INTERCEPT, Affine


def kept(
    tables: Sequence[Tensor],
    active: Sequence[np.ndarray],
    blocks: Sequence[BlockSpec],
    slopes: Sequence[Affine],
) -> list[Tensor]:
    """Return effects of which some are zero, as a formula names them.

    A network's slopes belong to centred variables (`InputScaling`), and so its intercepts to
    groups at their means; the intercept that a formula names is the effect where they are zero.
    With ``v = u / scale`` for a slope and ``v = u - sum loc / scale * u`` for the intercept, over
    the slopes of all terms of the group, effects are as named; they are switched there.

    Parameters
    ----------
    tables : sequence of Tensor, each of shape (G + 1, q, d)
        Effects of every term.
    active : sequence of ndarray of bool, each of shape (q,)
        Which of them stay.
    blocks : sequence of BlockSpec
        The terms.
    slopes : sequence of Affine
        How their variables are scaled.
    """
    out = [table * torch.as_tensor(on)[:, None] for table, on in zip(tables, active, strict=True)]
    for own, slope in enumerate(slopes):
        levers = slope.loc / slope.scale
        if levers.any():
            term = _with_intercept(blocks, own)
            place = blocks[term].names.index(INTERCEPT)
            weights = levers * (active[own].astype(float) - float(active[term][place]))
            out[term][:, place] += torch.einsum("gqd,q->gd", tables[own], torch.as_tensor(weights))
    return out


def _with_intercept(blocks: Sequence[BlockSpec], own: int) -> int:
    """Return which term has the intercept of a term's group: itself, if it has one."""
    same = [i for i, block in enumerate(blocks) if block.group == blocks[own].group]
    return next(i for i in [own, *same] if INTERCEPT in blocks[i].names)
