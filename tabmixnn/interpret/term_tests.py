"""Tests of the terms of the fixed part, each of all its columns at once (lmerTest's ``anova``)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal.conditions import RankDeficientWarning
from tabmixnn.inference.marginal.contrasts import ContrastTest
from tabmixnn.inference.marginal.fixed import independent_columns
from tabmixnn.interpret.fixed_tests import fixed_tests
from tabmixnn.interpret.term_hypotheses import TermHypothesis, term_hypotheses

NUM_DF, DEN_DF, F_VALUE, P_F = "NumDF", "DenDF", "F value", "Pr(>F)"
CHISQ, DF, P_CHISQ = "Chisq", "Df", "Pr(>Chisq)"


def term_tests(engine: MarginalEngine, ddf: str = "satterthwaite") -> pd.DataFrame:
    """Test every term of the fixed part by its marginal (type III) hypothesis.

    A term is averaged, each level alike, over the factors of the terms that contain it, whatever
    the contrasts are. Numbers stand at zero: ``f`` beside ``f:x`` is tested at x = 0, so that it
    matters where the origin of x is. This is what lmerTest does, and ``car::Anova(type = 3)`` with
    ``contr.sum``. Two things are not as in lmerTest: ``a`` in ``a / b`` is averaged over b, too;
    and without an intercept the first factor's hypothesis is that its own coefficients are zero,
    also beside interactions.

    Parameters
    ----------
    engine : MarginalEngine
    ddf : {"satterthwaite", "kenward_roger"}
        Denominator degrees of freedom of a linear model.

    Returns
    -------
    DataFrame
        A row a term, the intercept apart. Columns ``NumDF``, ``DenDF``, ``F value``, ``Pr(>F)`` of
        a linear model, or Wald's ``Chisq``, ``Df``, ``Pr(>Chisq)`` of a generalised one. NaN for a
        term whose columns were all dropped, and for one that is averaged over cells without rows.

    Raises
    ------
    ValueError
        If there is no such method, or it does not go with the model.

    Warns
    -----
    RankDeficientWarning
        Naming terms that would be averaged over cells without rows.
    """
    tests, kept = fixed_tests(engine, ddf), engine.result.kept
    rows, unknown = {}, []
    for hypothesis in term_hypotheses(engine.design):
        L = None if _is_confounded(hypothesis, kept) else _independent(hypothesis.L[:, kept])
        if L is None:
            unknown.append(hypothesis.label)
        found = tests.test(L) if L is not None and len(L) else None
        rows[hypothesis.label] = joint_row(found, linear=engine.is_linear)
    if unknown:
        warn_caller(
            f"no test of {', '.join(unknown)}: columns of an interaction were dropped, over whose "
            "levels it would be averaged; leave the interaction out, or test with contrast()",
            RankDeficientWarning,
        )
    names = list(joint_row(None, linear=engine.is_linear))
    return pd.DataFrame.from_dict(rows, orient="index", columns=names, dtype=float)


def joint_row(found: ContrastTest | None, *, linear: bool) -> dict[str, float]:
    """Return a test of several combinations at once as a row; NaN if there is none."""
    rank = found.numerator_df if found else 0
    statistic, df, p_value = np.nan, np.nan, np.nan
    if found:
        statistic = found.statistic**2 if rank == 1 else found.statistic
        df, p_value = found.df, found.p_value
    if linear:
        return {NUM_DF: rank, DEN_DF: df, F_VALUE: statistic, P_F: p_value}
    return {CHISQ: rank * statistic, DF: rank, P_CHISQ: p_value}


def _is_confounded(hypothesis: TermHypothesis, kept: np.ndarray) -> bool:
    """Whether dropped columns of other terms are part of the hypothesis."""
    dropped = np.ones(hypothesis.L.shape[1], dtype=bool)
    dropped[kept] = dropped[hypothesis.own] = False
    return bool(hypothesis.L[:, dropped].any())


def _independent(L: np.ndarray) -> np.ndarray:
    return L[independent_columns(L.T)]
