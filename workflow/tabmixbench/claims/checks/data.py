"""The datasets themselves: sizes, groups, what they measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence


@check
def dataset_size(evidence: Evidence, claim: Claim, *, dataset: str, field: str) -> Finding:
    """n, p or G of the data as fetched; of simulated data they are given."""
    frame = evidence.frame("tables/table1.csv")
    if frame is None or dataset not in set(frame["dataset"]):
        return Finding(missing="results/tables/table1.csv")
    row = frame.set_index("dataset").loc[dataset]
    value = float(row[field])
    explained = value != claim.printed and isinstance(row["note"], str)
    if evidence.results.registry[dataset].is_simulated:
        return Finding(value, given="this suite simulates them")
    return Finding(value, note=row["note"] if explained else "")


@check
def all_grouped(evidence: Evidence, claim: Claim, *, datasets: Sequence[str]) -> Finding:
    """Whether every named dataset has a grouping factor."""
    registry = evidence.results.registry
    bare = [name for name in datasets if not registry[name].groups]
    return Finding(holds=not bare, note=f"without groups: {', '.join(bare) or 'none'}")


@check
def measures(evidence: Evidence, claim: Claim, *, targets: Mapping[str, str]) -> Finding:
    """Whether the outcome of each dataset is the column that the paper's words describe."""
    registry = evidence.results.registry
    real = {name: registry[name].target for name in targets}
    note = ", ".join(f"the outcome of {name} is {column}" for name, column in real.items())
    return Finding(holds=all(real[name] == said for name, said in targets.items()), note=note)
