"""TabM: an ensemble of perceptrons that share most of their weights, in one network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tabmixbench.adapters.tabular_network import TRAINING, TabularNetwork

if TYPE_CHECKING:
    import torch

    from tabmixbench.registry import Dataset


class TabM(TabularNetwork):
    """TabM with piecewise-linear embeddings of numbers and ids as categoricals.

    TabM one-hot encodes categories. Categories of more than `one_hot_up_to` levels get an
    embedding instead, shared by the members: one-hot columns of thousands of ids would be
    nearly all of the network and of its time.

    Parameters
    ----------
    k : int
        Members of the ensemble.
    blocks, width : int
        Hidden layers and their width.
    bins, embedding : int
        Quantile bins of a number, and the dimensions of its embedding.
    one_hot_up_to, max_embedding : int
        Levels up to which a category is one-hot, and the dimensions of larger ones.
    training : dict
        See `TabularNetwork`.

    References
    ----------
    Gorishniy, Kotelnikov and Babenko (2025), TabM: advancing tabular deep learning with
    parameter-efficient ensembling, ICLR.
    """

    name = "tabm"
    package = "tabm"
    kind = "other"
    keywords: ClassVar = {"training": TRAINING}
    imports = (*TabularNetwork.imports, "tabm", "rtdl_num_embeddings")

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        k: int = 32,
        blocks: int = 2,
        width: int = 128,
        bins: int = 48,
        embedding: int = 8,
        one_hot_up_to: int = 64,
        max_embedding: int = 16,
        training: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads, **(training or {}))
        self._shape = {
            "k": k,
            "blocks": blocks,
            "width": width,
            "bins": bins,
            "embedding": embedding,
            "one_hot_up_to": one_hot_up_to,
            "max_embedding": max_embedding,
        }

    def build(self, x_num: torch.Tensor | None, levels: list[int]) -> torch.nn.Module:
        """Make an untrained TabM (see `TabularNetwork.build`)."""
        return _tabm(x_num, levels, self._shape)

    def settings(self) -> dict[str, Any]:
        """Architecture besides what `TabularNetwork.settings` says."""
        return {**self._shape, **super().settings()}


def _tabm(x_num: torch.Tensor | None, levels: list[int], shape: dict[str, int]) -> torch.nn.Module:
    import tabm
    import torch
    from rtdl_num_embeddings import PiecewiseLinearEmbeddings, compute_bins
    from torch import nn

    varies = None
    if x_num is not None:
        varies = (x_num != x_num[:1]).any(dim=0)
        x_num = x_num[:, varies] if varies.any() else None
    large = [i for i, count in enumerate(levels) if count > shape["one_hot_up_to"]]
    small = [i for i in range(len(levels)) if i not in large]

    class Network(nn.Module):
        """(n, numbers) and (n, categories) -> (n, k)."""

        def __init__(self) -> None:
            super().__init__()
            numbers = 0
            self.numbers = None
            if x_num is not None:
                bins = compute_bins(x_num, n_bins=min(shape["bins"], len(x_num) - 1))
                self.numbers = PiecewiseLinearEmbeddings(
                    bins, shape["embedding"], activation=False, version="B"
                )
                numbers = x_num.shape[1] * shape["embedding"]
            self.large = nn.ModuleList(
                nn.Embedding(levels[i], shape["max_embedding"]) for i in large
            )
            for table in self.large:
                nn.init.normal_(table.weight, std=0.1)
            self.network = tabm.TabM.make(
                n_num_features=numbers + len(large) * shape["max_embedding"],
                cat_cardinalities=[levels[i] for i in small],
                d_out=1,
                k=shape["k"],
                n_blocks=shape["blocks"],
                d_block=shape["width"],
                start_scaling_init="normal",
            )

        def forward(self, x_num: torch.Tensor | None, x_cat: torch.Tensor | None) -> torch.Tensor:
            dense = []
            if self.numbers is not None:
                dense.append(self.numbers(x_num[:, varies]).flatten(1))
            dense += [table(x_cat[:, i]) for i, table in zip(large, self.large, strict=True)]
            members = self.network(
                torch.cat(dense, dim=1) if dense else None,
                x_cat[:, small] if small else None,
            )
            return members[..., 0]

    return Network()
