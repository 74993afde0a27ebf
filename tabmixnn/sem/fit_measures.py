"""How well a structural equation model fits."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from tabmixnn.sem.likelihood import GaussianLikelihood
from tabmixnn.sem.ram import Moments


def fit_measures(
    likelihood: GaussianLikelihood,
    implied: Moments,
    loglik: float,
    exogenous: Sequence[int],
    n_parameters: int,
) -> dict[str, float]:
    """Return the usual measures, defined as lavaan defines them.

    Parameters
    ----------
    likelihood : GaussianLikelihood
    implied : Moments
        At the maximum.
    loglik : float
        Of all observed variables, at the maximum.
    exogenous : sequence of int
        Positions of the variables that are taken as given.
    n_parameters : int
        Free parameters less constraints.

    Returns
    -------
    dict
        ``chisq``, ``df``, ``pvalue`` of the likelihood-ratio test against the unrestricted model;
        the same of the baseline model, in which variables are independent apart from the exogenous
        ones; ``cfi`` (Bentler 1990), ``tli`` (Tucker and Lewis 1973), ``rmsea`` (Steiger 1990) and
        ``srmr`` (Bentler 1995). NaN where a measure does not exist, as p-values without degrees of
        freedom.
    """
    sample = likelihood.sample
    p, q, n = len(sample.mean), len(exogenous), sample.n
    moments = p * (p + 1) // 2 - q * (q + 1) // 2
    if likelihood.meanstructure:
        moments += p - q
    df = moments - n_parameters
    chisq = max(2 * (sample.loglik() - loglik), 0.0)
    log_det = np.linalg.slogdet(sample.covariance)[1]
    rest = np.setdiff1d(np.arange(p), exogenous)
    given = sample.covariance[np.ix_(exogenous, exogenous)]
    independent = np.log(np.diag(sample.covariance)[rest]).sum()
    independent += np.linalg.slogdet(given)[1] if q else 0.0
    base_chisq = n * float(independent - log_det)
    base_df = p * (p - 1) // 2 - q * (q - 1) // 2
    excess, base_excess = max(chisq - df, 0.0), max(base_chisq - base_df, 0.0)
    largest = max(excess, base_excess)
    return {
        "chisq": chisq,
        "df": df,
        "pvalue": float(stats.chi2.sf(chisq, df)) if df > 0 else math.nan,
        "baseline_chisq": base_chisq,
        "baseline_df": base_df,
        "cfi": 1 - excess / largest if largest > 0 else 1.0,
        "tli": _tli(chisq, df, base_chisq, base_df),
        "rmsea": math.sqrt(excess / (df * n)) if df > 0 else 0.0,
        "srmr": _srmr(likelihood, implied),
    }


def _tli(chisq: float, df: int, base_chisq: float, base_df: int) -> float:
    if df == 0 or base_df == 0:
        return 1.0
    ratio, base_ratio = chisq / df, base_chisq / base_df
    return (base_ratio - ratio) / (base_ratio - 1)


def _srmr(likelihood: GaussianLikelihood, implied: Moments) -> float:
    sample = likelihood.sample
    deviation = np.sqrt(np.diag(sample.covariance))
    residual = (sample.covariance - implied.covariance) / np.outer(deviation, deviation)
    squares = residual[np.tril_indices(len(deviation))] ** 2
    if likelihood.meanstructure:
        squares = np.append(squares, ((sample.mean - implied.mean) / deviation) ** 2)
    return float(np.sqrt(squares.mean()))
