"""Fixed effects of outcomes that say little of them: separated ones, or with few events."""

import warnings
from copy import copy

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeCV
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive.penalty import DEVIATIONS, is_separated
from tabmixnn.inference.marginal.conditions import SeparationWarning

NAMES = [f"x{j}" for j in range(6)]
LINES = "y ~ " + " + ".join(NAMES)


def simulated(seed, n, effects, intercept=0.0, groups=0.0):
    """Columns of deviations 1 to 6, and their effects a deviation."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(NAMES)))
    g = rng.integers(0, 12, n)
    eta = intercept + x @ np.asarray(effects) + groups * rng.normal(size=12)[g]
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    columns = pd.DataFrame(x * np.arange(1, 7), columns=NAMES)
    return columns.assign(g=g.astype(str), y=y)


def fitted(data, formula=LINES, model=TabMixNNClassifier, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model(formula, random_state=0, **options).fit(data)


def step(model):
    return next((each for each in model.engine_.steps if each.name == "penalty"), None)


@pytest.fixture(scope="module")
def parts():
    data = simulated(0, 2_000, np.zeros(6))
    data["y"] = (data["x0"] + data["x1"] / 2.0 > 0.3).astype(int)
    return data[:120], data[120:]


@pytest.fixture(scope="module")
def separated(parts):
    return fitted(parts[0])


def test_separated_outcomes_have_finite_effects(separated, parts):
    train, test = parts
    exact = fitted(train, inference="marginal", hidden_dims=[])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.abs(exact.predict(test, kind="link")).max() > 100.0
    summary = separated.summary().fixed
    assert summary["Std. Error"].max() < 10.0
    assert log_loss(test["y"], separated.predict_proba(test)) < 0.12


def test_effects_are_those_of_ridge_regression(separated, parts):
    """Beside scikit-learn's, whose C is the prior's variance, of standardised columns."""
    train, test = parts
    assert not separated.terms_.size
    centre, scale = train[NAMES].mean(), train[NAMES].std(ddof=0)
    ridge = LogisticRegression(C=1.0 / separated.engine_.penalty, tol=1e-10, max_iter=10_000)
    ridge.fit((train[NAMES] - centre) / scale, train["y"])
    expected = ridge.decision_function((test[NAMES] - centre) / scale)
    found = separated.predict(test, kind="link")
    np.testing.assert_allclose(found, expected, atol=0.01 * np.abs(expected).max())


def test_units_do_not_matter(separated, parts):
    train, test = parts
    factors = 10.0 ** np.arange(-3, 3)
    other = fitted(train.assign(**dict(zip(NAMES, (train[NAMES] * factors).T.values, strict=True))))
    rescaled = test.assign(**dict(zip(NAMES, (test[NAMES] * factors).T.values, strict=True)))
    assert other.engine_.penalty == separated.engine_.penalty
    np.testing.assert_allclose(
        other.predict_proba(rescaled), separated.predict_proba(test), atol=1e-6
    )


def test_effective_parameters_are_the_hat_matrix_trace(separated):
    fit = separated.engine_.additive
    X, prior = fit.matrices.X, fit.matrices.fixed_precision
    gram = X.T @ (fit.weights[:, None] * X)
    expected = np.trace(np.linalg.solve(gram + prior, gram))
    assert fit.solution.effective_parameters == pytest.approx(expected, rel=1e-6)
    assert expected < 6.9


def test_few_events_are_drawn_to_their_rate():
    """Of predictors that say nothing, the formula's model makes more than it should."""
    lost = {"auto": 0.0, "marginal": 0.0}
    for seed in range(6):
        data = simulated(seed, 3_400, np.zeros(6), intercept=-3.5)
        train, test = data[:400], data[400:]
        base = log_loss(test["y"], np.full(len(test), train["y"].mean()))
        for inference in lost:
            hidden = {} if inference == "auto" else {"hidden_dims": []}
            model = fitted(train, inference=inference, **hidden)
            lost[inference] += (log_loss(test["y"], model.predict_proba(test)) - base) / 6.0
    assert lost["auto"] < 0.5 * lost["marginal"]


def test_what_rows_determine_stays_as_it_is():
    data = simulated(1, 1_500, np.linspace(-1.0, 1.0, 6), groups=1.0)
    model = fitted(data, LINES + " + (1 | g)", hidden_dims=[])
    assert step(model) is not None
    assert not step(model).comparison.is_support
    exact = fitted(data, LINES + " + (1 | g)", inference="marginal", hidden_dims=[], nagq=9)
    assert model.inference_ == "marginal"
    pd.testing.assert_series_equal(model.fixef(), exact.fixef())


