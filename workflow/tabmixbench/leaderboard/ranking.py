"""The leaderboard itself: models by mean rank, and what the ranking does and does not show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixbench.leaderboard import published, words
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranks import PAIRS, rank_text
from tabmixbench.leaderboard.roles import FLOOR, MIXED_MODELS
from tabmixbench.statistics import p_text
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

#: Scores besides the one that ranks, by task: column head -> metric.
FURTHER = {
    "regression": {"CRPS": "CRPS", "90% interval covers": "coverage90"},
    "binary": {"log-loss": "logloss", "calibration error": "ECE"},
}
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


def build(results: Results, board: Board) -> Table:
    """One row a model, best mean rank first."""
    standings = Standings(results, board)
    further = FURTHER[board.task]
    behind = "AUROC behind best" if board.larger_is_better else f"{board.metric} above best"
    header = [
        "Model",
        "mean rank",
        "datasets",
        "best on",
        behind,
        "first wins / ties / loses",
        PAIRS,
        *further,
        "seconds a fit (most)",
    ]
    records = [_record(standings, model) for model in standings.models]
    rows = [_texts(standings, record) for record in records]
    return Table(
        f"Leaderboard. {board.title}: {board.metric}",
        header,
        rows,
        pd.DataFrame(records),
        [*findings(standings), *_notes(standings)],
    )


def findings(standings: Standings) -> list[str]:
    """What the ranking shows, in sentences computed from it; empty where nothing was ranked."""
    said = words.summary(standings)
    return [*said, _peers_that_win(standings)] if said else []


def _mean_of(values: list[float]) -> float:
    """Mean of the values there are."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _record(standings: Standings, model: str) -> dict:
    ran = [d for d in standings.datasets if not np.isnan(standings.means[d, model])]
    record = {
        "model": model,
        "mean_rank": standings.ranks.get(model, float("nan")),
        "datasets": len(ran),
        "best_on": sum(model in standings.best_on(d) for d in standings.datasets),
        "behind_best": _mean_of([standings.behind_best(d, model) for d in ran]),
    }
    won = standings.compare(standings.best, model) if standings.ranked else (0, 0, 0)
    record |= dict(zip(("first_wins", "ties", "first_loses"), won, strict=True))
    record["p_default"] = standings.p(model)
    for metric in FURTHER[standings.board.task].values():
        means = [standings.cell(d, model, metric).mean for d in ran]
        record[metric] = _mean_of(means)
    seconds = fit_seconds(standings, model)
    record |= {"fit_seconds": float(seconds.median()), "most_seconds": float(seconds.max())}
    return record


def fit_seconds(standings: Standings, model: str) -> pd.Series:
    """A model's mean seconds a fit, by dataset."""
    frame = standings.on_board(standings.results.metrics)
    mine = frame[(frame["model"] == model) & (frame["metric"] == standings.board.metric)]
    return mine.groupby("dataset")["fit_seconds"].mean()


def _texts(standings: Standings, record: dict) -> list[Text]:
    model, larger = record["model"], standings.board.larger_is_better
    first = bool(standings.ranked) and model == standings.best
    behind = f"{record['behind_best']:.3f}" if larger else f"{record['behind_best']:.1f}%"
    outcome = f"{record['first_wins']} / {record['ties']} / {record['first_loses']}"
    rank, leads = record["mean_rank"], model in standings.leaders
    texts = [
        Text(standings.label(model), leads),
        Text(rank_text(rank), leads),
        Text(f"{record['datasets']} of {len(standings.datasets)}"),
        Text("–" if np.isnan(rank) else str(record["best_on"])),
        Text(behind),
        Text("–" if first else outcome),
        Text(p_text(record["p_default"])),
    ]
    for metric in FURTHER[standings.board.task].values():
        value = record[metric]
        percent = metric == "coverage90"
        shown = f"{100 * value:.0f}%" if percent else f"{value:.3f}"
        texts.append(Text("–" if np.isnan(value) else shown))
    texts.append(Text(f"{record['fit_seconds']:.2f} ({record['most_seconds']:.1f})"))
    return texts


def _peers_that_win(standings: Standings) -> str:
    """The datasets on which no model of the library has the best mean score."""
    lost = standings.led_by_others()
    total = len(standings.datasets)
    if not lost:
        return f"A TabMixNN model has, or shares, the best mean on all {total} datasets."
    return (
        f"On {len(lost)} of {total} datasets none of this library's models (the default, the mixed "
        f"model, the paper's network) has the best mean: {'; '.join(lost)}."
    )


def _notes(standings: Standings) -> list[str]:
    board = standings.board
    rule = {
        "rows": "five random 80/20 row splits; the groups of test rows are known from training",
        "groups": "folds that leave whole groups out; nothing is known of the groups of test rows",
    }[board.protocol]
    notes = [
        *words.tests(standings),
        f"Ranks are of mean {board.metric} over {rule}. Means that agree to six digits tie. A "
        "model that has no score on a dataset, or on some of its splits, for a reason that stands "
        "below ranks last there, and the dataset is left out of its averages.",
        words.WINS,
        "Seconds are the median over the datasets of the mean of a fit, and the largest mean.",
    ]
    copies = [standings.label(m) for m in standings.models if m in standings.unranked - {FLOOR}]
    if copies:
        notes.append(
            f"Not ranked: {', '.join(copies)}. The mixed model of the formula is ranked once, by "
            f"the first program that ran: {HOW_FITTED[board.task]}, and copies of it would push "
            f"down whatever it beats.{_other_optima(standings)}"
        )
    if FLOOR in standings.unranked:
        notes.append(f"Not ranked: {standings.label(FLOOR)}, a floor and not a competitor.")
    if board.task == "regression":
        notes.append(
            "CRPS, the continuous ranked probability score (in training standard deviations), and "
            "coverage are of models with a predictive distribution, averaged over the datasets "
            "they ran."
        )
    shared = [m for m in standings.models if standings.results.shares_seconds(m)]
    if shared:
        notes.append(
            f"Seconds of {', '.join(map(standings.label, shared))} are a split's share of a fit of "
            "all splits as one, which is how the suite fits these networks; one alone takes longer."
        )
    if "lme4" in standings.models:
        notes.append(
            "Seconds of lme4 include the start of R and files to and fro; `results/validation.md` "
            "has those of its fits alone."
        )
    notes += published.note(standings.on_board(standings.results.metrics), standings.specs)
    return [*notes, *_absences(standings), *_left_off(standings)]


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


def _absences(standings: Standings) -> list[str]:
    """Why models have no score on some datasets, one sentence a reason."""
    frame = standings.on_board(standings.results.reasons)
    registry, found = standings.results.registry, []
    for (model, reason), rows in frame.groupby(["model", "reason"], sort=False):
        if model not in standings.results.models:
            continue
        titles = ", ".join(registry[name].title for name in rows["dataset"])
        found.append(f"{standings.label(model)}, {titles}: {reason}")
    return found
