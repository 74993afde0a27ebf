"""Averages that Table 2 and the text give, beside those of Tables 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from tabmixbench.contradictions.contradiction import Contradiction


def regression(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Improvements of single datasets and on average, in the text and in Table 3."""
    table, text = paper["table3"], paper["text"]
    for dataset, said in text["regression_improvement"].items():
        printed = table[dataset]["improvement"]
        if abs(printed - said) > 0.5:
            yield Contradiction(
                f"{dataset}: the text says {said}% lower RMSE, Table 3 prints {printed}%.",
                (f"text/regression_improvement/{dataset}",),
            )
    mean = fmean(row["improvement"] for row in table.values())
    said = text["regression_average_improvement"]
    if abs(mean - said) > 0.05:
        yield Contradiction(
            f"The text gives an average improvement of {said}% over the {len(table)} datasets of "
            f"Table 3; the mean of that table's column is {mean:.1f}%.",
            ("text/regression_average_improvement",),
        )


def not_printed(paper: Mapping[str, Any]) -> Iterator[str]:
    """What Table 2's average leaves for the datasets that Table 3 does not print."""
    table, total = paper["table3"], paper["table2"]["regression"]
    others = total["datasets"] - len(table)
    if others > 0:
        improved = sum(row["improvement"] for row in table.values())
        left = (total["improvement"] * total["datasets"] - improved) / others
        yield (
            f"Table 2 gives {total['improvement']}% over {total['datasets']} datasets; with the "
            f"{len(table)} that Table 3 prints the other {others} average {left:.0f}%."
        )


def of_averages(paper: Mapping[str, Any]) -> Iterator[str]:
    """Which average of improvements Table 2's is, where Table 4's column has another mean."""
    table, total = paper["table4"], paper["table2"]["classification"]
    column = fmean(row["improvement"] for row in table.values())
    ours, rival = (fmean(row[field] for row in table.values()) for field in ("auc", "auc_xgboost"))
    ratio = 100 * (ours / rival - 1)
    if abs(column - total["improvement"]) > 0.05 >= abs(ratio - total["improvement"]):
        yield (
            f"Table 2 gives an average AUC improvement of {total['improvement']}%, which is that "
            f"of the average AUCs; the mean of Table 4's column is {column:.1f}%."
        )


def classification(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Average AUC and its improvement, in Table 2, in the text and in Table 4."""
    table, total = paper["table4"], paper["table2"]["classification"]
    mean = fmean(row["improvement"] for row in table.values())
    if abs(mean - total["improvement"]) > 0.05 and not [*of_averages(paper)]:
        yield Contradiction(
            f"Table 2 gives an average AUC improvement of {total['improvement']}%; the mean of "
            f"Table 4's column is {mean:.1f}%.",
            ("table2/classification/improvement",),
        )
    for field, said in paper["text"]["classification_average_auc"].items():
        mean = fmean(row[field] for row in table.values())
        if abs(mean - said) > 0.0006:
            yield Contradiction(
                f"The text's average {field} is {said:.3f}, Table 4's is {mean:.3f}.",
                (f"text/classification_average_auc/{field}",),
            )