@pytest.mark.parametrize("formula", ["y ~ 1 + (1 | g)", "y ~ 1"])
def test_an_intercept_is_not_penalised(formula):
    model = fitted(simulated(2, 200, np.zeros(6), intercept=-3.0), formula)
    assert step(model) is None


def test_counts_have_one_too():
    rng = np.random.default_rng(3)
    data = simulated(3, 60, np.zeros(6)).assign(y=rng.poisson(0.3, 60))
    model = fitted(data, model=TabMixNN, family="poisson", inference="auto")
    assert model.engine_.penalty in [each**-2 for each in DEVIATIONS]


def wide(seed, columns, rows=120):
    """Two columns of many say something of a Gaussian outcome."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows + 400, columns))
    y = X[:, 0] + X[:, 1] + rng.normal(size=len(X))
    return (X[:rows], y[:rows]), (X[rows:], y[rows:])


@pytest.mark.parametrize("columns", [40, 100, 111])
def test_a_gaussian_outcome_has_one_where_effects_are_many(columns):
    train, test = wide(columns, columns)
    model = TabMixNNRegressor(random_state=0).fit(*train)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 25))).fit(*train)
    least_squares = LinearRegression().fit(*train)
    assert model.engine_.penalty > 0.0
    assert model.score(*test) > ridge.score(*test) - 0.06
    assert model.score(*test) > least_squares.score(*test)


def test_beside_groups_it_is_better_than_either_alone():
    """Than the formula's mixed model, and than ridge regression with an indicator a group."""
    rng = np.random.default_rng(1)
    X, g = rng.normal(size=(750, 60)), rng.integers(15, size=750)
    y = X @ rng.normal(0.0, 0.15, 60) + rng.normal(size=15)[g] + rng.normal(size=750)
    names = [f"x{j}" for j in range(60)]
    data = pd.DataFrame(X, columns=names).assign(g=g.astype(str), y=y)
    train, test = data[:150], data[150:]
    formula = "y ~ " + " + ".join(names) + " + (1 | g)"
    found = fitted(train, formula, TabMixNNRegressor).score(test, test["y"])
    exact = fitted(train, formula, TabMixNNRegressor, inference="marginal", hidden_dims=[])
    columns = pd.get_dummies(data.drop(columns="y")).astype(float)
    ridge = RidgeCV(np.logspace(-2, 4, 25)).fit(columns[:150], train["y"])
    assert found > max(exact.score(test, test["y"]), ridge.score(columns[150:], test["y"])) + 0.05


def test_least_squares_stay_where_rows_are_enough():
    data = simulated(4, 100, np.zeros(6))
    model = fitted(data.assign(y=data["x5"] + data["y"]), model=TabMixNNRegressor)
    assert step(model) is None


