"""Rows weigh what their noise lets them tell, where residuals and held-out rows say so."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.additive import crossval, ladder
from tabmixnn.inference.additive.outcome import GaussianOutcome

FORMULA = "weight ~ day + (day | plant)"


def growth(seed, coefficient=0.1, plants=30):
    """Plants that grow by a curve, with noise in proportion to their size, or the same for all."""
    rng = np.random.default_rng(seed)
    plant, day = np.repeat(np.arange(plants), 10), np.tile(np.arange(1.0, 11.0), plants)
    size = np.exp(0.2 * rng.normal(size=plants))[plant] * day**2 / 10
    deviation = coefficient * size if coefficient else np.full(len(size), 1.0)
    data = pd.DataFrame({"plant": plant.astype(str), "day": day})
    return data.assign(weight=size + deviation * rng.normal(size=len(size)), size=size)


def fit(data):
    return TabMixNNRegressor(FORMULA, random_state=0).fit(data)


def noise(model):
    """The step of that name, if it was tried."""
    return next((each for each in model.engine_.steps if each.name == "noise"), None)


@pytest.fixture(scope="module")
def grown():
    data = growth(0)
    return data, fit(data)


def test_noise_that_grows_with_the_mean_is_found(grown):
    data, model = grown
    assert noise(model).comparison.t > crossval.CLEAR
    told = model.engine_.weighing.precision
    small, large = (told[data["size"].between(*ends)].mean() for ends in ((0, 1), (6, 99)))
    assert small > 4 * large


def test_the_summary_says_so(grown):
    assert "Rows weigh the inverse of a variance" in " ".join(str(grown[1].summary()).split())
    assert "Rows weigh" not in str(fit(growth(1, coefficient=0.0)).summary())


def test_weights_need_more_than_a_hint_of_support(monkeypatch):
    monkeypatch.setattr(crossval, "CLEAR", 1e3)
    model = fit(growth(0))
    assert noise(model).comparison.is_support
    assert model.engine_.weighing is None


def test_noise_of_one_variance_is_left():
    model = fit(growth(1, coefficient=0.0))
    assert noise(model) is None
    assert model.engine_.weighing is None
    np.testing.assert_array_equal(model.engine_.residual_deviations(), 1.0)


def test_means_are_nearer_to_the_truth_with_the_weights(monkeypatch):
    def errors(seeds):
        for seed in seeds:
            data = growth(seed)
            yield np.mean((fit(data).predict(data) - data["size"]) ** 2)

    weighed = np.mean(list(errors(range(2, 8))))
    monkeypatch.setattr(ladder, "find_weighing", lambda *rest: None)
    assert weighed < 0.9 * np.mean(list(errors(range(2, 8))))


def test_a_precision_of_the_truth_is_generalised_least_squares(read):
    data = growth(9)
    known = read("weight ~ day + (1 | plant)", data)
    weights = 1.0 / data["size"].to_numpy() ** 2
    known.outcome = known.outcome.weighed(weights)
    _, found = known.fit()
    matrices, solution = found.matrices, found.solution
    ratio = found.parameters.scales(found.x).own[0, 0] ** 2
    same = data["plant"].to_numpy()[:, None] == data["plant"].to_numpy()
    V = np.diag(1.0 / weights) + ratio * same * np.outer(matrices.Z[:, 0], matrices.Z[:, 0])
    X, y = matrices.X, data["weight"].to_numpy()
    beta = np.linalg.solve(X.T @ np.linalg.solve(V, X), X.T @ np.linalg.solve(V, y))
    np.testing.assert_allclose(solution.side[-X.shape[1] :], beta, rtol=1e-6)


def test_the_loss_is_that_of_the_rows_as_they_matter():
    y, zeros = np.array([1.0, 2.0]), np.zeros(2)
    outcome = GaussianOutcome(y, zeros, weights=np.array([1.0, 3.0]))
    weighed = outcome.weighed(np.array([5.0, 0.1]))
    np.testing.assert_array_equal(weighed.losses(zeros), outcome.losses(zeros))
    np.testing.assert_allclose(weighed.working(zeros)[1], [5.0, 0.3])
    np.testing.assert_array_equal(weighed.take(np.array([1])).precision, [0.1])


def test_intervals_cover_small_rows_and_large_ones():
    small, large = [], []
    for seed in range(6):
        data = growth(seed)
        found = fit(data).predict(data, interval=0.9)
        rng = np.random.default_rng(90 + seed)
        y = data["size"] * (1 + 0.1 * rng.normal(size=len(data)))
        inside = (y >= found["lower"]) & (y <= found["upper"])
        small.append(inside[data["size"] < 2].mean())
        large.append(inside[data["size"] > 5].mean())
    for share in (small, large):
        assert np.mean(share) == pytest.approx(0.9, abs=0.08)


def test_a_saved_model_predicts_the_same(grown, tmp_path):
    data, model = grown
    model.save(tmp_path / "plants.tmx")
    back = TabMixNNRegressor.load(tmp_path / "plants.tmx")
    np.testing.assert_allclose(back.predict(data), model.predict(data), rtol=1e-9)
    old, new = (each.predict(data, interval=0.9) for each in (model, back))
    pd.testing.assert_frame_equal(old, new)
    large = np.flatnonzero(data["day"] == 10)
    for each in (model.engine_, back.engine_):
        known = each.residual_deviations()
        assert known[large].mean() > 1.5
        # The weights are of the fitted means before them.
        again = each.residual_deviations(each.exact.frame)
        assert np.corrcoef(np.log(known), np.log(again))[0, 1] > 0.95
