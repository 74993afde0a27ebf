"""What the paper says about an ablation table, and what our scores say to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tabmixbench.ablations import Column, Finding, Study, Training
from tabmixbench.statistics import LEVEL, PairedTest, corrected_resampled_t, p_said
from tabmixbench.tables.results import TEST_TO_TRAIN

Scores = Mapping[tuple[str, str], pd.Series]
Printed = Mapping[str, Mapping[str, float]]


def finding_sentences(study: Study, scores: Scores, printed: Printed) -> list[str]:
    """One sentence for each finding: the claim, the paper's numbers, ours, and the verdict.

    Parameters
    ----------
    study : Study
    scores : mapping of (model, score) to Series
        By split.
    printed : mapping of str to mapping
        The paper's row of each configuration; empty where it has none.
    """
    columns = {column.score: column for column in study.columns}
    sentences = []
    for finding in study.findings:
        column = columns[finding.score]
        answer = _change if finding.best is None else _best
        ours = [
            f"{training.label}: {answer(study, finding, column, training, scores)}"
            for training in study.trainings
        ]
        if finding.best is None:
            paper = _printed_change(finding, column, printed)
        else:
            paper = _printed_best(study, finding, column, printed)
        sentences.append(f"“{finding.claim}” (paper: {paper}). {'; '.join(ours)}.")
    return sentences


def _change(
    study: Study, finding: Finding, column: Column, training: Training, scores: Scores
) -> str:
    new = _series(study, finding.change, column, training, scores)
    old = _series(study, finding.against, column, training, scores)
    test = _paired(new, old)
    if test is None:
        return "not run"
    better = (test.mean > 0) == column.larger_is_better
    percent = 100 * test.mean / abs(old.mean())
    return (
        f"{_verdict(better == (finding.effect == 'better'), test)}, {percent:+.1f}% "
        f"({old.mean():.{column.digits}f} → {new.mean():.{column.digits}f}, difference "
        f"{_difference(new - old, test, column)})"
    )


def _best(
    study: Study, finding: Finding, column: Column, training: Training, scores: Scores
) -> str:
    rivals = study.of_category(finding.best.partition("/")[0])
    found = {each.name: _series(study, each.name, column, training, scores) for each in rivals}
    if any(series.empty for series in found.values()):
        return "not run"
    order = sorted(found, key=lambda name: found[name].mean(), reverse=column.larger_is_better)
    winner, second = order[:2]
    labels = {each.name: each.label for each in rivals}
    claimed = found[finding.best]
    other = second if winner == finding.best else winner
    test = _paired(claimed, found[other])
    if test is None:
        return "not run"
    place = order.index(finding.best) + 1
    head = _verdict(winner == finding.best, test)
    return (
        f"{head}, it is number {place} of {len(order)} "
        f"({claimed.mean():.{column.digits}f} against {found[other].mean():.{column.digits}f} of "
        f"{labels[other]}, difference {_difference(claimed - found[other], test, column)})"
    )


def _verdict(as_claimed: bool, test: PairedTest) -> str:
    if test.p < LEVEL:
        return "yes" if as_claimed else "no"
    return "as claimed, within the noise" if as_claimed else "not as claimed, within the noise"


def _difference(difference: pd.Series, test: PairedTest, column: Column) -> str:
    digits = column.digits
    return f"{test.mean:+.{digits}f} ± {difference.std():.{digits}f}, {p_said(test.p)}"


def _paired(a: pd.Series, b: pd.Series) -> PairedTest | None:
    difference = (a - b).dropna()
    if len(difference) < 2:
        return None
    return corrected_resampled_t(difference.to_numpy(), TEST_TO_TRAIN)


def _series(
    study: Study, name: str, column: Column, training: Training, scores: Scores
) -> pd.Series:
    configuration = next(each for each in study.configurations if each.name == name)
    model = study.model(configuration, training)
    return scores.get((model, column.score), pd.Series(dtype=float))


def _printed_change(finding: Finding, column: Column, printed: Printed) -> str:
    old, new = (printed[name].get(column.paper) for name in (finding.against, finding.change))
    if old is None or new is None:
        return "no number"
    return (
        f"{100 * (new - old) / abs(old):+.1f}%, {old:.{column.digits}f} → {new:.{column.digits}f}"
    )


def _printed_best(study: Study, finding: Finding, column: Column, printed: Printed) -> str:
    rivals = study.of_category(finding.best.partition("/")[0])
    values: dict[str, Any] = {each.name: printed[each.name].get(column.paper) for each in rivals}
    known = {name: value for name, value in values.items() if value is not None}
    if finding.best not in known or len(known) < 2:
        return "no number"
    order = sorted(known, key=known.get, reverse=column.larger_is_better)
    other = order[1] if order[0] == finding.best else order[0]
    label = next(each.label for each in rivals if each.name == other)
    return (
        f"{known[finding.best]:.{column.digits}f}, number {order.index(finding.best) + 1}, against "
        f"{known[other]:.{column.digits}f} of {label}"
    )
