"""Networks inside a mixed model, each row's from networks that did not see it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn.inference.additive import crossfit
from tabmixnn.inference.additive.crossfit import cross_fit
from tabmixnn.inference.additive.crossval import divisions
from tabmixnn.inference.additive.learned import inputs_of
from tabmixnn.inference.additive.outcome import GaussianOutcome


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(crossfit, "STEPS", 200)
    monkeypatch.setattr(crossfit, "LOOKS", (0.3, 0.6, 1.0))


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.uniform(-1.0, 1.0, (500, 3)), columns=["a", "b", "c"])
    data["g"] = rng.integers(20, size=500).astype(str)
    data["truth"] = 3.0 * np.sign(data.a) * data.b * data.c
    data["y"] = data["truth"] + rng.normal(size=20)[data.g.astype(int)]
    data["y"] += 0.3 * rng.normal(size=500)
    return data


@pytest.fixture(scope="module")
def start(read, data):
    found = read("y ~ a + b + c + (1 | g)", data)
    inputs = inputs_of(found.space.variables)(found.rows.table)
    divided = divisions(found.rows.codes("g"), np.random.default_rng(0))[:1]
    return found, inputs, found.fit()[1], [each % 3 for each in divided]


def learn(start, y=None, **options):
    found, inputs, fit, divided = start
    outcome = found.outcome if y is None else GaussianOutcome(y, found.rows.offset)
    return cross_fit(inputs, outcome, fit, divided, (16, 8), 0, **options)


def test_finds_what_no_pair_of_predictors_shows(start, data):
    learned = learn(start)
    assert learned.comparison.is_support
    assert np.corrcoef(learned.held_out, data["truth"])[0, 1] > 0.7
    whole = learned.scale * learned.networks.everywhere(start[1]).mean(axis=0)
    assert np.corrcoef(whole, data["truth"])[0, 1] > 0.8
    assert learned.networks.count == 3


def test_held_out_values_know_nothing_of_the_rows_own_responses(start, monkeypatch):
    monkeypatch.setattr(crossfit, "LOOKS", (1.0,))
    found, numbers = start[0], start[3][0]
    changed = found.outcome.y.copy()
    changed[numbers == 0] += 5.0
    first, second = learn(start), learn(start, changed, patience=None)
    mine = numbers == 0
    np.testing.assert_array_equal(first.held_out[mine], second.held_out[mine])
    assert (first.held_out[~mine] != second.held_out[~mine]).all()


def test_noise_is_given_up(start):
    noise = np.random.default_rng(9).normal(size=500)
    assert learn(start, noise, patience=2) is None
    anyway = learn(start, noise)
    assert not anyway.comparison.is_support


def test_same_seed_same_networks(start):
    first, second = learn(start), learn(start)
    np.testing.assert_array_equal(first.held_out, second.held_out)
    assert first.comparison == second.comparison
