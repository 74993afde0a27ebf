"""A backbone is added by its file and its entry, and nothing else."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import tabmixnn.backbones
from tabmixnn import TabMixNNRegressor
from tabmixnn.backbones import BACKBONES, BackboneEntry


class Doubling(torch.nn.Module):
    """A backbone whose features are twice its input, without layers."""

    layers = ()

    def __init__(self, in_features, settings):
        super().__init__()
        self.out_features = self.floats_per_row = in_features

    def forward(self, hidden, penalties=None):
        return 2.0 * hidden


def read_nothing(options):
    return {}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"y": rng.normal(size=40), "x": rng.normal(size=40), "g": list("abcd") * 10}
    )


@pytest.fixture
def model(monkeypatch):
    entry = BackboneEntry(backbone=f"{__name__}:Doubling", reader=f"{__name__}:read_nothing")
    monkeypatch.setitem(BACKBONES, "doubling", entry)
    return TabMixNNRegressor(
        "y ~ x + (1 | g)", architecture="doubling", inference="variational", epochs=2
    )


def test_a_new_entry_is_fitted_saved_and_read(data, model, tmp_path):
    model.fit(data).save(tmp_path / "model.tmx")
    again = TabMixNNRegressor.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    assert isinstance(again.engine_.network.backbone, Doubling)
    assert "(Intercept)" in model.extract_parameters(data)["fixed_effects"]
    with pytest.raises(ValueError, match=r"fitted without a static structure\.$"):
        model.get_structure_matrix()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_dims": [4]}, r"hidden_dims=\[4\] belongs to architecture='gsem', but .*'doubl"),
        ({"lambda_sparse": 0.1}, "belongs to architecture='gsem' or 'manifold'"),
    ],
)
def test_a_new_entry_refuses_what_others_have(data, model, options, message):
    with pytest.raises(ValueError, match=message):
        model.set_params(**options).fit(data)


def test_an_unknown_backbone_names_every_entry(data, model):
    names = ", ".join(repr(name) for name in sorted(BACKBONES))
    assert "'doubling'" in names
    with pytest.raises(ValueError, match=f"must be one of {names}; got 'cnn'"):
        model.set_params(architecture="cnn").fit(data)


def test_the_registry_needs_no_torch():
    code = (
        "import sys; from tabmixnn.backbones import BACKBONES; import tabmixnn.inference.exact; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_resolves():
    for name in tabmixnn.backbones.__all__:
        assert getattr(tabmixnn.backbones, name) is not None
    assert set(tabmixnn.backbones.__all__) <= set(dir(tabmixnn.backbones))


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Backbone'"):
        _ = tabmixnn.backbones.Backbone
