"""Intervals through the estimators: what they are, that they cover, that they are kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.families import FAMILIES
from tabmixnn.inference import network_predictive
from tabmixnn.inference.additive import crossval

EXACT = {"inference": "marginal", "hidden_dims": []}
NETWORK = {
    "inference": "variational",
    "hidden_dims": [8],
    "epochs": 60,
    "lr": 0.01,
    "random_state": 0,
    "lambda_kl": "auto",
}


@pytest.fixture(scope="module", autouse=True)
def _fewer_draws():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_predictive, "N_DRAWS", 60)
        yield


def make(n_groups=40, n=12, seed=0):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {"g": np.repeat(np.arange(n_groups), n), "x": rng.normal(size=n_groups * n)}
    )
    effect = rng.normal(0, 1, (n_groups, 2))[data["g"]]
    noise = rng.normal(0, 0.7, len(data))
    data["y"] = 2 + data["x"] + effect[:, 0] + 0.5 * effect[:, 1] * data["x"] + noise
    return data


def coverage(model, data, level, **options):
    table = model.predict(data, interval=level, **options)
    return ((data["y"] >= table["lower"]) & (data["y"] <= table["upper"])).mean()


@pytest.fixture(scope="module")
def split():
    data = make()
    return (
        data[(data.index % 4 > 0) & (data["g"] < 30)],
        data[(data.index % 4 == 0) & (data["g"] < 30)],
        data[data["g"] >= 30],
    )


@pytest.fixture(scope="module", params=["exact", "network"])
def model(request, split):
    options = EXACT if request.param == "exact" else NETWORK
    return TabMixNNRegressor("y ~ x + (x | g)", **options).fit(split[0])


def test_a_table_of_predictions_with_their_intervals(model, split):
    table = model.predict(split[1], interval=0.9, return_std=True)
    assert list(table.columns) == ["prediction", "lower", "upper", "std"]
    assert table.index.equals(split[1].index)
    np.testing.assert_array_equal(table["prediction"], model.predict(split[1]))
    assert ((table["lower"] < table["prediction"]) & (table["prediction"] < table["upper"])).all()
    mean, std = model.predict(split[1], return_std=True)
    np.testing.assert_array_equal(mean, table["prediction"])
    np.testing.assert_array_equal(std, table["std"])
    wider = model.predict(split[1], interval=0.99)
    assert ((wider["upper"] - wider["lower"]) > (table["upper"] - table["lower"])).all()


def test_known_and_new_groups_are_covered_and_the_recipe_covers_too_little(model, split):
    _, known, new = split
    for level in (0.5, 0.9):
        near = 0.13 if model.inference == "marginal" else 0.2
        assert coverage(model, known, level) == pytest.approx(level, abs=near)
        assert coverage(model, new, level) > level - 0.2
        assert coverage(model, known, level, method="monte_carlo") < level - 0.15
    deviations = [model.predict(rows, return_std=True)[1].mean() for rows in (known, new)]
    assert deviations[1] > 1.2 * deviations[0]


def test_the_population_is_surer_than_a_new_group(model, split):
    new = split[2]
    population = model.predict(new, re_form="none", return_std=True)[1]
    assert (population < model.predict(new, return_std=True)[1]).mean() > 0.95


def test_links_have_no_noise(model, split):
    link = model.predict(split[1], kind="link", return_std=True)[1]
    assert (link < model.predict(split[1], return_std=True)[1]).all()


def test_conformal_intervals(model, split, tmp_path):
    _, known, new = split
    if model.inference == "variational":
        with pytest.raises(ValueError, match="does not keep its training rows"):
            model.predict(known, interval=0.8, calibrate="conformal")
        half = pd.concat([known.iloc[::2], new.iloc[::2]])
        model.calibrate(half)
    assert coverage(model, known, 0.8, calibrate="conformal") == pytest.approx(0.8, abs=0.13)
    assert coverage(model, new, 0.8, calibrate="conformal") == pytest.approx(0.8, abs=0.2)
    model.save(tmp_path / "model.tmx")
    again = TabMixNN.load(tmp_path / "model.tmx")
    pd.testing.assert_frame_equal(
        again.predict(new, interval=0.8, calibrate="conformal"),
        model.predict(new, interval=0.8, calibrate="conformal"),
        rtol=1e-9,
    )
    for options in ({"interval": 0.8}, {"interval": 0.8, "method": "monte_carlo"}):
        pd.testing.assert_frame_equal(
            again.predict(new, **options), model.predict(new, **options), rtol=1e-12
        )


def test_a_new_fit_drops_the_calibration(split):
    model = TabMixNNRegressor("y ~ x + (x | g)", **EXACT).fit(split[0]).calibrate(split[1])
    assert hasattr(model, "calibration_")
    assert not hasattr(model.fit(split[0]), "calibration_")


OF_NUMBERS = [name for name in FAMILIES if FAMILIES[name].data_type != "categorical"]


@pytest.mark.parametrize("name", sorted(OF_NUMBERS))
def test_networks_of_every_family_of_one_number(name):
    rng = np.random.default_rng(0)
    data = make(8, 8)
    values = {
        "real": rng.normal(size=64),
        "positive": rng.gamma(2.0, size=64),
        "survival": rng.gamma(2.0, size=64),
        "count": rng.poisson(2.0, 64).astype(float),
        "proportion": rng.beta(2.0, 2.0, 64),
        "binary": rng.permutation(64) % 2.0,
    }[FAMILIES[name].data_type]
    several = 0 in FAMILIES[name].columns
    y = np.column_stack([values, values[::-1]]) if several else values
    model = TabMixNN("~ x + (1 | g)", family=name, **{**NETWORK, "epochs": 3}).fit(data, y)
    if several:
        with pytest.raises(ValueError, match="outcomes of one number"):
            model.predict(data, interval=0.8)
        return
    table = model.predict(data, interval=0.8, return_std=True)
    assert np.isfinite(table.to_numpy()).all()
    assert (table["lower"] <= table["upper"]).all()
    if FAMILIES[name].data_type == "count":
        assert (table[["lower", "upper"]] % 1 == 0).all(axis=None)


def test_conformal_intervals_of_proportions_are_proportions():
    data = make(n_groups=12)
    rng = np.random.default_rng(1)
    mean = 1 / (1 + np.exp(-data["x"] - data["y"]))
    data["y"] = np.clip(rng.beta(mean, 1 - mean), 1e-6, 1 - 1e-6)
    model = TabMixNN("y ~ x + (1 | g)", family="beta", **{**NETWORK, "epochs": 5}).fit(data)
    table = model.calibrate(data).predict(data, interval=0.95, calibrate="conformal")
    assert table["lower"].min() == 0.0
    assert table["upper"].max() == 1.0


def test_what_has_no_interval_says_so(split):
    train, known, _ = split
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(train)
    for options, message in (
        ({"interval": 90}, "between 0 and 1"),
        ({"interval": 0.9, "method": "bootstrap"}, "method must be one of"),
        ({"interval": 0.9, "calibrate": "platt"}, "None or 'conformal'"),
        ({"interval": 0.9, "calibrate": "conformal", "kind": "link"}, "leave kind"),
        ({"interval": 0.99999, "calibrate": "conformal"}, "held-out rows of known"),
    ):
        with pytest.raises(ValueError, match=message):
            model.predict(known, **options)
    outcomes = [OutcomeSpec("a", "y"), OutcomeSpec("b", "x")]
    several = TabMixNN("~ 1 + (1 | g)", outcomes=outcomes, **{**NETWORK, "epochs": 1}).fit(train)
    with pytest.raises(ValueError, match="outcomes of one number"):
        several.predict(known, interval=0.9)


def test_noise_that_training_did_not_arrive_at_is_not_taken_for_noise(split):
    """After few steps the trained sigma is still near 1, the outcome's own deviation."""
    train, known, _ = split
    short = {**NETWORK, "epochs": 6}
    model = TabMixNNRegressor("y ~ x", **short).fit(train)
    rest = (train["y"] - model.predict(train)).std()
    std = model.predict(known, return_std=True)[1]
    np.testing.assert_allclose(std, rest, rtol=0.25)


