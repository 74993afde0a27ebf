"""The summary of a mixed model that grew beyond its formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.interpret.coefficients import ESTIMATE, P_Z, STD_ERROR, Z_VALUE
from tabmixnn.interpret.numbers import escaped
from tabmixnn.interpret.parameters import var_corr
from tabmixnn.interpret.summary import (
    Summary,
    dispersion_line,
    group_sizes,
    quartiles,
    weighted_note,
)

NOTE = (
    "Terms were let in by score tests on these rows, with deviations as random effects have them.\n"
    "A predictor's line is among the fixed effects."
)
TESTED_NOTE = "Tests of the fixed effects take the terms that were let in as given."
BESIDE_NOTE = (
    "The line of a predictor that has a term over all rows is what is left for it beside that\n"
    "term: its test is none of the predictor's whole effect. A fit with inference='marginal'\n"
    "tests the line alone."
)
LEARNED_NOTE = (
    "f(x) is the mean of networks of all predictors; training rows have it from networks that\n"
    "did not see them."
)
AVERAGE_NOTE = (
    "Predictions for a new level of {group} are {share:.0%} the population's average given the\n"
    "predictors, by which levels left out were predicted better."
)
WEIGHED_NOTE = (
    "Rows weigh the inverse of a variance that depends on the mean, by which held-out rows were\n"
    "predicted better; the residual variance is that of a row of weight one, the variances of\n"
    "effects those without the weights."
)
SHRUNKEN_NOTE = (
    "Groups differ by {share:.0%} of the deviations that the likelihood finds: held-out rows were\n"
    "predicted better by these, or events are too few to tell of more."
)

PENALTY_NOTE = (
    "Fixed effects have a normal prior around zero, of deviation {deviation:.3g}{unit}\n"
    "for a column of deviation one, by which held-out rows were predicted best or, with hardly\n"
    "more rows than effects, the likeliest: they are smaller than those without, and there are no\n"
    "tests of them. What is called standard error is their deviation given the data.{variances}"
)
OF_THE_RESIDUAL = " of the residual's"
WITHOUT_PRIOR = "\nDeviations of random effects are those found without the prior."


def additive_terms(engine: AutoEngine) -> pd.DataFrame:
    """Return the terms that were let in, in their order.

    Returns
    -------
    DataFrame
        Columns ``term``; ``group``, empty over all rows; ``sd``, the deviation that its variance
        gives to what the term adds to a row, about, on the scale of the linear predictor; and
        ``score``, the standardised score of its variance when it was let in.
    """
    fit = engine.additive
    deviations = engine.model.deviations(fit.matrices, fit.x) * np.sqrt(fit.solution.sigma2)
    return pd.DataFrame(
        {
            "term": [str(term.feature) for term in engine.model.terms],
            "group": [term.group or "" for term in engine.model.terms],
            "sd": deviations,
            "score": [engine.scores[term] for term in engine.model.terms],
        }
    )


def summarise_additive(engine: AutoEngine, formula: str, residuals: np.ndarray) -> Summary:
    """Summarise a grown model: the formula's part as lme4 does, then the terms let in.

    Parameters
    ----------
    engine : AutoEngine
    formula : str
    residuals : ndarray, shape (n,)
        Scaled residuals of the training rows.
    """
    linear = engine.exact.is_linear
    estimates = engine.estimates
    fixed = pd.DataFrame({ESTIMATE: estimates.beta}, index=estimates.names)
    fixed[STD_ERROR] = np.sqrt(np.diagonal(estimates.vcov_beta))
    has_tests = not engine.penalty
    if has_tests:
        fixed[Z_VALUE] = fixed[ESTIMATE] / fixed[STD_ERROR]
        fixed[P_Z] = 2.0 * stats.norm.sf(np.abs(fixed[Z_VALUE]))
    # That of a working response, which PQL's is, cannot be compared with another model's, nor can
    # that of a model whose fixed effects have a prior.
    criterion = estimates.criterion
    is_comparable = linear and has_tests
    sizes = {"nobs": len(engine.rows)} | ({"criterion": criterion} if is_comparable else {})
    has_dispersion = not linear and engine.exact.result.dispersion is not None
    return Summary(
        title=_title(linear, has_tests),
        formula=formula,
        family="" if linear else f"{engine.family.name}  ( {engine.family.link} )",
        fixed=fixed,
        random=var_corr(engine),
        fit=pd.DataFrame([sizes], index=pd.Index(["fit"])),
        groups=group_sizes(estimates.blocks),
        residuals=quartiles(residuals),
        criterion=f"REML criterion at convergence: {criterion:.1f}" if is_comparable else "",
        dispersion=dispersion_line(engine.family.name, engine.dispersion) if has_dispersion else "",
        notes=_notes(engine),
        terms=tuple(
            f"{_written(row)}: sd {row.sd:.4g}, score {row.score:.1f}"
            for row in additive_terms(engine).itertuples()
        ),
    )


def _title(is_linear: bool, has_tests: bool) -> str:
    title = f"Additive mixed model fit by {'REML' if is_linear else 'PQL'}"
    return f"{title}. z-tests" if has_tests else title


def _notes(engine: AutoEngine) -> tuple[str, ...]:
    notes = [NOTE] if engine.scores else []
    if engine.scores and not engine.penalty:
        notes.append(TESTED_NOTE)
        if any(term.group is None for term in engine.scores):
            notes.append(BESIDE_NOTE)
    if engine.penalty:
        has_others = bool(engine.rows.groups) and not engine.is_linear
        notes.append(
            PENALTY_NOTE.format(
                deviation=(engine.penalty * engine.weight_unit) ** -0.5,
                unit=OF_THE_RESIDUAL if engine.is_linear else "",
                variances=WITHOUT_PRIOR if has_others else "",
            )
        )
    if engine.share < 1.0:
        notes.append(SHRUNKEN_NOTE.format(share=engine.share))
    if engine.weights is not None:
        notes.append(weighted_note(engine))
    if engine.weighing is not None:
        notes.append(WEIGHED_NOTE)
    if engine.learned is not None:
        notes.append(LEARNED_NOTE)
    if engine.averaged is not None:
        averaged = engine.averaged
        notes.append(AVERAGE_NOTE.format(group=escaped(averaged.group), share=averaged.share))
    return tuple(notes)


def _written(row: object) -> str:
    return f"{row.term} | {row.group}" if row.group else row.term
