"""Average improvements of the paper's network over XGBoost, as the paper's Table 2 takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.tables.results import Results, improvement

#: Suites whose average improvement in the paper is that of average scores: Table 2's 3.1% follows
#: from the averages of Table 4's AUCs, not from its column of improvements.
OF_AVERAGES = ("classification",)


def paired(
    results: Results, suite: str, dataset: str, metric: str, ours: str, rival: str
) -> pd.DataFrame:
    """The scores of two models, a row for each split that both have."""
    scores = (results.scores(suite, dataset, model, metric) for model in (ours, rival))
    return pd.concat(scores, axis=1).dropna()


def average_improvement(
    results: Results, suite: str, metric: str, ours: str, rival: str, datasets: Sequence[str]
) -> tuple[float, pd.Series]:
    """Improvement in percent on average over datasets, of the means and split by split.

    Parameters
    ----------
    datasets
        Those that both models ran.

    Returns
    -------
    average : float
        By the means over the splits that both models have.
    by_split : Series
        The same of each split.
    """
    pairs = {d: paired(results, suite, d, metric, ours, rival) for d in datasets}
    means = {name: pair.mean().to_frame().T for name, pair in pairs.items()}
    average = _of_averages if suite in OF_AVERAGES else _of_improvements
    larger = LARGER_IS_BETTER[metric]
    return float(average(means, larger).iloc[0]), average(pairs, larger)


def _of_improvements(pairs: Mapping[str, pd.DataFrame], larger: bool) -> pd.Series:
    """Mean over datasets of the improvements."""
    return pd.concat([_improvements(pair, larger) for pair in pairs.values()], axis=1).mean(axis=1)


def _of_averages(pairs: Mapping[str, pd.DataFrame], larger: bool) -> pd.Series:
    """Improvement of the mean over datasets of the scores."""
    scores = pd.concat([pair.set_axis([0, 1], axis=1) for pair in pairs.values()], keys=pairs)
    return _improvements(scores.groupby(level=1).mean(), larger)


def _improvements(both: pd.DataFrame, larger: bool) -> pd.Series:
    gains = [improvement(ours, rival, larger) for ours, rival in both.to_numpy()]
    return pd.Series(gains, index=both.index, dtype=float)
