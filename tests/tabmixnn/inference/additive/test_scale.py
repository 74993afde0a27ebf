"""The dispersion of what grew from a formula is not that of the formula."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN

pytestmark = pytest.mark.usefixtures("two_folds")

TRUTH = {"gamma": 0.05, "negative_binomial": 20.0}
FAR = {"gamma": 0.5, "negative_binomial": 2.0}


def waves(family, seed=0, n=900):
    """Outcomes that follow a curve of x which the formula's line does not."""
    rng = np.random.default_rng(seed)
    x, g = rng.uniform(size=n), rng.integers(0, 20, n)
    mean = np.exp(2.0 + 1.5 * np.sin(4.0 * np.pi * x) + 0.3 * rng.normal(size=20)[g])
    if family == "gamma":
        y = rng.gamma(20.0, mean / 20.0)
    else:
        y = rng.poisson(mean * rng.gamma(20.0, 0.05, n))
    return pd.DataFrame({"y": y, "x": x, "g": g.astype(str)}), mean


@pytest.fixture(scope="module", params=TRUTH)
def grown(request):
    data, mean = waves(request.param)
    options = {"family": request.param, "inference": "auto", "hidden_dims": []}
    model = TabMixNN("y ~ x + (1 | g)", random_state=0, **options).fit(data[:300])
    return model, request.param, data[300:], mean[300:]


def test_terms_that_come_in_change_it(grown):
    model, family, _, _ = grown
    assert len(model.terms_)
    assert abs(np.log(model.engine_.exact.dispersion / FAR[family])) < np.log(2.5)
    assert model.dispersion_ == pytest.approx(TRUTH[family], rel=0.3)


def test_intervals_and_residuals_follow(grown):
    model, _, rows, mean = grown
    found = model.predict(rows, interval=0.9)
    inside = (rows["y"] >= found["lower"]) & (rows["y"] <= found["upper"])
    assert 0.82 < inside.mean() < 0.97
    assert model.residuals(kind="pearson").std() == pytest.approx(1.0, abs=0.15)
    assert np.log(found.iloc[:, 0] / mean).std() < 0.2


def test_a_file_keeps_it(grown, tmp_path):
    model, _, rows, _ = grown
    model.save(tmp_path / "waves.tmx")
    again = TabMixNN.load(tmp_path / "waves.tmx")
    assert again.dispersion_ == model.dispersion_
    pd.testing.assert_frame_equal(
        again.predict(rows, interval=0.9), model.predict(rows, interval=0.9)
    )


def test_networks_that_come_in_change_it():
    data, _ = waves("gamma", n=400)
    options = {"family": "gamma", "inference": "marginal", "hidden_dims": [16], "random_state": 0}
    model = TabMixNN("y ~ x + (1 | g)", **options).fit(data)
    assert model.engine_.exact.dispersion > 0.3
    assert model.dispersion_ == pytest.approx(0.05, rel=0.5)


def test_where_nothing_comes_in_it_is_the_formulas():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=200), "g": np.arange(200) % 20})
    effects = 0.5 * data["x"] + rng.normal(size=20)[data["g"]]
    data["y"] = rng.gamma(4.0, np.exp(effects) / 4.0)
    found = [
        TabMixNN("y ~ x + (1 | g)", family="gamma", hidden_dims=[], random_state=0, **options).fit(
            data
        )
        for options in ({"inference": "auto"}, {"inference": "marginal", "nagq": 9})
    ]
    assert not len(found[0].terms_)
    assert found[0].dispersion_ == pytest.approx(found[1].dispersion_, rel=1e-6)
