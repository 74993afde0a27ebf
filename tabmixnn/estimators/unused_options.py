"""Options are checked where they are not looked at, too: so a slip is told at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from inspect import signature
from typing import Any

from tabmixnn.caller import warn_caller
from tabmixnn.estimators.parameters import SharedParameters
from tabmixnn.option_checks import flag, nodes, verbosity

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
    "device",
)
"""What engines without a network do not look at."""

OUTPUTS: dict[str, Any] = {
    "output_sem_mode": "none",
    "output_sem": None,
    "lambda_output_sparse": 0.001,
}
"""Options of several outcomes that they do not look at either, and their defaults."""


def check_shared_options(options: Mapping[str, Any]) -> None:
    """Check options that belong to no engine alone.

    Parameters
    ----------
    options : mapping
        The estimator's.

    Raises
    ------
    ValueError
        Naming the first one with a value it cannot have.
    """
    flag("reml", options["reml"])
    if options["nagq"] is not None:
        nodes("nagq", options["nagq"])
    verbosity("verbose", options["verbose"])
    if not isinstance(options["weights"], Hashable):
        raise ValueError(
            "The parameter weights must be the name of a column; pass an array by fit(..., "
            "weights=...)."
        )


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
    chosen = {name: options[name] for name in _chosen(options)}
    outputs = {name: options[name] for name in OUTPUTS if name in options}
    if any(_differs(value, OUTPUTS[name]) for name, value in outputs.items()):
        chosen |= {**outputs, "outcomes": options["outcomes"]}
    if not chosen:
        return
    # Only here, because it imports torch.
    from tabmixnn.inference.options import VariationalOptions

    layers = {"hidden_dims": options["hidden_dims"]}
    VariationalOptions.from_mapping(defaults | layers | chosen)


def warn_unused(options: Mapping[str, Any]) -> None:
    """Warn of options of training that an engine without a network of its own leaves aside.

    Parameters
    ----------
    options : mapping
        The estimator's, ``hidden_dims`` being one that such engines look at.
    """
    names = [name for name in _chosen(options) if name != "hidden_dims"]
    if names:
        shown = ", ".join(names[:-1]) + (" and " if names[1:] else "") + names[-1]
        asked = "marginal" if options["inference"] in ("marginal", "neural") else "auto"
        warn_caller(
            f"inference={asked!r} does not look at {shown}; options of training are those of a "
            "network, inference='variational'. Leave them out.",
        )


def check_likelihood_options(options: Mapping[str, Any]) -> None:
    """Check the options of a mixed model's likelihood that a network leaves aside.

    A warning tells of `nagq`.

    Parameters
    ----------
    options : mapping
        The estimator's, of a network.

    Raises
    ------
    ValueError
        If plain likelihood is asked for.
    """
    if not options["reml"]:
        raise ValueError(
            "reml=False needs the formula's mixed model alone, inference='marginal' with "
            "hidden_dims=[]: a network has neither a restricted nor a plain likelihood."
        )
    if options["nagq"] is not None:
        warn_caller(
            "inference='variational' does not look at nagq; quadrature is that of a mixed model, "
            "inference='marginal'. Leave it out.",
        )


def _chosen(options: Mapping[str, Any]) -> list[str]:
    """Return the options of training that are not at their defaults."""
    defaults = _defaults()
    return [name for name in TRAINING if _differs(options[name], defaults[name])]


@cache
def _defaults() -> dict[str, Any]:
    parameters = signature(SharedParameters).parameters
    return {name: each.default for name, each in parameters.items()}


def _differs(value: Any, default: Any) -> bool:
    if isinstance(value, list | tuple):
        # Without layers there is nothing to check.
        return len(value) > 0 and value != default
    return type(value) is not type(default) or value != default
