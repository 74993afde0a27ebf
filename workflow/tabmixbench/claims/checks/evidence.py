"""Sentences tested by small fits: of the validation, of `tabmixbench.trials`, of Figures 1 to 3."""

from __future__ import annotations

from collections.abc import Sequence

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.timing import SPEED
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.statistics import LEVEL, p_said, signed_rank
from tabmixbench.tables.comparison import OURS

RECOVERY = "validation/claim.csv"
EDGES = "trials/edges.csv"
SLOPES = "interpretation/{model}/slopes.csv"
BOARDS = "leaderboard/metrics.csv"
COVERAGE = "tables/coverage.csv"

#: Files below ``results`` of other targets, which are read where they have been made.
READ_WHERE_MADE = (BOARDS, COVERAGE, SPEED)


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
    listed = ", ".join(
        f"{t} training, effects above {h:g}: {v:.0f}%" for (t, h), v in others.items()
    )
    return Finding(
        float(percent.mean()),
        float(percent.std()),
        note=f"edges of effects above {threshold:g}; with other settings, {listed}",
    )


@check
def surer_predictions(evidence: Evidence, claim: Claim, *, metric: str, rival: str) -> Finding:
    """Whether predictive distributions score better than those of a model with point estimates.

    By Wilcoxon's signed-rank test over the regressions. The note has the coverage of both models'
    90% intervals, and that of the paper's recipe for them where it has been computed.
    """
    frame, models = evidence.frame(BOARDS), [OURS, rival]
    if frame is None or not set(models) <= set(frame["model"]):
        return Finding(missing="peers")
    rows = frame[(frame["protocol"] == "rows") & (frame["suite"] == "regression")]
    score, covered = (
        rows[rows["metric"] == name].pivot_table("value", "dataset", "model")[models].dropna()
        for name in (metric, "coverage90")
    )
    mine, theirs = score[OURS].to_numpy(), score[rival].to_numpy()
    (test,) = signed_rank(mine, theirs[:, None])
    holds = bool(test.effect > 0) if test.p < LEVEL else None
    notes = [
        f"mean {metric} {mine.mean():.3f}, {theirs.mean():.3f} of "
        f"{evidence.results.models[rival].label}, less on {int((mine < theirs).sum())} of "
        f"{len(score)} datasets ({p_said(test.p)})",
        "coverage of 90% intervals {:.0%} and {:.0%}".format(*covered.mean()),
    ]
    recipe = evidence.frame(COVERAGE)
    if recipe is not None:
        by_recipe = recipe[
            (recipe["method"] == "recipe")
            & (recipe["model"] == "network")
            & (recipe["level"] == 0.9)
        ]
        parts = by_recipe.groupby("protocol")["coverage"].mean()
        notes.append(
            f"of intervals by the paper's recipe {parts['rows']:.0%}, for new groups "
            f"{parts['groups']:.0%}"
        )
    return Finding(float(mine.mean()), float(mine.std(ddof=1)), holds=holds, note="; ".join(notes))


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
