"""How much of known graphs each method finds again."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from tabmixbench.dag.backbone import backbone_order
from tabmixbench.dag.causal_learn import direct_lingam, ges, pc
from tabmixbench.dag.notears import notears
from tabmixbench.dag.sets import SEEDS, SETS, GraphSet


def _learn_dag(columns: np.ndarray, graphs: GraphSet) -> np.ndarray:
    from tabmixnn import learn_dag

    return learn_dag(columns, effects=graphs.effects).to_numpy()


Method = Callable[[np.ndarray, GraphSet], np.ndarray]
#: A new method is a function from columns to effects, and one line here.
METHODS: dict[str, Method] = {
    "learn_dag": _learn_dag,
    "backbone": lambda columns, _: backbone_order(columns),
    "notears": lambda columns, _: notears(columns),
    "pc": lambda columns, _: pc(columns),
    "ges": lambda columns, _: ges(columns),
    "direct_lingam": lambda columns, _: direct_lingam(columns),
}
LABELS = {
    "learn_dag": "tabmixnn.learn_dag",
    "backbone": "Backbone, learned order",
    "notears": "NOTEARS (2018)",
    "pc": "PC (causal-learn)",
    "ges": "GES (causal-learn)",
    "direct_lingam": "DirectLiNGAM (causal-learn)",
}


def recover(
    name: str, seed: int, *, seeds: int = SEEDS, report: Callable[[str], None] = lambda line: None
) -> pd.DataFrame:
    """Run every method on the graphs of one set.

    Returns
    -------
    DataFrame
        One row a method and graph: set, method, seed, shd, f1, skeleton_f1, seconds.
    """
    from tabmixnn.structure import compare_graphs

    graphs = SETS[name]
    rows = []
    for number in range(seeds):
        graph, columns = graphs.draw(seed, number)
        for method, search in METHODS.items():
            started = time.process_time()
            found = search(columns, graphs)
            seconds = time.process_time() - started
            score = compare_graphs(graph, directed(found, graph))
            rows.append((name, method, number, score.shd, score.f1, score.skeleton_f1, seconds))
        best = max(row[4] for row in rows[-len(METHODS) :])
        report(f"{name} graph {number}: learn_dag F1 {rows[-len(METHODS)][4]:.2f}, best {best:.2f}")
    columns = ["set", "method", "seed", "shd", "f1", "skeleton_f1", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def directed(found: np.ndarray, graph: np.ndarray) -> np.ndarray:
    """Give an edge without a direction the true one, or any where there is no edge.

    Methods that return an equivalence class are so scored at their best.
    """
    edges, true = np.asarray(found) != 0, np.asarray(graph) != 0
    both = edges & edges.T
    wrong_way = both & (np.where(true | true.T, ~true, np.triu(np.ones_like(true))))
    return edges & ~wrong_way
