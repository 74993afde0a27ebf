"""The text of a summary, laid out as lme4's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.interpret.numbers import (
    LEGEND,
    abbreviate,
    escaped,
    format_numbers,
    format_p_values,
    stars,
    text_table,
)

if TYPE_CHECKING:
    from tabmixnn.interpret.summary import Summary

MAX_CORRELATIONS = 20
"""More coefficients than this and their correlations are left out, as lme4 does."""


def summary_text(summary: Summary) -> str:
    """Return the text of a summary."""
    parts = [
        _heading(summary),
        _criterion(summary),
        _residuals(summary.residuals),
        _random(summary),
        _listed("Covariance structures:", summary.structures),
        _listed("Terms beyond the formula:", summary.terms),
        _fixed(summary.fixed),
        _correlation(summary.correlation),
        *summary.notes,
    ]
    return "\n\n".join(part for part in parts if part)


def _heading(summary: Summary) -> str:
    lines = [summary.title]
    if summary.family:
        lines.append(f" Family: {summary.family}")
    lines.append(f"Formula: {summary.formula}")
    return "\n".join(lines)


def _criterion(summary: Summary) -> str:
    if summary.criterion:
        return summary.criterion
    names = [n for n in ("AIC", "BIC", "logLik", "deviance", "df.resid") if n in summary.fit]
    if not names:
        return ""
    row = summary.fit.iloc[0]
    values = [f"{row[n]:.0f}" if n == "df.resid" else f"{row[n]:.1f}" for n in names]
    width = max(8, *(len(value) for value in values))
    return "\n".join(" ".join(cell.rjust(width) for cell in line) for line in (names, values))


def _residuals(residuals: pd.Series | None) -> str:
    if residuals is None:
        return ""
    largest = np.abs(residuals).max()
    decimals = max(0, 5 - int(np.ceil(np.log10(largest)))) if largest > 0 else 4
    values = format_numbers(residuals.round(decimals))
    width = max(7, *(len(value) for value in values))
    lines = [" ".join(cell.rjust(width) for cell in line) for line in (residuals.index, values)]
    return "\n".join(["Scaled residuals:", *lines])


def _random(summary: Summary) -> str:
    table = summary.random
    sizes = "; ".join(f"{escaped(group)}, {size}" for group, size in summary.groups.items())
    count = f"Number of obs: {int(summary.fit['nobs'].iloc[0])}"
    lines = []
    if len(table):
        lines = ["Random effects:", _random_table(table)]
    if summary.dispersion:
        lines.append(summary.dispersion)
    lines.append(f"{count}, groups:  {sizes}" if sizes else count)
    return "\n".join(lines)


def _listed(head: str, lines: tuple[str, ...]) -> str:
    return "\n".join([head, *(f" {escaped(line)}" for line in lines)]) if lines else ""


def _random_table(table: pd.DataFrame) -> str:
    single = table[table.term2.isna()]
    variances = format_numbers(single.vcov)
    deviations = format_numbers(single.sdcor)
    pairs = {
        (row.group, row.term1, row.term2): row.sdcor
        for row in table[table.term2.notna()].itertuples()
    }
    rows, above, group = [], [], None
    for row, variance, deviation in zip(single.itertuples(), variances, deviations, strict=True):
        above = above if row.group == group else []
        shown = [pairs.get((row.group, name, row.term1)) for name in above]
        cells = ["" if r is None else "NaN" if np.isnan(r) else f"{r:.2f}" for r in shown]
        # The residual's row has no effect; a group may be called as it is.
        label = "" if row.group == group and row.term1 else row.group
        rows.append([label, row.term1 or "", variance, deviation, *cells])
        above, group = [*above, row.term1], row.group
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    has_pairs = bool(pairs)
    header = ["Groups", "Name", "Variance", "Std.Dev.", "Corr"] + [""] * (width - 5)
    if not has_pairs:
        header, rows = header[:4], [row[:4] for row in rows]
    text = text_table(header, rows, left=len(header))
    return "\n".join(f" {line}" for line in text.split("\n"))


def _decimals_of_estimates(values: np.ndarray, digits: int = 4) -> int:
    """Return decimals that show the smallest of estimates and standard errors, as R's table."""
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(size):
        return 1
    return max(1, digits - 1 - int(np.floor(np.log10(size.min()))))


def _fixed(fixed: pd.DataFrame) -> str:
    if not len(fixed):
        return "No fixed effects"
    columns: dict[str, list[str]] = {}
    pair = [name for name in ("Estimate", "Std. Error") if name in fixed]
    values = fixed[pair].to_numpy(dtype=float)
    rounded = np.round(values, _decimals_of_estimates(values))
    cells = format_numbers(rounded.T.ravel())
    for j, name in enumerate(pair):
        columns[name] = cells[j * len(fixed) : (j + 1) * len(fixed)]
    for name in fixed.columns.drop(pair):
        if name.startswith("Pr("):
            columns[name] = format_p_values(fixed[name])
            columns[""] = [stars(p) for p in fixed[name]]
        else:
            columns[name] = [f"{value:.3f}" for value in fixed[name]]
    rows = [list(cells) for cells in zip(fixed.index, *columns.values(), strict=True)]
    text = text_table(["", *columns], rows)
    if "" in columns:
        text = _left_align_last(text, rows)
        if any(row[-1] for row in rows):
            text += f"\n---\n{LEGEND}"
    return f"Fixed effects:\n{text}"


def _left_align_last(text: str, rows: list[list[str]]) -> str:
    """Put the marks of significance directly behind the p-values."""
    width = max(len(row[-1]) for row in rows)
    lines = text.split("\n")
    full = max(len(line) for line in lines)
    out = [lines[0]]
    for line, row in zip(lines[1:], rows, strict=True):
        start = line.ljust(full)[: full - width]
        out.append((start + row[-1]).rstrip())
    return "\n".join(out)


def _correlation(correlation: pd.DataFrame | None) -> str:
    if correlation is None or not 2 <= len(correlation) <= MAX_CORRELATIONS:
        return ""
    names = list(correlation.index)
    header = ["", *(abbreviate(name) for name in names[:-1])]
    values = correlation.to_numpy()
    rows = [
        [abbreviate(names[i], 11), *(f"{values[i, j]:.3f}" if j < i else "" for j in range(i))]
        for i in range(1, len(names))
    ]
    rows = [row + [""] * (len(header) - len(row)) for row in rows]
    return f"Correlation of Fixed Effects:\n{text_table(header, rows)}"