def test_a_linear_network_knows_its_weights_as_a_linear_model_does():
    """The Laplace approximation of a network without hidden layers and groups is exact."""
    data = make(40, 12)
    exact = TabMixNNRegressor("y ~ x", **EXACT).fit(data)
    flat = {"hidden_dims": [], "embedding_dim": 1, "epochs": 400, "lr": 0.05, "dropout": 0.0}
    network = TabMixNNRegressor(
        "y ~ x",
        inference="variational",
        **flat,
        scheduler="cosine",
        validation_fraction=0,
        random_state=0,
    ).fit(data)
    rows = pd.DataFrame({"x": [-2.0, 0.0, 2.0]})
    expected = exact.predict(rows, kind="link", return_std=True)[1]
    found = network.predict(rows, kind="link", return_std=True)[1]
    np.testing.assert_allclose(found, expected, rtol=0.15)


@pytest.mark.parametrize(
    "options",
    [EXACT, {**NETWORK, "epochs": 5}, {"inference": "auto", "random_state": 0}],
    ids=["exact", "network", "auto"],
)
def test_a_classifiers_intervals_are_those_of_the_binomial_family(split, options):
    train, known, new = (part.assign(ill=part["y"] > 2.0) for part in split)
    both = pd.concat([known.head(30), new.head(10)])
    formula = "ill ~ x + (1 | g)"
    model = TabMixNNClassifier(formula, **options).fit(train)
    family = TabMixNN(formula, family="binomial", **options).fit(train)
    for asked in ({}, {"kind": "link"}, {"re_form": "none"}, {"method": "monte_carlo"}):
        found = model.predict(both, interval=0.8, return_std=True, **asked)
        expected = family.predict(both, interval=0.8, return_std=True, **asked)
        pd.testing.assert_frame_equal(found, expected, rtol=1e-6)
    table = model.predict(both, interval=0.8)
    np.testing.assert_array_equal(table["prediction"], model.predict_proba(both)[:, 1])
    assert (table["lower"] > 0.0).all()
    assert (table["upper"] < 1.0).all()
    assert (table["lower"] < table["upper"]).all()
    probability, std = model.predict(both, return_std=True)
    np.testing.assert_array_equal(probability, table["prediction"])
    assert (std > 0.0).all()


