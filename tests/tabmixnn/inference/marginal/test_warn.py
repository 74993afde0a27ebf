"""What fits end with saying."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from tabmixnn import TabMixNNClassifier
from tabmixnn.inference.marginal import ConvergenceWarning, SeparationWarning


def test_a_flat_likelihood_of_separated_outcomes_has_converged():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"g": rng.integers(10, size=300), "x": rng.normal(size=300)})
    data["y"] = data["x"] > 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        TabMixNNClassifier("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(data)
    kinds = {each.category for each in caught}
    assert SeparationWarning in kinds
    assert ConvergenceWarning not in kinds
