"""What the three estimators share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from tabmixnn.estimators.checks import (
    check_coding,
    check_data_frame,
    check_groups,
    check_name,
    given_responses,
    warn_unseen,
)
from tabmixnn.estimators.columns import ColumnDesign
from tabmixnn.estimators.statistics import StatisticsMixin
from tabmixnn.estimators.structure import StructureMixin
from tabmixnn.estimators.weights import read_weights
from tabmixnn.formula import Design, Formula
from tabmixnn.inference import EngineEntry, get_entry

KINDS = ("response", "link")


def document_parameters(cls: type) -> type:
    """Class decorator: append the shared parameters and attributes to the docstring."""
    shared = BaseTabMixNN.__doc__
    cls.__doc__ += shared[shared.index("    Parameters\n") :]
    return cls


class BaseTabMixNN(StatisticsMixin, StructureMixin, BaseEstimator):
    """Constructor, ``fit`` and ``predict`` of a mixed-effects neural network.

    Parameters
    ----------
    formula : str, optional
        R formula such as ``"y ~ x + (x | g)"``; `fit` then takes a data frame. With a one-sided
        formula the responses are given apart. Without a formula every column is a feature.
    hidden_dims : sequence of int
        Widths of the hidden layers; empty for a linear model.
    embedding_dim : int
        Dimension d of the random effects' embeddings (eq. 6 of the paper).
    epochs, lr, batch_size : int, float, int
        Passes over the data, Adam's learning rate and rows in a step (section 3.4.2).
    lambda_kl : float or "auto"
        Weight of the KL divergence averaged over groups, against the likelihood averaged over
        rows. ``"auto"`` is G / n for each term, the evidence lower bound exactly.
    dropout : float
        Probability with which a feature is dropped in training.
    patience : int or None
        Epochs without a better validation loss before training stops; None never stops early.
    activation : str
        ``"relu"``, ``"tanh"``, ``"gelu"``, ``"silu"`` or ``"elu"``.
    layer_norm, residual : bool
        Normalise each layer's output; add its input to it.
    use_static_structure, use_dynamic_structure : bool
        Relate the variables of each hidden layer by a graph (eq. 19), by self-attention (eq.
        21), or by both (eq. 22).
    lambda_dag, lambda_sparse, lambda_contract : float
        Weights of the penalties on cycles (eq. 51; zero whatever its weight in a fixed order),
        on effects (eq. 53) and on the spectral norm of a hybrid structure (eq. 52), each summed
        over layers.
    structure_order : {"fixed", "learned"}, optional
        Static structure: strictly lower triangular (the default), or in an order learned in the
        first half of the epochs, by an augmented Lagrangian that starts from `lambda_dag`, and
        kept in the second.
    acyclicity : {"trace_exp", "log_det"}, optional
        Penalty on cycles of a learned order: that of NOTEARS (eq. 51, the default) or of DAGMA.
    n_heads, attention_dim, hybrid_steps : int, optional
        Dynamic structure: heads (4) and length of a variable's token (16 or the next multiple
        of `n_heads`); solves of eq. 22 in a hybrid structure (2).
    na_action : {"raise", "omit"}
        What `fit` does with rows in which a column of the formula is missing: say so, or leave
        them out. `predict` never leaves rows out.
    unknown_strategy : {"zero", "learned"}
        What a group unseen when fitting is given (section 3.1.2).
    enforce_centering : bool
        Impose that the effects of a term sum to zero over groups (section 3.1.3).
    clip_norm : float or None
        Largest norm of the gradient.
    scheduler : {"plateau", "cosine"} or None
        Learning-rate schedule.
    validation_fraction : float
        Share of the training rows that decide when to stop and which weights are kept. Every
        group, category and class keeps a row to train on. Where that leaves none to set aside,
        and with 0, all epochs are run and the last weights are kept.
    inference : {"variational", "marginal"}
        How to fit: the paper's variational network, or the exact likelihood of a (generalised)
        linear mixed model, which needs ``hidden_dims=[]`` and looks at none of the options of
        training.
    reml : bool
        Restricted instead of plain maximum likelihood, with ``inference="marginal"`` and a
        Gaussian outcome.
    nagq : int
        Points of adaptive Gauss-Hermite quadrature for a generalised model with
        ``inference="marginal"`` and one scalar random effect; 1 is the Laplace approximation.
    cov_struct_map : dict, optional
        Covariance structure of each group (section 4.3.2 of the paper), with
        ``inference="marginal"`` and a Gaussian outcome: ``{"id": {"type": "AR1", "rho": 0.7}}``
        lies over the levels of ``id``; ``"over": "effects"`` or ``"residual"`` in it lays it
        over the effects of a level, or the rows. See
        `tabmixnn.encoder.covariance.apply_cov_struct_map`; ``structure_`` has the estimates.
    weights : str, optional
        Column of weights, with ``inference="marginal"``: the residual variance of a Gaussian row
        is sigma^2 / weight (precision weights, as in lme4); trials of binomial shares; otherwise
        multipliers of the log-likelihood.
    callbacks : list of callable, optional
        Each is called at the end of every epoch with its number, counted from 1, and a dict of
        what `history_` records.
    random_state : int, RandomState or None
        Seed of everything random. Global generators are left alone.
    verbose : bool or int
        Show progress if standard error is a terminal.

    Attributes
    ----------
    history_ : DataFrame
        Parts of the loss, one row an epoch.
    n_iter_ : int
        Epochs run.
    engine_ : object
        The inference engine that was fitted.
    family_ : Family or ExactFamily
        Family of the outcome.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Columns the model reads; names only if they have any.
    """

    link: str | None = None

    def __init__(
        self,
        formula: str | None = None,
        *,
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
        cov_struct_map: Mapping[str, Any] | None = None,
        weights: str | None = None,
        callbacks: Sequence[Callable[[int, dict[str, float]], None]] | None = None,
        random_state: int | RandomState | None = None,
        verbose: bool | int = False,
    ) -> None:
        self.formula = formula
        self.hidden_dims = hidden_dims
        self.embedding_dim = embedding_dim
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.lambda_kl = lambda_kl
        self.dropout = dropout
        self.patience = patience
        self.activation = activation
        self.layer_norm = layer_norm
        self.residual = residual
        self.use_static_structure = use_static_structure
        self.use_dynamic_structure = use_dynamic_structure
        self.lambda_dag = lambda_dag
        self.lambda_sparse = lambda_sparse
        self.lambda_contract = lambda_contract
        self.structure_order = structure_order
        self.acyclicity = acyclicity
        self.n_heads = n_heads
        self.attention_dim = attention_dim
        self.hybrid_steps = hybrid_steps
        self.na_action = na_action
        self.unknown_strategy = unknown_strategy
        self.enforce_centering = enforce_centering
        self.clip_norm = clip_norm
        self.scheduler = scheduler
        self.validation_fraction = validation_fraction
        self.inference = inference
        self.reml = reml
        self.nagq = nagq
        self.cov_struct_map = cov_struct_map
        self.weights = weights
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    @abstractmethod
    def _encode_response(self, y: Any) -> tuple[np.ndarray, Any]:
        """Return the responses as numbers, and the name of the family that models them."""

    def fit(self, X: Any, y: Any = None, *, weights: Any = None) -> BaseTabMixNN:
        """Fit the model.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            With a formula, the data frame it refers to; otherwise the features.
        y : array, shape (n,), optional
            Responses; only without a formula or with a one-sided one.
        weights : array, shape (n,), optional
            In place of the column named by the parameter `weights`. They are not called
            ``sample_weight``: doubling a row's weight is not the same as having the row twice.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option, the formula, the data or the responses cannot be used; the message
            names what and why.
        TypeError
            If a formula is given and `X` is no data frame.
        """
        entry = get_entry(self.inference)
        engine = EngineEntry.load(entry.engine).from_options(self.get_params())
        read = self._read_columns if self.formula is None else self._read_formula
        frame, response = read(X, y)
        codes, choice = self._encode_response(response)
        family = self._family(entry, choice)
        if self.formula is not None:
            formula = self._design.formula
            check_coding(family, formula.response, self._design.response_levels)
        family.check_response(codes)
        if entry.needs_repeated_groups:
            check_groups(frame.blocks, len(codes))
        options = {}
        if weights is not None or self.weights is not None:
            options["weights"] = self._row_weights(entry, X, weights, frame.rows)
        self.family_ = family.bind(codes)
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.engine_ = engine.fit(self._design, frame, codes, self.family_, seed, **options)
        self.history_ = pd.DataFrame(engine.history)
        self.history_.index = pd.RangeIndex(1, len(self.history_) + 1, name="epoch")
        self.n_iter_ = len(self.history_)
        return self

    def _family(self, entry: EngineEntry, choice: Any) -> Any:
        get_family = EngineEntry.load(entry.get_family)
        if self.link is None:
            return get_family(choice)
        if not entry.takes_links:
            raise ValueError(
                f"inference={self.inference!r} knows one link a family; leave link=None, or use "
                f"inference='marginal' for link={self.link!r}."
            )
        return get_family(choice, self.link)

    def _row_weights(
        self, entry: EngineEntry, X: Any, weights: Any, rows: np.ndarray
    ) -> np.ndarray:
        if not entry.takes_weights:
            raise ValueError(
                f"inference={self.inference!r} does not take weights; leave them out, or use "
                "inference='marginal'."
            )
        return read_weights(X, self.weights, weights)[rows]

    def predict(self, X: Any, *, re_form: str = "all", kind: str = "response") -> np.ndarray:
        """Predict new rows.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            As in `fit`; the response need not be there.
        re_form : {"all", "none", "marginal"}
            Conditional on the groups' effects; at the population level (effects zero); or
            integrated over the effects' distribution, the mean over all groups
            (``inference="marginal"`` only; it differs from ``"none"`` where the link is not the
            identity). Groups unseen when fitting follow `unknown_strategy`, or their covariance
            structure: eq. 15, kriging, an autoregression's conditional mean. An unseen category
            is an error with ``inference="marginal"``; a network embeds it as zero, and warns.
        kind : {"response", "link"}
            The outcome's mean, or the linear predictor.

        Returns
        -------
        ndarray, shape (n,), or (n, K) for a multinomial outcome
        """
        check_name("kind", kind, KINDS)
        return self._predict(X, re_form, kind)

    def _predict(self, X: Any, re_form: str, kind: str) -> np.ndarray:
        check_is_fitted(self)
        check_name("re_form", re_form, get_entry(self.inference).re_forms)
        frame = self._frame(X)
        warn_unseen(self._design.cat_names, frame.cat)
        return self.engine_.predict(frame, re_form, kind)

    def _frame(self, X: Any, *, response: bool = False) -> Any:
        """Return the frame of new rows, or of rows with their responses."""
        if self.formula is None:
            is_frame = isinstance(X, pd.DataFrame)
            X = validate_data(self, X, reset=False, skip_check_array=is_frame)
            return self._design.frame(X)
        na_action = None if response else "raise"
        data = check_data_frame(X)
        frame = self._design.frame(data, response=response, na_action=na_action)
        return self._placed(frame, data)

    def _placed(self, frame: Any, data: pd.DataFrame) -> Any:
        """Return the frame with the rows of `data`, if covariance structures stand on them."""
        if not self.cov_struct_map:
            return frame
        from tabmixnn.inference.exact.placed_frame import PlacedFrame

        return PlacedFrame.of(frame, data)

    def _read_columns(self, X: Any, y: Any) -> tuple[Any, Any]:
        if self.na_action != "raise":
            raise ValueError(
                f"na_action={self.na_action!r} needs a formula, which says what columns matter; "
                "without one leave out rows with missing values beforehand."
            )
        if self.cov_struct_map:
            raise ValueError(
                "cov_struct_map needs a formula, in which its groups have terms such as (1 | g)."
            )
        validate_data(self, X, y, skip_check_array=True)
        self._design, frame = ColumnDesign.fit_frame(X)
        check_consistent_length(frame.cont, y)
        return frame, column_or_1d(y, warn=True)

    def _read_formula(self, X: Any, y: Any) -> tuple[Any, Any]:
        data = check_data_frame(X)
        formula = Formula.parse(self.formula)
        if formula.response is None and y is None:
            raise ValueError(
                f"The formula {self.formula!r} names no response; write it before the tilde or "
                "pass y."
            )
        if formula.response is not None and y is not None:
            raise ValueError(
                f"The formula names the response {formula.response!r} and y is given too; pass "
                "only one of them (y goes with a one-sided formula)."
            )
        frame = self._fit_design(formula, data)
        if y is not None:
            check_consistent_length(data, y)
            return frame, given_responses(y)[frame.rows]
        return frame, self._formula_response(formula, data, frame)

    def _fit_design(self, formula: Formula, data: pd.DataFrame) -> Any:
        """Learn the design and return the frame of the training rows."""
        self._design, frame = Design.fit_frame(
            formula,
            data,
            unseen_levels=get_entry(self.inference).unseen_levels,
            na_action=self.na_action,
        )
        self.feature_names_in_ = np.array(list(self._design.formula.predictors), dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        return self._placed(frame, data)

    def _formula_response(self, formula: Formula, data: pd.DataFrame, frame: Any) -> Any:
        """Return the n used rows' responses, coded as the formula codes them."""
        return frame.y

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.formula is None
        tags.non_deterministic = False
        return tags
