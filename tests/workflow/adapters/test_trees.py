import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.adapters.features import FeatureTable
from tabmixbench.adapters.lightgbm import LightGBM
from tabmixbench.adapters.thresholds import scaled_thresholds
from tabmixbench.adapters.tree_settings import GPBOOST, LIGHTGBM
from tabmixbench.adapters.xgboost import XGBoost

BOOSTER = {"n_estimators": 30, "max_depth": 3}


def groups_only(rows_a_group):
    """A target that only the group explains, and nothing else to explain it with."""
    group = np.repeat(np.arange(6), rows_a_group)
    rng = np.random.default_rng(0)
    y = np.linspace(-1, 1, 6)[group] + 0.05 * rng.normal(size=len(group))
    data = pd.DataFrame({"y": y, "g": pd.Categorical([f"g{i}" for i in group])})
    dataset = SimpleNamespace(
        name="groups_only", task="regression", target="y", groups=("g",), numeric=(), categorical=()
    )
    return dataset, data


def test_feature_table_keeps_training_levels_and_loses_unseen_ones():
    train = pd.DataFrame({"x": [1, 2], "g": pd.Categorical(["b", "a"], categories=["a", "b", "c"])})
    table = FeatureTable(("x",), ("g",)).fit(train)
    new = table.transform(pd.DataFrame({"g": ["c", "b"], "x": [3, 4]}, index=[7, 8]))
    assert list(new.columns) == ["x", "g"]
    assert list(new.index) == [7, 8]
    assert list(new["g"].cat.categories) == ["a", "b"]
    assert list(new["g"].cat.codes) == [-1, 1]
    assert new["x"].dtype == np.float64


def test_xgboost_sees_groups_only_when_told_to():
    dataset, data = groups_only(20)
    with_ids = XGBoost(dataset, seed=0, threads=1, ids=True, booster=BOOSTER)
    error = with_ids.fit(data).predict(data) - data["y"]
    assert np.sqrt(np.mean(error**2)) < 0.1
    without = XGBoost(dataset, seed=0, threads=1, ids=False, booster=BOOSTER)
    assert without.unsuitable() == "groups_only has no feature other than the group ids"


@pytest.mark.parametrize(
    ("adapter", "options"),
    [
        (XGBoost, {"ids": True, "booster": BOOSTER}),
        (LightGBM, {"booster": BOOSTER, "full_at": 1000}),
    ],
)
def test_trees_average_over_the_groups_they_know_for_one_they_do_not(adapter, options):
    dataset, data = groups_only(20)
    model = adapter(dataset, seed=0, threads=1, new_group_draws=600, **options).fit(data)
    known = data.iloc[[0]]
    before = model.predict(known)
    both = pd.concat([known, known.assign(g="new")], ignore_index=True)
    prediction = model.predict(both)
    assert prediction[0] == before[0]
    assert abs(prediction[1] - data["y"].mean()) < 0.1


@pytest.mark.parametrize(("rows_a_group", "trees"), [(10, 7), (20, 30)])
def test_xgboost_uses_its_second_setting_below_the_size(rows_a_group, trees):
    dataset, data = groups_only(rows_a_group)
    small = {"rows": 100, "n_estimators": 7}
    model = XGBoost(dataset, seed=0, threads=1, ids=True, booster=BOOSTER, small=small).fit(data)
    assert model.settings()["booster"]["n_estimators"] == trees
    assert model.settings()["booster"]["max_depth"] == 3


def test_lightgbm_defaults_cannot_split_small_data_and_the_rule_can():
    dataset, data = groups_only(5)
    booster = {"n_estimators": 100}
    default = LightGBM(dataset, seed=0, threads=1, booster=booster).fit(data).predict(data)
    assert np.ptp(default) < 1e-12
    model = LightGBM(dataset, seed=0, threads=1, booster=booster, full_at=1000).fit(data)
    assert np.corrcoef(model.predict(data), data["y"])[0, 1] > 0.95


def test_lightgbm_rule_is_proportional_has_a_floor_and_ends():
    assert scaled_thresholds(500, None) == {}
    assert scaled_thresholds(1000, 1000) == {}
    assert scaled_thresholds(500, 1000) == {
        "min_child_samples": 10,
        "min_data_per_group": 50,
        "min_data_in_bin": 2,
        "cat_smooth": 5.0,
        "cat_l2": 5.0,
    }
    tiny = scaled_thresholds(10, 1000)
    assert (tiny["min_child_samples"], tiny["min_data_per_group"]) == (2, 2)
    assert tiny["min_data_in_bin"] == 1


def test_lightgbm_leaves_small_groups_out_and_the_rule_does_not():
    dataset, data = groups_only(5)
    booster = {"n_estimators": 100}
    many = pd.concat(
        [
            data.assign(g=data["g"].astype(str) + str(k), y=data["y"] + 9 * (k % 2))
            for k in range(100)
        ],
        ignore_index=True,
    )
    many["g"] = many["g"].astype("category")
    assert len(many) > 1000
    default = LightGBM(dataset, seed=0, threads=1, booster=booster).fit(many).predict(many)
    assert np.ptp(default) < 1e-12
    model = LightGBM(dataset, seed=0, threads=1, booster=booster, full_at=1000).fit(many)
    assert np.corrcoef(model.predict(many), many["y"])[0, 1] > 0.95


def main_names(package):
    """The settings that a model of LightGBM or GPBoost is saved with."""
    data = package.Dataset(np.eye(40), np.arange(40.0), params={"verbose": -1})
    settings = {"objective": "regression", "verbose": -1}
    text = package.train(settings, data, num_boost_round=1).model_to_string()
    return set(re.findall(r"^\[(\w+): ", text, flags=re.MULTILINE))


def test_the_settings_listed_of_lightgbm_are_its_own():
    import lightgbm

    assert set(LIGHTGBM) <= main_names(lightgbm) | set(lightgbm.LGBMClassifier().get_params())


def test_the_settings_listed_of_gpboost_are_its_own():
    import gpboost

    assert set(GPBOOST) <= main_names(gpboost) | set(gpboost.GPBoostClassifier().get_params())
