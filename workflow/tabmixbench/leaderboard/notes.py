"""What stands below a ranking after what it shows: what is missing, and its rules."""

from __future__ import annotations

import pandas as pd

from tabmixbench.leaderboard import published, words
from tabmixbench.leaderboard.board import Standings
from tabmixbench.leaderboard.roles import FLOOR, MIXED_MODELS

#: How programs fit the mixed model of the formula, by task.
HOW_FITTED = {
    "regression": "all maximise the restricted likelihood",
    "binary": (
        "most maximise Laplace's approximation to the likelihood, statsmodels takes a mean-field "
        "variational posterior under priors"
    ),
}
#: Share of the error by which programs may differ and still have found the same fit.
SAME = 0.01
#: Datasets that a note names; of more it gives the number.
MOST_LISTED = 5


def absences(standings: Standings) -> list[str]:
    """Whose scores are not of this run, why some are missing, and which models have not run."""
    scores = standings.on_board(standings.results.metrics)
    return [*published.note(scores, standings.specs), *_reasons(standings), *_left_off(standings)]


def rules_of(standings: Standings) -> list[str]:
    """How the ranking of a board is made, and which of the models that ran are not in it."""
    board = standings.board
    over = {
        "rows": "five random 80/20 row splits; the groups of test rows are known from training",
        "groups": "folds that leave whole groups out; nothing is known of the groups of test rows",
    }[board.protocol]
    rules = [
        *words.tests(standings),
        f"Ranks are of mean {board.metric} over {over}. Means that agree to six digits tie. A "
        "model that has no score on a dataset, or on some of its splits, for a reason that stands "
        "above ranks last there, and the dataset is left out of its averages.",
        words.WINS,
        "Seconds are the median over the datasets of the mean of a fit, and the largest mean.",
    ]
    copies = [standings.label(m) for m in standings.models if m in standings.unranked - {FLOOR}]
    if copies:
        rules.append(
            f"Not ranked: {', '.join(copies)}. The mixed model of the formula is ranked once, by "
            f"the first program that ran: {HOW_FITTED[board.task]}, and copies of it would push "
            f"down whatever it beats.{_other_optima(standings)}"
        )
    if FLOOR in standings.unranked:
        rules.append(f"Not ranked: {standings.label(FLOOR)}, a floor and not a competitor.")
    if board.task == "regression":
        rules.append(
            "CRPS, the continuous ranked probability score (in training standard deviations), and "
            "coverage are of models with a predictive distribution, averaged over the datasets "
            "they ran."
        )
    shared = [m for m in standings.models if standings.results.shares_seconds(m)]
    if shared:
        rules.append(
            f"Seconds of {', '.join(map(standings.label, shared))} are a split's share of a fit of "
            "all splits as one, which is how the suite fits these networks; one alone takes longer."
        )
    if "lme4" in standings.models:
        rules.append(
            "Seconds of lme4 include the start of R and files to and fro; `results/validation.md` "
            "has those of its fits alone."
        )
    return rules


def _other_optima(standings: Standings) -> str:
    """Where programs that are not ranked end elsewhere than the one that is."""
    programs = [name for name in MIXED_MODELS if name in standings.models]
    if len(programs) < 2:
        return ""
    first, *others = programs
    found = []
    for model in others:
        ratios = standings.errors[model] / standings.errors[first]
        ratios = ratios[(ratios - 1.0).abs() > SAME].dropna()
        if len(ratios) > MOST_LISTED:
            share = f"{len(ratios)} of {len(standings.datasets)} datasets"
            found.append(f"{standings.label(model)} on {share} ({_span(ratios)} times its error)")
        elif len(ratios):
            registry = standings.results.registry
            listed = ", ".join(f"{registry[d].title} {r:.2f}" for d, r in ratios.items())
            found.append(f"{standings.label(model)} on {listed} times its error")
    if not found:
        return ""
    return (
        f" They end elsewhere than {standings.label(first)}, by more than {100 * SAME:.0f}% of the "
        f"error: {'; '.join(found)}."
    )


def _span(ratios: pd.Series) -> str:
    return f"{ratios.min():.2f} to {ratios.max():.2f}"


def _left_off(standings: Standings) -> list[str]:
    """The models whose fits are missing: not run is no result."""
    if not standings.absent:
        return []
    total = len(standings.datasets)
    listed = ", ".join(
        f"{standings.label(m)} (complete on {total - len(standings.unaccounted(m))} of {total})"
        for m in standings.absent
    )
    return [f"Not on the board, since they have not run on every dataset and split: {listed}."]


def _reasons(standings: Standings) -> list[str]:
    """Why models have no score on some datasets, one sentence a reason."""
    frame = standings.on_board(standings.results.reasons)
    registry, found = standings.results.registry, []
    for (model, reason), rows in frame.groupby(["model", "reason"], sort=False):
        if model not in standings.results.models:
            continue
        titles = ", ".join(registry[name].title for name in rows["dataset"])
        found.append(f"{standings.label(model)}, {titles}: {reason}")
    return found
