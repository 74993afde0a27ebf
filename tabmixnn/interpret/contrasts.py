"""Linear combinations of the fixed effects: estimates, intervals, tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.formula.errors import suggest
from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.interpret.coefficients import (
    DF,
    ESTIMATE,
    P_T,
    P_Z,
    STD_ERROR,
    T_VALUE,
    Z_VALUE,
)
from tabmixnn.interpret.fixed_tests import FixedTests, WaldTests, fixed_tests
from tabmixnn.interpret.intervals import percentages
from tabmixnn.interpret.term_tests import joint_row
from tabmixnn.option_checks import flag, share


def contrast(
    engine: MarginalEngine | AutoEngine,
    L: Any,
    *,
    joint: bool = False,
    ddf: str = "satterthwaite",
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate and test linear combinations of the fixed effects (lmerTest's ``contest``).

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
        A grown model has z tests, which take its terms as given.
    L : mapping, DataFrame or array of shape (p,) or (r, p)
        Weights: by name of the effect; rows of weights under the effects' names, zero for those
        without a column; or one for every effect, in the order of ``fixef()``.
    joint : bool
        Test all combinations at once.
    ddf : {"satterthwaite", "kenward_roger"}
        Degrees of freedom of a linear model.
    level : float
        Coverage of the confidence limits, of one combination at a time.

    Returns
    -------
    DataFrame
        A row a combination: ``Estimate``, ``Std. Error``, then ``df``, ``t value``, ``Pr(>|t|)`` or
        ``z value``, ``Pr(>|z|)``, then the limits. With `joint` one row, ``NumDF``, ``DenDF``,
        ``F value``, ``Pr(>F)``, or Wald's ``Chisq``, ``Df``, ``Pr(>Chisq)``.

    Raises
    ------
    ValueError
        If the fixed effects have a penalty, a name is not that of an effect, weights are not
        finite numbers of the right shape or all zero, combinations to be tested jointly are
        linearly dependent, or an option has a value it cannot have.
    """
    flag("joint", joint)
    level = share("level", level)
    is_grown = isinstance(engine, AutoEngine)
    if is_grown and ddf != "satterthwaite":
        raise ValueError(
            "A grown model has z tests: leave ddf out, or fit the formula's model "
            "(inference='marginal', hidden_dims=[])."
        )
    if is_grown and engine.penalty:
        raise ValueError(
            "The fixed effects of this model have a penalty, so that they are smaller than those "
            "of likelihood alone and there are no tests of them; fit the formula's model "
            "(inference='marginal', hidden_dims=[]) for those."
        )
    weights = read_weights(L, engine.estimates.names, _dropped(engine))
    tests = WaldTests(engine.estimates) if is_grown else fixed_tests(engine, ddf)
    linear = engine.is_linear and not is_grown
    if joint:
        return pd.DataFrame([joint_row(tests.test(weights.to_numpy()), linear=linear)], ["joint"])
    return _each(weights, tests, level, linear=linear)


def _each(weights: pd.DataFrame, tests: FixedTests, level: float, *, linear: bool) -> pd.DataFrame:
    found = [tests.test(row) for row in weights.to_numpy()]
    estimate = np.array([test.estimate[0] for test in found])
    se = np.array([test.se[0] for test in found])
    df = np.array([test.df for test in found])
    margin = se * stats.t.ppf(0.5 + 0.5 * level, df)
    low, high = percentages(level)
    table = {ESTIMATE: estimate, STD_ERROR: se}
    if linear:
        table[DF] = df
    table[T_VALUE if linear else Z_VALUE] = np.array([test.statistic for test in found])
    table[P_T if linear else P_Z] = np.array([test.p_value for test in found])
    table |= {low: estimate - margin, high: estimate + margin}
    return pd.DataFrame(table, index=weights.index)


def _dropped(engine: MarginalEngine | AutoEngine) -> list[str]:
    return [name for name in engine.design.fixed_names if name not in engine.estimates.names]


def read_weights(L: Any, names: list[str], dropped: list[str]) -> pd.DataFrame:
    """Return combinations as rows of weights under the names of the effects, shape (r, p).

    Parameters
    ----------
    L : mapping, DataFrame or array
    names : list of str, length p
        Effects that were estimated.
    dropped : list of str
        Effects that were not.
    """
    if isinstance(L, Mapping):
        L = pd.DataFrame([L])
        L.index = [_written(L.iloc[0])]
    elif isinstance(L, pd.Series):
        L = pd.DataFrame([L])
    if not isinstance(L, pd.DataFrame):
        L = _of_array(L, names)
    for name in L.columns:
        if name in dropped:
            raise ValueError(
                f"The effect {name!r} was not estimated: others determine its column, which was "
                "dropped."
            )
        if name not in names:
            hint = suggest(str(name), names) or f" They are {', '.join(names)}."
            raise ValueError(f"There is no fixed effect {name!r}.{hint}")
    if L.columns.has_duplicates:
        twice = L.columns[L.columns.duplicated()][0]
        raise ValueError(f"The effect {twice!r} has two columns of weights; give it one.")
    try:
        weights = L.astype(np.float64).reindex(columns=names, fill_value=0.0)
    except (TypeError, ValueError):
        weights = pd.DataFrame([[np.nan]])
    if not np.isfinite(weights.to_numpy()).all():
        raise ValueError("The weights of a contrast must be finite numbers.")
    if not len(weights):
        raise ValueError("There is no contrast: give a row of weights or more.")
    empty = ~weights.to_numpy().any(axis=1)
    if empty.any():
        label = weights.index[empty][0]
        raise ValueError(
            f"The contrast {label!r} has weights of zero only; there is no test of it."
        )
    return weights


def _of_array(L: Any, names: list[str]) -> pd.DataFrame:
    try:
        array = np.atleast_2d(np.asarray(L, dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError(
            "A contrast is a dict of weights by name, a DataFrame of rows of them, or an array; "
            f"got {L!r:.60}."
        ) from None
    if array.ndim != 2 or array.shape[1] != len(names):
        raise ValueError(
            f"Contrasts given as an array need a weight for each of the {len(names)} effects of "
            f"fixef() ({', '.join(names)}); got shape {np.shape(L)}."
        )
    table = pd.DataFrame(array, columns=names)
    return table.set_axis([_written(row) for _, row in table.iterrows()], axis=0)


def _written(weights: pd.Series) -> str:
    """Write a combination, such as ``Days - 2 Dose``."""
    out = ""
    for name, weight in weights.items():
        try:
            weight = float(weight)
        except (TypeError, ValueError):
            return "contrast"
        if weight:
            size = "" if abs(weight) == 1.0 else f"{abs(weight):.4g} "
            sign = " - " if weight < 0 else " + "
            out += (sign if out else sign.strip(" +")) + size + str(name)
    return out or "0"
