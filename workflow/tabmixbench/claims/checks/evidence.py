"""Sentences tested by small fits: of the validation, of `tabmixbench.trials`, of Figures 1 to 3."""

from __future__ import annotations

from collections.abc import Sequence

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.tables.comparison import OURS

RECOVERY = "validation/claim.csv"
EDGES = "trials/edges.csv"
SLOPES = "interpretation/{model}/slopes.csv"


@check
def recovers(
    evidence: Evidence, claim: Claim, *, kinds: Sequence[str], reading: str, tolerance: float
) -> Finding:
    """Whether the paper's objective arrives at the numbers of REML, on every design tried.

    `kinds` are columns of the validation page's table: ``fixef``, ``sd``, ``blups``. The note says
    how far the other readings of the objective are, from REML and from maximum likelihood.
    """
    frame = evidence.frame(RECOVERY)
    if frame is None:
        return Finding(missing="results/validation.md")
    worst = {
        (label, name): rows[[f"{label}_{kind}" for kind in kinds]].max(axis=None)
        for name, rows in frame.groupby("reading", sort=False)
        for label in ("REML", "ML")
    }
    listed = "; ".join(
        f"{name}: {worst['REML', name]:.2g} from REML, {worst['ML', name]:.2g} from ML"
        for name in frame["reading"].unique()
    )
    value = float(worst["REML", reading])
    return Finding(
        value,
        holds=value <= tolerance,
        note=f"largest difference over {frame['design'].nunique()} designs, {listed}; allowed: "
        f"{tolerance:g}",
    )


@check
def edge_density(evidence: Evidence, claim: Claim, *, training: str, threshold: float) -> Finding:
    """Mean density in percent of the learned graphs over datasets, layers and seeds."""
    frame = evidence.frame(EDGES)
    if frame is None:
        return Finding(missing=f"results/{EDGES}")
    hit = (frame["training"] == training) & (frame["threshold"] == threshold)
    percent = frame.loc[hit, "percent"]
    others = frame.loc[~hit].groupby(["training", "threshold"])["percent"].mean()
    listed = ", ".join(f"{t} above {h:g}: {v:.0f}%" for (t, h), v in others.items())
    return Finding(
        float(percent.mean()),
        float(percent.std()),
        note=f"effects above {threshold:g}; elsewhere {listed}",
    )


@check
def interval_coverage(
    evidence: Evidence, claim: Claim, *, metric: str, level: float, margin: float
) -> Finding:
    """Whether the mean coverage of prediction intervals over datasets is near their level."""
    frame = evidence.results.metrics
    hit = (frame["model"] == OURS) & (frame["protocol"] == "rows") & (frame["metric"] == metric)
    if not hit.any():
        return Finding(missing="peers")
    covered = frame.loc[hit].groupby("dataset")["value"].mean()
    return Finding(
        float(covered.mean()),
        float(covered.std()),
        holds=abs(covered.mean() - level) <= margin,
        note=f"coverage of {level:.0%} intervals over {len(covered)} datasets, from "
        f"{covered.min():.2f} to {covered.max():.2f}; allowed: {margin:g} off on average",
    )


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
