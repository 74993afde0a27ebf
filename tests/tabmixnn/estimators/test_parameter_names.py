"""A parameter that there is not: one sentence that names it and the nearest one."""

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

ALL = pytest.mark.parametrize("cls", [TabMixNN, TabMixNNRegressor, TabMixNNClassifier])


@ALL
def test_in_the_constructor(cls):
    with pytest.raises(
        TypeError, match=rf"^{cls.__name__} has no parameter 'epoch'\. Did you mean 'epochs'\?$"
    ):
        cls("y ~ x", epoch=3)
    with pytest.raises(TypeError, match=r"no parameter 'zzzz'\. It has activation, .*, weights\.$"):
        cls(zzzz=1)


def test_parameters_of_the_other_estimators():
    with pytest.raises(TypeError, match="TabMixNNRegressor has no parameter 'family'"):
        TabMixNNRegressor(family="poisson")


@ALL
def test_set_params(cls):
    model = cls("y ~ x", epochs=7)
    with pytest.raises(ValueError, match=r"no parameter 'hiden_dims'\. Did you mean 'hidden_dims'"):
        model.set_params(epochs=3, hiden_dims=[4])
    with pytest.raises(ValueError, match="no parameter 'epochs__x'"):
        model.set_params(epochs__x=3)
    assert model.epochs == 7
    assert model.set_params(epochs=3).epochs == 3
    assert model.set_params() is model


@ALL
def test_clone_and_get_params(cls):
    model = cls("y ~ x", epochs=7)
    assert clone(model).get_params() == model.get_params()
    assert "unknown" not in model.get_params()
    with pytest.raises(TypeError, match="no parameter 'epoch'"):
        cls(**model.get_params(), epoch=3)


def test_a_search_over_a_wrong_name():
    X = [[float(i)] for i in range(8)]
    search = GridSearchCV(TabMixNNRegressor(), {"epoch": [1]}, cv=2, error_score="raise")
    with pytest.raises(ValueError, match=r"no parameter 'epoch'\. Did you mean 'epochs'"):
        search.fit(X, range(8))
