"""Several outcomes, each with a family of its own (section 3.3.3 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

from tabmixnn.families.base import Family, Parameter, ResponseScale


@dataclass(frozen=True)
class JointScale:
    """The response scales of several outcomes.

    Parameters
    ----------
    scales : dict of ResponseScale
        By outcome.
    widths : tuple of int
        Number of response columns of each.
    """

    scales: dict[str, ResponseScale]
    widths: tuple[int, ...]

    def standardise(self, y: np.ndarray) -> np.ndarray:
        """Map responses, shape (n, total), to the network's scale; NaN stays NaN."""
        blocks = np.split(y, np.cumsum(self.widths)[:-1], axis=1)
        pairs = zip(self.scales.values(), blocks, strict=True)
        return np.column_stack([scale.standardise(block) for scale, block in pairs])

    def restore(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Map each outcome's means or linear predictors back to its response's scale."""
        return {name: self.scales[name].restore(array) for name, array in values.items()}

    def scale_offset(self, offset: Tensor) -> Tensor:
        """Return offsets, shape (n,), unchanged: the head divides by each outcome's scale."""
        return offset


class JointFamily(Family):
    """Several outcomes that are independent given the features.

    Responses stand beside each other in one array; NaN in all columns of an outcome says that it
    is missing in that row, which then counts for the other outcomes only.

    Parameters
    ----------
    families : mapping of str to Family
        By name of the outcome, in order.
    widths : sequence of int
        Number of response columns of each.
    """

    name: ClassVar[str] = "joint"
    data_type: ClassVar[str] = "joint"
    link: ClassVar[str] = "joint"

    def __init__(self, families: Mapping[str, Family], widths: Sequence[int]) -> None:
        self.families = dict(families)
        self.widths = tuple(widths)

    @property
    def parameters(self) -> dict[str, Parameter]:
        return {
            f"{name}.{key}": parameter
            for name, family in self.families.items()
            for key, parameter in family.parameters.items()
        }

    def distribution(self, **parameters: Tensor) -> JointDistribution:
        parts = {
            name: family.distribution(**{k: parameters[f"{name}.{k}"] for k in family.parameters})
            for name, family in self.families.items()
        }
        return JointDistribution(parts, self.widths)

    def split(self, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return each outcome's responses, shape (n,) or (n, width), missing ones as NaN."""
        ends = list(accumulate(self.widths))
        starts = [0, *ends[:-1]]
        return {
            name: y[:, start] if end - start == 1 else y[:, start:end]
            for name, start, end in zip(self.families, starts, ends, strict=True)
        }

    def observed(self, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return each outcome's responses in the rows that have them."""
        return {
            name: part[~np.isnan(part.reshape(len(part), -1)).any(axis=1)]
            for name, part in self.split(y).items()
        }

    def check_response(self, y: np.ndarray) -> None:
        """Check every outcome where it is observed; an error names the outcome."""
        self.check_values(y)

    def check_values(self, y: np.ndarray) -> None:
        for name, part in self.observed(y).items():
            if not len(part):
                raise ValueError(f"Outcome {name!r} is missing in every row; leave it out.")
            try:
                self.families[name].check_response(part)
            except ValueError as error:
                raise ValueError(f"Outcome {name!r}: {error}") from error

    def bind(self, y: np.ndarray) -> JointFamily:
        parts = self.observed(y)
        bound = {name: family.bind(parts[name]) for name, family in self.families.items()}
        return JointFamily(bound, self.widths)

    def response_scale(self, y: np.ndarray) -> JointScale:
        parts = self.observed(y)
        scales = {name: f.response_scale(parts[name]) for name, f in self.families.items()}
        return JointScale(scales, self.widths)

    def strata(self, y: np.ndarray) -> list[np.ndarray]:
        """Return the classes of every outcome and which outcomes each row has."""
        codes = []
        for name, part in self.split(y).items():
            codes += self.families[name].strata(part)
            codes.append(np.isnan(part.reshape(len(part), -1)).any(axis=1))
        return codes


class JointDistribution(Distribution):
    """The distribution of several outcomes of n rows.

    Parameters
    ----------
    parts : mapping of str to Distribution
        By outcome.
    widths : sequence of int
        Number of response columns of each.
    valid : sequence of Tensor, each of shape (width,), optional
        A response that each family can have, which takes the place of missing ones: with any other
        number their zero weight could meet an infinite density.
    """

    def __init__(
        self,
        parts: Mapping[str, Distribution],
        widths: Sequence[int],
        valid: Sequence[Tensor] | None = None,
    ) -> None:
        self.parts = dict(parts)
        self.widths = tuple(widths)
        self.valid = [None] * len(self.widths) if valid is None else list(valid)
        n_rows = next(iter(self.parts.values())).batch_shape
        super().__init__(n_rows, torch.Size([sum(self.widths)]), validate_args=False)

    def log_probs(self, value: Tensor) -> dict[str, Tensor]:
        """Return each outcome's log-density, shape (n,), zero where it is missing.

        Parameters
        ----------
        value : Tensor, shape (n, total)
            NaN for missing outcomes.
        """
        blocks = value.split(self.widths, dim=-1)
        return {
            name: _observed_log_prob(part, block, valid)
            for (name, part), block, valid in zip(
                self.parts.items(), blocks, self.valid, strict=True
            )
        }

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log-density of the observed outcomes of each row, shape (n,)."""
        return torch.stack(list(self.log_probs(value).values())).sum(0)


def _observed_log_prob(part: Distribution, block: Tensor, valid: Tensor | None) -> Tensor:
    missing = block.isnan().any(-1)
    if valid is None or not missing.any():
        return part.log_prob(_column(block))
    filled = torch.where(missing[:, None], valid.to(block.dtype), block)
    return torch.where(missing, 0.0, part.log_prob(_column(filled)))


def _column(block: Tensor) -> Tensor:
    return block.squeeze(-1) if block.shape[-1] == 1 else block
