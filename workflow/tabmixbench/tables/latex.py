"""A table for papers."""

from __future__ import annotations

import re
import textwrap

from tabmixbench.tables.table import Table, Text

#: Rows that a page of paper holds.
LONG = 45
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


def latex(table: Table) -> str:
    """Return a table in LaTeX, for the packages booktabs, graphicx, longtable and rotating.

    A wide table lies on its side. None is blown up, and one that is wider than the text is
    shrunk to it; a table of more than `LONG` rows may break across pages. Notes are
    paragraphs after it, so that they do not have to fit its page.
    """
    aligned = ["r" if table.is_numeric(k) else "l" for k in range(len(table.header))]
    body = [" & ".join(_cell(cell) for cell in row) + r" \\" for row in table.rows]
    head = " & ".join(map(_stacked, table.header, aligned)) + r" \\"
    caption = rf"\caption{{{_escaped(NUMBER.sub('', table.title))}}}"
    if len(table.rows) > LONG:
        size = r"\scriptsize" if table.characters > BROAD else r"\footnotesize"
        lines = [
            rf"{{{size}\setlength{{\tabcolsep}}{{3pt}}{MARGINS}",
            rf"\begin{{longtable}}{{{''.join(aligned)}}}",
            caption + r"\tabularnewline",
            *(r"\toprule", head, r"\midrule", r"\endhead"),
            *(*body, r"\bottomrule"),
            r"\end{longtable}}",
        ]
    else:
        float_ = "sidewaystable" if table.is_wide else "table"
        lines = [
            rf"\begin{{{float_}}}",
            r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            caption,
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{''.join(aligned)}}}",
            *(r"\toprule", head, r"\midrule", *body, r"\bottomrule"),
            *(r"\end{tabular}}", rf"\end{{{float_}}}"),
        ]
    if below := [*table.notes, *table.rules]:
        notes = [r"\par " + _escaped(note) for note in below]
        lines += [r"{\footnotesize", *notes, r"\par}"]
    return "\n".join(lines) + "\n"


def _cell(cell: Text) -> str:
    value = _escaped(cell.value)
    return rf"\textbf{{{value}}}" if cell.bold else value


def _escaped(value: str) -> str:
    return value.translate(LATEX)


def _stacked(name: str, side: str) -> str:
    """A head in LaTeX, words below each other: a long name is no reason for a wide column."""
    lines = [_escaped(line) for line in textwrap.wrap(name, HEAD, break_long_words=False)]
    stacked = r" \\ ".join(lines)
    return rf"\shortstack[{side}]{{{stacked}}}" if len(lines) > 1 else stacked
