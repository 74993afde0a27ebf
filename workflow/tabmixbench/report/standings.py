"""Who leads every leaderboard, in one table: the first thing that a reader wants to know."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tabmixbench.tables.read import read_tables
from tabmixbench.tables.table import Table


def join_standings(paths: Iterable[str | Path]) -> Table | None:
    """Join the tables of one line each that `tabmixbench.leaderboard.standing` draws up.

    Parameters
    ----------
    paths : iterable of path
        Their Markdown; the CSV is beside it.

    Returns
    -------
    Table or None
        With the data of the CSV files; None if no board has a line.
    """
    files = [Path(path) for path in paths]
    tables = [table for path in files for table in read_tables(path)]
    rows = [row for table in tables for row in table.rows]
    if not rows:
        return None
    parts = [pd.read_csv(path.with_suffix(".csv")) for path in files]
    data = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return Table("Who leads the leaderboards", tables[0].header, rows, data, tables[0].notes)
