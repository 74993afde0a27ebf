"""Networks of families without an exact likelihood: what was simulated is found again."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec, TabMixNN
from tabmixnn.families import Gamma
from tabmixnn.inference.exact.families import EXACT_FAMILIES
from tabmixnn.inference.marginal.distributions import DISTRIBUTIONS
from tabmixnn.interpret import NotExactError
from tabmixnn.interpret.network import DISPERSIONS

GROUPS, ROWS, SLOPE, DEVIATION = 60, 15, 0.6, 0.7
SHORT = {"inference": "variational", "epochs": 1, "random_state": 0}


def proportions(rng, eta):
    mean = 1.0 / (1.0 + np.exp(-eta))
    return rng.beta(6.0 * mean, 6.0 * (1.0 - mean))


DRAWS = {
    "student_t": lambda rng, eta: eta + 0.5 * rng.standard_t(5.0, len(eta)),
    "weibull": lambda rng, eta: np.exp(eta) * rng.weibull(1.8, len(eta)),
    "beta": proportions,
    "ordinal": lambda rng, eta: np.digitize(eta + rng.logistic(size=len(eta)), [0.0, 1.2]) * 1.0,
    "zero_inflated_poisson": lambda rng, eta: (
        rng.poisson(np.exp(eta)) * (rng.random(len(eta)) > 0.25)
    ),
}
RESIDUALS = {
    "student_t": 0.5**2 * 5 / 3,
    "weibull": np.pi**2 / 6 / 1.8**2,
    "ordinal": np.pi**2 / 3,
}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    codes = np.repeat(np.arange(GROUPS), ROWS)
    effects = rng.normal(size=GROUPS)
    effects = DEVIATION * (effects - effects.mean()) / effects.std()
    data = pd.DataFrame({"x": rng.normal(size=len(codes)), "g": [f"g{i}" for i in codes]})
    return data, 0.3 + SLOPE * data["x"].to_numpy() + effects[codes]


@pytest.fixture(scope="module", params=sorted(DRAWS))
def fitted(request, rows):
    data, eta = rows
    y = DRAWS[request.param](np.random.default_rng(1), eta)
    data = data.assign(y=pd.Categorical(y, ordered=True) if request.param == "ordinal" else y)
    model = TabMixNN(
        "y ~ x + (1 | g)",
        family=request.param,
        inference="variational",
        hidden_dims=[],
        embedding_dim=2,
        lambda_kl="auto",
        epochs=600,
        lr=0.02,
        scheduler="cosine",
        validation_fraction=0,
        batch_size=len(data),
        random_state=0,
    )
    return model.fit(data), data


def test_coefficients_and_variances_are_the_simulated_ones(fitted):
    model, data = fitted
    found = model.extract_parameters(data)
    assert found["fixed_effects"]["x"] == pytest.approx(SLOPE, abs=0.1)
    assert found["fixed_effects"]["(Intercept)"] == pytest.approx(0.3, abs=0.25)
    components = found["variance_components"]
    assert components["g"]["(Intercept)"] == pytest.approx(DEVIATION**2, rel=0.35)
    assert ("Residual" in components) == (model.family_.data_type == "real")
    shares = model.variance_decomposition(data)
    assert shares["random"]["g"] == pytest.approx(components["g"]["(Intercept)"])
    if model.family_.name in RESIDUALS:
        assert shares["residual"] == pytest.approx(RESIDUALS[model.family_.name], rel=0.2)


def test_counts_have_the_residual_variance_of_the_exact_model(rows, like_the_mixed_model):
    data, eta = rows
    wide = eta + 0.8 * (eta - (0.3 + SLOPE * data["x"]))
    data = data.assign(y=np.random.default_rng(1).poisson(np.exp(wide - 1.0)) * 1.0)
    options = like_the_mixed_model | {"epochs": 100}
    network = TabMixNN("y ~ x + (1 | g)", family="poisson", **options).fit(data)
    exact = TabMixNN("y ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[])
    exact.fit(data)
    found, expected = (
        model.variance_decomposition(given)["residual"]
        for model, given in ((network, data), (exact, None))
    )
    assert found == pytest.approx(expected, rel=0.1)
    # Nakagawa, Johnson and Schielzeth (2017), with the mean over groups, not that of group zero.
    assert found == pytest.approx(np.log1p(1.0 / data["y"].mean()), rel=0.1)
    alone = TabMixNN("y ~ x", family="poisson", **SHORT).fit(data)
    mean = alone.predict(data).mean()
    assert alone.variance_decomposition(data)["residual"] == pytest.approx(np.log1p(1.0 / mean))


class CountedByItsMean(Gamma):
    """Positive outcomes whose spread on the scale of the logarithm depends on their mean."""

    name = "counted_by_its_mean"

    def link_variance(self, mean, **shared):
        return np.log1p(1.0 / mean)


def test_a_family_of_ones_own_has_its_residual_variance_at_the_mean(rows):
    data, eta = rows
    data = data.assign(y=np.random.default_rng(1).gamma(4.0, np.exp(eta) / 4.0))
    model = TabMixNN("y ~ x", family=CountedByItsMean(), **SHORT).fit(data)
    residual = model.variance_decomposition(data)["residual"]
    assert residual == pytest.approx(np.log1p(1.0 / model.predict(data).mean()))


def test_dispersions_of_exact_families_are_read_from_networks():
    exact = {name: family().distribution for name, family in EXACT_FAMILIES.items()}
    assert set(DISPERSIONS) == {
        name for name, each in exact.items() if each is None or DISTRIBUTIONS[each].has_dispersion
    }


def test_the_summary_says_that_it_has_no_standard_errors(fitted):
    model, data = fitted
    summary = model.summary(data)
    assert list(summary.fixed.columns) == ["Estimate"]
    assert summary.residuals is None
    assert f"Family: {model.family_.name}" in str(summary)
    assert "They have no standard errors" in str(summary)
    assert np.isfinite(summary.fit.loc["fit", "logLik"])


def test_methods_of_the_exact_likelihood_name_those_it_has(fitted):
    model, data = fitted
    with pytest.raises(NotExactError, match=r"use summary\(data\), extract_parameters\(data\) or"):
        model.fixef()
    with pytest.raises(ValueError, match=f"a {model.family_.name} network has none"):
        model.plot_residuals(data)


def several_classes(data):
    return TabMixNN("~ x", family="multinomial", **SHORT).fit(data, np.arange(len(data)) % 3)


def several_columns(data):
    y = np.random.default_rng(0).normal(size=(len(data), 2))
    return TabMixNN("~ x", family="multivariate_gaussian", **SHORT).fit(data, y)


def several_outcomes(data):
    return TabMixNN("~ 1 + (1 | g)", outcomes=[OutcomeSpec("a", "x")], **SHORT).fit(data)


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        (several_classes, "the multinomial family has 3 linear predictors"),
        (several_columns, "the multivariate_gaussian family has 2 linear predictors"),
        (several_outcomes, "of several outcomes has a linear predictor for each"),
    ],
)
def test_several_linear_predictors_have_no_single_coefficients(fit, message, rows):
    model = fit(rows[0])
    for name in ("extract_parameters", "variance_decomposition"):
        with pytest.raises(ValueError, match=message):
            getattr(model, name)(rows[0])
    with pytest.raises(NotExactError, match=r"(or|has none;) look at its predictions\."):
        model.fixef()
