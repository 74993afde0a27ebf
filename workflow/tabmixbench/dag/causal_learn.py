"""PC, GES and DirectLiNGAM of causal-learn, as (d, d) arrays whose ``[i, j]`` says j affects i."""

from __future__ import annotations

import numpy as np

from tabmixbench.dag.notears import THRESHOLD


def pc(columns: np.ndarray) -> np.ndarray:
    """Peter-Clark with Fisher's z at 0.05, causal-learn's defaults."""
    from causallearn.search.ConstraintBased.PC import pc as search

    return _arrows(search(columns, 0.05, show_progress=False).G.graph)


def ges(columns: np.ndarray) -> np.ndarray:
    """Greedy equivalence search by BIC, causal-learn's defaults."""
    from causallearn.search.ScoreBased.GES import ges as search

    return _arrows(search(columns)["G"].graph)


def direct_lingam(columns: np.ndarray) -> np.ndarray:
    """DirectLiNGAM, which needs noise that is not Gaussian; effects below 0.3 as for NOTEARS."""
    from causallearn.search.FCMBased.lingam import DirectLiNGAM

    model = DirectLiNGAM(random_state=0)
    model.fit(columns)
    found = model.adjacency_matrix_
    return np.where(np.abs(found) < THRESHOLD, 0.0, found)


def _arrows(graph: np.ndarray) -> np.ndarray:
    """Edges of a causal-learn graph, where ``[j, i] = -1`` is a tail at j of an edge with i.

    An edge without a direction gets both.
    """
    tail = np.asarray(graph) == -1
    return tail.T.astype(float)
