"""Predictive distributions of exact fits: noise, fixed and random effects, in closed form.

A Gaussian model's distribution is Student's t, with degrees of freedom that say how well its
variances are known: the rows that are left when all effects are counted for the residual's, the
number of levels less one for that of a new group's effects, put together as Welch and Satterthwaite
do; and, but for that of its expectation, how long the residuals' tails are. A generalised model's
is normal on the scale of the linear predictor, with variances taken as known, and is integrated
over by draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from tabmixnn.inference.exact.cross import take_rows
from tabmixnn.inference.exact.joint import joint_effects
from tabmixnn.inference.exact.structured_errors import structured_errors
from tabmixnn.predictive import (
    DrawnPredictive,
    Noise,
    NormalPredictive,
    Predictive,
    some_rows,
    summed_degrees,
)

N_DRAWS = 2000
SEED = 0
ENOUGH = 200
"""Degrees of freedom beyond which their number makes no difference to an interval."""


def predictive(
    engine: Any,
    frame: Any,
    re_form: str,
    method: str,
    kind: str,
    weights: np.ndarray | None = None,
) -> Predictive:
    """Return the predictive distribution of n rows.

    Parameters
    ----------
    engine : MarginalEngine
    frame : ModelFrame
        n rows.
    re_form : {"all", "none", "marginal"}
        Given the groups' effects (those of new groups are drawn from their distribution), for
        effects that are zero, or for groups drawn anew.
    method : {"predictive", "monte_carlo"}
        With everything, or with the conditional variance of known groups' effects alone.
    kind : {"response", "link"}
    weights : ndarray, shape (n,), optional
        Of the rows of a Gaussian outcome, by default one: their noise is that of one over them.
    """
    eta = engine.linear_predictor(frame) if re_form == "all" else engine.fixed_part(frame)
    recipe = method == "monte_carlo"
    variance = link_variance(engine, frame, re_form, effects_only=recipe)
    if not engine.is_linear:
        if kind == "link":
            return NormalPredictive(eta, np.sqrt(variance))
        return generalised_predictive(engine, eta, variance, mean_only=recipe)
    if recipe:
        return NormalPredictive(eta, np.sqrt(variance))
    left = engine.residual_degrees
    if kind == "link":
        df = _degrees(engine, frame, re_form, variance, left)
        return NormalPredictive(eta, np.sqrt(variance), df)
    relative = engine.effects.residual_deviations(engine.result, frame)
    shape = engine.noise
    noise = (engine.result.sigma * relative) ** 2 * shape.spread.factors(eta)
    if weights is not None:
        noise = noise / weights
    total = variance + shape.tails.scale**2 * noise
    df = _degrees(engine, frame, re_form, total, shape.tails.degrees(left))
    return NormalPredictive(eta, np.sqrt(variance + noise), df, np.sqrt(total))


def link_variance(
    engine: Any, frame: Any, re_form: str, *, effects_only: bool = False
) -> np.ndarray:
    """Return the variance of the error of n rows' linear predictors, shape (n,).

    Parameters
    ----------
    engine, frame, re_form
        See `predictive`.
    effects_only : bool
        Take the fixed effects and the effects of new groups as known, as the paper's recipe does.
    """
    result = engine.result
    t = frame.X[:, result.kept]
    variance = np.zeros(len(t))
    if frame.blocks and re_form == "all":
        unseen = np.logical_or.reduce([block.codes < 0 for block in frame.blocks])
        if engine.effects.is_structured:
            variance, pulled = structured_errors(engine, frame)
            variance = np.where(unseen, 0.0, variance) if effects_only else variance
        else:
            quadratic, pulled = engine.joint.of_rows(frame.blocks)
            variance = result.sigma**2 * quadratic
            if not effects_only:
                variance = variance + _of_new_groups(engine, frame)
        t = t - pulled
    elif re_form == "marginal" and not effects_only:
        variance = sum(engine.effect_variances(frame), variance)
    if effects_only:
        return variance
    return variance + np.einsum("np,pq,nq->n", t, result.vcov_beta, t)


def _degrees(
    engine: Any, frame: Any, re_form: str, total: np.ndarray, residual: float
) -> np.ndarray:
    """Return the degrees of freedom of n rows' total variances, shape (n,), by the residual's."""
    rest, parts = total, []
    variances = engine.effect_variances(frame) if re_form != "none" else []
    for block, trained, variance in zip(frame.blocks, engine.frame.blocks, variances, strict=False):
        new = np.where((block.codes < 0) | (re_form == "marginal"), variance, 0.0)
        # What a structure tells of a new level makes less of its variance count.
        new = np.minimum(new, rest)
        rest = rest - new
        parts.append((new, len(trained.levels) - 1))
    return summed_degrees([*parts, (rest, residual)])


def residual_degrees(engine: Any) -> float:
    """Return how many rows are left when the effects that the data determine are counted.

    Their number is the trace of the hat matrix, whose diagonal the errors of the training rows'
    linear predictors are.

    Parameters
    ----------
    engine : MarginalEngine
        Of a Gaussian outcome.
    """
    result, frame = engine.result, engine.frame
    left = result.n - len(result.beta)
    effects = sum(len(block.levels) * len(block.names) for block in frame.blocks)
    if not effects or left - effects > ENOUGH or not _tells_rows_apart(engine):
        return left
    hat = engine.row_weights * link_variance(engine, frame, "all") / result.sigma**2
    return max(result.n - float(hat.sum()), 1.0)


def noise_shape(engine: Any) -> Noise:
    """Return the variance function and the tails of the noise, by the residuals.

    It is normal, with one variance, where residuals are correlated, and where the training rows
    are not kept; with one variance where the engine says so.

    Parameters
    ----------
    engine : MarginalEngine
        Of a Gaussian outcome.
    """
    if not _tells_rows_apart(engine):
        return Noise()
    n = engine.result.n
    chosen = some_rows(n)
    noise = engine.result.sigma**2 / engine.row_weights[chosen]
    known = link_variance(engine, take_rows(engine, chosen, known=np.arange(n)), "all")
    mean = engine.fitted[chosen] if engine.options.noise_by_mean else None
    return Noise.of((engine.y - engine.fitted)[chosen], noise, known, mean)


def _tells_rows_apart(engine: Any) -> bool:
    """Return whether the training rows are at hand, with residuals of their own."""
    return engine.keeps_rows and engine.effects.residual is None


def make_joint(engine: Any) -> Any:
    """Return the joint errors of an engine with independent levels."""
    result = engine.result
    weights = engine.row_weights
    if not engine.is_linear:
        # The working model at the conditional mode, whose curvature the Laplace approximation has.
        weights = result.objective.mode(result.solution).rows.weight
    return joint_effects(
        engine.frame.blocks, result.factors, engine.frame.X[:, result.kept], weights
    )


def _of_new_groups(engine: Any, frame: Any) -> np.ndarray:
    parts = engine.effect_variances(frame)
    unseen = [block.codes < 0 for block in frame.blocks]
    return sum((np.where(u, part, 0.0) for u, part in zip(unseen, parts, strict=True)), 0.0)


def generalised_predictive(
    engine: Any, eta: np.ndarray, variance: np.ndarray, *, mean_only: bool
) -> DrawnPredictive:
    """Return the distribution of outcomes; of shares and probabilities, that of their mean."""
    family = engine.family
    mean_only = mean_only or family.data_type == "binary"
    scores = stats.norm.ppf((np.arange(N_DRAWS) + 0.5) / N_DRAWS)
    root = np.sqrt(variance)

    def draw(rows: slice) -> np.ndarray:
        mu = family.mean(eta[rows] + root[rows] * scores[:, None])
        if mean_only:
            return mu
        rng = np.random.default_rng([SEED, rows.start])
        flat = family.draw(rng, mu.ravel(), np.ones(mu.size), engine.dispersion)
        return flat.reshape(mu.shape)

    discrete = family.data_type == "count" and not mean_only
    return DrawnPredictive(draw, len(eta), discrete=discrete)
