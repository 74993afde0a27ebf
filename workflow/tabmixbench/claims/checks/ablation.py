"""Tables 5 and 7: which configuration is best, by how much rows differ, and whether beyond noise.

Differences are paired over the splits and tested by the corrected resampled t-test. A statement on
an order is judged where the difference that decides it has p < `LEVEL`, a statement on its size
where its 95% interval lies inside or outside the range; elsewhere the results cannot tell, and the
finding says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding, all_hold
from tabmixbench.claims.evidence import Evidence
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.statistics import LEVEL, PairedTest, corrected_resampled_t, p_said
from tabmixbench.tables.cell import Cell
from tabmixbench.tables.results import TEST_TO_TRAIN

#: Table -> its dataset.
DATASETS = {"table5": "Abalone", "table7": "sleepstudy"}
#: Table 7's score in the paper's unit, milliseconds.
RMSE = "RMSE_units"
#: Of one split.
_UNTESTED = PairedTest(*[float("nan")] * 4)


def _target(table: str) -> str:
    return f"results/tables/{table}.csv"


def _model(table: str, row: str) -> str:
    """Name in ``metrics.csv`` of a row of the table."""
    return "_".join([table, *row.split("/")]).replace(".", "")


def _cells(
    evidence: Evidence, rows: Sequence[str], metric: str, table: str = "table7"
) -> dict[str, Cell] | None:
    """Mean and sd by row; None where one of the rows has not been run."""
    found = {
        row: evidence.results.cell(table, DATASETS[table], _model(table, row), metric)
        for row in rows
    }
    return found if all(cell.splits for cell in found.values()) else None


def _scores(evidence: Evidence, row: str) -> pd.Series:
    """RMSE of a row of Table 7 by split."""
    return evidence.results.scores("table7", DATASETS["table7"], _model("table7", row), RMSE)


def _test(
    evidence: Evidence,
    row: str,
    other: str,
    metric: str,
    table: str = "table7",
    level: float = LEVEL,
) -> PairedTest:
    """Paired test of `row` minus `other`; NaN where there is but one split."""
    models = (_model(table, row), _model(table, other))
    test = evidence.results.difference(table, DATASETS[table], *models, metric, level=level)
    return test or _UNTESTED


def _category(evidence: Evidence, category: str) -> list[str]:
    return [f"{category}/{name}" for name in evidence.results.paper["table7"][category]]


def _listing(cells: Mapping[str, Cell]) -> str:
    return ", ".join(f"{_words(row)}: {cell.mean:.2f}" for row, cell in cells.items())


def _words(row: str) -> str:
    return row.split("/")[-1].replace("_", " ")


def _percent(
    evidence: Evidence,
    row: str,
    reference: str,
    low: float | None,
    high: float | None,
    pairs: int = 1,
) -> tuple[float, bool | None, str]:
    """Change of the RMSE in percent from `reference` to `row`, whether in a range, and in words.

    The intervals of several `pairs` hold at once (Bonferroni).
    """
    base = evidence.results.cell("table7", DATASETS["table7"], _model("table7", reference), RMSE)
    test = _test(evidence, row, reference, RMSE, level=LEVEL / pairs)
    unit = base.mean / 100
    ends = (end if end is None else end * unit for end in (low, high))
    level = "95%" if pairs == 1 else f"95% (of all {pairs} pairs at once)"
    said = f"{level} interval {test.low / unit:+.0f}% to {test.high / unit:+.0f}%"
    return test.mean / unit, test.within(*ends), said


def _told(as_claimed: bool, test: PairedTest) -> bool | None:
    """Whether a statement holds; None where its difference is within the noise."""
    return as_claimed if test.p < LEVEL else None


@check
def best_of_category(
    evidence: Evidence, claim: Claim, *, category: str, best: Sequence[str]
) -> Finding:
    """Whether the configurations in `best` have a lower RMSE than the others of their category.

    Each is tested against the best of the others: one that is worse beyond noise refutes it.
    """
    cells = _cells(evidence, _category(evidence, category), RMSE)
    if cells is None:
        return Finding(missing=_target("table7"))
    means = {row: cell.mean for row, cell in cells.items()}
    named = [row for row in means if row.split("/")[1] in best]
    other = min((row for row in means if row not in named), key=means.get)
    tests = {row: _test(evidence, row, other, RMSE) for row in named}
    compared = ", ".join(f"{_words(row)} {p_said(test.p)}" for row, test in tests.items())
    return Finding(
        holds=all_hold([_told(means[row] < means[other], test) for row, test in tests.items()]),
        note=f"{_listing(cells)}; against {_words(other)}: {compared}",
    )


@check
def change(
    evidence: Evidence, claim: Claim, *, row: str, reference: str, worse: bool = True
) -> Finding:
    """Change of the RMSE in percent from one row to another, positive as the paper counts it."""
    cells = _cells(evidence, [row, reference], RMSE)
    if cells is None:
        return Finding(missing=_target("table7"))
    new, base = (_scores(evidence, name) for name in (row, reference))
    sign = 100 if worse else -100
    by_split = sign * (new / base - 1)
    return Finding(
        sign * (new.mean() / base.mean() - 1), float(by_split.std()), note=_listing(cells)
    )


@check
def between(
    evidence: Evidence,
    claim: Claim,
    *,
    row: str,
    reference: str,
    low: float | None = None,
    high: float | None = None,
) -> Finding:
    """Whether the RMSE changes by `low` to `high` percent from `reference` to `row`.

    It holds where the 95% interval of the change lies in the range, and fails where it lies
    outside.
    """
    cells = _cells(evidence, [row, reference], RMSE)
    if cells is None:
        return Finding(missing=_target("table7"))
    percent, holds, said = _percent(evidence, row, reference, low, high)
    return Finding(percent, holds=holds, note=f"{_listing(cells)}; {said}")


@check
def category_range(evidence: Evidence, claim: Claim, *, category: str, below: float) -> Finding:
    """Whether best and worst of a category are less than `below` percent apart.

    Which they are is seen in the same scores: all pairs must be, by intervals that hold at once.
    """
    cells = _cells(evidence, _category(evidence, category), RMSE)
    if cells is None:
        return Finding(missing=_target("table7"))
    order = sorted(cells, key=lambda row: cells[row].mean)
    pairs = list(combinations(order, 2))
    told = [_percent(evidence, b, a, None, below, len(pairs))[1] for a, b in pairs]
    percent, _, said = _percent(evidence, order[-1], order[0], None, below, len(pairs))
    return Finding(
        percent,
        holds=all_hold(told),
        note=f"{_listing(cells)}; {said} of worst against best, all {len(pairs)} pairs at once",
    )


@check
def largest_loss(
    evidence: Evidence, claim: Claim, *, row: str, baselines: Mapping[str, str]
) -> Finding:
    """Whether a row loses more than any other configuration against its category's baseline.

    `baselines` names the baseline of each category. A loss is the mean over the splits of what a
    row has more than its baseline, in percent of that; the row's is tested against the largest
    besides it, split by split.
    """
    losses: dict[str, pd.Series] = {}
    for category, baseline in baselines.items():
        rows = _category(evidence, category)
        if _cells(evidence, rows, RMSE) is None:
            return Finding(missing=_target("table7"))
        base = _scores(evidence, f"{category}/{baseline}")
        losses |= {name: 100 * (_scores(evidence, name) / base - 1) for name in rows}
    means = {name: float(loss.mean()) for name, loss in losses.items()}
    other = max((name for name in means if name != row), key=means.get)
    difference = (losses[row] - losses[other]).dropna().to_numpy()
    tested = len(difference) > 1
    test = corrected_resampled_t(difference, TEST_TO_TRAIN) if tested else _UNTESTED
    return Finding(
        means[row],
        holds=_told(means[row] > means[other], test),
        note=f"in percent of its baseline; next is {_words(other)} with {means[other]:+.0f}%, "
        f"{p_said(test.p)}",
    )


@check
def explains_nothing(evidence: Evidence, claim: Claim, *, row: str, below: float) -> Finding:
    """Whether a configuration has an R² below `below`, with its 95% interval over the splits."""
    cells = _cells(evidence, [row], "R2")
    if cells is None:
        return Finding(missing=_target("table7"))
    scores = evidence.results.scores("table7", DATASETS["table7"], _model("table7", row), "R2")
    test = corrected_resampled_t(scores.to_numpy(), TEST_TO_TRAIN)
    return Finding(
        test.mean,
        holds=test.within(None, below),
        note=f"R², 95% interval {test.low:.2f} to {test.high:.2f}, held against {below}",
    )


@check
def multitask_gain(evidence: Evidence, claim: Claim, *, column: str) -> Finding:
    """Improvement in percent of the better multitask model of Table 5 over the single tasks."""
    rows = ["single_task", "multitask", "multitask_sem"]
    cells = _cells(evidence, rows, column, "table5")
    if cells is None:
        return Finding(missing=_target("table5"))
    sign = 1 if LARGER_IS_BETTER[column] else -1
    better = max(rows[1:], key=lambda row: sign * cells[row].mean)
    single, best = (
        evidence.results.scores("table5", DATASETS["table5"], _model("table5", row), column)
        for row in ("single_task", better)
    )
    by_split = 100 * sign * (best / single - 1)
    test = _test(evidence, better, "single_task", column, "table5")
    value = float(100 * sign * (best.mean() / single.mean() - 1))
    return Finding(
        value,
        float(by_split.std()),
        better=value > claim.printed,
        note=f"{better} over single_task, {p_said(test.p)}",
    )


@check
def multitask_order(
    evidence: Evidence, claim: Claim, *, better: str, worse: str, columns: Sequence[str]
) -> Finding:
    """Whether one row of Table 5 is better than another in every named score.

    One score that is worse beyond noise refutes it; it holds where all are better beyond noise.
    """
    told, parts = [], []
    for column in columns:
        if _cells(evidence, [better, worse], column, "table5") is None:
            return Finding(missing=_target("table5"))
        test = _test(evidence, better, worse, column, "table5")
        gain = test.mean * (1 if LARGER_IS_BETTER[column] else -1)
        told.append(_told(gain > 0, test))
        parts.append(f"{column} {gain:+.3f} ({p_said(test.p)})")
    return Finding(holds=all_hold(told), note=f"better by: {', '.join(parts)}")
