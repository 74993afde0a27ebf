"""Sentences of the summary on the leaderboards: who leads, by how much, and where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from tabmixbench.leaderboard import POOLS
from tabmixbench.leaderboard.roles import PAPER
from tabmixbench.report.sentence import Sentence

if TYPE_CHECKING:
    from tabmixbench.adapters import ModelSpec
    from tabmixbench.report.contents import Contents

#: Rankings over the datasets of several boards, which are no further evidence beside those.
JOINT = "joint rankings"


def leaderboards(contents: Contents) -> Iterator[Sentence]:
    """Which leaderboards a model of the library leads, by how much, and which it does not."""
    if contents.standings is None:
        return
    boards, models = contents.standings.data, contents.results.models
    leads = boards["best"] == boards["best_ours"]
    if leads.any():
        yield Sentence(_leader(boards, leads, models))
    for row in boards[leads & _is_shared(boards)].itertuples():
        yield Sentence(
            f"{row.board}: {models[row.second].label} has the same mean rank, {row.best_rank:.2f}.",
            against=True,
        )
    yield from _not_in(boards)
    yield from _ahead_once(boards[leads], models)
    yield from _the_papers(boards, models)
    for row in boards[~leads].itertuples():
        said = (
            f"{row.board}: {models[row.best].label} has the best mean rank, {row.best_rank:.2f} of "
            f"{row.models} models on {row.datasets} datasets"
        )
        if row.best_ours in models:
            behind = row.best_ours_rank - row.best_rank
            said += f", {behind:.2f} ahead of {models[row.best_ours].label}"
        yield Sentence(f"{said}.", against=True)
    # The joint rankings do not say whose a dataset is: each has a board of its own.
    lost = boards.dropna(subset="others")
    if len(lost):
        share = lost["others_lead"] / lost["datasets"]
        yield Sentence(
            f"Other models lead on datasets of {len(lost)} of the {(~_is_joint(boards)).sum()} "
            f"leaderboards of one suite, on {share.min():.0%} to {share.max():.0%} of them: no "
            "model of this library has the best mean there.",
            against=True,
            listed=tuple(
                f"{row.board}, {row.others_lead} of {row.datasets}: {row.others}."
                for row in lost.itertuples()
            ),
        )
    yield from _not_told_apart(boards)
    yield from _nearer_the_best(boards, models)
    near = boards[leads & (boards["margin"] <= boards["critical"])]
    if len(near):
        yield Sentence(
            f"The margin over the best tree ensemble does not exceed the critical difference on "
            f"{_counted(near, boards)}.",
            against=True,
            listed=tuple(
                f"{b.board}: {b.margin:.2f} of {b.critical:.2f}" for b in near.itertuples()
            ),
        )


def _not_in(boards: pd.DataFrame) -> Iterator[Sentence]:
    """Which models that have run are not ranked: a lead is over the others alone."""
    lacking = boards.dropna(subset="absent") if "absent" in boards else boards[:0]
    joint = lacking[_is_joint(lacking)]
    listed = tuple(f"{row.board}: without {row.absent}." for row in lacking.itertuples())
    if len(joint):
        yield Sentence(
            f"{len(joint)} of the {_is_joint(boards).sum()} {JOINT} are without models that are "
            "ranked on some of their leaderboards only: a lead there is over the others alone.",
            against=True,
            listed=listed,
        )
    elif len(lacking):
        yield Sentence(
            f"{len(lacking)} of the {len(boards)} leaderboards are without models whose fits are "
            "not complete.",
            against=True,
            listed=listed,
        )


def _is_joint(boards: pd.DataFrame) -> pd.Series:
    return boards["board"].isin([pool.title for pool in POOLS.values()])


def _is_shared(boards: pd.DataFrame) -> pd.Series:
    return boards["margin_second"] == 0.0


def _counted(part: pd.DataFrame, boards: pd.DataFrame) -> str:
    """How many boards of one suite a part of them holds, and how many joint rankings apart."""
    some, every = _is_joint(part), _is_joint(boards)
    said = f"{(~some).sum()} of {(~every).sum()} leaderboards of one suite"
    return said + (f" and {some.sum()} of {every.sum()} {JOINT}" if every.any() else "")


def _leader(boards: pd.DataFrame, leads: pd.Series, models: Mapping[str, ModelSpec]) -> str:
    first = " or ".join(models[name].label for name in boards["best"][leads].unique())
    shared, joint = leads & _is_shared(boards), _is_joint(boards)
    said = f"{first} has the best mean rank on {_counted(boards[leads & ~shared], boards)}"
    if shared.any():
        said += f", and shares it on {shared.sum()} more ({'; '.join(boards['board'][shared])})"
    if joint.any():
        said += (
            f"; {JOINT} are over the datasets of several of these leaderboards, among the models "
            "that are ranked on all of them"
        )
    clear = boards[leads & (boards["margin"] > boards["critical"])]
    where = "; ".join(clear["board"]) or "none"
    return (
        f"{said}. Its margin over the best tree ensemble exceeds the critical difference on "
        f"{_counted(clear, boards)}: {where}."
    )


def _ahead_once(led: pd.DataFrame, models: Mapping[str, ModelSpec]) -> Iterator[Sentence]:
    """On which boards trees are ahead where other configurations are not ranked."""
    for row in led[led["margin_once"] < 0].itertuples():
        yield Sentence(
            f"{row.board}: with each method ranked once, in the best of its configurations, "
            f"{models[row.best_trees].label} is ahead by {-row.margin_once:.2f}.",
            against=True,
        )


def _the_papers(boards: pd.DataFrame, models: Mapping[str, ModelSpec]) -> Iterator[Sentence]:
    """Where the paper's network ranks."""
    ran = boards.dropna(subset="paper")
    if not len(ran):
        return
    best = ran.loc[ran["paper_place"].idxmin()]
    leads = int((ran["paper_place"] == 1).sum())
    yield Sentence(
        f"{models[PAPER[0]].label}, in the better of its trainings, leads {leads} of the "
        f"{len(ran)} leaderboards that it has run on; its best place is {best.paper_place:.0f} of "
        f"{best.models}.",
        against=leads == 0,
        listed=tuple(
            f"{row.board}: {models[row.paper].label}, place {row.paper_place:.0f} of {row.models}, "
            f"mean rank {row.paper_rank:.2f}."
            for row in ran.itertuples()
        ),
    )


