"""Conformal scores are in units of each row's own spread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN


@pytest.mark.parametrize("inference", ["marginal", "auto"])
@pytest.mark.parametrize("weights", [None, "same", "precision"])
def test_conformal_intervals_are_about_as_wide_as_plain_ones(inference, weights):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=300), "g": np.arange(300) % 10, "same": 100.0})
    data["precision"] = rng.choice([0.1, 10.0], 300)
    noise = 0.5 / np.sqrt(data["precision"]) if weights == "precision" else 0.5
    mean = data["x"] if inference == "marginal" else 2.0 * np.sin(3.0 * data["x"])
    data["y"] = mean + rng.normal(size=10)[data["g"]] + noise * rng.normal(size=300)
    model = TabMixNN(
        "y ~ x + (1 | g)", inference=inference, hidden_dims=[], weights=weights, random_state=0
    ).fit(data)
    assert model.inference_ == inference
    plain, conformal = (
        model.predict(data.head(1), interval=0.9, calibrate=how) for how in (None, "conformal")
    )
    width, other = (float((each["upper"] - each["lower"]).iloc[0]) for each in (plain, conformal))
    assert other == pytest.approx(width, rel=0.2)
