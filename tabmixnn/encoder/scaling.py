"""Bring continuous columns and slopes to unit scale before the network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch

from tabmixnn.encoder.inputs import BlockSpec, EncoderInputs, GroupRows

INTERCEPT = "(Intercept)"


def _nonzero(scale: np.ndarray) -> np.ndarray:
    """Replace the scale of a constant column by one: dividing it by zero would say nothing."""
    return np.where(scale > 0, scale, 1.0)


class ColumnStatistics(Protocol):
    """What scaling asks of p columns.

    Attributes
    ----------
    mean, std : ndarray, shape (p,)
    indicator : ndarray of bool, shape (p,)
        Whether a column has zeros and ones alone.
    """

    mean: np.ndarray
    std: np.ndarray
    indicator: np.ndarray

    def rms(self, loc: np.ndarray) -> np.ndarray:
        """Root mean squares about a point, shape (p,)."""


class Columns:
    """Statistics of columns that are at hand; see `ColumnStatistics`.

    Parameters
    ----------
    values : ndarray, shape (n, p)
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @cached_property
    def mean(self) -> np.ndarray:
        """Means, shape (p,)."""
        return self.values.mean(axis=0)

    @cached_property
    def std(self) -> np.ndarray:
        """Standard deviations, shape (p,)."""
        return self.values.std(axis=0)

    @cached_property
    def indicator(self) -> np.ndarray:
        """Whether a column has zeros and ones alone, shape (p,)."""
        return ((self.values == 0) | (self.values == 1)).all(axis=0)

    def rms(self, loc: np.ndarray) -> np.ndarray:
        """Root mean squares about a point, shape (p,)."""
        return np.sqrt(((self.values - loc) ** 2).mean(axis=0))


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
        slopes = [Columns(np.asarray(block.Z, dtype=np.float64)) for block in frame.blocks]
        return cls.of(Columns(frame.cont), slopes, frame.blocks, learned)

    @classmethod
    def of(
        cls,
        cont: ColumnStatistics,
        slopes: Sequence[ColumnStatistics],
        blocks: Sequence[Any],
        learned: Sequence[BlockSpec] | None = None,
    ) -> InputScaling:
        """Make the maps from what is known of the training rows' columns.

        Parameters
        ----------
        cont : ColumnStatistics
            Of the continuous columns.
        slopes : sequence of ColumnStatistics
            Of the columns of every term.
        blocks : sequence of blocks
            The terms; their rows are not looked at.
        learned : sequence of BlockSpec, optional
            See `fit`.
        """
        if learned is None:
            with_intercept = {b.group for b in blocks if INTERCEPT in b.names}
            centred = [b.group in with_intercept for b in blocks]
        else:
            centred = [INTERCEPT in spec.names and spec.correlated for spec in learned]
        maps = [_slope_map(each, centre) for each, centre in zip(slopes, centred, strict=True)]
        for place, spec in enumerate(learned or ()):
            if spec.over_effects is not None:
                q = len(spec.names)
                maps[place] = Affine(np.zeros(q), np.ones(q))
        return cls(
            cont=Affine(cont.mean, _nonzero(cont.std)),
            slopes=tuple(maps),
            n_levels=tuple(len(block.levels) for block in blocks),
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


def _slope_map(columns: ColumnStatistics, centre: bool) -> Affine:
    indicator = columns.indicator
    loc = columns.mean if centre else np.zeros(len(indicator))
    scale = _nonzero(columns.rms(loc))
    return Affine(np.where(indicator, 0.0, loc), np.where(indicator, 1.0, scale))
