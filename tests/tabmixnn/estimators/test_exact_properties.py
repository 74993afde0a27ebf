"""Properties of exact fits through the estimator, on random designs."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn import TabMixNN

EXACT = {"inference": "marginal", "hidden_dims": []}
FAMILIES = ["gaussian", "poisson", "binomial"]


def draw(seed, family, n_groups=12, per_group=8):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(n_groups), per_group)
    x = rng.normal(size=len(g))
    eta = 0.3 + 0.5 * x + 0.7 * rng.normal(size=n_groups)[g]
    y = {
        "gaussian": lambda: eta + rng.normal(size=len(g)),
        "poisson": lambda: rng.poisson(np.exp(eta)).astype(float),
        "binomial": lambda: (rng.uniform(size=len(g)) < 1 / (1 + np.exp(-eta))).astype(float),
    }[family]()
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{code:02d}" for code in g]})


def fit(data, family):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TabMixNN("y ~ x + (1 | g)", family=family, **EXACT).fit(data)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_likelihood_does_not_depend_on_row_order_or_level_names(family, seed):
    data = draw(seed, family)
    rng = np.random.default_rng(seed)
    names = dict(zip(data["g"].unique(), rng.permutation(100), strict=False))
    other = data.assign(g=data["g"].map(names)).iloc[rng.permutation(len(data))]
    one, two = fit(data, family), fit(other, family)
    assert two.loglik_ == pytest.approx(one.loglik_, abs=1e-6)
    np.testing.assert_allclose(two.fixef(), one.fixef(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31 - 1), st.floats(1e-3, 1e3))
def test_rescaling_x_rescales_its_coefficient_and_nothing_else(family, seed, scale):
    data = draw(seed, family)
    one, two = fit(data, family), fit(data.assign(x=scale * data["x"]), family)
    # Least squares is equivariant exactly, REML's determinant of X moves with the units of x.
    shift = np.log(scale) if family == "gaussian" else 0.0
    assert two.loglik_ + shift == pytest.approx(one.loglik_, abs=1e-6)
    assert two.fixef()["x"] * scale == pytest.approx(one.fixef()["x"], rel=1e-3, abs=1e-4)


def test_errors_shrink_with_the_root_of_the_number_of_groups():
    """Sixteen times the groups: a quarter of the error, of both coefficients and deviations."""
    truth = np.array([0.3, 0.5, 0.7, 1.0])
    errors = []
    for n_groups in (20, 320):
        found = []
        for seed in range(24):
            model = fit(draw(seed, "gaussian", n_groups=n_groups), "gaussian")
            found.append([*model.fixef(), *model.var_corr()["sdcor"]])
        errors.append(np.sqrt(np.mean((np.array(found) - truth) ** 2, axis=0)))
    # 24 errors have a root mean square good to 15%, their ratio to 20%.
    np.testing.assert_allclose(errors[0] / errors[1], 4.0, rtol=0.5)
