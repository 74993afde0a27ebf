"""Tests of the fixed effects: t with Satterthwaite's or Kenward and Roger's df, Wald's z."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.interpret.fixed_tests import fixed_tests

ESTIMATE, STD_ERROR, DF = "Estimate", "Std. Error", "df"
T_VALUE, P_T, Z_VALUE, P_Z = "t value", "Pr(>|t|)", "z value", "Pr(>|z|)"


def coefficient_table(engine: MarginalEngine, ddf: str = "satterthwaite") -> pd.DataFrame:
    """Return the fixed effects with their tests.

    Parameters
    ----------
    engine : MarginalEngine
    ddf : {"satterthwaite", "kenward_roger"}
        Degrees of freedom of a linear mixed model, or of one with correlated residuals. Where
        sigma is the only variance parameter they are n - p.

    Returns
    -------
    DataFrame
        R's columns: ``Estimate``, ``Std. Error``, then ``df``, ``t value``, ``Pr(>|t|)`` of a
        linear model, or Wald's ``z value``, ``Pr(>|z|)`` of a generalised one.

    Raises
    ------
    ValueError
        If there is no such method, or it does not go with covariance structures.
    """
    tests, result = fixed_tests(engine, ddf), engine.result
    found = [tests.test(row) for row in np.eye(len(result.beta))]
    se = np.array([float(test.se[0]) for test in found])
    statistic = result.beta / se
    table = {ESTIMATE: result.beta, STD_ERROR: se}
    if engine.is_linear:
        df = np.array([test.df for test in found])
        p_value = 2.0 * stats.t.sf(np.abs(statistic), df)
        table |= {DF: df, T_VALUE: statistic, P_T: p_value}
    else:
        table |= {Z_VALUE: statistic, P_Z: 2.0 * stats.norm.sf(np.abs(statistic))}
    return pd.DataFrame(table, index=result.names)