def _not_told_apart(boards: pd.DataFrame) -> Iterator[Sentence]:
    """On which boards the default is not better than each other model by Wilcoxon's test."""
    told = boards.dropna(subset="better")
    close = told[told[["alike", "worse"]].sum(axis=1) > 0]
    if not len(close):
        return
    others = close[["better", "alike", "worse"]].sum(axis=1)
    yield Sentence(
        f"On {_counted(close, told)} the default is not better than every other model by "
        "Wilcoxon's test (5% level, Holm's method).",
        against=True,
        listed=tuple(
            f"{row.board}: not told apart from {row.alike:.0f} of {total:.0f}"
            + (f", worse than {row.worse:.0f}." if row.worse else ".")
            for row, total in zip(close.itertuples(), others, strict=True)
        ),
    )


def _nearer_the_best(boards: pd.DataFrame, models: Mapping[str, ModelSpec]) -> Iterator[Sentence]:
    """On which boards another model is nearer the best by size of error, which ranks do not see."""
    near = boards[boards["nearest_above"] < boards["default_above"]]
    if len(near):
        yield Sentence(
            f"By size of error another model than the default is nearest the best one on average "
            f"on {_counted(near, boards)}: ranks do not see by how much a model misses.",
            against=True,
            listed=tuple(
                f"{row.board}: {models[row.nearest].label} is {row.nearest_above:.1f}% above the "
                f"least error of a dataset, the default {row.default_above:.1f}%."
                for row in near.itertuples()
            ),
        )
