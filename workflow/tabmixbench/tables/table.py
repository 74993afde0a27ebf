"""A rendered table: numbers for machines, Markdown for readers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

#: Characters side by side that an upright page of paper holds.
WIDE = 100
#: The same where lines break wherever they may, and the room beside a column in characters.
BROKEN, BESIDE = 105, 1.3
#: What stands in Markdown between the sentences on this table and those on how it is made.
RULES = "How to read it:"
#: Where the head of a column may break: between words, and as in Cat|Boost.
IN_HEAD = re.compile(r"\s+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
#: Where a cell may: between words, and before a ±.
IN_CELL = re.compile(r"(?<!±)\s+")


@dataclass(frozen=True)
class Text:
    """What a reader sees in one cell, and whether it is in bold."""

    value: str
    bold: bool = False

    def markdown(self) -> str:
        """In Markdown, pipes escaped."""
        value = self.value.replace("|", r"\|")
        return f"**{value}**" if self.bold else value


@dataclass
class Table:
    """One table.

    Attributes
    ----------
    title : str
        Its caption.
    header : list of str
        Column heads for readers.
    rows : list of list of Text
        One list a row, as long as `header`.
    data : DataFrame
        The same numbers for machines: what the CSV holds.
    notes : list of str
        Sentences below the table.
    rules : list of str
        Sentences after them that hold for every table of its kind: how it is made and read. The
        report folds them.
    """

    title: str
    header: list[str]
    rows: list[list[Text]]
    data: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """As a Markdown table with caption, notes and rules."""
        heads = (Text(name).markdown() for name in self.header)
        lines = [f"### {self.title}", "", "| " + " | ".join(heads) + " |"]
        lines.append("|" + "|".join([" :-- "] + [" --: "] * (len(self.header) - 1)) + "|")
        lines += ["| " + " | ".join(cell.markdown() for cell in row) + " |" for row in self.rows]
        lines += ["", *(f"- {note}" for note in self.notes)]
        if self.rules:
            lines += ["", RULES, "", *(f"- {rule}" for rule in self.rules)]
        return "\n".join(lines).rstrip() + "\n"

    def is_numeric(self, column: int) -> bool:
        """Whether a column holds numbers, which are set flush right."""
        values = [row[column].value for row in self.rows]
        shown = [value for value in values if value not in ("", "–")]
        return column > 0 and all(re.match(r"[<>+\-−]?\s*\.?\d", value) for value in shown)

    @property
    def characters(self) -> int:
        """How many stand side by side: the longest cells of all columns."""
        columns = range(len(self.header))
        return sum(max((len(row[k].value) for row in self.rows), default=0) for k in columns)

    @property
    def narrowest(self) -> float:
        """How many characters it needs where heads and cells break wherever they may."""
        width = BESIDE * len(self.header)
        for k, head in enumerate(self.header):
            cells = (part for row in self.rows for part in IN_CELL.split(row[k].value))
            width += max(map(len, (*IN_HEAD.split(head), *cells)))
        return width

    @property
    def is_wide(self) -> bool:
        """Whether it needs a page of paper on its side."""
        is_crowded = len(self.header) > 8 and self.characters > WIDE
        return is_crowded or self.narrowest > BROKEN
