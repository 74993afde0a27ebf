"""Settings shared by all tests."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    """Keep torch to one thread: two are slower on networks this small and differ in rounding.

    Torch is not imported for the purpose; a test that imports it first inside its own body gets
    the setting from the environment of the next test on.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@pytest.fixture
def like_the_mixed_model() -> dict[str, object]:
    """Parameters of a network that is the mixed model and is fitted to its likelihood."""
    return {
        "inference": "variational",
        "hidden_dims": [],
        "dropout": 0,
        "lambda_kl": "auto",
        "posterior": "joint",
        "expectation": "quadrature",
        "enforce_centering": False,
        "validation_fraction": 0,
        "epochs": 300,
        "lr": 0.03,
        "random_state": 0,
    }
