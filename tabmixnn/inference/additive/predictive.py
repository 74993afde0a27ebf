"""Predictive distributions of grown models: noise, and what is not known of all effects together.

As in exact models a Gaussian outcome's distribution is Student's t: its degrees of freedom say how
well the variances are known, the residual's by the rows that are left when all effects are counted,
those of new levels by the number of levels less one; and how long the residuals' tails are. The
terms are taken as given.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.crossval import held_out_folds, tenths
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.exact.predictive import generalised_predictive
from tabmixnn.predictive import (
    Calibration,
    Noise,
    NormalPredictive,
    Predictive,
    some_rows,
    summed_degrees,
)

Array = NDArray[np.float64]


def predictive(
    grown: Any, rows: Rows, re_form: str, method: str, kind: str, weights: Array | None = None
) -> Predictive:
    """Return the predictive distribution of n rows.

    Parameters
    ----------
    grown : GrownModel
    rows : Rows
    re_form : {"all", "none"}
        Given the groups' effects (those of new groups are drawn from their distribution), or for
        effects that are zero.
    method : {"predictive", "monte_carlo"}
        With everything, or with the conditional variance of known groups' effects alone.
    kind : {"response", "link"}
    weights : ndarray, shape (n,), optional
        Of the rows of a Gaussian outcome, by default one: their noise is that of one over them.
    """
    recipe = method == "monte_carlo"
    eta = grown.linear_predictor(rows, re_form)
    variance = np.zeros(len(rows))
    if re_form == "all" or not recipe:
        variance = known_variance(grown, rows, re_form, effects_only=recipe)
    known, new = variance, {}
    if re_form == "all" and not recipe:
        new = new_variances(grown, rows)
        variance = sum(new.values(), known)
    if not grown.is_linear:
        if kind == "link":
            return NormalPredictive(eta, np.sqrt(variance))
        return generalised_predictive(grown, eta, variance, mean_only=recipe)
    if recipe:
        return NormalPredictive(eta, np.sqrt(variance))
    parts = [(each, grown.model.space.n_levels[group] - 1) for group, each in new.items()]
    if kind == "link":
        df = summed_degrees([*parts, (known, _degrees(grown))])
        return NormalPredictive(eta, np.sqrt(variance), df)
    shape = grown.noise
    sigma2 = grown.dispersion * shape.spread.factors(eta)
    if weights is not None:
        sigma2 = sigma2 / weights
    if grown.weighing is not None:
        sigma2 *= grown.weighing.spread.factors(eta)
    noise = shape.tails.scale**2 * sigma2
    df = summed_degrees([*parts, (known + noise, shape.tails.degrees(_degrees(grown)))])
    return NormalPredictive(eta, np.sqrt(variance + sigma2), df, np.sqrt(variance + noise))


def _degrees(grown: Any) -> float:
    """Return the degrees of freedom of the residual variance.

    What a penalty keeps is in units of it, and tells of it, too: of as many effects as rows there
    would be none left otherwise.
    """
    fit = grown.additive
    if grown.penalty:
        return fit.solution.degrees
    return max(len(fit.matrices) - fit.solution.effective_parameters, 1.0)


def noise_shape(grown: Any) -> Noise:
    """Return the variance function and the tails of the noise, by the residuals.

    The function is of what the weighing of rows leaves, if there is one.

    Parameters
    ----------
    grown : GrownModel
        Of a Gaussian outcome.
    """
    fit, chosen = grown.additive, some_rows(len(grown.rows))
    noise = fit.solution.sigma2 / fit.weights[chosen]
    known = known_variance(grown, grown.rows.take(chosen), "all")
    return Noise.of(fit.residuals[chosen], noise, known, fit.eta[chosen])


def known_variance(grown: Any, rows: Rows, re_form: str, *, effects_only: bool = False) -> Array:
    """Return the variance of the error of n rows' predictors, but for groups not seen.

    Parameters
    ----------
    grown : GrownModel
    rows : Rows
    re_form : {"all", "none"}
    effects_only : bool
        Take the fixed effects and the terms over all rows as known.
    """
    fit = grown.additive
    solution = fit.solution
    matrices = grown.matrices(rows, re_form)
    side = np.hstack([matrices.R, matrices.S.toarray(), matrices.X]) * solution.scale
    variance = np.zeros(len(rows))
    if matrices.n_own:
        own = _scaled_own(fit, matrices)
        factor = solution.levels.factor[matrices.codes]
        reduced = solution.reduced[matrices.codes, :, :-1]
        own = np.where(_known(matrices), own, 0.0)
        half = np.einsum("nij,nj->ni", factor, own)
        variance += solution.levels.unknown((own**2).sum(axis=1), (half**2).sum(axis=1))
        side -= np.einsum("ni,nid->nd", half, reduced) * solution.scale
    root = solution.root
    if effects_only:
        r = matrices.R.shape[1]
        groups = slice(r, r + matrices.S.shape[1])
        side, inner = side[:, groups], root[groups] @ root[groups].T
        root = np.linalg.cholesky(inner)
    rest = solve_triangular(root, side.T, lower=True)
    return solution.sigma2 * (variance + (rest**2).sum(axis=0))


def new_variances(grown: Any, rows: Rows, off: Collection[str] = ()) -> dict[str, Array]:
    """Return the variances of the effects of levels not seen, (n,), by grouping factor.

    What predictors tell of them is known.
    """
    averaged = grown.averaged
    groups = [each for each in grown.model.space.n_levels if each not in off]
    out = {group: new_variance(grown, rows, group, off) for group in groups}
    if averaged is not None and averaged.group in out:
        is_new = rows.codes(averaged.group) < 0
        out[averaged.group] *= np.where(is_new, averaged.left, 1.0)
    return out


def unmet_variance(grown: Any, rows: Rows, off: Collection[str] = ()) -> Array:
    """Return the variance of effects of pairs whose known levels were never seen together, (n,).

    It is part of `known_variance`, and of means over what there could be.
    """

    def is_unmet(term: Candidate) -> Array:
        cells, seen = (
            pd.MultiIndex.from_arrays([each.codes(factor) for factor in sorted(term.factors)])
            for each in (rows, grown.rows)
        )
        return ~cells.isin(seen) & ~_has_new(rows, term)

    return grown.additive.solution.sigma2 * _of_pairs(grown, rows, off, is_unmet)


def new_variance(grown: Any, rows: Rows, group: str, off: Collection[str] = ()) -> Array:
    """Return the variance of the effects of a factor's levels not seen, shape (n,).

    Effects of its pairs with another factor's levels are among them where either level is new,
    unless the other one is `off`.

    Curves of levels spread ever wider beyond the training rows. Means of counts, exponential in the
    variance, would explode there: for other than Gaussian outcomes the spread stays what it is at
    the nearest predictors that training rows have.
    """
    fit, seen = grown.additive, rows if grown.is_linear else rows.within(grown.rows)
    # Any known level has the variances that an unknown one has.
    groups = tuple(
        replace(each, codes=np.where((each.codes < 0) & (each.group == group), 0, -1))
        for each in seen.groups
    )
    matrices = grown.model.matrices(replace(seen, groups=groups))
    r, s = matrices.R.shape[1], matrices.S.shape[1]
    squares = matrices.S.multiply(matrices.S) @ fit.solution.scale[r : r + s] ** 2
    if matrices.n_own:
        own = np.where(_known(matrices), _scaled_own(fit, matrices), 0.0)
        squares = squares + (own**2).sum(axis=1)
    of_pairs = _of_pairs(
        grown, rows, off, lambda term: _has_new(rows, term) & (term.group == group)
    )
    return fit.solution.sigma2 * (squares + of_pairs)


def _of_pairs(
    grown: Any, rows: Rows, off: Collection[str], of_term: Callable[[Candidate], Array]
) -> Array:
    """Return the variance of pairs' effects in the rows that count, relative to the residual's."""
    fit, model = grown.additive, grown.model
    out = np.zeros(len(rows))
    deviations = model.deviations(fit.matrices, fit.x)
    for term, deviation in zip(model.terms, deviations, strict=True):
        if term.feature.factors and term.factors.isdisjoint(off):
            out += deviation**2 * of_term(term)
    return out


def _has_new(rows: Rows, term: Candidate) -> Array:
    """Return whether rows have a level of a term's factors that was not seen."""
    return np.any([rows.codes(each) < 0 for each in term.factors], axis=0)


