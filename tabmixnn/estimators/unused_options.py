"""Options of training are checked where nothing is trained, too: so a slip is told at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from inspect import signature
from typing import Any

from tabmixnn.estimators.parameters import SharedParameters

TRAINING = (
    "hidden_dims",
    "embedding_dim",
    "epochs",
    "lr",
    "batch_size",
    "lambda_kl",
    "prior",
    "posterior",
    "expectation",
    "dropout",
    "patience",
    "activation",
    "layer_norm",
    "residual",
    "enforce_centering",
    "clip_norm",
    "scheduler",
    "validation_fraction",
    "callbacks",
)
"""What engines without a network do not look at."""


def check_training_options(options: Mapping[str, Any]) -> None:
    """Check the options of training that an engine without a network leaves aside.

    Parameters
    ----------
    options : mapping
        The estimator's, checked by its engine.

    Raises
    ------
    ValueError
        Naming the first one with a value it cannot have.
    """
    defaults = _defaults()
    chosen = {name: options[name] for name in TRAINING if _differs(options[name], defaults[name])}
    if not chosen:
        return
    # Only here, because it imports torch.
    from tabmixnn.inference.options import VariationalOptions

    layers = {"hidden_dims": options["hidden_dims"]}
    VariationalOptions.from_mapping(defaults | layers | chosen)


@cache
def _defaults() -> dict[str, Any]:
    parameters = signature(SharedParameters.__init__).parameters
    return {name: each.default for name, each in parameters.items() if name != "self"}


def _differs(value: Any, default: Any) -> bool:
    if isinstance(value, list | tuple):
        # Without layers there is nothing to check.
        return len(value) > 0 and value != default
    return type(value) is not type(default) or value != default
