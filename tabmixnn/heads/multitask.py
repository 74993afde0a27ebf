"""Heads of several outcomes on one backbone (section 3.3.3 of the paper)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from tabmixnn.families.joint import JointDistribution, JointFamily, JointScale
from tabmixnn.heads.graph import OutputGraph
from tabmixnn.heads.output import OutputHead
from tabmixnn.heads.structure import OutputStructure


class MultitaskHead(nn.Module):
    """An `OutputHead` for every outcome, joined by the output SEM of eq. 46.

    Parameters
    ----------
    in_features : int
        Width of the backbone's output.
    family : JointFamily
        Bound to its responses.
    scale : JointScale
        The scales on which the network sees them.
    graph : OutputGraph
        Edges between outcomes; without any, the outcomes only share the backbone.
    """

    def __init__(
        self, in_features: int, family: JointFamily, scale: JointScale, graph: OutputGraph
    ) -> None:
        super().__init__()
        self.family = family
        self.scale = scale
        self.heads = nn.ModuleList(OutputHead(in_features, f) for f in family.families.values())
        self.structure: OutputStructure | None = None
        self.sizes = [head.size for head in self.heads]
        units = [
            np.broadcast_to(np.asarray(part.scale, dtype=np.float64), size)
            for part, size in zip(scale.scales.values(), self.sizes, strict=True)
        ]
        if graph.edges:
            sizes = dict(zip(family.families, self.sizes, strict=True))
            self.structure = OutputStructure(graph, sizes, np.concatenate(units))
        self.register_buffer("valid", torch.zeros(sum(family.widths)))
        self.register_buffer("units", torch.as_tensor(np.concatenate(units), dtype=torch.float32))

    def start(self, y: np.ndarray, offset: np.ndarray) -> None:
        """Start every outcome from the rows that have it; see `OutputHead.start`.

        Parameters
        ----------
        y : ndarray, shape (n, total)
            On the network's scale, NaN where missing.
        offset : ndarray, shape (n,)
        """
        valid = []
        for head, part in zip(self.heads, self.family.split(y).values(), strict=True):
            rows = ~np.isnan(part.reshape(len(part), -1)).any(axis=1)
            head.start(part[rows], offset[rows])
            valid.append(np.atleast_1d(part[rows][0]))
        self.valid.copy_(torch.as_tensor(np.concatenate(valid)))

    def linear_predictors(self, features: Tensor, offset: Tensor) -> list[Tensor]:
        """Return each outcome's location on the network's scale, shape (n,) or (n, size).

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)
            On the responses' scale; it enters the linear predictor of every outcome.
        """
        scores = torch.cat([head.scores(features) for head in self.heads], dim=-1)
        if self.structure is not None:
            scores = self.structure(scores)
        scores = scores + offset[:, None] / self.units
        return [part.squeeze(-1) for part in scores.split(self.sizes, dim=-1)]

    def forward(self, features: Tensor, offset: Tensor) -> JointDistribution:
        """Return the distribution of n rows' outcomes.

        Parameters
        ----------
        features : Tensor, shape (n, in_features)
        offset : Tensor, shape (n,)
        """
        etas = self.linear_predictors(features, offset)
        parts = {
            name: head.distribution(features, eta)
            for name, head, eta in zip(self.family.families, self.heads, etas, strict=True)
        }
        valid = self.valid.split(self.family.widths)
        return JointDistribution(parts, self.family.widths, valid)

    def predict(self, kind: str, features: Tensor, offset: Tensor) -> dict[str, Tensor]:
        """Predict every outcome on the network's scale; see `OutputHead.predict`."""
        etas = self.linear_predictors(features, offset)
        return {
            name: head.predict_at(kind, features, eta)
            for name, head, eta in zip(self.family.families, self.heads, etas, strict=True)
        }

    @staticmethod
    def gather(parts: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
        """Return predictions made in parts as one array an outcome."""
        return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}

    def penalties(self) -> dict[str, Tensor]:
        """Return ``output_sparse``, the L1 norm of learnt edges (eq. 53), if there are any."""
        if self.structure is None or not self.structure.graph.sparse:
            return {}
        return {"output_sparse": self.structure.sparsity()}
