"""Models of each family that grow, for tests of what they are and what they predict."""

from __future__ import annotations

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "~ x + z + (1 | g)"
MODELS = {
    "gaussian": (TabMixNNRegressor, "y", {}),
    "binomial": (TabMixNNClassifier, "ill", {}),
    "poisson": (TabMixNN, "count", {"family": "poisson"}),
    "gamma": (TabMixNN, "amount", {"family": "gamma", "link": "log"}),
}


def grow(estimator, formula, rows, **options):
    """Return the fitted model."""
    return estimator(formula, inference="auto", random_state=0, **options).fit(rows)


def every_prediction(model, rows):
    """Return what a model predicts of some rows, with effects and without."""
    return [
        model.predict(rows, re_form=re_form, kind=kind)
        for re_form in ("all", "none")
        for kind in ("response", "link")
    ]
