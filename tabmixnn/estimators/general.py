"""The general estimator: any family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.random import RandomState

from tabmixnn.estimators.base import BaseTabMixNN, document_parameters
from tabmixnn.estimators.checks import check_numeric_response
from tabmixnn.families import Family, get_family


@document_parameters
class TabMixNN(BaseTabMixNN):
    """Mixed-effects neural network for an outcome of any family.

    Besides the parameters below it takes ``family``, a name (``"gaussian"``, ``"binomial"``,
    ``"multinomial"``) or a `Family`. `predict` returns the outcome's mean: for a binomial
    outcome the probability of the second level, for a multinomial one those of all levels.

    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        family: str | Family = "gaussian",
        hidden_dims: Sequence[int] = (64, 32),
        embedding_dim: int = 16,
        epochs: int = 100,
        lr: float = 0.001,
        batch_size: int = 256,
        lambda_kl: float | str = 0.01,
        dropout: float = 0.1,
        patience: int | None = 20,
        activation: str = "relu",
        layer_norm: bool = True,
        residual: bool = False,
        na_action: str = "raise",
        unknown_strategy: str = "zero",
        enforce_centering: bool = True,
        clip_norm: float | None = None,
        scheduler: str | None = None,
        validation_fraction: float = 0.1,
        inference: str = "variational",
        random_state: int | RandomState | None = None,
        verbose: bool | int = False,
    ) -> None:
        super().__init__(
            formula,
            hidden_dims=hidden_dims,
            embedding_dim=embedding_dim,
            epochs=epochs,
            lr=lr,
            batch_size=batch_size,
            lambda_kl=lambda_kl,
            dropout=dropout,
            patience=patience,
            activation=activation,
            layer_norm=layer_norm,
            residual=residual,
            na_action=na_action,
            unknown_strategy=unknown_strategy,
            enforce_centering=enforce_centering,
            clip_norm=clip_norm,
            scheduler=scheduler,
            validation_fraction=validation_fraction,
            inference=inference,
            random_state=random_state,
            verbose=verbose,
        )
        self.family = family

    def _encode_response(self, y: Any) -> tuple[np.ndarray, Family]:
        return check_numeric_response(y), get_family(self.family)