def test_a_classifiers_intervals_cover_the_probability():
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(60), 20)
    data = pd.DataFrame({"g": codes.astype(str), "x": rng.normal(size=1200)})
    truth = 1.0 / (1.0 + np.exp(-(data["x"] + rng.normal(size=60)[codes])))
    data["ill"] = rng.uniform(size=1200) < truth
    model = TabMixNNClassifier("ill ~ x + (1 | g)", **EXACT).fit(data)
    table = model.predict(data, interval=0.9)
    covered = (truth > table["lower"]) & (truth < table["upper"])
    assert covered.mean() == pytest.approx(0.9, abs=0.05)


def test_several_classes_have_no_interval(split):
    data = split[0].assign(c=lambda d: pd.cut(d["y"], 3, labels=["a", "b", "c"]).astype(str))
    model = TabMixNNClassifier("c ~ x + (1 | g)", **{**NETWORK, "epochs": 2}).fit(data)
    with pytest.raises(ValueError, match="a multinomial outcome is not; ask for the prob"):
        model.predict(data, interval=0.9)


@pytest.mark.parametrize(
    "options",
    [
        EXACT,
        {"inference": "auto", "random_state": 0},
        NETWORK | {"validation_fraction": 0.3},
    ],
    ids=lambda options: options["inference"],
)
def test_outliers_make_tails_longer_not_intervals_too_wide(options, tmp_path):
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"g": np.repeat(np.arange(40), 20), "x": rng.normal(size=800)})
    data["y"] = data["x"] + rng.normal(size=40)[data["g"]] + rng.standard_t(2.5, size=800)
    train, test = data[data.index % 4 > 0], data[data.index % 4 == 0]
    model = TabMixNNRegressor("y ~ x + (1 | g)", **options).fit(train)
    engine = model.engine_
    assert (engine.last_layer if model.inference_ == "variational" else engine.noise).tails.df < 10
    for level in (0.5, 0.9):
        assert coverage(model, test, level) == pytest.approx(level, abs=0.1)
    by_the_normal = 0.674 * model.predict(test, return_std=True)[1]
    table = model.predict(test, interval=0.5)
    assert (table["upper"] - table["lower"]).mean() < 2 * 0.9 * by_the_normal.mean()
    model.save(tmp_path / "model.tmx")
    again = TabMixNN.load(tmp_path / "model.tmx")
    pd.testing.assert_frame_equal(again.predict(test, interval=0.5), table, rtol=1e-9)


def test_what_a_network_does_not_know_is_not_counted_twice(split):
    train, known, _ = split
    model = TabMixNNRegressor("y ~ x + (x | g)", **NETWORK, validation_fraction=0.3).fit(train)
    mean, std = model.predict(known, return_std=True)
    assert np.sqrt(np.mean((known["y"] - mean) ** 2)) == pytest.approx(std.mean(), rel=0.12)
    link = model.predict(known, kind="link", return_std=True)[1]
    assert link.mean() > 0.2 * std.mean()


