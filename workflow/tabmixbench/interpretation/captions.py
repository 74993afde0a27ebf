"""Captions of Figures 1 to 3: what is drawn, and numbers that are computed from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixbench.interpretation.figures import DAYS

if TYPE_CHECKING:
    from tabmixbench.interpretation.study import Study

UNIT = "ms per day"


def caption1(study: Study) -> str:
    """Six subjects; how well lines fit, and how far slopes are from fixed plus random slopes."""
    shown = study.slopes.loc[study.spread(6)]
    return (
        "Figure 1. Per-subject effect of Days of sleep deprivation on reaction time, by SHAP "
        f"values of {study.label}. Each panel has one subject's SHAP values of Days (what Days "
        "adds to the prediction in the fixed part and through the subject's own slope) against "
        "Days, and the line fitted to them; the subjects are at evenly spaced ranks of the slope. "
        f"{_fit(shown['r_squared'])} {_agreement(study)}"
    )


def caption2(study: Study) -> str:
    """All subjects; mean, median and spread, and how many slopes are not positive."""
    slopes = study.slopes["slope"]
    steepest, flattest = slopes.idxmax(), slopes.idxmin()
    return (
        f"Figure 2. Subject-specific effects of Days, by SHAP values of {study.label}. Left: the "
        f"SHAP slope of each of the {len(slopes)} subjects, from {slopes[steepest]:.1f} "
        f"(subject {steepest}) to {slopes[flattest]:.1f} {UNIT} (subject {flattest}); "
        f"{_negative(int((slopes < 0).sum()))}. "
        f"Right: their distribution, with mean {slopes.mean():.2f}, median "
        f"{slopes.median():.2f} and standard deviation {slopes.std():.2f} {UNIT} (the linear "
        f"mixed model estimates the random slopes' standard deviation as {study.slope_sd:.2f}; "
        "predicted slopes are shrunken). "
        f"{_agreement(study)}"
    )


def caption3(study: Study) -> str:
    """Four subjects at three times; additivity, and how the contribution of Days grows."""
    found = study.explanation
    subjects = study.spread(4)
    days = found.columns["Days"].to_numpy()
    first, last = (found.of_column("Days")[days == day] for day in (DAYS[0], DAYS[-1]))
    shown = ", ".join(str(day) for day in DAYS[:-1])
    return (
        f"Figure 3. How SHAP values of {study.label} add up to the predictions for subjects "
        f"{', '.join(subjects[:-1])} and {subjects[-1]} at Days {shown} and {DAYS[-1]}: from the "
        f"base value, {found.base[0]:.1f} ms, by the fixed effect of Days, the subject's "
        "intercept and the subject's slope of Days. Over all rows the parts add up to the "
        f"prediction to within {_power(found.additivity_error())} ms. Over all subjects, what "
        "Days adds, in the fixed part and through the subject's slope, has mean "
        f"{first.mean():+.1f} and standard deviation {first.std(ddof=1):.1f} ms at Day {DAYS[0]}, "
        f"{last.mean():+.1f} and {last.std(ddof=1):.1f} ms at Day {DAYS[-1]}."
    )


def _fit(r_squared: pd.Series) -> str:
    """Say how well lines fit."""
    low, high = 100 * r_squared.min(), 100 * r_squared.max()
    if low > 100 - 1e-6:
        return "The values lie on the lines."
    return f"The lines account for {low:.0f}% to {high:.0f}% of the variance within a panel."


def _negative(count: int) -> str:
    return {0: "none is negative", 1: "one is negative"}.get(count, f"{count} are negative")


def _agreement(study: Study) -> str:
    """Say how far the SHAP slopes are from the fixed plus random slopes."""
    slopes = study.slopes
    apart = np.abs(slopes["slope"] - slopes["exact"])
    if study.is_linear:
        return (
            "The slopes equal the model's fixed plus random slopes to within "
            f"{_power(apart.max())} {UNIT}."
        )
    own = np.abs(slopes["slope"] - slopes["predicted"])
    correlation = np.corrcoef(slopes["slope"], slopes["exact"])[0, 1]
    return (
        "The network is not linear: its slopes differ from the fixed plus random slopes of the "
        f"linear mixed model by {apart.mean():.1f} on average and {apart.max():.1f} {UNIT} at "
        f"most (correlation {correlation:.2f}), and from the slopes of its own predictions by "
        f"{own.max():.1f} {UNIT} at most."
    )


def _power(value: float) -> str:
    """Return the next power of ten above a small number."""
    return "1e-16" if value < 1e-16 else f"1e{int(np.ceil(np.log10(value)))}"


CAPTIONS: dict[str, Callable[[Study], str]] = {
    "figure1": caption1,
    "figure2": caption2,
    "figure3": caption3,
}
