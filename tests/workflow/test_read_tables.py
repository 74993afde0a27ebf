"""Markdown back into tables: pages print what the files say."""

import pandas as pd
import pytest

from tabmixbench.tables.read import TableError, read_tables
from tabmixbench.tables.table import Table, Text


def test_what_was_written_is_read(tmp_path):
    rows = [[Text("a|b"), Text("1.0 ± 0.1", True)], [Text("–"), Text("")]]
    one = Table("One", ["x|y", "z"], rows, pd.DataFrame(), ["a note", "another"], ["a rule"])
    two = Table("Two", ["k"], [[Text("v")]], pd.DataFrame(), rules=["one", "two"])
    path = tmp_path / "t.md"
    path.write_text(f"# Title\n\nSome words.\n\n{one.markdown()}\n{two.markdown()}")
    for read, written in zip(read_tables(path), (one, two), strict=True):
        assert (read.title, read.header, read.rows, read.notes, read.rules) == (
            written.title,
            written.header,
            written.rows,
            written.notes,
            written.rules,
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no table", "holds no table"),
        ("### T\n\nwords\n", "no table below the caption"),
        ("### T\n| a | b |\n| - | - |\n| 1 |\n", "the row of '1' has 1 cells and the header 2"),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path, text, message):
    path = tmp_path / "t.md"
    path.write_text(text)
    with pytest.raises(TableError, match=message):
        read_tables(path)
