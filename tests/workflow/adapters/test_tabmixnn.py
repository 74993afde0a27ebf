import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.adapters.base import TimedOut, Unsuitable
from tabmixbench.adapters.tabmixnn import TabMixNN

NETWORK = {"inference": "variational"}


def rows():
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(6), 10)
    x = rng.normal(size=60)
    return pd.DataFrame({"y": x + 0.1 * rng.normal(size=60), "x": x, "g": [f"g{i}" for i in group]})


def adapter(**params):
    dataset = SimpleNamespace(name="d", task="regression", target="y", formula="y ~ x + (1 | g)")
    return TabMixNN(dataset, seed=0, threads=1, **params)


def test_defaults_of_the_network_are_the_papers():
    settings = adapter(estimator=NETWORK).fit(rows()).settings()
    assert settings["estimator"] == "TabMixNNRegressor"
    assert settings["hidden_dims"] == [64, 32]
    assert (settings["lr"], settings["batch_size"], settings["epochs"]) == (0.001, 256, 100)
    assert (settings["embedding_dim"], settings["lambda_kl"]) == (16, 0.01)
    assert (settings["dropout"], settings["patience"]) == (0.1, 20)


def test_a_mixed_model_says_what_it_used_and_chose_and_no_option_of_training():
    data = rows()
    data["y"] = np.sin(3 * data["x"]) + 0.1 * data["y"]
    exact = adapter(estimator={"inference": "marginal", "hidden_dims": []}).fit(data).settings()
    grown = adapter(estimator={"inference": "auto"}).fit(data).settings()
    network = adapter(estimator={**NETWORK, "epochs": 1}).fit(data).settings()
    training = {"lr", "epochs", "batch_size", "dropout", "lambda_kl", "posterior", "patience"}
    assert training <= set(network)
    for settings in (exact, grown):
        assert not training & set(settings)
        json.dumps(settings)
    assert (exact["inference_"], exact["terms_"], exact["hidden_dims"]) == ("marginal", [], [])
    assert (grown["inference"], grown["inference_"]) == ("auto", "auto")
    assert grown["engine_"] == "AutoEngine"
    assert "s(x)" in grown["terms_"]
    assert "terms_" not in network


def test_a_fit_that_came_to_the_formulas_own_model_has_no_layers():
    with pytest.warns(UserWarning, match="the variance of"):
        settings = adapter(estimator={"inference": "auto"}).fit(rows()).settings()
    assert (settings["inference"], settings["inference_"]) == ("auto", "marginal")
    assert (settings["hidden_dims"], settings["terms_"]) == ([], [])


@pytest.mark.parametrize(("min_steps", "epochs"), [(0, 4), (8, 4), (30, 10)])
def test_epochs_grow_until_there_is_room_for_the_steps(min_steps, epochs):
    model = adapter(estimator={**NETWORK, "epochs": 4, "batch_size": 25}, min_steps=min_steps)
    assert model.fit(rows()).settings()["epochs"] == epochs


def test_a_fit_that_takes_too_long_is_stopped_and_says_so():
    with pytest.raises(TimedOut, match=r"TabMixNN did not finish within 0\.01 s"):
        adapter(estimator={**NETWORK, "epochs": 100_000}, max_seconds=0.01).fit(rows())
    assert adapter(estimator={**NETWORK, "epochs": 2}).fit(rows()).settings()["n_iter"] == 2


def test_a_likelihood_without_a_maximum_is_a_reason(monkeypatch):
    from tabmixnn import TabMixNNRegressor
    from tabmixnn.inference.marginal import NoOptimumError

    def fit(self, *args, **kwargs):
        raise NoOptimumError("The likelihood has no maximum that can be found.")

    monkeypatch.setattr(TabMixNNRegressor, "fit", fit)
    with pytest.raises(Unsuitable, match="no maximum that can be found"):
        adapter().fit(rows())


def test_only_the_network_has_steps():
    with pytest.raises(ValueError, match="min_steps counts the gradient steps of"):
        adapter(min_steps=8).fit(rows())


def test_threads_of_torch_are_put_back():
    import torch

    before = torch.get_num_threads()
    model = TabMixNN(
        adapter().dataset, seed=0, threads=before + 1, estimator={**NETWORK, "epochs": 1}
    )
    model.fit(rows()).predict(rows())
    assert torch.get_num_threads() == before
