"""Outcomes of three classes or more: the table, and which model ranks best in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tabmixbench.report.sentence import Sentence
from tabmixbench.statistics import mean_ranks
from tabmixbench.tables.read import read_tables
from tabmixbench.tables.table import Table

if TYPE_CHECKING:
    from tabmixbench.report.contents import Contents

#: The default's name in the data, and the columns that are not of a model.
DEFAULT, OTHERS = "tabmixnn", 3


def read_classes(paths: Iterable[str | Path]) -> Table | None:
    """Read the table that `tabmixbench.classes.table` makes, with the data of the CSV beside it.

    Parameters
    ----------
    paths : iterable of path
        Its Markdown; empty where it has not been made.
    """
    for path in map(Path, paths):
        (table,) = read_tables(path)
        table.data = pd.read_csv(path.with_suffix(".csv"))
        return table
    return None


def classes(contents: Contents) -> Iterator[Sentence]:
    """Which model has the best mean rank by log-loss, and where the default is."""
    table = contents.classes
    if table is None:
        return
    losses = table.data.pivot_table(index="set", columns="model", values="logloss", sort=False)
    labels = dict(zip(losses.columns, table.header[OTHERS:], strict=True))
    ranks = pd.Series(mean_ranks(losses.to_numpy(), False), index=losses.columns).sort_values()
    best, second = ranks.index[:2]
    other = second if best == DEFAULT else DEFAULT
    yield Sentence(
        f"{table.title}: {labels[best]} has the best mean rank by log-loss, {ranks[best]:.2f} of "
        f"{len(ranks)} models on {len(losses)} sets, before {labels[other]} ({ranks[other]:.2f}).",
        against=best != DEFAULT,
        listed=tuple(note for note in table.notes if note.startswith("Mean ranks")),
    )
