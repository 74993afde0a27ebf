"""The variational engine's options, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tabmixnn.backbones import ACTIVATIONS, BACKBONES, BackboneSettings
from tabmixnn.inference.architecture import refuse_foreign
from tabmixnn.inference.effect_options import EffectOptions, read_effects
from tabmixnn.inference.output_options import OutputSettings, read_outputs
from tabmixnn.inference.structure_options import read_penalties
from tabmixnn.option_checks import (
    choice,
    flag,
    number,
    verbosity,
    whole,
)
from tabmixnn.penalty_weights import PenaltySettings
from tabmixnn.training import DEVICES, SCHEDULERS, TrainingSettings


def _lambda_kl(value: Any) -> float | str | dict[str, float]:
    if isinstance(value, Mapping):
        return {
            str(group): number(f"lambda_kl of {group!r}", weight, low=0, open_low=False)
            for group, weight in value.items()
        }
    if isinstance(value, str):
        if value == "auto":
            return value
        raise ValueError(f"lambda_kl must be a number of at least 0 or 'auto'; got {value!r}.")
    return number("lambda_kl", value, low=0, open_low=False)


def _callbacks(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(callable(each) for each in value):
        raise ValueError(
            f"callbacks must be a list of functions of (epoch, record), or None; got {value!r}."
        )
    return tuple(value)


@dataclass(frozen=True)
class VariationalOptions:
    """Everything the variational engine can be told.

    Parameters
    ----------
    embedding_dim : int
        Dimension d of the random effects' embeddings.
    effects : EffectOptions
        Prior and posterior of the random effects.
    lambda_kl : float, "auto" or dict
        See `tabmixnn.objective.Objective`.
    validation_fraction : float
        Share of the training rows set aside for early stopping.
    architecture : str
        A key of ``BACKBONES``.
    backbone : BackboneSettings
        Its layers.
    training : TrainingSettings
        Algorithm 1.
    penalties : PenaltySettings
        Weights of eq. 47.
    outputs : OutputSettings
        Edges between outcomes (eq. 46).
    """

    embedding_dim: int
    effects: EffectOptions
    lambda_kl: float | str | dict[str, float]
    validation_fraction: float
    architecture: str
    backbone: BackboneSettings
    training: TrainingSettings
    penalties: PenaltySettings
    outputs: OutputSettings = field(default_factory=OutputSettings)

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
        architecture = choice("architecture", options["architecture"], BACKBONES)
        refuse_foreign(options, architecture)
        backbone = BackboneSettings(
            activation=choice("activation", options["activation"], ACTIVATIONS),
            dropout=number("dropout", options["dropout"], low=0, high=1, open_low=False),
            layer_norm=flag("layer_norm", options["layer_norm"]),
            residual=flag("residual", options["residual"]),
            **BACKBONES[architecture].read(options),
        )
        penalties = read_penalties(options, backbone.structure)
        epochs = whole("epochs", options["epochs"], at_least=2 if penalties.constrained else 1)
        return cls(
            embedding_dim=whole("embedding_dim", options["embedding_dim"], at_least=1),
            effects=read_effects(options),
            lambda_kl=_lambda_kl(options["lambda_kl"]),
            validation_fraction=number(
                "validation_fraction", options["validation_fraction"], low=0, high=1, open_low=False
            ),
            architecture=architecture,
            backbone=backbone,
            training=TrainingSettings(
                epochs=epochs,
                order_epochs=epochs // 2 if penalties.constrained else 0,
                lr=number("lr", options["lr"], low=0, open_low=True),
                batch_size=whole("batch_size", options["batch_size"], at_least=1),
                patience=None if patience is None else whole("patience", patience, at_least=1),
                scheduler=None if scheduler is None else choice("scheduler", scheduler, SCHEDULERS),
                clip_norm=None if clip is None else number("clip_norm", clip, low=0, open_low=True),
                device=choice("device", options["device"], DEVICES),
                progress=verbosity("verbose", options["verbose"]),
                callbacks=_callbacks(options["callbacks"]),
            ),
            penalties=penalties,
            outputs=read_outputs(options),
        )
