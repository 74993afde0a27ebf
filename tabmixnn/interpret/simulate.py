"""Simulation from a fitted model, refitting, and the parametric bootstrap."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal import ConvergenceWarning, SingularFitWarning
from tabmixnn.inference.marginal.structured import StructureWarning
from tabmixnn.option_checks import whole

TRIAL_COLUMNS = ("success", "failure")


def draw_response(engine: MarginalEngine, rng: np.random.Generator, re_form: str) -> np.ndarray:
    """Draw responses of the training rows.

    Parameters
    ----------
    engine : MarginalEngine
    rng : Generator
    re_form : {"none", "all"}
        New random effects from their distribution, or the conditional modes.

    Returns
    -------
    ndarray, shape (n,) or (n, 2)
        Of the shape that was fitted.

    Raises
    ------
    ValueError
        If numbers of trials are not whole.
    """
    frame, result, effects = engine.frame, engine.result, engine.effects
    if re_form == "all":
        eta = engine.linear_predictor(frame)
    else:
        eta = engine.fixed_part(frame)
        for position, block in enumerate(frame.blocks):
            u = effects.draw(rng, result, position)
            eta += (block.Z * u[block.codes]).sum(axis=1)
    counted = engine.y.ndim == 2
    weights = engine.y.sum(axis=1) if counted else engine.row_weights
    if engine.family.name == "binomial" and not np.array_equal(weights, np.round(weights)):
        raise ValueError(
            "Responses cannot be simulated from binomial weights that are not whole numbers of "
            "trials; confint() by 'wald' or 'profile' has intervals."
        )
    if effects.residual is not None:
        return eta + result.sigma * effects.draw_residuals(rng, result) / np.sqrt(weights)
    y = engine.family.draw(rng, engine.family.mean(eta), weights, engine.dispersion)
    if not counted:
        return y
    successes = np.round(y * weights)
    return np.column_stack([successes, weights - successes])


def _has_multipliers(engine: MarginalEngine) -> bool:
    """Return whether weights multiply the likelihood: responses drawn do not vary by them.

    Those of Gaussian rows are inverse variances, those of binomial shares numbers of trials.
    """
    weights = engine.weights
    is_drawn = engine.family.name == "gaussian" or (
        engine.family.name == "binomial" and engine.y.ndim == 1
    )
    return not (weights is None or is_drawn or (weights == 1.0).all())


def _refuse_multipliers(engine: MarginalEngine) -> None:
    """Refuse weights by which responses drawn do not vary, where these tell of estimates."""
    if not _has_multipliers(engine):
        return
    raise ValueError(
        f"The weights of this {engine.family.name} model multiply the likelihood and do not say "
        "how responses vary, so that simulated ones do not tell how its estimates do; confint() "
        "by 'wald' or 'profile' has intervals."
    )


def simulate(
    engine: MarginalEngine, n: int = 1, seed: Any = None, *, re_form: str = "none"
) -> pd.DataFrame:
    """Simulate responses of the training rows.

    Parameters
    ----------
    engine : MarginalEngine
    n : int
        Number of simulations.
    seed : int, Generator or None
    re_form : {"none", "all"}
        New groups, or the groups at their conditional modes.

    Returns
    -------
    DataFrame
        A column a simulation, ``sim_1`` to ``sim_n``; of binomial counts a pair of columns
        ``(sim_1, success)``, ``(sim_1, failure)``. ``refit(simulated["sim_1"])`` takes it.

    Raises
    ------
    ValueError
        If `re_form` is another word, `n` no number of simulations, or `seed` no seed.

    Warns
    -----
    UserWarning
        If there are weights that do not say how responses vary, as lme4 does.
    """
    rng = _checked(n, seed, re_form)
    if _has_multipliers(engine):
        warn_caller(
            f"the weights of this {engine.family.name} model multiply the likelihood and do not "
            "say how responses vary; the simulated ones are of rows of weight one"
        )
    drawn = [draw_response(engine, rng, re_form) for _ in range(n)]
    names = [f"sim_{i + 1}" for i in range(n)]
    index = getattr(engine.frame, "index", None)
    if engine.y.ndim == 1:
        return pd.DataFrame(dict(zip(names, drawn, strict=True)), index=index)
    columns = pd.MultiIndex.from_product([names, TRIAL_COLUMNS])
    return pd.DataFrame(np.concatenate(drawn, axis=1), index=index, columns=columns)


def bootstrap(
    model: Any,
    fn: Callable[[Any], Any],
    n: int,
    seed: Any = None,
    *,
    re_form: str = "none",
) -> pd.DataFrame:
    """Refit the model to responses simulated from it and collect a statistic.

    Parameters
    ----------
    model : estimator
        Fitted with ``inference="marginal"``.
    fn : callable
        From a refitted model to a number, an array or a Series.
    n : int
        Number of simulations.
    seed : int, Generator or None
    re_form : {"none", "all"}
        As for `simulate`.

    Returns
    -------
    DataFrame, shape (n, k)
        A row a simulation, NaN where the model could not be fitted to it, as in ``bootMer``.

    Raises
    ------
    TypeError
        If `fn` cannot be called, or returns no numbers.
    ValueError
        As `simulate` raises it, if weights do not say how responses vary, and if the model could
        not be fitted to any simulation.

    Warns
    -----
    UserWarning
        How many refits were singular, at the edge of a structure or did not converge, which are
        kept; and to how many simulations the model could not be fitted.
    """
    engine = model._exact("bootstrap()")
    if not callable(fn):
        raise TypeError(f"fn must be a function of a fitted model; got {fn!r}.")
    _refuse_multipliers(engine)
    rng = _checked(n, seed, re_form)
    rows, failures, troubled = {}, [], dict.fromkeys(_TROUBLE, 0)
    for draw in range(n):
        y = draw_response(engine, rng, re_form)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                again = model.refit(y)
            except ValueError as error:
                failures.append(error)
                continue
        for kind in troubled:
            troubled[kind] += any(issubclass(each.category, kind) for each in caught)
        rows[draw] = _as_series(fn(again))
    if failures:
        _report(failures, n)
    told = [f"{count} {_TROUBLE[kind]}" for kind, count in troubled.items() if count]
    if told:
        warn_caller(f"of {n} bootstrap refits {', '.join(told)}; they are part of the result")
    found = pd.DataFrame(list(rows.values())).set_axis(list(rows), axis=0)
    return found.reindex(pd.RangeIndex(n))


def _report(failures: list[ValueError], n: int) -> None:
    """Warn of simulations that the model could not be fitted to; refuse if it is all of them."""
    if len(failures) == n:
        raise ValueError(
            f"The model could not be fitted to any of {n} simulations; the first said: "
            f"{failures[0]}"
        ) from failures[0]
    warn_caller(
        f"the model could not be fitted to {len(failures)} of {n} bootstrap simulations, whose "
        f"rows are NaN; the first said: {failures[0]}",
    )


_TROUBLE = {
    SingularFitWarning: "were singular",
    ConvergenceWarning: "did not converge",
    StructureWarning: "were at the edge of a structure",
}
"""Warnings of refits that are kept, and what they say of them."""


def _checked(n: Any, seed: Any, re_form: Any) -> np.random.Generator:
    """Return the generator of a seed, with the other arguments of a simulation checked."""
    whole("n", n, at_least=1)
    if not isinstance(re_form, str) or re_form not in ("none", "all"):
        raise ValueError(f"re_form must be 'none' or 'all'; got {re_form!r}.")
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"seed must be None, a whole number of at least 0 or a Generator; got {seed!r}."
        ) from error


def _as_series(value: Any) -> pd.Series:
    if isinstance(value, pd.Series):
        return value
    try:
        # A number of its own, lest None be taken for NaN.
        values = np.atleast_1d(np.asarray(float(value) if np.ndim(value) == 0 else value))
        values = values.astype(np.float64).ravel()
    except (TypeError, ValueError) as error:
        raise TypeError(f"fn must return a number, an array or a Series; got {value!r}.") from error
    names = ["statistic"] if len(values) == 1 else [f"statistic_{i}" for i in range(len(values))]
    return pd.Series(values, index=names)
