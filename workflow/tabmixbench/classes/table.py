"""The table of all sets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tabmixbench.classes.models import LABELS
from tabmixbench.classes.sets import ClassSet
from tabmixbench.statistics import mean_ranks
from tabmixbench.tables.cell import Cell, best
from tabmixbench.tables.table import Table, Text


def build(scores: pd.DataFrame, sets: Mapping[str, ClassSet]) -> Table:
    """Render the log-losses of all sets, a column a model.

    Parameters
    ----------
    scores : DataFrame
        Of `tabmixbench.classes.study.score`, all sets.
    sets : mapping of str to ClassSet
    """
    models = [name for name in LABELS if name in set(scores["model"])]
    rows = []
    for name, group in scores.groupby("set", sort=False):
        cells = [
            Cell.of(group.loc[group["model"] == model, "logloss"].to_numpy()) for model in models
        ]
        entry = sets[str(name)]
        star = "" if entry.was_seen else "*"
        groups = "yes" if entry.group else ""
        label = [Text(entry.title + star), Text(f"{group['rows'].iloc[0]:,}"), Text(groups)]
        marks = best(cells, larger_is_better=False)
        losses = [Text(f"{cell.mean:.3f}", mark) for cell, mark in zip(cells, marks, strict=True)]
        rows.append([*label, *losses])
    means = scores.pivot_table(index="set", columns="model", values="logloss", sort=False)[models]
    seen = np.array([sets[str(name)].was_seen for name in means.index])
    data = scores.groupby(["set", "model"], sort=False)[["logloss", "accuracy", "seconds"]].mean()
    header = ["Outcome", "rows", "groups", *(LABELS[model] for model in models)]
    notes = [
        "Mean log-loss of the test rows over five random splits (80/20, stratified by class).",
        *(_ranked(means[part], what) for part, what in _parts(seen)),
        f"Processor seconds a fit, prediction included, on average: {_seconds(scores, models)}.",
        "Scores on the sets without a star were looked at while the model for classes was made; "
        "none had been on those with one.",
    ]
    return Table("Outcomes of three classes or more", header, rows, data.reset_index(), notes)


def _parts(seen: np.ndarray) -> list[tuple[np.ndarray, str]]:
    every = [(np.ones_like(seen), f"all {len(seen)} sets")]
    return every if seen.all() else [*every, (~seen, f"the {(~seen).sum()} with a star")]


def _ranked(means: pd.DataFrame, what: str) -> str:
    ranks = pd.Series(mean_ranks(means.to_numpy(), False), index=means.columns).sort_values()
    shown = ", ".join(f"{LABELS[str(model)]} {rank:.2f}" for model, rank in ranks.items())
    return f"Mean ranks over {what}: {shown}."


def _seconds(scores: pd.DataFrame, models: list[str]) -> str:
    found = scores.groupby("model")["seconds"].mean()
    return ", ".join(f"{LABELS[model]} {found[model]:.1f}" for model in models)
