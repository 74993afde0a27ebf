"""The general estimator: any family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import RandomState

from tabmixnn.estimators.base import BaseTabMixNN, document_parameters
from tabmixnn.estimators.checks import check_numeric_response

if TYPE_CHECKING:
    from tabmixnn.families import Family


@document_parameters
class TabMixNN(BaseTabMixNN):
    """Mixed-effects neural network for an outcome of any family.

    Besides the parameters below it takes ``family``, a name or a `Family`: ``"gaussian"``,
    ``"binomial"``; with ``inference="variational"`` also ``"multinomial"``; with
    ``inference="marginal"`` also ``"poisson"``, ``"negative_binomial"`` and ``"gamma"``, and
    ``link``, the name of another link than the family's first (``"probit"`` or ``"cloglog"`` for
    binomial outcomes). `predict` returns the outcome's mean: for a binomial outcome the
    probability of the second level, for a multinomial one those of all levels.

    Examples
    --------
    >>> model = TabMixNN(
    ...     "cbind(incidence, size - incidence) ~ period + (1 | herd)",
    ...     family="binomial", inference="marginal", hidden_dims=[],
    ... )
    >>> print(model.fit(cbpp).summary())

    """

    def __init__(
        self,
        formula: str | None = None,
        *,
        family: str | Family = "gaussian",
        link: str | None = None,
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
        use_static_structure: bool = False,
        use_dynamic_structure: bool = False,
        lambda_dag: float = 0.0,
        lambda_sparse: float = 0.0,
        lambda_contract: float = 0.0,
        structure_order: str | None = None,
        acyclicity: str | None = None,
        n_heads: int | None = None,
        attention_dim: int | None = None,
        hybrid_steps: int | None = None,
        na_action: str = "raise",
        unknown_strategy: str = "zero",
        enforce_centering: bool = True,
        clip_norm: float | None = None,
        scheduler: str | None = None,
        validation_fraction: float = 0.1,
        inference: str = "variational",
        reml: bool = True,
        nagq: int = 1,
        weights: str | None = None,
        callbacks: Sequence[Callable[[int, dict[str, float]], None]] | None = None,
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
            use_static_structure=use_static_structure,
            use_dynamic_structure=use_dynamic_structure,
            lambda_dag=lambda_dag,
            lambda_sparse=lambda_sparse,
            lambda_contract=lambda_contract,
            structure_order=structure_order,
            acyclicity=acyclicity,
            n_heads=n_heads,
            attention_dim=attention_dim,
            hybrid_steps=hybrid_steps,
            na_action=na_action,
            unknown_strategy=unknown_strategy,
            enforce_centering=enforce_centering,
            clip_norm=clip_norm,
            scheduler=scheduler,
            validation_fraction=validation_fraction,
            inference=inference,
            reml=reml,
            nagq=nagq,
            weights=weights,
            callbacks=callbacks,
            random_state=random_state,
            verbose=verbose,
        )
        self.family = family
        self.link = link

    def _encode_response(self, y: Any) -> tuple[np.ndarray, str | Family]:
        return check_numeric_response(y), self.family
