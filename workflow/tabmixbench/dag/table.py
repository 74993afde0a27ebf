"""The table of the recovery study."""

from __future__ import annotations

import pandas as pd

from tabmixbench.dag.sets import EDGES_A_NODE, ROWS, SETS
from tabmixbench.dag.study import LABELS
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.table import Table, Text

KINDS = {"linear": "linear", "mlp": "random networks"}
SCORES = {
    "f1": ("F1", True, 2),
    "shd": ("SHD", False, 1),
    "skeleton_f1": ("F1, undirected", True, 2),
}


def build(scores: pd.DataFrame) -> Table:
    """Render the scores of all sets.

    Parameters
    ----------
    scores : DataFrame
        Of `tabmixbench.dag.study.recover`, all sets.
    """
    rows, records = [], []
    for name, group in scores.groupby("set", sort=False):
        cells = {
            (method, score): Cell.of(part[score].to_numpy())
            for method, part in group.groupby("method", sort=False)
            for score in (*SCORES, "seconds")
        }
        methods = list(dict.fromkeys(method for method, _ in cells))
        marks = {
            score: best([cells[method, score] for method in methods], larger, digits)
            for score, (_, larger, digits) in SCORES.items()
        }
        graphs = SETS[str(name)]
        for place, method in enumerate(methods):
            label = f"{KINDS[graphs.mechanism].capitalize()}, {graphs.nodes} nodes"
            row = [Text(label), Text(LABELS[method])]
            record = {"set": name, "method": method}
            for score, (_, _, digits) in SCORES.items():
                cell = cells[method, score]
                row.append(Text(cell.text(digits), marks[score][place]))
                record |= {f"{score}_mean": cell.mean, f"{score}_sd": cell.sd}
            record["seconds"] = cells[method, "seconds"].mean
            rows.append([*row, Text(f"{record['seconds']:.2f}")])
            records.append(record)
    header = ["Graphs", "Method", *(head for head, _, _ in SCORES.values()), "seconds"]
    data = pd.DataFrame(records)
    return Table("Recovery of known graphs", header, rows, data, _notes(data, scores))


def _notes(data: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    f1 = data.pivot(index="set", columns="method", values="f1_mean")
    linear = [name for name in f1.index if SETS[name].mechanism == "linear"]
    at_least = sum(f1.loc[name, "learn_dag"] >= f1.loc[name, "notears"] for name in linear)
    sets = len(f1)
    first = sum(f1.loc[name].idxmax() == "learn_dag" for name in f1.index)
    return [
        f"On {at_least} of the {len(linear)} linear sets the F1 of learn_dag is at least that of "
        f"NOTEARS; on {first} of all {sets} sets it is the highest.",
        f"Erdős–Rényi graphs with {EDGES_A_NODE} edges a node, {ROWS:,} rows, "
        f"{scores['seed'].nunique()} graphs a set; standard Gaussian noise. Mean ± standard "
        "deviation over the graphs. SHD, the structural Hamming distance: edges to add, drop or "
        "turn round.",
        "learn_dag is told whether effects are linear or smooth, and nothing else; NOTEARS, the "
        "backbone and causal-learn's methods with their defaults are linear.",
        "Edges that PC and GES leave without a direction count as found the right way. "
        "DirectLiNGAM needs noise that is not Gaussian to tell directions.",
        "Seconds of processor time a graph.",
    ]
