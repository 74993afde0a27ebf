"""Bring continuous columns and slopes to unit scale before the network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tabmixnn.encoder.inputs import BlockSpec, EncoderInputs, GroupRows

INTERCEPT = "(Intercept)"


def _nonzero(scale: np.ndarray) -> np.ndarray:
    """Replace the scale of a constant column by one: dividing it by zero would say nothing."""
    return np.where(scale > 0, scale, 1.0)


@dataclass(frozen=True)
class Affine:
    """Column-wise ``(x - loc) / scale``; both of shape (p,)."""

    loc: np.ndarray
    scale: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return (values - self.loc) / self.scale


@dataclass(frozen=True)
class InputScaling:
    """Affine maps learnt on the training rows and repeated on new ones.

    Continuous columns are centred and divided by their standard deviation. Of the slope columns
    of a random-effects term, indicators (only 0 and 1) stay as they are. The others are centred
    and standardised where the same group also has a random intercept, because centring then
    leaves the space of functions a group can have unchanged (the intercept moves to the mean of
    the slope variable); without an intercept they are only divided by their root mean square,
    since centring would change the model.

    That is so where the prior is the paper's N(0, I), whose scale the network learns. A prior
    with a covariance of its own says how effects go together, so there a term's slopes are
    centred only if the term has the intercept and a covariance between them, and under a
    structure over the effects they stay as they are.
    """

    cont: Affine
    slopes: tuple[Affine, ...]
    n_levels: tuple[int, ...]

    @classmethod
    def fit(cls, frame: Any, learned: Sequence[BlockSpec] | None = None) -> InputScaling:
        """Learn the maps from the frame of the training rows.

        Parameters
        ----------
        frame : ModelFrame
        learned : sequence of BlockSpec, optional
            The terms, if their priors have covariances of their own.
        """
        cont = frame.cont
        if learned is None:
            with_intercept = {b.group for b in frame.blocks if INTERCEPT in b.names}
            slopes = [_slope_map(b, b.group in with_intercept) for b in frame.blocks]
        else:
            slopes = [_own_map(b, spec) for b, spec in zip(frame.blocks, learned, strict=True)]
        return cls(
            cont=Affine(cont.mean(axis=0), _nonzero(cont.std(axis=0))),
            slopes=tuple(slopes),
            n_levels=tuple(len(block.levels) for block in frame.blocks),
        )

    def apply(self, frame: Any, dtype: torch.dtype) -> EncoderInputs:
        """Return the scaled tensors of a frame, floats in `dtype`."""

        def floats(values: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(np.ascontiguousarray(values)).to(dtype)

        def codes(values: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.int64)

        groups = tuple(
            GroupRows(
                codes=codes(np.where(block.codes < 0, n_levels, block.codes)),
                z=floats(slope(block.Z)),
            )
            for block, slope, n_levels in zip(frame.blocks, self.slopes, self.n_levels, strict=True)
        )
        return EncoderInputs(
            cont=floats(self.cont(frame.cont)),
            cat=codes(frame.cat + 1),
            groups=groups,
            offset=floats(frame.offset),
        )


def _own_map(block: Any, spec: BlockSpec) -> Affine:
    if spec.over_effects is not None:
        q = len(spec.names)
        return Affine(np.zeros(q), np.ones(q))
    return _slope_map(block, INTERCEPT in spec.names and spec.correlated)


def _slope_map(block: Any, centre: bool) -> Affine:
    z = np.asarray(block.Z, dtype=np.float64)
    indicator = ((z == 0) | (z == 1)).all(axis=0)
    loc = z.mean(axis=0) if centre else np.zeros(z.shape[1])
    scale = _nonzero(np.sqrt(((z - loc) ** 2).mean(axis=0)))
    return Affine(np.where(indicator, 0.0, loc), np.where(indicator, 1.0, scale))
