"""Where the search for the maximum starts."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tabmixnn.sem.likelihood import SampleMoments
from tabmixnn.sem.ram import Array
from tabmixnn.sem.variables import VariableNames


def starting_values(table: pd.DataFrame, names: VariableNames, sample: SampleMoments) -> Array:
    """Return a value for every path: the model's own where it gives one.

    Loadings bring their latent variable to the scale of its first indicator; half of every
    observed variance is residual; regressions among observed variables start at least squares,
    others and covariances at zero; exogenous variables have the sample's moments.

    Parameters
    ----------
    table : DataFrame
        Paths of the parameter table.
    names : VariableNames
    sample : SampleMoments
        Of ``names.observed``.

    Returns
    -------
    ndarray, one entry a path
    """
    position = {name: index for index, name in enumerate(names.observed)}
    variance, mean = np.diag(sample.covariance), sample.mean
    markers: dict[str, str] = {}
    for row in table[table["op"] == "=~"].itertuples():
        markers.setdefault(row.lhs, row.rhs)
    scale = _latent_variances(table, markers, position, variance)
    slopes = _least_squares(table, position, sample)

    def start(row: pd.Series) -> float:
        if not math.isnan(row.ustart):
            return row.ustart
        if row.op == "~1":
            return mean[position[row.lhs]] if row.lhs in position else 0.0
        if row.op == "~~" and row.lhs == row.rhs:
            if row.lhs in scale:
                return scale[row.lhs]
            share = 1.0 if row.lhs in names.exogenous else 0.5
            return share * variance[position[row.lhs]]
        if row.op == "~~" and row.lhs in names.exogenous and row.rhs in names.exogenous:
            return sample.covariance[position[row.lhs], position[row.rhs]]
        if row.op == "=~" and row.rhs in position:
            own = position[row.rhs]
            size = math.sqrt(0.5 * variance[own] / scale[row.lhs])
            marker = position.get(markers[row.lhs], own)
            return math.copysign(size, sample.covariance[own, marker])
        if row.op == "~":
            return slopes.get((row.lhs, row.rhs), 0.0)
        return 1.0 if row.op == "=~" else 0.0

    return np.array([start(row) for row in table.itertuples()])


def _latent_variances(
    table: pd.DataFrame, markers: dict[str, str], position: dict[str, int], variance: Array
) -> dict[str, float]:
    fixed = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"]) & (table["free"] == 0)]
    known = dict(zip(fixed["lhs"], fixed["ustart"], strict=True))
    scale: dict[str, float] = {}
    for name, marker in markers.items():
        guess = 0.5 * variance[position[marker]] if marker in position else 1.0
        value = known.get(name, guess)
        scale[name] = value if value > 0 else guess
    return scale


def _least_squares(
    table: pd.DataFrame, position: dict[str, int], sample: SampleMoments
) -> dict[tuple[str, str], float]:
    slopes: dict[tuple[str, str], float] = {}
    for name, rows in table[table["op"] == "~"].groupby("lhs", sort=False):
        if name in position and all(other in position for other in rows["rhs"]):
            x = [position[other] for other in rows["rhs"]]
            covariance = sample.covariance[np.ix_(x, x)]
            found = np.linalg.solve(covariance, sample.covariance[x, position[name]])
            slopes.update({(name, o): s for o, s in zip(rows["rhs"], found, strict=True)})
    return slopes