def _scaled_own(fit: AdditiveFit, matrices: Matrices) -> Array:
    return matrices.Z @ fit.parameters.scales(fit.x).own


def _known(matrices: Matrices) -> NDArray[np.bool_]:
    return (matrices.codes >= 0)[:, None]


def calibration(grown: Any) -> Calibration:
    """Return the scores of training rows left out in tenths, and of whole groups in tenths.

    Terms and variances stay; the effects are fitted without what is left out. The groups are
    those of the factor with the fewest levels.

    Parameters
    ----------
    grown : GrownModel
    """
    rows = grown.rows
    known = _left_out(grown, tenths(np.arange(len(rows))), None)
    groups = [each for each in rows.groups if each.n_levels > 2]
    if not groups:
        return Calibration(known, np.zeros(0))
    coarsest = min(groups, key=lambda each: each.n_levels)
    return Calibration(known, _left_out(grown, tenths(coarsest.codes), coarsest.group))


def _left_out(grown: Any, folds: NDArray[np.int64], group: str | None) -> Array:
    """Return ``|y - mean| / std`` of the rows of each fold, fitted without it.

    Each is in units of its own row's spread, so that it is the same for rows of any weight.
    """
    scores = np.empty(len(folds))
    given = grown.weights if grown.is_linear else None
    for held, train in held_out_folds(folds):
        part = grown.fitted_to(train)
        rows = grown.rows.take(held)
        if group is not None:
            rows = rows.as_new(group, grown.rows.take(train))
        weights = None if given is None else given[held]
        found = predictive(part, rows, "all", "predictive", "response", weights)
        mean = part.family.mean(rows.offset + part.effects(rows, "all"))
        response = grown.exact.response_values[held]
        scores[held] = np.abs(response - mean) / np.maximum(found.std, np.finfo(float).tiny)
    return scores
