"""What every estimator can be told: the constructor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature, cleandoc, signature
from typing import Any

from numpy.random import RandomState
from sklearn.base import BaseEstimator

from tabmixnn.formula.errors import suggest


def inherit_parameters(cls: type) -> type:
    """Class decorator: complete the docstring, and the signature of a constructor of its own.

    The bases' sections are appended to the docstring. A constructor that ends in ``**options``
    is shown, to users and to scikit-learn, with the parameters it hands on.
    """
    parts = [cleandoc(cls.__doc__)]
    for base in reversed(cls.__mro__[1:]):
        if "__shared__" in vars(base):
            text = cleandoc(base.__doc__)
            parts.append(text[text.index(base.__shared__ + "\n---") :])
    cls.__doc__ = "\n\n".join(parts) + "\n"
    own, inherited = signature(cls.__init__), signature(SharedParameters.__init__)
    if cls.__init__ is not SharedParameters.__init__:
        named = dict(_without_unknown(own).parameters)
        merged = list((dict(inherited.parameters) | named).values())
        cls.__init__.__signature__ = own.replace(parameters=merged)
    return cls


def _without_unknown(given: Signature) -> Signature:
    """Return a signature without the names that are only taken to be refused."""
    kinds = given.parameters.values()
    return given.replace(parameters=[p for p in kinds if p.kind is not Parameter.VAR_KEYWORD])


class SharedParameters(BaseEstimator):
    """Constructor of a mixed-effects neural network.

    A subclass adds parameters by a constructor of its own that hands ``**options`` on to this
    one, and is decorated by `inherit_parameters`.

    Parameters
    ----------
    formula : str, optional
        R formula such as ``"y ~ x + (x | g)"``; `fit` then takes a data frame. With a one-sided
        formula the responses are given apart. Without a formula every column is a feature.
    architecture : {"gsem", "manifold"}
        Backbone: hidden layers with a structure (section 3.2.1), or fields on grids (3.2.2).
    hidden_dims : sequence of int
        Widths of the hidden layers; empty for a linear model.
    manifold_configs : list of dict, optional
        With ``architecture="manifold"``: the grid of each block, ``{"grid_shape": (20, 20)}``,
        with ``use_spde`` (True), ``spde_alpha`` (2), ``spde_kappa_init`` (0.3, per grid step),
        ``use_sem`` (False), ``sem_lengthscale_init`` (1) and ``boundary`` (``"reflecting"`` or
        ``"periodic"``). See `tabmixnn.backbones.manifold.BlockSettings`.
    manifold_aggregation : {"concat", "sum", "attention"}, optional
        How the blocks' results are put together; ``"concat"`` unless given.
    embedding_dim : int
        Dimension d of the random effects' embeddings (eq. 6 of the paper).
    epochs, lr, batch_size : int, float, int
        Passes over the data, Adam's learning rate and rows in a step (section 3.4.2).
    lambda_kl : float, "auto" or dict
        Weight of the KL divergence averaged over groups, against the likelihood averaged over
        rows. ``"auto"`` is G / n for each term, the evidence lower bound exactly. A dict has a
        weight for each group.
    prior : {"standard", "learned"}
        Of the random effects: the paper's N(0, I) (eq. 49), whose scale only the network can
        change, or a covariance for each term that is learned with it. With ``"variational"``.
    posterior : {"diagonal", "full", "joint"}
        Of the random effects: the paper's independent normals (eq. 6), a full covariance for
        each level, or one normal of all terms, which groups that cross or nest need. With
        ``"variational"``.
    expectation : {"sampled", "quadrature"}
        How ``"variational"`` averages the likelihood over the posterior: by one draw a step
        (Algorithm 1), or without noise, which needs ``hidden_dims=[]``,
        ``enforce_centering=False`` and one outcome. With ``lambda_kl="auto"``,
        ``prior="learned"`` and ``posterior="joint"`` a Gaussian model then arrives at the maximum
        likelihood of the linear mixed model.
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
        What `fit` does with rows in which something is missing that it needs, be it a column of
        the formula, a weight, a time of `cov_struct_map` or a response given apart: say so, or
        leave them out. `predict` never leaves rows out.
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
    inference : {"auto", "variational", "marginal"}
        How to fit. ``"variational"``: the paper's network. ``"marginal"``: the exact likelihood
        of the formula's (generalised) linear mixed model with ``hidden_dims=[]``; with hidden
        layers that model with networks of the predictors in its mean, trained until held-out rows
        like them best. ``"auto"``: that mixed model, grown by the smooth terms, interactions and
        effects of groups that score tests find and cross-validation does not contradict, and by
        weights for rows and networks where cross-validation speaks for them (`terms_`); for three
        classes or more such a model of each, against the others; the paper's network where only
        it will do (structures, manifolds, several outcomes, ordered classes). Where a Gaussian
        outcome has as many random effects of a term as rows, which ``"marginal"`` refuses as lme4
        does, ``"auto"`` warns and takes the term apart, or leaves it out. The last two look at
        none of the options of training but ``hidden_dims``, and warn of others. ``"auto"`` is the
        default of `TabMixNNRegressor` and `TabMixNNClassifier`, ``"variational"`` that of
        `TabMixNN`.
    reml : bool
        Restricted instead of plain maximum likelihood, for a Gaussian outcome. Plain likelihood
        needs ``inference="marginal"`` with ``hidden_dims=[]``.
    nagq : int, optional
        Points of adaptive Gauss-Hermite quadrature for a generalised model with
        ``inference="marginal"``; 1 is the Laplace approximation. The grouping factor with the most
        effects, which must have one a level, is integrated out; effects of others are at
        their mode. By default 1, as in lme4, and 9 with ``inference="auto"`` or hidden layers
        where that factor has one effect a level: of groups of a few rows Laplace's variance is
        too small. A network does not look at it, and warns.
    cov_struct_map : dict, optional
        Covariance structure of each group (section 4.3.2 of the paper):
        ``{"id": {"type": "AR1", "rho": 0.7}}`` lies over the levels of ``id``; ``"over":
        "effects"`` or ``"residual"`` in it lays it over the effects of a level, or the rows. See
        `tabmixnn.encoder.covariance.apply_cov_struct_map`; ``structure_`` has the estimates.
        ``inference="marginal"`` needs a Gaussian outcome; ``"variational"`` takes any outcome and
        network, has no structures over the rows, and does not centre levels with a structure.
    weights : str, optional
        Column of weights, with ``inference="marginal"`` or ``"auto"``: the residual variance of a
        Gaussian row is sigma^2 / weight (precision weights, as in lme4); trials of binomial shares;
        otherwise multipliers of the log-likelihood. Sigma and intervals are those of a row of
        weight one.
    callbacks : list of callable, optional
        Each is called at the end of every epoch with its number, counted from 1, and a dict of
        what `history_` records.
    device : {"auto", "cpu", "cuda", "mps"}
        Where the network is trained. The same seed gives the same model everywhere, to rounding:
        random numbers are drawn on the CPU. ``"auto"`` takes an accelerator where there is one
        and training steps are large enough to keep it busy (with ``batch_size=256`` they rarely
        are). Predictions are made on the CPU, and model files need no accelerator.
    random_state : int, RandomState or None
        Seed of fitting: folds, weights, batches, dropout. A whole number gives the same model
        every time, None another seed for each fit. Draws of a fitted model (intervals,
        calibration, Shapley values) are the same every time. Global generators are left alone.
    verbose : bool or int
        Report progress on standard error; a network's bar needs a terminal.
    """

    __shared__ = "Parameters"

    def __init__(
        self,
        formula: str | None = None,
        *,
        architecture: str = "gsem",
        hidden_dims: Sequence[int] = (64, 32),
        manifold_configs: Sequence[Mapping[str, Any]] | None = None,
        manifold_aggregation: str | None = None,
        embedding_dim: int = 16,
        epochs: int = 100,
        lr: float = 0.001,
        batch_size: int = 256,
        lambda_kl: float | str | Mapping[str, float] = 0.01,
        prior: str = "standard",
        posterior: str = "diagonal",
        expectation: str = "sampled",
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
        nagq: int | None = None,
        cov_struct_map: Mapping[str, Any] | None = None,
        weights: str | None = None,
        callbacks: Sequence[Callable[[int, dict[str, float]], None]] | None = None,
        device: str = "auto",
        random_state: int | RandomState | None = None,
        verbose: bool | int = False,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(self._no_parameter(next(iter(unknown))))
        self.formula = formula
        self.architecture = architecture
        self.hidden_dims = hidden_dims
        self.manifold_configs = manifold_configs
        self.manifold_aggregation = manifold_aggregation
        self.embedding_dim = embedding_dim
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.lambda_kl = lambda_kl
        self.prior = prior
        self.posterior = posterior
        self.expectation = expectation
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
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def _no_parameter(cls, name: str) -> str:
        """Return what to say of a parameter that there is not."""
        names = cls._get_param_names()
        hint = suggest(name, names) or f" It has {', '.join(names)}."
        return f"{cls.__name__} has no parameter {name!r}.{hint}"

    def set_params(self, **params: Any) -> SharedParameters:
        """Set parameters of the constructor.

        Parameters
        ----------
        **params
            By name.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no parameter of a name; nothing is set then.
        """
        known = self._get_param_names()
        for name in params:
            if name not in known:
                raise ValueError(self._no_parameter(name))
        return super().set_params(**params)


SharedParameters.__init__.__signature__ = _without_unknown(signature(SharedParameters.__init__))
