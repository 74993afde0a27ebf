"""What each edge of a learned structure does to predictions (section 3.6.3): leave it out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Edge:
    """An effect of variable `cause` on variable `effect`, of size `weight`.

    Attributes
    ----------
    place : tuple of int
        Where the structure has it.
    """

    cause: str
    effect: str
    weight: float
    place: tuple[int, ...]


class Edges(ABC):
    """The edges of a structure, each of which can be left out for a while.

    Parameters
    ----------
    structure : nn.Module
    matrix : DataFrame, shape (d, d)
        Effects of the column's variable on the row's; edges are those that are not zero.
    """

    def __init__(self, structure: nn.Module, matrix: pd.DataFrame) -> None:
        self.structure, self.matrix = structure, matrix

    def __iter__(self) -> Iterator[Edge]:
        names, values = list(self.matrix.index), self.matrix.to_numpy()
        for i, j in np.argwhere(values).tolist():
            yield Edge(names[j], names[i], float(values[i, j]), (i, j))

    @abstractmethod
    def entry(self, edge: Edge) -> tuple[Tensor, tuple[int, ...]]:
        """Return the tensor, and the place in it, that is zero without the edge."""

    @contextmanager
    def without(self, edge: Edge) -> Iterator[None]:
        """Leave an edge out, and put it back to the last bit afterwards."""
        tensor, place = self.entry(edge)
        with torch.no_grad():
            before = tensor[place].clone()
            tensor[place] = 0.0
        try:
            yield
        finally:
            with torch.no_grad():
                tensor[place] = before


class HiddenEdges(Edges):
    """B_s of a hidden layer (eq. 19); `matrix` is what `get_structure_matrix` gives."""

    def entry(self, edge: Edge) -> tuple[Tensor, tuple[int, ...]]:
        return self.structure.effects.raw, edge.place


class OutputEdges(Edges):
    """B_output of several outcomes (eq. 46); `matrix` is what `get_output_structure` gives."""

    def entry(self, edge: Edge) -> tuple[Tensor, tuple[int, ...]]:
        i, j = edge.place
        learnt = (self.structure.edge_to == i) & (self.structure.edge_from == j)
        if learnt.any():
            # Edges that are set equal share an effect, but each has a factor of its own.
            return self.structure.factor, (int(learnt.nonzero()[0, 0]),)
        return self.structure.constant, edge.place


def edge_importance(
    edges: Edges,
    predict: Callable[[], np.ndarray],
    loss: Callable[[], float] | None,
) -> pd.DataFrame:
    """Leave out one edge after the other, and compare predictions and loss with those before.

    Parameters
    ----------
    edges : Edges
    predict : callable
        Gives the predictions of some rows, shape (n, number of outputs).
    loss : callable or None
        Gives their mean negative log-likelihood.

    Returns
    -------
    DataFrame
        ``cause``, ``effect``, ``weight``, ``prediction`` (the mean absolute change of the
        predictions) and, with `loss`, ``loss`` (its change; positive where the edge helps). The
        most important edge first.
    """
    before, loss_before = predict(), None if loss is None else loss()
    records: list[dict[str, Any]] = []
    for edge in edges:
        with edges.without(edge):
            change = np.abs(predict() - before).mean()
            record = {
                "cause": edge.cause,
                "effect": edge.effect,
                "weight": edge.weight,
                "prediction": float(change),
            }
            if loss is not None:
                record["loss"] = loss() - loss_before
        records.append(record)
    columns = ["cause", "effect", "weight", "prediction", *(["loss"] if loss else [])]
    table = pd.DataFrame(records, columns=columns)
    order = np.argsort(-table["prediction"].to_numpy(dtype=np.float64), kind="stable")
    return table.iloc[order].reset_index(drop=True)
