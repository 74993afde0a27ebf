"""The leaderboard itself: models by mean rank, and what the ranking does and does not show."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixbench.leaderboard import words
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.notes import absences, rules_of
from tabmixbench.leaderboard.ranks import PAIRS, rank_text
from tabmixbench.statistics import p_text
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

#: Scores besides the one that ranks, by task: column head -> metric.
FURTHER = {
    "regression": {"CRPS": "CRPS", "90% interval covers": "coverage90"},
    "binary": {"log-loss": "logloss", "calibration error": "ECE"},
}


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
        [*findings(standings), *absences(standings)],
        rules_of(standings),
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
