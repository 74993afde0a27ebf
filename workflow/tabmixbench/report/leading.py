"""Sentences of the summary on the leaderboards: who leads, by how much, and where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from tabmixbench.report.sentence import Sentence

if TYPE_CHECKING:
    from tabmixbench.adapters import ModelSpec
    from tabmixbench.report.contents import Contents


def leaderboards(contents: Contents) -> Iterator[Sentence]:
    """Which leaderboards a model of the library leads, by how much, and which it does not."""
    if contents.standings is None:
        return
    boards, models = contents.standings.data, contents.results.models
    leads = boards["best"] == boards["best_ours"]
    clear = boards["margin"] > boards["critical"]
    if leads.any():
        first = " or ".join(models[name].label for name in boards["best"][leads].unique())
        where = "; ".join(boards["board"][leads & clear]) or "none"
        yield Sentence(
            f"{first} has the best mean rank on {leads.sum()} of {len(boards)} leaderboards. Its "
            "margin over the best tree ensemble exceeds the critical difference on "
            f"{(leads & clear).sum()} of them: {where}."
        )
    for row in boards[leads & (boards["margin_second"] == 0.0)].itertuples():
        yield Sentence(
            f"{row.board}: {models[row.second].label} has the same mean rank, {row.best_rank:.2f}.",
            against=True,
        )
    yield from _the_papers(boards, models)
    for row in boards[~leads].itertuples():
        said = (
            f"{row.board}: {models[row.best].label} has the best mean rank, {row.best_rank:.2f} of "
            f"{row.models} models on {row.datasets} datasets"
        )
        if row.best_ours in models:
            behind = row.best_ours_rank - row.best_rank
            said += f", {behind:.2f} before {models[row.best_ours].label}"
        yield Sentence(f"{said}.", against=True)
    lost = boards.dropna(subset="others")
    if len(lost):
        share = lost["others_lead"] / lost["datasets"]
        yield Sentence(
            f"Other models lead on datasets of {len(lost)} leaderboards, on {share.min():.0%} to "
            f"{share.max():.0%} of them: no model of this library has the best mean there.",
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
            f"{len(near)} of {len(boards)} leaderboards.",
            against=True,
            listed=tuple(
                f"{b.board}: {b.margin:.2f} of {b.critical:.2f}" for b in near.itertuples()
            ),
        )


def _the_papers(boards: pd.DataFrame, models: Mapping[str, ModelSpec]) -> Iterator[Sentence]:
    """Where the paper's network ranks: the default is another model."""
    ran = boards.dropna(subset="paper")
    if not len(ran):
        return
    best = ran.loc[ran["paper_place"].idxmin()]
    leads = int((ran["paper_place"] == 1).sum())
    yield Sentence(
        "TabMixNN is the default of this library, a mixed model that grows. The paper's own "
        f"network leads {leads} of the {len(ran)} leaderboards that it has run on; its best place "
        f"is {best.paper_place:.0f} of {best.models}.",
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
        f"On {len(close)} of {len(told)} leaderboards the default is not better than every other "
        "model by Wilcoxon's test (5% level, Holm's method).",
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
            f"on {len(near)} of {len(boards)} leaderboards: ranks do not see by how much a model "
            "misses.",
            against=True,
            listed=tuple(
                f"{row.board}: {models[row.nearest].label} is {row.nearest_above:.1f}% above the "
                f"least error of a dataset, the default {row.default_above:.1f}%."
                for row in near.itertuples()
            ),
        )
