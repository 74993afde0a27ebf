"""The summary of a fitted model (section 3.6.4 of the paper), as lme4 prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.interpret.coefficients import coefficient_table
from tabmixnn.interpret.numbers import escaped
from tabmixnn.interpret.parameters import blocks_in_order, correlations, var_corr
from tabmixnn.interpret.structures import reports
from tabmixnn.interpret.summary_text import summary_text

QUARTILES = {"Min": 0.0, "1Q": 0.25, "Median": 0.5, "3Q": 0.75, "Max": 1.0}

DDF_NAMES = {"satterthwaite": "Satterthwaite's", "kenward_roger": "Kenward-Roger's"}

POISSON_NOTE = (
    "the dispersion is at its boundary: the counts have no more spread than Poisson's, whose\n"
    "standard errors these are"
)

NO_ERRORS_NOTE = (
    "there are no standard errors: the likelihood does not fall in every direction from these\n"
    "estimates, which need not be its maximum; outcomes may be separated, or groups repeat them"
)
WEIGHTED_NOTE = "rows are weighted{residual}"
OF_WEIGHT_ONE = "; the residual variance is that of a row of weight one"


@dataclass(frozen=True, eq=False)
class Summary:
    """A fitted model in tables; ``print(summary)`` shows them as lme4 does.

    Attributes
    ----------
    title, formula, family : str
        How it was fitted; the formula; the family and its link, empty for a linear model.
    fixed : DataFrame
        Coefficients by estimate, standard error and test.
    random : DataFrame
        Variances, standard deviations and correlations of the random effects, as `var_corr`.
    fit : DataFrame
        One row: number of observations, log-likelihood, deviance, AIC, BIC, residual df.
    groups : dict of str to int
        Number of levels of every grouping factor.
    residuals : Series or None
        Quartiles of the scaled residuals.
    correlation : DataFrame or None
        Correlation of the fixed effects' estimates.
    criterion : str
        What ``fit`` minimised, in words with its value; empty to show AIC, BIC and deviance,
        where ``fit`` has them.
    dispersion : str
        The family's dispersion in words, empty if it has none.
    notes : tuple of str
        What the reader must know of the numbers.
    structures : tuple of str
        Covariance structures with their parameters, in words.
    terms : tuple of str
        Terms beyond the formula's, in words.
    """

    title: str
    formula: str
    family: str
    fixed: pd.DataFrame
    random: pd.DataFrame
    fit: pd.DataFrame
    groups: Mapping[str, int]
    residuals: pd.Series | None = None
    correlation: pd.DataFrame | None = None
    criterion: str = ""
    dispersion: str = ""
    notes: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    def __str__(self) -> str:
        return summary_text(self)

    def __repr__(self) -> str:
        return str(self)


def weighted_note(engine: MarginalEngine | AutoEngine) -> str:
    """Return what a summary says of a model whose rows have weights."""
    return WEIGHTED_NOTE.format(residual=OF_WEIGHT_ONE if engine.is_linear else "")


def quartiles(residuals: np.ndarray) -> pd.Series:
    """Return the five numbers that R's ``quantile`` gives, by name."""
    values = np.quantile(residuals, list(QUARTILES.values()))
    return pd.Series(values, index=list(QUARTILES), name="Scaled residuals")


def dispersion_line(family: str, dispersion: float) -> str:
    """Return a family's dispersion in words."""
    return f"Dispersion parameter for {family}: {dispersion:.4g}"


def group_sizes(blocks: list) -> dict[str, int]:
    """Return the number of levels of every grouping factor, in lme4's order."""
    return {blocks[i].group: len(blocks[i].levels) for i in blocks_in_order(blocks)}


def fit_table(engine: MarginalEngine) -> pd.DataFrame:
    """Return log-likelihood and information criteria in one row."""
    result = engine.result
    row = {
        "nobs": result.n,
        "logLik": result.loglik,
        "deviance": -2.0 * result.loglik,
        "AIC": result.aic,
        "BIC": result.bic,
        "npar": result.df,
        "df.resid": result.n - result.df,
    }
    return pd.DataFrame([row], index=pd.Index(["fit"]))


def _title(engine: MarginalEngine, ddf: str) -> str:
    mixed = "mixed " if engine.result.blocks else ""
    if engine.is_linear:
        method = "REML" if engine.options.reml else "maximum likelihood"
        estimated = engine.result.parameters.n_params > 0
        tests = f"{DDF_NAMES[ddf]} method" if estimated else "n - p degrees of freedom"
        return f"Linear {mixed}model fit by {method}. t-tests use {tests}"
    title = f"Generalized linear {mixed}model fit by maximum likelihood"
    if not mixed:
        return title
    nagq = engine.options.nagq
    how = "Laplace Approximation" if nagq == 1 else f"Adaptive Gauss-Hermite, nAGQ = {nagq}"
    return f"{title} ({how})"


def summarise(
    engine: MarginalEngine,
    formula: str,
    residuals: np.ndarray | None,
    *,
    ddf: str = "satterthwaite",
) -> Summary:
    """Summarise a fitted model.

    Parameters
    ----------
    engine : MarginalEngine
    formula : str
        As the user wrote it.
    residuals : ndarray, shape (n,), or None
        Scaled residuals of the rows to describe, if there are any.
    ddf : {"satterthwaite", "kenward_roger"}
        Degrees of freedom of the t-tests.
    """
    result, linear = engine.result, engine.is_linear
    fixed = coefficient_table(engine, ddf)
    correlation = pd.DataFrame(
        correlations(result.vcov_beta), index=result.names, columns=result.names
    )
    family = "" if linear else f"{engine.family.name}  ( {engine.family.link} )"
    criterion, dispersion, notes = "", "", ()
    if linear and engine.options.reml:
        criterion = f"REML criterion at convergence: {-2.0 * result.loglik:.1f}"
    elif not linear and result.dispersion is not None:
        dispersion = dispersion_line(engine.family.name, result.dispersion)
    if result.is_singular:
        notes = (escaped(result.singular_message),)
    if result.is_dispersion_at_boundary:
        notes = (*notes, POISSON_NOTE)
    if not linear and np.isnan(result.vcov_beta).any():
        notes = (*notes, NO_ERRORS_NOTE)
    if engine.weights is not None:
        notes = (*notes, weighted_note(engine))
    return Summary(
        title=_title(engine, ddf),
        formula=formula,
        family=family,
        fixed=fixed,
        random=var_corr(engine),
        fit=fit_table(engine),
        groups=group_sizes(result.blocks),
        residuals=None if residuals is None else quartiles(residuals),
        correlation=correlation,
        criterion=criterion,
        dispersion=dispersion,
        notes=notes,
        structures=tuple(map(str, reports(engine))),
    )
