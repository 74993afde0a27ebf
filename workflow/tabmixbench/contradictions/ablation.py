"""What the text reads from Table 7, beside Table 7."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Any

from tabmixbench.contradictions.contradiction import Contradiction

#: Standard deviation in ms of the 180 reaction times of lme4's data, which are the paper's.
SLEEPSTUDY_SD = 56.33


def standardised(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """A standardised target has standard deviation 1: RMSE² / (1 - R²) is its variance."""
    deviations = _deviations(paper)
    if paper["text"]["table7_standardised"] and min(deviations) > 2:
        yield Contradiction(
            "Table 7 says that its target is standardised; its RMSE and R² together give it a "
            f"standard deviation of {min(deviations):.1f} to {max(deviations):.1f} (milliseconds).",
            ("text/table7_standardised",),
        )


def baseline(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """The baseline configuration stands in several categories, each time with another number."""
    scores = [_row(paper, row)["rmse"] for row in paper["text"]["table7_baseline"]]
    if len(set(scores)) > 1:
        spread = 100 * (max(scores) / min(scores) - 1)
        yield Contradiction(
            f"Table 7 prints its baseline configuration {len(scores)} times, with RMSE from "
            f"{min(scores):.2f} to {max(scores):.2f}: the same model is {spread:.0f}% apart."
        )


def percentages(paper: Mapping[str, Any]) -> Iterator[Contradiction]:
    """Percentages of the text that the rows of Table 7 do not give."""
    for name, said in paper["text"]["ablation_percent"].items():
        row, reference = _row(paper, said["row"])["rmse"], _row(paper, said["from"])["rmse"]
        percent = 100 * abs(row / reference - 1)
        if abs(percent - said["percent"]) > 0.6:
            yield Contradiction(
                f"The text says that {_name(said['row'])} changes the RMSE by {said['percent']}%; "
                f"from {_name(said['from'])} it is {percent:.1f}%.",
                (f"text/ablation_percent/{name}/percent",),
            )


def unstable(paper: Mapping[str, Any]) -> Iterator[str]:
    """A learning rate that the text calls unstable and that beats the default."""
    said = paper["text"]["unstable_learning_rate"]
    rate, default = (_row(paper, said[key])["rmse"] for key in ("row", "default"))
    if rate < default:
        yield (
            f"The text calls {_name(said['row'])} unstable and does not say by what; in Table 7 "
            f"its RMSE of {rate:.2f} is better than the {default:.2f} of {_name(said['default'])}."
        )


def same_rows(paper: Mapping[str, Any]) -> Iterator[str]:
    """Table 3's RMSE of the default configuration beside Table 7's, of the same test rows."""
    row, others = paper["table3"]["sleepstudy"], _deviations(paper)
    unit = _deviation(row)
    half = 0.005 / row["rmse"] * unit  # what rounding may have taken
    told = (unit - half) * SLEEPSTUDY_SD <= max(others)
    told = told and (unit + half) * SLEEPSTUDY_SD >= min(others)
    defaults = [_row(paper, each) for each in paper["text"]["table7_baseline"]]
    errors, shares = ([each[key] for each in defaults] for key in ("rmse", "r2"))
    error = row["rmse"] * SLEEPSTUDY_SD
    if told and not min(errors) <= error <= max(errors):
        yield (
            f"In Table 3 RMSE and R² of sleepstudy give the target a standard deviation of "
            f"{unit:.3f} in the test rows. If its unit is that of all 180 reaction times, "
            f"{SLEEPSTUDY_SD} ms, these are {unit * SLEEPSTUDY_SD:.1f} ms, as in Table 7 "
            f"({min(others):.1f} to {max(others):.1f} ms): the test rows may be the same. The "
            f"default configuration misses them by {error:.1f} ms in Table 3 (R² {row['r2']}) and "
            f"by {min(errors):.1f} to {max(errors):.1f} ms in Table 7 (R² {min(shares)} to "
            f"{max(shares)})."
        )


def _deviations(paper: Mapping[str, Any]) -> list[float]:
    """Standard deviations of the target in the test rows, of every row of Table 7."""
    rows = [row for category in paper["table7"].values() for row in category.values()]
    return [_deviation(row) for row in rows]


def _deviation(row: Mapping[str, float]) -> float:
    return row["rmse"] / sqrt(1 - row["r2"])


def _row(paper: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, float]:
    category, configuration = path
    return paper["table7"][category][configuration]


def _name(path: Sequence[str]) -> str:
    """``learning_rate/lr_0.01`` in words: learning rate 0.01."""
    category, configuration = (part.split("_") for part in path)
    short = category[-1], "".join(word[0] for word in category)
    return " ".join([*category, *(word for word in configuration if word not in short)])
