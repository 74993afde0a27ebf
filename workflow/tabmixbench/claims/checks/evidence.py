"""Sentences that the small fits of `tabmixbench.trials` test."""

from __future__ import annotations

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.tables.comparison import OURS

BLUPS = "trials/blups.csv"
EDGES = "trials/edges.csv"


@check
def recovers_blups(
    evidence: Evidence, claim: Claim, *, lambda_kl: str, tolerance: float
) -> Finding:
    """Whether every variational linear model's random effects are the exact fit's BLUPs."""
    frame = evidence.frame(BLUPS)
    if frame is None:
        return Finding(missing=f"results/{BLUPS}")
    errors = frame[frame["lambda_kl"] == lambda_kl].groupby("dataset")["error_reml"].mean()
    other = frame[frame["lambda_kl"] != lambda_kl].groupby("dataset")["error_reml"].mean()
    note = ", ".join(f"{name} {error:.3f}" for name, error in errors.items())
    return Finding(
        float(errors.max()),
        holds=errors.max() <= tolerance,
        note=f"relative error: {note}; with the default lambda_KL up to {other.max():.3f}; "
        f"allowed: {tolerance:g}",
    )


@check
def recovers_reml(evidence: Evidence, claim: Claim, *, lambda_kl: str, tolerance: float) -> Finding:
    """Whether fixed effects and residual variance are REML's."""
    frame = evidence.frame(BLUPS)
    if frame is None:
        return Finding(missing=f"results/{BLUPS}")
    frame = frame[frame["lambda_kl"] == lambda_kl].groupby("dataset")
    fixed = frame["error_fixed"].mean()
    variance = (frame["residual_variance"].mean() - 1).abs()
    return Finding(
        float(max(fixed.max(), variance.max())),
        holds=max(fixed.max(), variance.max()) <= tolerance,
        note=f"fixed part off by up to {fixed.max():.3f} sd, residual variance by up to "
        f"{100 * variance.max():.1f}%; allowed: {tolerance:g}",
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
