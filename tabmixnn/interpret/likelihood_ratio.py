"""Likelihood-ratio tests of nested models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.interpret.structures import reports
from tabmixnn.option_checks import flag
from tabmixnn.streaming.absent import AbsentRows


class RefitWarning(UserWarning):
    """Models fitted by REML were refitted by maximum likelihood to compare them."""


def anova(*models: Any, refit: bool = True) -> pd.DataFrame:
    """Compare nested models by likelihood-ratio tests, as R's ``anova`` does.

    Models fitted by REML are refitted by maximum likelihood with a warning that says so, because
    restricted likelihoods of models with different fixed effects do not compare.

    Parameters
    ----------
    *models : estimators
        Two or more models fitted with ``inference="marginal"`` to the same responses. They are
        put in the order of their number of parameters; each is tested against the one before.
    refit : bool
        False compares restricted likelihoods as they are, of models with the same fixed effects.

    Returns
    -------
    DataFrame
        R's columns ``npar``, ``AIC``, ``BIC``, ``logLik``, ``deviance``, ``Chisq``, ``Df``,
        ``Pr(>Chisq)``, a row a model, named by its formula and its covariance structures.

    Raises
    ------
    TypeError
        If something else than a model is given.
    ValueError
        If there are fewer than two models, they have different responses, families or ``nagq``, or
        with ``refit=False`` different fixed effects, or one is fitted by REML and another by
        maximum likelihood.
    """
    for model in models:
        if isinstance(model, type) or not hasattr(model, "_exact"):
            raise TypeError(f"anova compares fitted models; got {model!r:.60}.")
    if len(models) < 2:
        raise ValueError("anova compares two fitted models or more; pass them one after another.")
    flag("refit", refit)
    engines = [model._exact("anova()") for model in models]
    _check_same_data(engines)
    by_reml = [engine.is_linear and engine.options.reml for engine in engines]
    if refit and any(by_reml):
        warn_caller("refitting models with ML (instead of REML)", RefitWarning)
        engines = [
            engine.refit(reml=False) if reml else engine
            for engine, reml in zip(engines, by_reml, strict=True)
        ]
    elif any(by_reml) and not all(by_reml):
        raise ValueError(
            "Some models were fitted by REML and some by maximum likelihood; their likelihoods "
            "do not compare. Leave refit=True."
        )
    elif any(by_reml) and any(e.result.names != engines[0].result.names for e in engines):
        raise ValueError(
            "Restricted likelihoods of models with different fixed effects do not compare. Leave "
            "refit=True."
        )
    names = [_name(model) for model in models]
    order = sorted(range(len(models)), key=lambda i: engines[i].result.df)
    return _table([names[i] for i in order], [engines[i] for i in order])


def _name(model: Any) -> str:
    engine = model.engine_
    structures = []
    for each in reports(engine):
        structures.append(f"{each.group}: {each.type} over {each.over}")
        if each.over == "residual":
            column = engine.result.parameters.residual.strata_column
            structures[-1] += f", scaled by {column}" if column else ""
    return "; ".join([model._formula_in_words(), *structures])


def _check_same_data(engines: list[MarginalEngine]) -> None:
    first = engines[0]
    for other in engines[1:]:
        if len(other.y) != len(first.y):
            raise ValueError(
                f"The models were fitted to {len(first.y)} and {len(other.y)} rows; fit them to "
                "the same rows (missing values may have been left out)."
            )
        if not _same(other.y, first.y) or not _same(first.row_weights, other.row_weights):
            raise ValueError(
                "The models were fitted to different responses or weights, so their likelihoods "
                "do not compare."
            )
        if (other.family.name, other.family.link) != (first.family.name, first.family.link):
            raise ValueError(
                f"The models have different families, {first.family.name} and "
                f"{other.family.name}; they are not nested."
            )
        if not first.is_linear and other.options.nagq != first.options.nagq:
            raise ValueError(
                f"The likelihoods are approximated with nagq={first.options.nagq} and "
                f"nagq={other.options.nagq}, so they do not compare; fit the models with the same."
            )


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays are the same; of rows in files, whether they are those of one file."""
    if isinstance(a, AbsentRows) or isinstance(b, AbsentRows):
        return a == b
    return np.array_equal(a, b)


def _table(names: list[str], engines: list[MarginalEngine]) -> pd.DataFrame:
    results = [engine.result for engine in engines]
    loglik = np.array([result.loglik for result in results])
    npar = np.array([result.df for result in results])
    chisq = np.concatenate([[np.nan], np.maximum(2.0 * np.diff(loglik), 0.0)])
    df = np.concatenate([[np.nan], np.diff(npar)])
    # Without more parameters there is nothing to test; R leaves the cell empty too.
    p_value = np.where(df > 0, stats.chi2.sf(chisq, np.where(df > 0, df, 1.0)), np.nan)
    return pd.DataFrame(
        {
            "npar": npar,
            "AIC": [result.aic for result in results],
            "BIC": [result.bic for result in results],
            "logLik": loglik,
            "deviance": -2.0 * loglik,
            "Chisq": chisq,
            "Df": df,
            "Pr(>Chisq)": p_value,
        },
        index=pd.Index(names, name="model"),
    )
