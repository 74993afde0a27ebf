"""A rendered table: numbers for machines, Markdown and LaTeX for readers."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

#: Rows that a page of paper holds.
LONG = 45
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

    def latex(self) -> str:
        """In LaTeX, for the packages booktabs, graphicx and longtable.

        A wide table is shrunk to the text's width, none is blown up; a table of more than
        `LONG` rows may break across pages.
        """
        columns = "l" + "r" * (len(self.header) - 1)
        body = [" & ".join(cell.latex() for cell in row) + r" \\" for row in self.rows]
        head = " & ".join(Text(name).latex() for name in self.header) + r" \\"
        notes = [r"\par " + Text(note).latex() for note in self.notes]
        caption = rf"\caption{{{Text(self.title).latex()}}}"
        if len(self.rows) > LONG:
            lines = [
                r"{\footnotesize",
                rf"\begin{{longtable}}{{{columns}}}",
                caption + r"\tabularnewline",
                *(r"\toprule", head, r"\midrule", r"\endhead"),
                *(*body, r"\bottomrule"),
                *(r"\end{longtable}", *notes, "}"),
            ]
        else:
            lines = [
                r"\begin{table}",
                r"\centering\footnotesize",
                caption,
                r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
                rf"\begin{{tabular}}{{{columns}}}",
                *(r"\toprule", head, r"\midrule", *body, r"\bottomrule"),
                *(r"\end{tabular}}", *notes, r"\end{table}"),
            ]
        return "\n".join(lines) + "\n"