def test_as_many_effects_as_rows_to_train_on_have_one():
    """Without held-out rows there is no estimate, so that these compare penalties alone."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(540, 37))
    y = (X[:, 0] + rng.normal(size=540) > 0).astype(int)
    model = TabMixNNClassifier(random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SeparationWarning)
        warnings.filterwarnings("ignore", "the optimiser")
        model.fit(X[:40], y[:40])
    assert model.engine_.penalty > 1.0
    assert log_loss(y[40:], model.predict_proba(X[40:])) < np.log(2.0)


def test_counts_of_which_a_level_has_zeros_only_have_one():
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"f": np.repeat(list("abcd"), 30), "x": rng.normal(size=120)})
    data["y"] = rng.poisson(np.where(data["f"] == "d", 0.0, 2.0))
    model = fitted(data, "y ~ f + x", TabMixNN, family="poisson", inference="auto")
    assert model.engine_.penalty > 0.0
    assert model.summary().fixed["Std. Error"].max() < 10.0


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize("family", ["poisson", "negative_binomial"])
@pytest.mark.parametrize("formula", ["y ~ x", "y ~ x + (1 | g)"])
def test_folds_without_an_event_are_predicted(formula, family):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.tile(list("abcdefghijkl"), 10)})
    data["y"] = np.where(np.arange(120) == 5, 60, 0)
    model = fitted(data, formula, TabMixNN, family=family, inference="auto")
    assert np.isfinite(model.predict(data)).all()


def test_the_base_rate_is_free_whatever_the_coding():
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"f": rng.choice([f"f{k}" for k in range(12)], 300)})
    data["y"] = (rng.random(300) < 0.04).astype(int)
    for formula in ("y ~ f", "y ~ 0 + f"):
        model = fitted(data, formula)
        assert model.engine_.penalty > 0.0
        assert model.predict_proba(data)[:, 1].mean() == pytest.approx(data["y"].mean(), rel=1e-3)


def test_terms_do_not_undo_it():
    """What a curve adds has nothing of the line that the penalty holds back."""
    data = simulated(2, 150, np.zeros(6))
    data["y"] = (data["x0"] + 3.0 * np.cos(data["x1"]) > 2.0).astype(int)
    engine = fitted(data).engine_
    assert engine.penalty > 0.0
    assert engine.scores
    space, rows = engine.model.space, engine.rows
    for term in engine.scores:
        columns = space.columns(rows, term)
        assert np.abs(rows.X.T @ columns).max() < 1e-6 * len(rows)


def test_separation_is_found_where_it_is(separated):
    matrices, outcome = separated.engine_.additive.matrices, separated.engine_.outcome
    assert is_separated(matrices, outcome)
    mixed = copy(outcome)
    mixed.response = outcome.response.take(np.roll(np.arange(len(matrices)), 1))
    assert not is_separated(matrices, mixed)


def test_there_are_no_tests_of_what_is_held_back(separated):
    summary = separated.summary()
    assert list(summary.fixed) == ["Estimate", "Std. Error"]
    assert "z-tests" not in str(summary)
    with pytest.raises(ValueError, match="have a penalty"):
        separated.contrast({"x0": 1.0})


def test_the_history_names_it(separated):
    assert separated.history_["step"].iloc[0] == "penalty"


def test_the_summary_and_a_file_know_of_it(separated, parts, tmp_path):
    assert "Fixed effects have a normal prior" in str(separated.summary())
    separated.save(tmp_path / "model.tmx")
    again = TabMixNNClassifier.load(tmp_path / "model.tmx")
    assert again.engine_.penalty == separated.engine_.penalty
    np.testing.assert_array_equal(again.predict_proba(parts[1]), separated.predict_proba(parts[1]))


def test_rare_events_are_not_overfitted():
    """Less is lost than by the formula's model, and hardly more than by the base rate."""
    formula, losses = f"{LINES} + (1 | g)", []
    for seed in range(8):
        data = simulated(seed, 4_000, 0.3 * np.eye(6)[0], -4.2, groups=0.4)
        train, test = data[:300], data[300:]
        ours = fitted(train, formula)
        exact = fitted(train, formula, inference="marginal", hidden_dims=[])
        found = [each.predict_proba(test)[:, 1] for each in (ours, exact)]
        found.append(np.full(len(test), train["y"].mean()))
        losses.append([log_loss(test["y"], each) for each in found])
        assert ours.terms_.empty
    ours, exact, base = np.mean(losses, axis=0)
    assert ours < min(0.9 * exact, 1.1 * base)


def test_a_few_rows_do_not_grow():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        data = pd.DataFrame({"x": rng.normal(size=16), "g": list("abcd") * 4})
        data["y"] = np.sin(3.0 * data["x"]) + 0.1 * rng.normal(size=16)
        assert fitted(data, "y ~ x + (1 | g)", TabMixNNRegressor).terms_.empty


def few(seed, n, k):
    """Of n rows in k groups, about half of them ones."""
    rng = np.random.default_rng([seed, n, k])
    n = n + 300
    codes, effects = rng.integers(k, size=n), rng.normal(size=k)
    data = pd.DataFrame(
        {"x": rng.normal(size=n), "z": rng.uniform(size=n), "c": rng.choice(list("abc"), n)}
    )
    eta = data["x"] + 1.5 * np.sin(6 * data["z"]) + 0.7 * (data["c"] == "b") + effects[codes]
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)
    return data.assign(g=codes.astype(str))


@pytest.mark.parametrize(("n", "k"), [(20, 4), (30, 10)])
def test_groups_that_separate_a_few_rows_do_not_run_off(n, k):
    """Deviations between groups have no estimate there: of seed (30, 10, 4) lme4's is 64."""
    losses, shares = [], []
    for seed in range(6):
        data = few(seed, n, k)
        model = fitted(data[:n], "y ~ x + z + c + (1 | g)")
        found = log_loss(data["y"][n:], model.predict_proba(data[n:])[:, 1])
        base = log_loss(data["y"][n:], np.full(300, data["y"][:n].mean()))
        losses.append((found, base))
        shares.append(model.engine_.share)
        if shares[-1] < 1.0:
            assert "deviations" in str(model.summary())
    found, base = np.array(losses).T
    assert found.mean() < 1.1 * base.mean()
    assert (found < 1.25 * base).all()
    assert min(shares) < 0.2
