"""Networks of one shape, stacked: what they read, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import silu

from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import Variables

Array = NDArray[np.float64]

AT_ONCE = 2**16
"""Rows that networks are evaluated on at a time."""


@dataclass(frozen=True)
class Inputs:
    """What networks read of the predictors.

    Of a number its value and a coarse spline of it, both inside the fence of the training rows;
    of a category a column a level. Nothing of the groups: their effects are the mixed model's.

    Attributes
    ----------
    variables : Variables
    numbers, categories : tuple of str
    """

    variables: Variables
    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    @classmethod
    def of(cls, variables: Variables, without: str = "") -> Inputs:
        """Read all predictors but one: numbers, and the categories that interactions read too."""
        numbers = tuple(name for name in variables.numeric if name != without)
        return cls(variables, numbers, tuple(variables.small(without)))

    def __bool__(self) -> bool:
        return bool(self.numbers or self.categories)

    def __call__(self, table: Table) -> Tensor:
        """Return the inputs of n rows, shape (n, d)."""
        variables = self.variables
        parts = [variables.fenced(table, name) for name in self.numbers]
        parts += [variables.levels(table, name) for name in self.categories]
        return torch.from_numpy(np.hstack(parts)).to(torch.float32)


class Networks:
    """K multilayer perceptrons with one output each.

    Parameters
    ----------
    vector : Tensor, shape (P,)
        All parameters: of each layer the weights (K, d_in, d_out), then the biases (K, 1, d_out).
    count : int
        K.
    widths : sequence of int
        Of the inputs and of the hidden layers.

    Attributes
    ----------
    layers : list of (Tensor, Tensor)
        Weights and biases, views of `vector`.
    """

    def __init__(self, vector: Tensor, count: int, widths: Sequence[int]) -> None:
        self.vector, self.count, self.widths = vector, count, list(widths)
        self.layers = []
        start = 0
        for narrow, wide in zip(self.widths, [*self.widths[1:], 1], strict=True):
            between, stop = (start + count * size * wide for size in (narrow, narrow + 1))
            weight = vector[start:between].view(count, narrow, wide)
            self.layers.append((weight, vector[between:stop].view(count, 1, wide)))
            start = stop

    @classmethod
    def start(cls, count: int, widths: Sequence[int], generator: torch.Generator) -> Networks:
        """Draw K networks that all say zero."""
        pairs = zip(widths, [*widths[1:], 1], strict=True)
        size = count * sum((narrow + 1) * wide for narrow, wide in pairs)
        networks = cls(torch.zeros(size), count, widths)
        for weight, _ in networks.layers[:-1]:
            weight.copy_(torch.randn(weight.shape, generator=generator) / weight.shape[1] ** 0.5)
        return networks

    @property
    def parameters(self) -> list[Tensor]:
        """Weights and biases in the order of `vector`."""
        return [each for layer in self.layers for each in layer]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the outputs of rows (K, n, d), each network its own: shape (K, n)."""
        for weight, bias in self.layers[:-1]:
            x = silu(torch.baddbmm(bias, x, weight))
        weight, bias = self.layers[-1]
        return torch.baddbmm(bias, x, weight)[:, :, 0]

    def everywhere(self, x: Tensor) -> Array:
        """Return the outputs of all networks at the same n rows, shape (K, n).

        Parameters
        ----------
        x : Tensor, shape (n, d)
        """
        with torch.no_grad():
            parts = [self(part.expand(self.count, *part.shape)) for part in x.split(AT_ONCE)]
        return torch.cat(parts, dim=1).numpy().astype(np.float64)

    def copy(self) -> Networks:
        """Return networks of the same parameters, which stay as they are."""
        return Networks(self.vector.clone(), self.count, self.widths)

    def state(self) -> dict[str, Any]:
        """Return what a model file needs."""
        return {"vector": self.vector.numpy(), "count": self.count, "widths": self.widths}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Networks:
        """Return the networks of a model file."""
        return cls(torch.tensor(state["vector"]), state["count"], state["widths"])
