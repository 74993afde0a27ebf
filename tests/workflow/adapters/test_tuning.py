"""Settings and numbers of trees that inner validation chooses."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from tabmixbench.adapters.lightgbm_tuned import TunedLightGBM
from tabmixbench.adapters.tuning import DRAWS, InnerFold, _with_known_ids
from tabmixbench.adapters.xgboost_tuned import TunedXGBoost
from tests.workflow.adapters.test_every_adapter import dataset

CHOICES = {TunedXGBoost: "max_depth", TunedLightGBM: "num_leaves"}
SIZES = {TunedXGBoost: (1, 6), TunedLightGBM: (2, 31)}


@pytest.fixture(params=CHOICES, ids=lambda make: make.name)
def make(request):
    def build(task="regression", sizes=None, trees=200, **options):
        kind = request.param
        return kind(
            dataset(task),
            seed=0,
            threads=1,
            booster={"n_estimators": trees, "learning_rate": 0.1},
            choices={CHOICES[kind]: list(sizes or SIZES[kind])},
            **options,
        )

    build.sizes = SIZES[request.param]
    build.name = CHOICES[request.param]
    return build


def rows(n, seed, product):
    """A number whose effect is a step, times the other category's sign where it is a product."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.integers(10, size=n).astype(str)})
    data["c"] = rng.choice(["a", "b"], n)
    sign = np.where(data["c"] == "a", 1.0, -1.0) if product else 1.0
    data["mean"] = sign * np.sign(data["x"])
    data["y"] = data["mean"] + 0.5 * rng.normal(size=n)
    return data


def test_trees_are_as_deep_as_rows_ask_for(make):
    chosen = {}
    for product in (False, True):
        model = make().fit(rows(400, 1, product))
        chosen[product] = model.settings()["booster"][make.name]
    assert chosen == {False: make.sizes[0], True: make.sizes[1]}


def test_noise_has_few_trees(make):
    data = rows(400, 2, product=False)
    noise = data.assign(y=np.random.default_rng(0).normal(size=400))
    found = {
        name: make().fit(each).settings()["booster"]["n_estimators"]
        for name, each in {"noise": noise, "signal": data}.items()
    }
    assert found["noise"] < found["signal"] / 2 <= 100


def test_test_rows_are_predicted_better_than_by_all_trees(make):
    train, test = rows(120, 3, product=False), rows(400, 4, product=False)
    train["y"] += np.random.default_rng(1).normal(size=len(train))
    errors = [
        np.mean((made.fit(train).predict(test) - test["mean"]) ** 2)
        for made in (make(trees=1000), make(sizes=make.sizes[1:], trees=1000, patience=1000))
    ]
    assert errors[0] <= errors[1]


def test_classes_have_probabilities(make):
    data = rows(300, 5, product=True)
    data["y"] = (data["y"] > 0).astype("int8")
    probability = make("binary").fit(data).predict(data)
    assert log_loss(data["y"], probability) < 0.5


def test_the_loss_is_of_the_mean_over_copies():
    target, prediction = np.array([0.0, 2.0, 0.0, 2.0]), np.array([1.0, 2.0, -1.0, 4.0])
    fold = InnerFold(None, None, None, None, draws=2, binary=False)
    assert fold.loss(target, prediction) == pytest.approx((0.0 + 1.0) / 2)
    classes = InnerFold(None, None, None, None, draws=1, binary=True)
    y, p = np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.9, 0.4])
    assert classes.loss(y, p) == pytest.approx(log_loss(y, p))


def test_ids_that_are_not_known_are_those_of_known_rows():
    known = pd.DataFrame({"g": pd.Categorical(list("aab"), categories=list("abcd"))})
    rest = pd.DataFrame({"x": [1.0, 2.0, 3.0], "g": pd.Categorical(list("cba"), list("abcd"))})
    copies = _with_known_ids(rest, known, np.random.default_rng(0))
    assert len(copies) == DRAWS
    assert {each["g"][0] for each in copies} == {"a", "b"}
    assert all(list(each["g"][1:]) == ["b", "a"] for each in copies)
    assert all(each["x"].equals(rest["x"]) for each in copies)
    assert len(_with_known_ids(rest[1:], known, np.random.default_rng(0))) == 1


def test_for_new_groups_whole_groups_are_left_out(make, monkeypatch):
    """Ids that say all of known groups and nothing of new ones ask for no tree then."""
    rng = np.random.default_rng(0)
    data = rows(400, 6, product=False)
    data["y"] = rng.normal(size=10)[data["g"].astype(int)] + 0.1 * rng.normal(size=400)
    found = []
    for new_groups in (False, True):
        model = make()
        model.new_groups = new_groups
        found.append(model.fit(data).settings()["booster"]["n_estimators"])
    assert found[1] < found[0] / 3
