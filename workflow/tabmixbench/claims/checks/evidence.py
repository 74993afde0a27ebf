"""Sentences tested by small fits: of the validation, of `tabmixbench.trials`, of coverage."""

from __future__ import annotations

from collections.abc import Sequence

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.timing import SPEED
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence

RECOVERY = "validation/claim.csv"
EDGES = "trials/edges.csv"
COVERAGE = "tables/coverage.csv"

#: Files below ``results`` of other targets, which are read where they have been made.
READ_WHERE_MADE = (COVERAGE, SPEED)


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
    """Whether most learned graphs have a density in the range, over datasets, layers and seeds.

    An edge is an effect above `threshold`. Where most do not, and other thresholds give densities
    on the other side of the range, one between them would give what is claimed: then it is the
    threshold that decides.
    """
    frame = evidence.frame(EDGES)
    if frame is None:
        return Finding(missing=f"results/{EDGES}")
    low, high = claim.printed
    frame = frame.assign(inside=frame["percent"].between(low, high))
    found = frame.groupby(["training", "threshold"], sort=False).agg(
        mean=("percent", "mean"),
        sd=("percent", "std"),
        inside=("inside", "sum"),
        graphs=("inside", "size"),
    )
    of_it, means = found.loc[(training, threshold)], found["mean"].xs(training)
    most_are = bool(2 * of_it["inside"] > of_it["graphs"])
    passes_over = means.min() < low and means.max() > high
    others = ", ".join(
        f"{t} training, above {h:g}: {each['mean']:.0f}%, {each['inside']:.0f} of them"
        for (t, h), each in found.drop(index=(training, threshold)).iterrows()
    )
    return Finding(
        float(of_it["mean"]),
        float(of_it["sd"]),
        holds=most_are or (None if passes_over else False),
        open="from which size on an effect is an edge",
        note=f"{of_it['inside']:.0f} of {of_it['graphs']:.0f} graphs are in the range, effects "
        f"above {threshold:g} being edges; mean density and graphs in the range with other "
        f"settings: {others}",
    )


@check
def point_estimates(evidence: Evidence, claim: Claim, *, level: float) -> Finding:
    """A claim on what networks lack whose random effects are point estimates: none is recorded.

    Against another model it would be judged by how well that one predicts. The note has how many
    rows the network's own intervals cover, and those of the paper's recipe (section 3.5.2), which
    has the variational effects as all that is not known.
    """
    notes = ["no run has the same network with point estimates of the random effects"]
    frame = evidence.frame(COVERAGE)
    if frame is not None:
        rows = frame[(frame["model"] == "network") & (frame["level"] == level)]
        covered = rows.groupby(["method", "protocol"])["coverage"].mean().unstack()
        for method, words in (
            ("default", f"the network's own {level:.0%} intervals"),
            ("recipe", "those of the paper's recipe, with the variational effects alone,"),
        ):
            if method in covered.index:
                known, new = covered.loc[method, ["rows", "groups"]]
                notes.append(f"{words} cover {known:.0%}, for new groups {new:.0%}")
    return Finding(note="; ".join(notes), is_testable=False)
