"""Numbers as R prints them: a column shares its decimals."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"), (0.1, "."))
BREAKING = ("Cc", "Zl", "Zp")
"""Unicode's categories of characters that would break a line or a column."""
LEGEND = "Signif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1"


def _needed(value: float, digits: int) -> tuple[int, int, int]:
    """Return the significant digits, the exponent and the decimals that show a value."""
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    significant = len(mantissa.replace(".", "").rstrip("0")) or 1
    power = int(exponent)
    return significant, power, max(0, significant - 1 - power)


def format_numbers(values: Sequence[float], digits: int = 4) -> list[str]:
    """Format numbers with as many decimals as the one that needs most for `digits` digits.

    Scientific where that is narrower; NaN is an empty string.
    """
    array = np.asarray(values, dtype=np.float64)
    needs = [_needed(v, digits) for v in array[np.isfinite(array) & (array != 0)]] or [(1, 0, 0)]
    decimals = max(need[2] for need in needs)
    significant = max(need[0] for need in needs)
    whole = max(max(need[1] for need in needs) + 1, 1)
    fixed_width = whole + decimals + (decimals > 0)
    scientific_width = significant + (significant > 1) + 4
    style = f".{decimals}f" if fixed_width <= scientific_width else f".{significant - 1}e"
    return ["" if np.isnan(v) else format(float(v), style) for v in array]


def format_p_values(values: Sequence[float]) -> list[str]:
    """Format p-values: ``< 2e-16``, scientific below 1e-4, otherwise with common decimals."""
    array = np.asarray(values, dtype=np.float64)
    plain = array >= 1e-4
    shown = iter(format_numbers(array[plain], 3))
    out = []
    for value, is_plain in zip(array, plain, strict=True):
        if np.isnan(value):
            out.append("")
        elif is_plain:
            out.append(next(shown))
        else:
            out.append("< 2e-16" if value < np.finfo(float).eps else f"{value:.2e}")
    return out


def stars(p_value: float) -> str:
    """Return R's mark of a p-value."""
    for bound, mark in STARS:
        if p_value < bound:
            return mark
    return ""


def escaped(text: str) -> str:
    r"""Return a text on one line, with line breaks and tabs in it written as ``\n`` and ``\t``."""
    return "".join(
        repr(each)[1:-1] if unicodedata.category(each) in BREAKING else each for each in text
    )


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Align columns: the first `left` to the left, the others to the right; cells `escaped`."""
    lines = [[escaped(cell) for cell in line] for line in (header, *rows)]
    widths = [max(len(line[j]) for line in lines) for j in range(len(header))]
    out = []
    for line in lines:
        cells = [
            cell.ljust(width) if j < left else cell.rjust(width)
            for j, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        out.append(" ".join(cells).rstrip())
    return "\n".join(out)


def abbreviate(name: str, length: int = 6) -> str:
    """Shorten a name as R does: drop lower-case vowels, then lower-case letters, from the end."""
    for droppable in ("aeiou", "abcdefghijklmnopqrstuvwxyz"):
        position = len(name) - 1
        while len(name) > length and position > 0:
            if name[position] in droppable:
                name = name[:position] + name[position + 1 :]
            position -= 1
    return name[:length]
