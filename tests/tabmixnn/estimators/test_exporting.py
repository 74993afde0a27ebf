"""Exported programs: torch alone predicts what the model does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.backbones.structure.order import solve_structure
from tabmixnn.families import FAMILIES
from tests.tabmixnn.encoder.covariance.entries import entry_of, make_data
from tests.tabmixnn.estimators.test_persistence import (
    ARCHITECTURES,
    EXACT,
    SHORT,
    make_response,
)


def load(model, path, **options):
    model.export(path, **options)
    return torch.export.load(path).module()


def new_rows(data):
    """Known and new groups, a new category."""
    new = data.iloc[[0, 3, 17, 31, 2]].assign(g=["g3", "g11", "g99", "g0", "new"])
    return new.assign(x=np.linspace(-3, 3, 5), c=["u", "v", "w", "never", "u"])


@pytest.mark.filterwarnings("ignore:.*never.*")
@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_every_architecture(architecture, tmp_path):
    data = make_data()
    options = {**ARCHITECTURES[architecture], **SHORT}
    formula = "y ~ poly(x, 2) + c + offset(x) + (1 + x | g) + (1 | g:c) + (0 + t | c)"
    model = TabMixNNRegressor(formula, **options).fit(data)
    program = load(model, tmp_path / "model.pt2")
    for rows in (data, new_rows(data), new_rows(data).iloc[[2]]):
        found = program(**model.program_inputs(rows)).numpy()
        np.testing.assert_allclose(found, model.predict(rows), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family(family, tmp_path):
    data, y = make_data(), make_response(FAMILIES[family])
    model = TabMixNN("~ x + offset(t) + (1 | g)", family=family, hidden_dims=[], **SHORT)
    model.fit(data, y)
    program = load(model, tmp_path / "model.pt2")
    found = program(**model.program_inputs(new_rows(data))).numpy()
    np.testing.assert_allclose(found, model.predict(new_rows(data)), rtol=1e-12)


def test_classes_populations_and_models_without_a_formula(tmp_path):
    data = make_data().assign(label=lambda d: np.where(d["x"] > 0, "yes", "no"))
    model = TabMixNNClassifier("label ~ t + (1 | g)", **SHORT).fit(data)
    program = load(model, tmp_path / "model.pt2", re_form="none")
    expected = model.predict_proba(data, re_form="none")[:, 1]
    np.testing.assert_allclose(program(**model.program_inputs(data)).numpy(), expected, rtol=1e-12)
    program = load(model, tmp_path / "model.pt2", kind="link")
    expected = model.predict(data, kind="link")
    np.testing.assert_allclose(program(**model.program_inputs(data)).numpy(), expected, rtol=1e-12)
    plain = TabMixNNRegressor(**SHORT).fit(data[["x", "c"]], data["y"])
    program = load(plain, tmp_path / "plain.pt2")
    found = program(**plain.program_inputs(data[["x", "c"]])).numpy()
    np.testing.assert_allclose(found, plain.predict(data[["x", "c"]]), rtol=1e-12)


def test_several_outcomes(tmp_path):
    data = make_data().assign(z=lambda d: np.where(d["x"] > 0, "hi", "lo"))
    outcomes = [OutcomeSpec("a", "y"), OutcomeSpec("b", "z", FAMILIES["binomial"]())]
    model = TabMixNN("~ x + (1 | g)", outcomes=outcomes, output_sem_mode="learned", **SHORT)
    program = load(model.fit(data), tmp_path / "model.pt2")
    found, expected = program(**model.program_inputs(data)), model.predict(data, as_dict=True)
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name].numpy(), values, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:.*never.*")
@pytest.mark.parametrize("fixed", ["1", "c", "1 + offset(t)"])
@pytest.mark.parametrize("effects", ["(1 | g)", "(x | g) + (1 | c)"])
def test_a_network_without_a_numeric_predictor(fixed, effects, tmp_path):
    data = make_data()
    model = TabMixNNRegressor(f"y ~ {fixed} + {effects}", hidden_dims=[4], **SHORT).fit(data)
    program = load(model, tmp_path / "model.pt2")
    for rows in (data, new_rows(data), new_rows(data).iloc[[2]]):
        found = program(**model.program_inputs(rows)).numpy()
        np.testing.assert_allclose(found, model.predict(rows), rtol=1e-12, atol=1e-12)


ALONE = """
import json, sys
sys.modules["tabmixnn"] = None
import torch
files = {"tabmixnn.json": ""}
program = torch.export.load(sys.argv[1], extra_files=files).module()
described = json.loads(files["tabmixnn.json"])
(term,) = described["groups"]
row = {
    "numbers": torch.tensor([[0.7]], dtype=torch.float64),
    "categories": torch.tensor([[described["categories"][0]["levels"].index("v")]]),
    "groups": torch.tensor([[term["levels"].index("g7")]]),
    "slopes": torch.tensor([[1.0, 0.7]], dtype=torch.float64),
    "offset": torch.zeros(1, dtype=torch.float64),
}
assert described["numbers"] == ["x"] and term["slopes"] == ["(Intercept)", "x"]
print(repr(program(**row).item()))
"""


def test_a_program_needs_torch_alone_and_says_what_its_inputs_are(tmp_path):
    model = TabMixNNRegressor("y ~ x + c + (x | g)", hidden_dims=[4], **SHORT).fit(make_data())
    model.export(tmp_path / "model.pt2")
    command = [sys.executable, "-c", ALONE, tmp_path / "model.pt2"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    row = pd.DataFrame({"x": [0.7], "c": ["v"], "g": ["g7"]})
    assert float(found.stdout) == pytest.approx(model.predict(row)[0], rel=1e-12)


def test_exact_fits_have_no_program(tmp_path):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(make_data())
    with pytest.raises(ValueError, match="without torch, so there is no program"):
        model.export(tmp_path / "model.pt2")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said(tmp_path):
    data, path = make_data(), tmp_path / "model.pt2"
    structures = {"g": entry_of("GP")}
    model = TabMixNNRegressor("y ~ x + (1 | g)", cov_struct_map=structures, **SHORT)
    with pytest.raises(ValueError, match="not fitted"):
        model.export(path)
    with pytest.raises(ValueError, match="places the levels of 'g' by columns"):
        model.fit(data).export(path)
    with pytest.raises(ValueError, match=r"a \.pt2 file; got 'model\.onnx'"):
        model.export("model.onnx")
    with pytest.raises(ValueError, match="kind must be"):
        model.export(path, kind="class")
    assert not list(tmp_path.iterdir())


class Solve(torch.nn.Module):
    def forward(self, effects, xi):
        return solve_structure(effects, xi)


def test_a_program_has_nan_where_structural_equations_have_no_solution():
    effects, xi = torch.stack([torch.zeros(2, 2), torch.eye(2)]), torch.ones(2, 2)
    found = torch.export.export(Solve(), (effects, xi)).module()(effects, xi)
    assert found.isnan().tolist() == [[False, False], [True, True]]
