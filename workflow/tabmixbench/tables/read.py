"""Tables as their Markdown shows them: what other pages print is what the files say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from tabmixbench.tables.table import RULES, Table, Text

#: A pipe between cells, not one that `Text.markdown` escaped.
BETWEEN = re.compile(r"(?<!\\)\|")


class TableError(ValueError):
    """A Markdown file is not one that `Table.markdown` wrote."""


def read_tables(path: str | Path) -> list[Table]:
    """Read every table of a file that `Table.markdown` wrote, one or several.

    Lines before the first caption are left out. The tables have no data for machines: those are
    in the CSV beside the file.

    Raises
    ------
    TableError
        When the file has no table, or a row does not fit its header.
    """
    path = Path(path)
    blocks = re.split(r"^### ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    tables = [_table(block, path) for block in blocks]
    if not tables:
        raise TableError(f"{path} holds no table: a table starts with a line '### caption'.")
    return tables


def tables_of(paths: Iterable[str | Path]) -> list[Table]:
    """Every table of several Markdown files."""
    return [table for path in paths for table in read_tables(path)]


def _table(block: str, path: Path) -> Table:
    title, *lines = block.splitlines()
    cells = [list(_cells(line)) for line in lines if line.startswith("|")]
    if len(cells) < 2:
        raise TableError(f"{path}, {title!r}: there is no table below the caption.")
    header, rows = [cell.value for cell in cells[0]], cells[2:]
    for row in rows:
        if len(row) != len(header):
            raise TableError(
                f"{path}, {title!r}: the row of {row[0].value!r} has {len(row)} cells and the "
                f"header {len(header)}; make the file again."
            )
    end = lines.index(RULES) if RULES in lines else len(lines)
    notes, rules = (
        [line[2:] for line in part if line.startswith("- ")] for part in (lines[:end], lines[end:])
    )
    return Table(title, header, rows, pd.DataFrame(), notes, rules)


def _cells(line: str) -> Iterator[Text]:
    for part in BETWEEN.split(line.strip())[1:-1]:
        value = part.strip().replace(r"\|", "|")
        bold = len(value) > 4 and value.startswith("**") and value.endswith("**")
        yield Text(value[2:-2], True) if bold else Text(value)
