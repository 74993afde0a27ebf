"""Groups may be called like what tables have besides them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from tabmixnn import TabMixNNRegressor


@pytest.fixture(scope="module")
def called(lmm, sleepstudy):
    """Function that fits the sleepstudy's model, its subjects under another name."""

    def fit(name: str):
        data = sleepstudy.rename(columns={"Subject": name})
        return lmm(f"Reaction ~ Days + (1 | `{name}`)", data), data

    return fit


def test_a_group_called_residual_has_its_variances(called):
    plain, _ = called("Subject")
    model, data = called("Residual")
    found = model.extract_parameters()["variance_components"]
    expected = plain.extract_parameters()["variance_components"]
    assert found == {"(Residual)": expected["Subject"], "Residual": expected["Residual"]}
    assert list(model.confint("boot", n=3, seed=1).index) == [
        "sd (Intercept) | Residual",
        *plain.confint("boot", n=3, seed=1).index[1:],
    ]
    lines = [line.split()[0] for line in str(model.summary()).splitlines() if "Residual" in line]
    assert lines[-3:-1] == ["Residual", "Residual"]
    network = TabMixNNRegressor(
        "Reaction ~ Days + (1 | Residual)", inference="variational", epochs=2, random_state=0
    ).fit(data)
    found = network.extract_parameters(data)["variance_components"]
    assert list(found) == ["(Residual)", "Residual"]


@pytest.mark.parametrize("name", ["residual", "fixed effects", "Subject"])
def test_every_component_has_its_bar(name, called):
    mpl.use("Agg")
    ax = called(name)[0].plot_variance()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    shown = name if name == "Subject" else f"({name})"
    assert labels == ["fixed effects", shown, "residual"]
    assert len(ax.patches) == 3


@pytest.mark.parametrize("name", ["n", "importance"])
def test_effects_of_levels_are_not_replaced(name, called):
    plain, data = called("Subject")
    expected = plain.explain(data.rename(columns={name: "Subject"})).by_level("Subject")
    model, data = called(name)
    found = model.explain(data).by_level(name)
    assert list(found.columns) == [f"({name})", "importance", "n"]
    np.testing.assert_allclose(found, expected)
