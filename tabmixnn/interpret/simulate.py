"""Simulation from a fitted model, refitting, and the parametric bootstrap."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.marginal import ConvergenceWarning, SingularFitWarning
from tabmixnn.inference.marginal.structured import StructureWarning

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
    if effects.residual is not None:
        return eta + result.sigma * effects.draw_residuals(rng, result) / np.sqrt(weights)
    y = engine.family.draw(rng, engine.family.mean(eta), weights, engine.dispersion)
    if not counted:
        return y
    successes = np.round(y * weights)
    return np.column_stack([successes, weights - successes])


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
        If `re_form` is another word.
    """
    if re_form not in ("none", "all"):
        raise ValueError(f"re_form must be 'none' or 'all'; got {re_form!r}.")
    rng = np.random.default_rng(seed)
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
        A row a simulation.

    Warns
    -----
    UserWarning
        How many refits were singular, at the edge of a structure or did not converge; they are
        kept.
    """
    engine = model._exact("bootstrap()")
    rng = np.random.default_rng(seed)
    rows, troubled = [], 0
    for _ in range(n):
        y = draw_response(engine, rng, re_form)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            again = model.refit(y)
        flagged = [w for w in caught if issubclass(w.category, _TROUBLE)]
        troubled += bool(flagged)
        rows.append(_as_series(fn(again)))
    if troubled:
        warnings.warn(
            f"{troubled} of {n} bootstrap refits were singular or did not converge; they are "
            "part of the result",
            UserWarning,
            stacklevel=3,
        )
    return pd.DataFrame(rows).reset_index(drop=True)


_TROUBLE = (SingularFitWarning, ConvergenceWarning, StructureWarning)


def _as_series(value: Any) -> pd.Series:
    if isinstance(value, pd.Series):
        return value
    values = np.atleast_1d(np.asarray(value, dtype=np.float64)).ravel()
    names = ["statistic"] if len(values) == 1 else [f"statistic_{i}" for i in range(len(values))]
    return pd.Series(values, index=names)
