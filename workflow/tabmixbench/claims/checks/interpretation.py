"""Sentences on the SHAP slopes and contributions of Figures 1 to 3."""

from __future__ import annotations

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.statistics import LEVEL, p_said

SLOPES = "interpretation/{model}/slopes.csv"
CONTRIBUTIONS = "interpretation/{model}/contributions.csv"


@check
def slopes_differ(evidence: Evidence, claim: Claim, *, model: str, flat: float) -> Finding:
    """Whether SHAP slopes of Days are steep for some subjects and flat or negative for others.

    A slope is flat when it is below the share `flat` of the steepest.
    """
    frame = evidence.frame(SLOPES.format(model=model))
    if frame is None:
        return Finding(missing="results/interpretation.md")
    slopes = frame["slope"]
    return Finding(
        holds=slopes.max() > 0 and slopes.min() < flat * slopes.max(),
        note=f"from {slopes.min():.1f} to {slopes.max():.1f} ms per day over {len(slopes)} "
        f"subjects, {int((slopes < 0).sum())} negative; flat: below {flat:.0%} of the steepest",
    )


@check
def slopes_are_random_slopes(
    evidence: Evidence, claim: Claim, *, model: str, correlation: float
) -> Finding:
    """Whether SHAP slopes rank subjects as the mixed model's fixed plus random slopes do."""
    frame = evidence.frame(SLOPES.format(model=model))
    if frame is None:
        return Finding(missing="results/interpretation.md")
    value = float(frame["slope"].corr(frame["exact"]))
    apart = (frame["slope"] - frame["exact"]).abs()
    return Finding(
        value,
        holds=value >= correlation,
        note=f"correlation with the mixed model's slopes, allowed from {correlation:g}; standard "
        f"deviations {frame['slope'].std():.2f} and {frame['exact'].std():.2f} ms per day, apart "
        f"by up to {apart.max():.1f}",
    )


@check
def contributions_grow(evidence: Evidence, claim: Claim, *, model: str, column: str) -> Finding:
    """Whether what a column adds rises from its first value to its last, on average over groups.

    In the fixed part and through the groups' slopes, by a t-test over the groups of one fit.
    """
    from scipy.stats import ttest_1samp

    frame = evidence.frame(CONTRIBUTIONS.format(model=model))
    if frame is None:
        return Finding(missing="results/interpretation.md")
    added = frame[[name for name in frame if column in name.split(" | ")]].sum(axis=1)
    first, last = frame["x"].min(), frame["x"].max()
    ends = added.groupby([frame["x"], frame["group"]]).mean()
    rise = ends.loc[last] - ends.loc[first]
    p = float(ttest_1samp(rise, 0.0).pvalue)
    return Finding(
        float(rise.mean()),
        float(rise.std()),
        holds=bool(rise.mean() > 0) if p < LEVEL else None,
        note=f"what {column} adds rises by {rise.mean():.1f} ms on average from {column} = "
        f"{first:g} to {last:g} ({p_said(p)}), for {(rise > 0).sum()} of {len(rise)} subjects",
    )


@check
def main_predictor(evidence: Evidence, claim: Claim, *, model: str, column: str) -> Finding:
    """Whether a column adds most in the fixed part, where a group's own effects are not."""
    frame = evidence.frame(CONTRIBUTIONS.format(model=model))
    if frame is None:
        return Finding(missing="results/interpretation.md")
    importance = frame.drop(columns=["group", "x"]).abs().mean()
    fixed = importance[[" | " not in name for name in importance.index]]
    listed = ", ".join(f"{name} {value:.1f}" for name, value in importance.items())
    return Finding(
        holds=fixed.idxmax() == column,
        given="the formula has no other predictor" if len(fixed) == 1 else "",
        note=f"mean absolute SHAP values in ms: {listed}",
    )
