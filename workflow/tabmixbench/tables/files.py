"""A table as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tabmixbench.files import write_atomically, write_csv
from tabmixbench.tables.latex import latex
from tabmixbench.tables.table import Table


def write(table: Table, output: Mapping[str, str | Path]) -> None:
    """Write one table for machines, for readers and, if wanted, for papers.

    Parameters
    ----------
    table : Table
    output : Mapping
        Paths: ``csv``, ``md`` and, where wanted, ``tex``, as a rule's named outputs.
    """
    write_csv(table.data, output["csv"])
    write_atomically(output["md"], lambda file: file.write_text(table.markdown(), encoding="utf-8"))
    if (tex := output.get("tex")) is not None:
        write_atomically(tex, lambda file: file.write_text(latex(table), encoding="utf-8"))
