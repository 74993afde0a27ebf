"""The keywords that adapters list are those of the packages."""

import inspect

import pytest

from tabmixbench.adapters import available
from tabmixbench.adapters.keywords import CATBOOST, FOREST, TABMIXNN, TABMIXNN_GENERAL, XGBOOST
from tabmixbench.adapters.tabular_network import TRAINING


def parameters(*makers):
    """What all of some constructors take."""
    return set.intersection(*(set(inspect.signature(make).parameters) for make in makers))


def test_those_of_xgboost_are_its_own():
    from xgboost import XGBClassifier, XGBRegressor

    for make in (XGBClassifier, XGBRegressor):
        assert set(make().get_params()) >= XGBOOST


def test_those_of_catboost_are_its_own_for_either_task():
    from catboost import CatBoostClassifier, CatBoostRegressor

    assert parameters(CatBoostClassifier, CatBoostRegressor) >= CATBOOST


def test_those_of_the_forest_are_its_own():
    from sklearn.ensemble import RandomForestRegressor

    assert parameters(RandomForestRegressor) >= FOREST


def test_those_of_the_library_are_all_but_what_is_given():
    from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

    given = {"formula", "random_state"}
    for make in (TabMixNNClassifier, TabMixNNRegressor):
        assert set(make().get_params()) - given == TABMIXNN
    assert set(TabMixNN().get_params()) - given - {"outcomes"} == TABMIXNN_GENERAL


def test_those_of_the_networks_are_of_their_training():
    assert {"lr", "patience", "max_epochs"} <= TRAINING
    assert not TRAINING & {"self", "dataset", "seed", "threads"}


@pytest.mark.parametrize("adapter", available().values(), ids=available())
def test_every_parameter_that_holds_keywords_says_which(adapter):
    annotations = inspect.signature(adapter).parameters.values()
    mappings = {p.name for p in annotations if p.annotation.startswith(("Mapping", "dict"))}
    assert mappings == set(adapter.keywords), "list them in `keywords` of the adapter"
