"""What tests combinations of the fixed effects of a model: t and F, or Wald's z and chi-square."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from scipy import stats

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal.conditions import ConvergenceWarning
from tabmixnn.inference.marginal.contrasts import ContrastTest, as_contrasts, f_test, t_test
from tabmixnn.inference.marginal.kenward_roger import KenwardRoger
from tabmixnn.inference.marginal.profiled import CriterionError
from tabmixnn.inference.marginal.satterthwaite import Satterthwaite
from tabmixnn.option_checks import choice

DDF_METHODS = "satterthwaite", "kenward_roger"
NO_DEGREES = (
    "the model fits the response almost without error, so that the likelihood says nothing of its "
    "variances: there are no degrees of freedom, and no tests"
)


class FixedTests(Protocol):
    """Tests of one combination of the fixed effects, or of several at once."""

    def test(self, L: np.ndarray) -> ContrastTest:
        """Test combinations of shape (p,) or (r, p)."""


class KnownDegrees:
    """t and F tests with the same degrees of freedom for all combinations.

    Parameters
    ----------
    estimates : MixedFit
    df : float
        NaN where there are no tests.
    """

    def __init__(self, estimates: Any, df: float) -> None:
        self.estimates, self.df = estimates, df

    def test(self, L: np.ndarray) -> ContrastTest:
        """Test combinations of shape (p,) or (r, p)."""
        estimate, cov = _combined(self.estimates, L)
        se = np.sqrt(np.diagonal(cov))
        if len(estimate) == 1:
            return t_test(estimate[0], se[0], self.df)
        return f_test(estimate, se, _quadratic(estimate, cov) / len(estimate), self.df)


class WaldTests:
    """z and chi-square tests; `statistic` is z, or chi-square over its degrees of freedom.

    Parameters
    ----------
    estimates : MixedFit or FormulaEstimates
    """

    def __init__(self, estimates: Any) -> None:
        self.estimates = estimates

    def test(self, L: np.ndarray) -> ContrastTest:
        """Test combinations of shape (p,) or (r, p)."""
        estimate, cov = _combined(self.estimates, L)
        se, rank = np.sqrt(np.diagonal(cov)), len(estimate)
        if rank == 1:
            return t_test(estimate[0], se[0], np.inf)
        chisq = _quadratic(estimate, cov)
        p_value = float(stats.chi2.sf(chisq, rank))
        return ContrastTest(estimate, se, rank, np.inf, chisq / rank, p_value)


def _combined(estimates: Any, L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    L = as_contrasts(L, len(estimates.beta))
    return L @ estimates.beta, L @ estimates.vcov_beta @ L.T


def _quadratic(estimate: np.ndarray, cov: np.ndarray) -> float:
    return float(estimate @ np.linalg.solve(cov, estimate))


def ddf_method(ddf: Any) -> Any:
    """Return the name of a method, which may be spelled as lmerTest does: ``"Kenward-Roger"``."""
    return ddf.lower().replace("-", "_") if isinstance(ddf, str) else ddf


def check_ddf(engine: MarginalEngine, ddf: str) -> None:
    """Refuse degrees of freedom that there are not.

    Raises
    ------
    ValueError
        If there is no such method, or it does not go with the model.
    """
    choice("ddf", ddf, DDF_METHODS)
    if ddf == "satterthwaite":
        return
    if not engine.is_linear:
        raise ValueError(
            f"ddf={ddf!r} is of linear mixed models; a {engine.family.name} model has z-tests: "
            "leave ddf out."
        )
    if engine.effects.is_structured:
        raise ValueError(
            "ddf='kenward_roger' is not implemented for models with a cov_struct_map; use "
            "ddf='satterthwaite'."
        )


def fixed_tests(engine: MarginalEngine, ddf: str) -> FixedTests:
    """Return the tests of an exact model.

    Parameters
    ----------
    engine : MarginalEngine
    ddf : {"satterthwaite", "kenward_roger"}
        Of a linear model; without variance parameters other than sigma they are n - p.

    Raises
    ------
    ValueError
        If there is no such method, or it does not go with the model.
    """
    check_ddf(engine, ddf)
    result = engine.result
    if not engine.is_linear:
        return WaldTests(result)
    if not result.parameters.n_params:
        return KnownDegrees(result, float(result.n - len(result.beta)))
    if ddf == "kenward_roger":
        return KenwardRoger(result)
    try:
        return Satterthwaite(result)
    except CriterionError:
        warn_caller(NO_DEGREES, ConvergenceWarning)
        return KnownDegrees(result, np.nan)
