"""Tests of the fixed effects: t with Satterthwaite's or Kenward and Roger's df, Wald's z."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal.conditions import ConvergenceWarning
from tabmixnn.inference.marginal.fit import MixedFit
from tabmixnn.inference.marginal.kenward_roger import kenward_roger
from tabmixnn.inference.marginal.profiled import CriterionError
from tabmixnn.inference.marginal.satterthwaite import VarianceUncertainty

ESTIMATE, STD_ERROR, DF = "Estimate", "Std. Error", "df"
T_VALUE, P_T, Z_VALUE, P_Z = "t value", "Pr(>|t|)", "z value", "Pr(>|z|)"

NO_DEGREES = (
    "the model fits the response almost without error, so that the likelihood says nothing of its "
    "variances: there are no degrees of freedom, and no tests"
)


def _satterthwaite(result: MixedFit) -> tuple[np.ndarray, np.ndarray]:
    try:
        uncertainty = VarianceUncertainty(result)
    except CriterionError:
        warnings.warn(NO_DEGREES, ConvergenceWarning, stacklevel=5)
        return result.se, np.full(len(result.beta), np.nan)
    variances = np.diagonal(result.vcov_beta)
    unit = np.eye(len(variances))
    df = [uncertainty.df(row, v) for row, v in zip(unit, variances, strict=True)]
    return result.se, np.array(df)


def _kenward_roger(result: MixedFit) -> tuple[np.ndarray, np.ndarray]:
    method = kenward_roger(result)
    tests = [method.test(row) for row in np.eye(len(result.beta))]
    return np.sqrt(np.diagonal(method.vcov)), np.array([test.df for test in tests])


DDF_METHODS: dict[str, Callable[[MixedFit], tuple[np.ndarray, np.ndarray]]] = {
    "satterthwaite": _satterthwaite,
    "kenward_roger": _kenward_roger,
}
"""Standard errors and degrees of freedom of the fixed effects by method."""


def check_ddf(engine: MarginalEngine, ddf: str) -> None:
    """Refuse degrees of freedom that there are not.

    Raises
    ------
    ValueError
        If there is no such method, or it does not go with covariance structures.
    """
    if not isinstance(ddf, str) or ddf not in DDF_METHODS:
        names = ", ".join(repr(name) for name in DDF_METHODS)
        raise ValueError(f"ddf must be one of {names}; got {ddf!r}.")
    if ddf == "kenward_roger" and engine.is_linear and engine.effects.is_structured:
        raise ValueError(
            "ddf='kenward_roger' is for covariances that are linear in their parameters, which "
            "those of cov_struct_map are not; use ddf='satterthwaite'."
        )


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
    check_ddf(engine, ddf)
    result = engine.result
    if not engine.is_linear:
        if ddf != "satterthwaite":
            raise ValueError(
                f"ddf={ddf!r} is of linear mixed models; a {engine.family.name} model has z-tests: "
                "leave ddf out."
            )
        statistic = result.beta / result.se
        table = {
            ESTIMATE: result.beta,
            STD_ERROR: result.se,
            Z_VALUE: statistic,
            P_Z: 2.0 * stats.norm.sf(np.abs(statistic)),
        }
        return pd.DataFrame(table, index=result.names)
    if result.parameters.n_params:
        se, df = DDF_METHODS[ddf](result)
    else:
        se, df = result.se, np.full(len(result.beta), float(result.n - len(result.beta)))
    statistic = result.beta / se
    table = {
        ESTIMATE: result.beta,
        STD_ERROR: se,
        DF: df,
        T_VALUE: statistic,
        P_T: 2.0 * stats.t.sf(np.abs(statistic), df),
    }
    return pd.DataFrame(table, index=result.names)
