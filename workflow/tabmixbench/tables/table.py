"""A rendered table: numbers for machines, Markdown and LaTeX for readers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

LATEX = str.maketrans(
    {
        "&": r"\&",
        "%": r"\%",
        "_": r"\_",
        "#": r"\#",
        "±": r"$\pm$",
        "–": "--",
        "²": "$^2$",
        "−": "$-$",
        "≤": r"$\le$",
        "Δ": r"$\Delta$",
        "λ": r"$\lambda$",
        "→": r"$\to$",
        "“": "``",
        "”": "''",
    }
)


@dataclass(frozen=True)
class Text:
    """What a reader sees in one cell, and whether it is in bold."""

    value: str
    bold: bool = False

    def markdown(self) -> str:
        """In Markdown, pipes escaped."""
        value = self.value.replace("|", r"\|")
        return f"**{value}**" if self.bold else value

    def latex(self) -> str:
        """In LaTeX, special characters escaped."""
        value = self.value.translate(LATEX)
        return rf"\textbf{{{value}}}" if self.bold else value


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
    """

    title: str
    header: list[str]
    rows: list[list[Text]]
    data: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def markdown(self) -> str:
        """As a Markdown table with caption and notes."""
        lines = [f"### {self.title}", "", "| " + " | ".join(self.header) + " |"]
        lines.append("|" + "|".join([" :-- "] + [" --: "] * (len(self.header) - 1)) + "|")
        lines += ["| " + " | ".join(cell.markdown() for cell in row) + " |" for row in self.rows]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"

    def latex(self) -> str:
        """As a LaTeX ``table`` for the booktabs package."""
        columns = "l" + "r" * (len(self.header) - 1)
        body = [" & ".join(cell.latex() for cell in row) + r" \\" for row in self.rows]
        head = " & ".join(Text(name).latex() for name in self.header) + r" \\"
        notes = [r"\par " + Text(note).latex() for note in self.notes]
        return "\n".join(
            [
                r"\begin{table}",
                r"\centering\footnotesize",
                rf"\caption{{{Text(self.title).latex()}}}",
                r"\resizebox{\textwidth}{!}{%",
                rf"\begin{{tabular}}{{{columns}}}",
                r"\toprule",
                head,
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}}",
                *notes,
                r"\end{table}",
                "",
            ]
        )