@pytest.mark.parametrize(
    ("formula", "weighs", "inference"),
    [
        ("y ~ x + (1 | g)", False, "marginal"),
        ("y ~ x + (1 | g)", True, "auto"),
        ("y ~ x + z + (1 | g)", True, "auto"),
    ],
)
def test_the_default_finds_a_variance_that_grows_with_the_mean(
    formula, weighs, inference, tmp_path, monkeypatch
):
    if not weighs:
        monkeypatch.setattr(crossval, "CLEAR", np.inf)
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"g": np.repeat(np.arange(40), 50)})
    data["x"], data["z"] = rng.uniform(-2, 2, size=2000), rng.uniform(-3, 3, size=2000)
    mean = 3 * data["x"] + 0.5 * rng.normal(size=40)[data["g"]]
    if "z" in formula:
        mean += 2 * np.sin(data["z"])
    data["y"] = mean + np.exp(0.2 * mean) * rng.normal(size=2000)
    train, test = data[data.index % 4 > 0], data[data.index % 4 == 0]
    small, large = test[mean[test.index] < -2], test[mean[test.index] > 2]
    model = TabMixNNRegressor(formula, random_state=0).fit(train)
    assert model.inference_ == inference
    assert weighs == (getattr(model.engine_, "weighing", None) is not None)
    width = model.predict(test, interval=0.8)
    again = TabMixNN.load(model.save(tmp_path / "m.tmx") or tmp_path / "m.tmx")
    pd.testing.assert_frame_equal(again.predict(test, interval=0.8), width, rtol=1e-9)
    one = TabMixNNRegressor("y ~ x + sin(z) + (1 | g)", **EXACT).fit(train)
    for part, sign in ((small, 1), (large, -1)):
        off = [sign * (coverage(each, part, 0.8) - 0.8) for each in (one, model)]
        assert off[0] > 0.1
        assert abs(off[1]) < 0.8 * off[0]


def test_a_networks_intervals_of_new_relatives_are_those_of_the_mixed_model(like_the_mixed_model):
    rng = np.random.default_rng(0)
    genomes = rng.normal(size=(33, 60))
    kinship = genomes @ genomes.T / 60
    effects = np.linalg.cholesky(kinship) @ rng.normal(size=33)
    codes = rng.integers(30, size=500)
    data = pd.DataFrame({"x": rng.normal(size=500), "id": codes})
    data["y"] = data["x"] + effects[codes] + 0.3 * rng.normal(size=500)
    options = {"cov_struct_map": {"id": {"type": "K", "K_group": kinship}}}
    options["cov_struct_map"]["id"]["train_levels"] = list(range(33))
    exact = TabMixNNRegressor("y ~ x + (1 | id)", **options, **EXACT).fit(data)
    network = TabMixNNRegressor(
        "y ~ x + (1 | id)", embedding_dim=1, **like_the_mixed_model, **options
    ).fit(data)
    rows = pd.DataFrame({"x": 0.0, "id": [30, 31, 32, 1]})
    found, expected = (each.predict(rows, return_std=True)[1] for each in (network, exact))
    # Without what relatives leave unexplained they were as narrow as those of known individuals.
    np.testing.assert_allclose(found, expected, rtol=0.2)
    assert (found[:3] > 1.7 * found[3]).all()
    alone = network.predict(rows, return_std=True, re_form="none")[1]
    assert (alone < found[:3].min()).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1, 5])
def test_separated_outcomes_have_bounds(seed):
    """The information is singular, or not positive: estimates have no errors."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"g": rng.integers(8, size=60).astype(str)})
    rng.integers(15, size=60)
    data["x"] = rng.normal(size=60)
    data["y"] = (data["x"] > 0).astype(int)
    model = TabMixNNClassifier("y ~ x + (1 | g)", **EXACT).fit(data)
    found = model.predict(data, interval=0.9)
    assert (found["lower"] >= 0).all()
    assert (found["lower"] <= found["upper"]).all()
    assert (found["upper"] <= 1).all()


def test_responses_given_apart_to_calibrate_by_are_the_formulas(split):
    train, known, _ = split
    data = train.assign(y=np.exp(train["y"] / train["y"].abs().max()))
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(data)
    asked = {"interval": 0.8, "calibrate": "conformal"}
    expected = model.calibrate(data).predict(known, **asked)
    for rows in (data, data.drop(columns="y")):
        found = model.calibrate(rows, data["y"]).predict(known, **asked)
        pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(ValueError, match="which the data have, and the y given is another"):
        model.calibrate(data, -data["y"])
    logs = TabMixNNRegressor("log(y) ~ x + (1 | g)", **EXACT).fit(data)
    with pytest.raises(ValueError, match=r"'log\(y\)' and y is given too"):
        logs.calibrate(data, data["y"])
