"""The variational engine against closed forms."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor

GROUPS, ROWS = 40, 8


@pytest.fixture(scope="module")
def balanced():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(GROUPS), ROWS)
    y = 2 + rng.normal(size=GROUPS)[codes] + rng.normal(size=GROUPS * ROWS)
    return pd.DataFrame({"y": y, "g": codes.astype(str)})


@pytest.fixture(scope="module")
def maximum_likelihood(balanced):
    """Closed-form ML of a balanced one-way layout: sd of u, sigma, BLUPs (Searle et al. 1992)."""
    means = balanced.groupby("g").y.mean()
    within = balanced.y - balanced.groupby("g").y.transform("mean")
    var_e = (within**2).sum() / (GROUPS * (ROWS - 1))
    var_u = means.var(ddof=0) - var_e / ROWS
    blup = means.mean() + var_u / (var_u + var_e / ROWS) * (means - means.mean())
    return np.sqrt(var_u), np.sqrt(var_e), blup


def linear(lambda_kl, data):
    """The paper's model with one embedding dimension and no hidden layer, an LMM."""
    return TabMixNNRegressor(
        "y ~ 1 + (1 | g)",
        inference="variational",
        hidden_dims=[],
        embedding_dim=1,
        lambda_kl=lambda_kl,
        epochs=1200,
        lr=0.02,
        scheduler="cosine",
        validation_fraction=0,
        random_state=0,
    ).fit(data)


def scales(model):
    """Return the standard deviation that the head gives u, and the residual one."""
    head, scale = model.engine_.network.head, model.engine_.response_scale.scale
    weight = head.predicted["mu"].weight.detach().norm().item()
    return weight * scale, head.shared["sigma"].exp().item() * scale


def test_auto_recovers_maximum_likelihood_for_a_random_intercept(balanced, maximum_likelihood):
    sd_u, sigma, blup = maximum_likelihood
    model = linear("auto", balanced)
    assert scales(model) == pytest.approx((sd_u, sigma), rel=0.03)
    predicted = model.predict(pd.DataFrame({"g": blup.index}))
    np.testing.assert_allclose(predicted, blup, atol=0.12)  # posterior sd is 0.32


def test_a_tenth_of_the_weight_shrinks_less(balanced, maximum_likelihood):
    _, _, blup = maximum_likelihood
    weak = linear(0.1 / ROWS, balanced)
    predicted = weak.predict(pd.DataFrame({"g": blup.index}))
    assert predicted.std() > 1.06 * blup.std(ddof=0)
