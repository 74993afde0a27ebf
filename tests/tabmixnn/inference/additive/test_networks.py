"""Stacked networks: each is the plain one of its own parameters."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tabmixnn.inference.additive.networks import Inputs, Networks
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import Variables


@pytest.fixture
def networks():
    drawn = Networks.start(3, [4, 5, 2], torch.Generator().manual_seed(0))
    drawn.vector.add_(torch.randn(drawn.vector.shape, generator=torch.Generator().manual_seed(1)))
    return drawn


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    numbers = {"x": rng.normal(size=40), "f(x)": rng.normal(size=40)}
    return Table(numbers, {"c": np.array(["u", "v"] * 20, dtype=object)})


def test_start_at_zero():
    drawn = Networks.start(2, [4, 5], torch.Generator().manual_seed(0))
    assert not drawn.everywhere(torch.randn(7, 4)).any()
    assert (drawn.layers[0][0] != 0).all()


def test_each_is_a_perceptron_of_its_own(networks):
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(2))
    found = networks.everywhere(x)
    *hidden, (last, bias) = networks.layers
    for k in range(3):
        h = x
        for weight, shift in hidden:
            h = h @ weight[k] + shift[k]
            h = h * torch.sigmoid(h)
        expected = (h @ last[k] + bias[k])[:, 0]
        np.testing.assert_allclose(found[k], expected.numpy(), rtol=1e-5, atol=1e-6)


def test_state_and_copies_are_the_same_networks(networks):
    x = torch.randn(6, 4)
    expected = networks.everywhere(x)
    copied = networks.copy()
    again = Networks.from_state(networks.state())
    networks.vector.zero_()
    np.testing.assert_array_equal(copied.everywhere(x), expected)
    np.testing.assert_array_equal(again.everywhere(x), expected)


def test_inputs_are_the_predictors_but_one(table):
    inputs = Inputs.of(Variables.fit(table), without="f(x)")
    assert inputs.numbers == ("x",)
    assert inputs.categories == ("c",)
    assert inputs(table).shape[0] == 40
    assert inputs(table).dtype == torch.float32
    far = Table({"x": np.array([1e9, -1e9])}, {"c": np.array(["new", "u"], dtype=object)})
    assert inputs(far).abs().max() < 100.0
    assert not inputs(far)[0, -2:].any()
    assert not Inputs.of(Variables.fit(Table({}, {})))
