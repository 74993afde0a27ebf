"""How much of each target's variance lies between groups (section 5.3.2)."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from tabmixbench.registry import Dataset


def variability(cases: Iterable[tuple[Dataset, pd.DataFrame]]) -> pd.DataFrame:
    """One row a dataset: the intraclass correlation of its target within the main groups.

    A binary target is one of 0 and 1.
    """
    return pd.DataFrame(
        {
            "dataset": dataset.name,
            "group": dataset.groups[0],
            "icc": intraclass_correlation(data[dataset.target], data[dataset.groups[0]]),
        }
        for dataset, data in cases
    )


def intraclass_correlation(target: pd.Series, groups: pd.Series) -> float:
    """ANOVA estimate of eq. 57 from one-way groups of any sizes; negative estimates are 0.

    Parameters
    ----------
    target, groups : Series of shape (n,)
        The outcome and the group of every row; n must exceed the number of groups.
    """
    by_group = target.astype(float).groupby(groups.astype(str).to_numpy())
    sizes, means = by_group.size(), by_group.mean()
    n, levels = sizes.sum(), len(sizes)
    between = (sizes * (means - target.mean()) ** 2).sum() / (levels - 1)
    within = ((target - by_group.transform("mean")) ** 2).sum() / (n - levels)
    size = (n - (sizes**2).sum() / n) / (levels - 1)
    component = (between - within) / size
    return float(max(component, 0.0) / (max(component, 0.0) + within))
