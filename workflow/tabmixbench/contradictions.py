"""Where the paper's own numbers disagree with each other, computed from them as printed."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any


def contradictions(paper: Mapping[str, Any]) -> list[str]:
    """One sentence for each pair of printed numbers that cannot both hold.

    Parameters
    ----------
    paper : mapping
        ``config/paper.yaml``.
    """
    return [*_regression(paper), *_classification(paper), *_counts(paper)]


def _regression(paper: Mapping[str, Any]) -> list[str]:
    table, text, total = paper["table3"], paper["text"], paper["table2"]["regression"]
    found = []
    for dataset, said in text["regression_improvement"].items():
        printed = table[dataset]["improvement"]
        if abs(printed - said) > 0.5:
            found.append(f"{dataset}: the text says {said}% lower RMSE, Table 3 prints {printed}%.")
    mean = fmean(row["improvement"] for row in table.values())
    said = text["regression_average_improvement"]
    if abs(mean - said) > 0.05:
        found.append(
            f"The text gives an average improvement of {said}% over the {len(table)} datasets of "
            f"Table 3; the mean of that table's column is {mean:.1f}%."
        )
    least = (total["improvement"] * total["datasets"] - mean * len(table)) / (
        total["datasets"] - len(table)
    )
    found.append(
        f"Table 2 gives {total['improvement']}% over {total['datasets']} datasets; with the "
        f"{len(table)} printed ones the other {total['datasets'] - len(table)} would have to "
        f"average {least:.1f}%."
    )
    return found


def _classification(paper: Mapping[str, Any]) -> list[str]:
    table, total = paper["table4"], paper["table2"]["classification"]
    found = []
    mean = fmean(row["improvement"] for row in table.values())
    if abs(mean - total["improvement"]) > 0.05:
        found.append(
            f"Table 2 gives an average AUC improvement of {total['improvement']}%; the mean of "
            f"Table 4's column is {mean:.1f}% ({total['improvement']}% is the ratio of the mean "
            "AUCs)."
        )
    for field, said in paper["text"]["classification_average_auc"].items():
        mean = fmean(row[field] for row in table.values())
        if abs(mean - said) > 0.0006:
            found.append(f"The text's average {field} is {said:.3f}, Table 4's is {mean:.3f}.")
    return found


def _counts(paper: Mapping[str, Any]) -> list[str]:
    counted, printed = paper["table2"]["regression"]["datasets"], len(paper["table3"])
    text = paper["text"]
    found = []
    if counted != printed:
        found.append(f"Table 2 counts {counted} regression datasets, Table 3 prints {printed}.")
    wins = sum(row["improvement"] > 0 for row in paper["table3"].values())
    if wins == printed and paper["table2"]["regression"]["wins"] == wins:
        found.append(
            f"TabMixNN wins on all {wins} datasets that Table 3 prints; the {counted - printed} "
            "that it does not print are the ones it lost."
        )
    if text["families_claimed"] != text["families_listed"]:
        found.append(
            f"{text['families_claimed']} outcome families are claimed, {text['families_listed']} "
            "are listed."
        )
    return found
