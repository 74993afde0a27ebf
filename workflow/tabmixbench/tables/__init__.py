"""The paper's tables from our scores, its numbers beside ours.

Adding a table is one file with a function ``build(results) -> Table`` and one entry in `BUILDERS`.
Ablation tables have an entry in ``config/ablations.yaml`` instead (see `tables.ablations`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tabmixbench.files import write_atomically, write_csv
from tabmixbench.tables import table2, table6
from tabmixbench.tables.comparison import table3, table3_r2, table4
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table

__all__ = ["BUILDERS", "Results", "Table", "write"]

BUILDERS: dict[str, Callable[[Results], Table]] = {
    "table2": table2.build,
    "table3": table3.build,
    "table3_r2": table3_r2.build,
    "table4": table4.build,
    "table6": table6.build,
}


def write(
    table: Table, *, csv: str | Path, markdown: str | Path, latex: str | Path | None = None
) -> None:
    """Write one table for machines, for readers and, if wanted, for papers."""
    write_csv(table.data, csv)
    write_atomically(markdown, lambda file: file.write_text(table.markdown(), encoding="utf-8"))
    if latex is not None:
        write_atomically(latex, lambda file: file.write_text(table.latex(), encoding="utf-8"))
