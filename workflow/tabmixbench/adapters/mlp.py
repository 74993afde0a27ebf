"""A multilayer perceptron with entity embeddings of the categories, ids among them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from tabmixbench.adapters.tabular_network import TRAINING, TabularNetwork

if TYPE_CHECKING:
    import torch

    from tabmixbench.registry import Dataset


class MLP(TabularNetwork):
    """Entity embeddings, standardised numbers, hidden layers with dropout.

    Parameters
    ----------
    hidden : list of int
        Widths of the hidden layers.
    dropout : float
        After each hidden layer.
    max_embedding : int
        A category with c levels gets ``min(max_embedding, ceil(c / 2))`` dimensions.
    training : dict
        See `TabularNetwork`.

    References
    ----------
    Guo and Berkhahn (2016), Entity embeddings of categorical variables.
    """

    name = "mlp"
    package = "torch"
    kind = "other"
    keywords: ClassVar = {"training": TRAINING}

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        hidden: list[int],
        dropout: float = 0.1,
        max_embedding: int = 16,
        training: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads, **(training or {}))
        self._hidden = list(hidden)
        self._dropout = dropout
        self._max_embedding = max_embedding

    def build(self, x_num: torch.Tensor | None, levels: list[int]) -> torch.nn.Module:
        """Make an untrained perceptron (see `TabularNetwork.build`)."""
        numbers = 0 if x_num is None else x_num.shape[1]
        sizes = [min(self._max_embedding, (count + 1) // 2) for count in levels]
        return _perceptron(numbers, levels, sizes, self._hidden, self._dropout)

    def settings(self) -> dict[str, Any]:
        """Architecture besides what `TabularNetwork.settings` says."""
        return {
            "hidden": self._hidden,
            "dropout": self._dropout,
            "max_embedding": self._max_embedding,
            **super().settings(),
        }


def _perceptron(
    numbers: int, levels: list[int], sizes: list[int], hidden: list[int], dropout: float
) -> torch.nn.Module:
    import torch
    from torch import nn

    class Perceptron(nn.Module):
        """(n, numbers) and (n, categories) -> (n, 1)."""

        def __init__(self) -> None:
            super().__init__()
            self.embeddings = nn.ModuleList(
                nn.Embedding(count, size) for count, size in zip(levels, sizes, strict=True)
            )
            for embedding in self.embeddings:
                nn.init.normal_(embedding.weight, std=0.1)
            widths = [numbers + sum(sizes), *hidden]
            layers: list[nn.Module] = []
            for width, following in pairwise(widths):
                layers += [nn.Linear(width, following), nn.SiLU(), nn.Dropout(dropout)]
            self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

        def forward(self, x_num: torch.Tensor | None, x_cat: torch.Tensor | None) -> torch.Tensor:
            parts = [] if x_num is None else [x_num]
            parts += [embed(x_cat[:, i]) for i, embed in enumerate(self.embeddings)]
            return self.layers(torch.cat(parts, dim=1))

    return Perceptron()
