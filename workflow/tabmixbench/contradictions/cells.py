"""Cells of Tables 3 and 4 beside the cells they are computed from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tabmixbench.contradictions.contradiction import Contradiction

#: Table -> (score of TabMixNN, score of XGBoost, half a unit of their last digit, sign of a gain).
PRINTED = {
    "table3": ("rmse", "rmse_xgboost", 0.005, -1),
    "table4": ("auc", "auc_xgboost", 0.0005, 1),
}
#: AUCs this near to 1/2 say nothing.
CHANCE = 0.005


def improvements(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Improvements in percent that no rounding of the two scores beside them can give."""
    for table, (ours, theirs, half, sign) in PRINTED.items():
        for dataset, row in paper[table].items():
            corners = [
                100 * sign * ((row[ours] + a) / (row[theirs] + b) - 1)
                for a in (-half, half)
                for b in (-half, half)
            ]
            said = row["improvement"]
            if not min(corners) - 0.05 <= said <= max(corners) + 0.05:
                yield Contradiction(
                    f"{dataset}: Table {table[-1]} prints an improvement of {said}%; the scores "
                    f"beside it give between {min(corners):.1f}% and {max(corners):.1f}%.",
                    (f"{table}/{dataset}/improvement",),
                )


def chance(paper: Mapping[str, Any]) -> Iterator[str]:
    """Datasets that the text names as the strongest improvements, at the AUC of a coin."""
    for dataset in paper["text"]["strongest_classification"]:
        row = paper["table4"][dataset]
        if abs(row["auc"] - 0.5) <= CHANCE:
            yield (
                f"{dataset} is named among the strongest improvements (+{row['improvement']}%); "
                f"its AUC of {row['auc']:.3f} is that of a coin, and {row['auc_xgboost']:.3f} is "
                "below one."
            )
