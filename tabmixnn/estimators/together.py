"""Fit several models at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tabmixnn.estimators.base import BaseTabMixNN
from tabmixnn.estimators.checks import as_pandas
from tabmixnn.estimators.restoring import unchanged_on_error


def fit_together(
    models: Sequence[BaseTabMixNN], data: Sequence[Any], y: Sequence[Any] | None = None
) -> Sequence[BaseTabMixNN]:
    """Fit several models, such as the folds of a cross-validation or the seeds of a repetition.

    Each model comes out as ``model.fit(X)`` would give it, up to rounding (and to where the
    optimiser would go on from, with ``warm_start``). Plain networks of the
    same architecture (no structure among latent variables, one outcome) are trained as one, which
    on small data takes a fraction of the time; all others are fitted one after the other.

    Parameters
    ----------
    models : sequence of TabMixNN, TabMixNNRegressor or TabMixNNClassifier
        Changed in place, each a different object.
    data : sequence of DataFrame or array
        What each is fitted to.
    y : sequence of array, optional
        Their responses, where the formulas do not name them.

    Returns
    -------
    sequence
        `models`.

    Raises
    ------
    ValueError, TypeError
        As ``fit`` raises them, if one of the models cannot be fitted; none is fitted then.

    Examples
    --------
    >>> network = {"formula": "y ~ x + (x | g)", "inference": "variational"}
    >>> models = [TabMixNNRegressor(**network, random_state=seed) for seed in range(10)]
    >>> fit_together(models, [train] * 10)
    """
    for name, given in {"models": models, "data": data}.items():
        if not isinstance(given, list | tuple):
            raise TypeError(
                f"{name} must be a list, one entry a model; got {type(given).__name__}."
            )
    responses = [None] * len(models) if y is None else list(y)
    if not len(models) == len(data) == len(responses):
        raise ValueError(
            f"fit_together needs data for each model; got {len(models)} models, {len(data)} data "
            f"sets and {len(responses)} responses."
        )
    if len({id(model) for model in models}) < len(models):
        raise ValueError("A model is listed twice; fit_together needs a different object for each.")
    with unchanged_on_error(*models):
        readings = [
            model._begin(model._given({}), as_pandas(each), as_pandas(response))
            for model, each, response in zip(models, data, responses, strict=True)
        ]
        networks = [each for each in readings if hasattr(each.engine, "prepare")]
        if networks:
            from tabmixnn.inference.together import fit_prepared

            fit_prepared([each.engine.prepare(*each.arguments) for each in networks])
        for model, reading in zip(models, readings, strict=True):
            fitted = reading.engine if hasattr(reading.engine, "prepare") else reading.fit()
            model._finish(fitted, reading.sample)
    return models
