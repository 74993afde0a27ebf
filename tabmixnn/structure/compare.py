"""How far an estimated graph is from the true one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class GraphComparison:
    """Agreement of two directed graphs.

    Parameters
    ----------
    shd : int
        Structural Hamming distance: edges to add, drop or turn round; a turn counts once.
    precision, recall, f1 : float
        Of directed edges. Precision is 1 where nothing is found, recall where there is nothing to
        find, F1 where both are so.
    skeleton_f1 : float
        F1 of edges whatever their direction.
    """

    shd: int
    precision: float
    recall: float
    f1: float
    skeleton_f1: float


def compare_graphs(true: Any, estimated: Any) -> GraphComparison:
    """Compare the edges of two graphs on the same variables.

    Parameters
    ----------
    true, estimated : array, shape (d, d)
        In the same orientation; anything but zero is an edge.

    Raises
    ------
    ValueError
        If the shapes are not the same square.
    """
    true, estimated = np.asarray(true) != 0, np.asarray(estimated) != 0
    if true.shape != estimated.shape or true.ndim != 2 or true.shape[0] != true.shape[1]:
        raise ValueError(
            f"Graphs are compared as two square matrices of one size; got {true.shape} and "
            f"{estimated.shape}."
        )
    either_true, either_found = np.triu(true | true.T), np.triu(estimated | estimated.T)
    wrong = (true != estimated) | (true != estimated).T
    hits = int((true & estimated).sum())
    return GraphComparison(
        shd=int(np.triu(wrong).sum()),
        precision=_share(hits, int(estimated.sum())),
        recall=_share(hits, int(true.sum())),
        f1=_share(2 * hits, int(true.sum() + estimated.sum())),
        skeleton_f1=_share(
            2 * int((either_true & either_found).sum()),
            int(either_true.sum() + either_found.sum()),
        ),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
