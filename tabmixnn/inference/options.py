"""The variational engine's options, checked once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from tabmixnn.backbones import ACTIVATIONS, BackboneSettings
from tabmixnn.encoder import UNKNOWN_STRATEGIES
from tabmixnn.training import SCHEDULERS, TrainingSettings


def _whole(name: str, value: Any, *, at_least: int) -> int:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < at_least:
        raise ValueError(f"{name} must be a whole number of at least {at_least}; got {value!r}.")
    return int(value)


def _number(name: str, value: Any, *, low: float, high: float = math.inf, open_low: bool) -> float:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not (low < value < high or (value == low and not open_low)):
        bounds = f"{'greater than' if open_low else 'of at least'} {low:g}"
        if math.isfinite(high):
            bounds += f" and below {high:g}"
        raise ValueError(f"{name} must be a number {bounds}; got {value!r}.")
    return float(value)


def _choice(name: str, value: Any, choices: Mapping[str, Any]) -> str:
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(repr(choice) for choice in sorted(choices))
        raise ValueError(f"{name} must be one of {names}; got {value!r}.")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be True or False; got {value!r}.")
    return value


def _hidden_dims(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(
            f"hidden_dims must be a list of layer widths such as [64, 32]; got {value!r}."
        )
    return tuple(_whole("each of hidden_dims", width, at_least=1) for width in value)


def _lambda_kl(value: Any) -> float | str:
    if value == "auto":
        return "auto"
    if isinstance(value, str):
        raise ValueError(f"lambda_kl must be a number of at least 0 or 'auto'; got {value!r}.")
    return _number("lambda_kl", value, low=0, open_low=False)


@dataclass(frozen=True)
class VariationalOptions:
    """Everything the variational engine can be told.

    Parameters
    ----------
    embedding_dim : int
        Dimension d of the random effects' embeddings.
    unknown_strategy : str
        A key of ``UNKNOWN_STRATEGIES``.
    enforce_centering : bool
        Impose ``sum_g u_gs = 0``.
    lambda_kl : float or "auto"
        See `tabmixnn.objective.Objective`.
    validation_fraction : float
        Share of the training rows set aside for early stopping.
    backbone : BackboneSettings
        Hidden layers.
    training : TrainingSettings
        Algorithm 1.
    """

    embedding_dim: int
    unknown_strategy: str
    enforce_centering: bool
    lambda_kl: float | str
    validation_fraction: float
    backbone: BackboneSettings
    training: TrainingSettings

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> VariationalOptions:
        """Check an estimator's options and sort them by what they belong to.

        Raises
        ------
        ValueError
            Naming the option, what it must be and what it was.
        """
        patience, clip = options["patience"], options["clip_norm"]
        scheduler = options["scheduler"]
        return cls(
            embedding_dim=_whole("embedding_dim", options["embedding_dim"], at_least=1),
            unknown_strategy=_choice(
                "unknown_strategy", options["unknown_strategy"], UNKNOWN_STRATEGIES
            ),
            enforce_centering=_flag("enforce_centering", options["enforce_centering"]),
            lambda_kl=_lambda_kl(options["lambda_kl"]),
            validation_fraction=_number(
                "validation_fraction", options["validation_fraction"], low=0, high=1, open_low=False
            ),
            backbone=BackboneSettings(
                hidden_dims=_hidden_dims(options["hidden_dims"]),
                activation=_choice("activation", options["activation"], ACTIVATIONS),
                dropout=_number("dropout", options["dropout"], low=0, high=1, open_low=False),
                layer_norm=_flag("layer_norm", options["layer_norm"]),
                residual=_flag("residual", options["residual"]),
            ),
            training=TrainingSettings(
                epochs=_whole("epochs", options["epochs"], at_least=1),
                lr=_number("lr", options["lr"], low=0, open_low=True),
                batch_size=_whole("batch_size", options["batch_size"], at_least=1),
                patience=None if patience is None else _whole("patience", patience, at_least=1),
                scheduler=None
                if scheduler is None
                else _choice("scheduler", scheduler, SCHEDULERS),
                clip_norm=None
                if clip is None
                else _number("clip_norm", clip, low=0, open_low=True),
                progress=bool(options["verbose"]),
            ),
        )
