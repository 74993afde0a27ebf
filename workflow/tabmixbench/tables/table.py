"""A rendered table: numbers for machines, Markdown and LaTeX for readers."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field

import pandas as pd

#: Rows that a page of paper holds, and characters side by side that an upright one does.
LONG, WIDE = 45, 100
#: Characters beyond which the rows of a table that breaks across pages need small print.
BROAD = 70
#: What lets such a table stand in the middle and out into both margins.
MARGINS = "".join(
    rf"\setlength{{\{side}}}{{0pt plus 1fill minus 1fill}}" for side in ("LTleft", "LTright")
)
#: Characters of a line of a column's head, in LaTeX.
HEAD = 15
#: How a caption begins that LaTeX numbers itself.
NUMBER = re.compile(r"^Table \d+( \([^)]*\))?\. ")
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
        "≥": r"$\ge$",
        "≠": r"$\ne$",
        "×": r"$\times$",
        "∘": r"$\circ$",
        "Δ": r"$\Delta$",
        "α": r"$\alpha$",
        "β": r"$\beta$",
        "κ": r"$\kappa$",
        "λ": r"$\lambda$",
        "ρ": r"$\rho$",
        "σ": r"$\sigma$",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "`": "",  # of code
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
        heads = (Text(name).markdown() for name in self.header)
        lines = [f"### {self.title}", "", "| " + " | ".join(heads) + " |"]
        lines.append("|" + "|".join([" :-- "] + [" --: "] * (len(self.header) - 1)) + "|")
        lines += ["| " + " | ".join(cell.markdown() for cell in row) + " |" for row in self.rows]
        lines += ["", *(f"- {note}" for note in self.notes)]
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
    def is_wide(self) -> bool:
        """Whether it needs a page of paper on its side."""
        return len(self.header) > 8 and self.characters > WIDE

    def latex(self) -> str:
        """In LaTeX, for the packages booktabs, graphicx, longtable and rotating.

        A wide table lies on its side. None is blown up, and one that is wider than the text is
        shrunk to it; a table of more than `LONG` rows may break across pages. Notes are
        paragraphs after it, so that they do not have to fit its page.
        """
        aligned = ["r" if self.is_numeric(k) else "l" for k in range(len(self.header))]
        body = [" & ".join(cell.latex() for cell in row) + r" \\" for row in self.rows]
        head = " & ".join(map(_stacked, self.header, aligned)) + r" \\"
        caption = rf"\caption{{{Text(NUMBER.sub('', self.title)).latex()}}}"
        if len(self.rows) > LONG:
            size = r"\scriptsize" if self.characters > BROAD else r"\footnotesize"
            lines = [
                rf"{{{size}\setlength{{\tabcolsep}}{{3pt}}{MARGINS}",
                rf"\begin{{longtable}}{{{''.join(aligned)}}}",
                caption + r"\tabularnewline",
                *(r"\toprule", head, r"\midrule", r"\endhead"),
                *(*body, r"\bottomrule"),
                r"\end{longtable}}",
            ]
        else:
            float_ = "sidewaystable" if self.is_wide else "table"
            lines = [
                rf"\begin{{{float_}}}",
                r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
                caption,
                r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
                rf"\begin{{tabular}}{{{''.join(aligned)}}}",
                *(r"\toprule", head, r"\midrule", *body, r"\bottomrule"),
                *(r"\end{tabular}}", rf"\end{{{float_}}}"),
            ]
        if self.notes:
            notes = [r"\par " + Text(note).latex() for note in self.notes]
            lines += [r"{\footnotesize", *notes, r"\par}"]
        return "\n".join(lines) + "\n"


def _stacked(name: str, side: str) -> str:
    """A head in LaTeX, words below each other: a long name is no reason for a wide column."""
    lines = [Text(line).latex() for line in textwrap.wrap(name, HEAD, break_long_words=False)]
    stacked = r" \\ ".join(lines)
    return rf"\shortstack[{side}]{{{stacked}}}" if len(lines) > 1 else stacked
