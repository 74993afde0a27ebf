"""The paper's way to fit: variational random effects trained with the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.backbones import BACKBONES, Penalties
from tabmixnn.encoder import EncoderInputs, EncoderSpec, InputScaling, MixedEffectsEncoder
from tabmixnn.families import Family, ResponseScale
from tabmixnn.families.joint import JointScale
from tabmixnn.heads import build_head
from tabmixnn.inference.expectation import EXPECTATIONS, ExpectedLikelihood, check_head
from tabmixnn.inference.network_predictive import (
    gaussian_noise,
    last_layer_precision,
    predictive,
    prior_precision,
)
from tabmixnn.inference.options import VariationalOptions
from tabmixnn.inference.structured_prior import TrainingPlaces, place_priors, with_new_levels
from tabmixnn.inference.together import fit_prepared
from tabmixnn.inference.warm_start import (
    absent_levels_held,
    check_can_grow,
    check_same_network,
    grow,
)
from tabmixnn.objective import Objective
from tabmixnn.predictive import Predictive
from tabmixnn.training import Moments, Task, Trained, Trainer, TrainingRows, validation_split

PREDICTION_ROWS = 65_536
PREDICTION_FLOATS = 2**24


class MixedEffectsNetwork(nn.Module):
    """Encoder, backbone and head (section 3 of the paper).

    Parameters
    ----------
    spec : EncoderSpec
        Sizes of the inputs.
    family : Family
        Bound to its response.
    options : VariationalOptions
        Architecture.
    scale : ResponseScale or JointScale
        The scale on which the network sees the response.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        family: Family,
        options: VariationalOptions,
        scale: ResponseScale | JointScale,
    ) -> None:
        super().__init__()
        self.encoder = MixedEffectsEncoder(
            spec,
            options.embedding_dim,
            unknown_strategy=options.effects.unknown_strategy,
            enforce_centering=options.effects.enforce_centering,
            prior=options.effects.prior,
            posterior=options.effects.posterior,
        )
        self._likelihood = EXPECTATIONS[options.effects.expectation]
        backbone = BACKBONES[options.architecture]
        self.backbone = backbone(options.embedding_dim, options.backbone)
        self.head = build_head(self.backbone.out_features, family, scale, options.outputs.graph)

    def features(
        self, inputs: EncoderInputs, effects: list[Tensor], penalties: Penalties | None = None
    ) -> Tensor:
        """Return the backbone's features of n rows, shape (n, backbone.out_features)."""
        return self.backbone(self.encoder(inputs, effects), penalties)

    def sample(
        self, inputs: EncoderInputs, penalties: Penalties
    ) -> Distribution | ExpectedLikelihood:
        """Return the outcomes' distribution given one draw of the random effects.

        With ``expectation="quadrature"`` what has the expected log-density in place of it. The
        backbone's and the head's penalties (eqs. 51-53) are added to `penalties`.
        """
        distribution = self._likelihood(self, inputs, penalties)
        penalties.update(self.head.penalties())
        return distribution

    def conditional(self, inputs: EncoderInputs) -> Distribution:
        """Return the outcomes' distribution at the random effects' posterior means."""
        return self.head(self.features(inputs, self.encoder.posterior_mean()), inputs.offset)

    def kl(self) -> Tensor:
        """Return each term's divergence averaged over its levels, shape (n_terms,)."""
        return self.encoder.kl()

    def fix_order(self) -> None:
        """Keep the order that the backbone's latent variables have arrived at."""
        self.backbone.fix_order()


def check_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Check that weights are those of a network, which may be on the meta device.

    Raises
    ------
    ValueError
        If one is missing, has another shape, or is too many.
    """
    expected = {name: value.shape for name, value in network.state_dict().items()}
    found = {name: value.shape for name, value in weights.items()}
    if found != expected:
        differing = sorted(k for k in expected | found if expected.get(k) != found.get(k))
        raise ValueError(f"weights and options do not fit together at {', '.join(differing[:3])}")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's own generator inside, and leave it as it was."""
    with torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which formats the stack for every kind of accelerator.
        torch.default_generator.manual_seed(seed)
        yield


RE_FORMS: dict[str, Callable[[MixedEffectsEncoder], list[Tensor]]] = {
    "all": MixedEffectsEncoder.posterior_mean,
    "none": MixedEffectsEncoder.population,
}
"""Random effects by ``re_form``: posterior means (conditional) or zero (population level)."""


class VariationalEngine:
    """Fit by Algorithm 1 of the paper.

    Parameters
    ----------
    options : VariationalOptions
        Architecture, regularisation and training.

    Attributes
    ----------
    network : MixedEffectsNetwork
        The trained network, in float64.
    history : list of dict
        Parts of the loss, one record an epoch.
    best_epoch : int
        Epoch whose weights were kept.
    precision : ndarray, shape (h + 1, h + 1), or None
        What the training rows tell of the last layer's weights; see `last_layer_precision`.
    noise : float or None
        Residual deviation of a Gaussian outcome; see `gaussian_noise`.
    """

    settled: Mapping[str, Any] = MappingProxyType({})
    """Options that the fit decided for itself: none."""

    def __init__(self, options: VariationalOptions) -> None:
        self.options = options

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> VariationalEngine:
        """Build the engine from the estimator's options.

        Raises
        ------
        ValueError
            If an option has a value it cannot have.
        """
        return cls(VariationalOptions.from_mapping(options))

    def fit(
        self, design: Any, frame: Any, y: np.ndarray, family: Family, seed: int
    ) -> VariationalEngine:
        """Fit on the frame of the training rows; see `prepare`."""
        return fit_prepared([self.prepare(design, frame, y, family, seed)])[0]

    def prepare(
        self, design: Any, frame: Any, y: np.ndarray, family: Family, seed: int
    ) -> VariationalEngine:
        """Build the network, for `fit_prepared` to train.

        Parameters
        ----------
        design : Design
            The fitted design, for its category levels.
        frame : ModelFrame
            n rows.
        y : ndarray, shape (n,) or (n, K)
            Their responses, checked by the family.
        family : Family
            Bound to the response.
        seed : int
            Decides everything random; torch's global state is left as it was.
        """
        options = self.options
        self.family = family
        offset = frame.offset if y.ndim == 1 else frame.offset[:, None]
        self.response_scale = family.response_scale(y - offset)
        self.spec = EncoderSpec.from_frame(design, frame)
        self.places = TrainingPlaces.of(options.effects.cov_struct_map, frame)
        spec = self._placed_spec(design)
        learned = None if options.effects.is_papers else spec.blocks
        self.scaling = InputScaling.fit(frame, learned)
        train, valid = self._training_rows(frame, y, seed)
        with seeded(seed):
            self.network = MixedEffectsNetwork(spec, family, options, self.response_scale)
        if options.effects.expectation == "quadrature":
            check_head(self.network.head, spec.blocks)
        self.network.head.start(self.response_scale.standardise(y), frame.offset)
        self.task = self._new_task(train, valid, seed)
        return self

    def _new_task(self, train: TrainingRows, valid: TrainingRows | None, seed: int) -> Task:
        options = self.options
        weights = options.penalties.weights() | options.outputs.weights()
        objective = Objective(options.lambda_kl, self.spec, len(train), weights)
        # Another stream than the one that the weights started from.
        return Task(self.network, objective, train, valid, options.training, seed + 2**32)

    def train_alone(self, moments: Moments | None = None) -> None:
        """Train a network that has been prepared, whatever its parts."""
        task = self.task
        trainer = Trainer(task.settings)
        with seeded(task.seed):
            trainer.fit(task.network, task.objective, task.train, task.valid, moments)
        self.finish(Trained(trainer.history, trainer.best_epoch, trainer.moments))

    def finish(self, trained: Trained) -> None:
        """Take the network that has been trained."""
        self.history, self.best_epoch = trained.history, trained.best_epoch
        self.moments = trained.moments
        # Predictions in float64: those of one row then do not depend on the rows beside it.
        self.network.double()
        self.precision = last_layer_precision(
            self.network, [self.task.train, *([] if self.task.valid is None else [self.task.valid])]
        )
        self.noise = gaussian_noise(self.network, self.task.train, self.task.valid)
        del self.task

    def refine(
        self, design: Any, frame: Any, y: np.ndarray, options: Mapping[str, Any], seed: int
    ) -> VariationalEngine:
        """Return an engine whose network was trained on from here (section 4.5 of the paper).

        Scales stay, so that the weights keep their meaning; Adam goes on from its moments. New
        groups start at no effect. Groups without rows among the new ones keep their effects.

        Parameters
        ----------
        design : Design
            With the new groups after the old ones.
        frame : ModelFrame
            n rows to train on.
        y : ndarray, shape (n,) or (n, K)
            Their responses.
        options : mapping
            The estimator's options; only those of training may differ from what they were.
        seed : int

        Raises
        ------
        ValueError
            If an option is changed that the network was built by.
        """
        engine = VariationalEngine.from_options(options)
        check_same_network(self.options, engine.options)
        check_can_grow(self.options.effects, self.spec, frame.blocks)
        # An order of latent variables that training has arrived at is kept.
        training = replace(engine.options.training, order_epochs=0)
        engine.options = replace(engine.options, training=training)
        engine.family, engine.response_scale = self.family, self.response_scale
        n_levels = tuple(len(block.levels) for block in frame.blocks)
        engine.scaling = replace(self.scaling, n_levels=n_levels)
        engine.spec, engine.places = EncoderSpec.from_frame(design, frame), None
        arguments = (engine._placed_spec(design), self.family, engine.options, self.response_scale)
        train, valid = engine._training_rows(frame, y, seed)
        with seeded(seed):
            engine.network = MixedEffectsNetwork(*arguments)
        moments = grow(self.network, self.moments, engine.network)
        engine.task = engine._new_task(train, valid, seed)
        with absent_levels_held(engine.network, moments, frame.blocks):
            engine.train_alone(moments)
        if engine.precision is not None and self.precision is not None:
            # The rows before told about the weights too; the prior counts once.
            engine.precision += self.precision - prior_precision(len(self.precision))
        engine.best_epoch += len(self.history)
        engine.history = self.history + engine.history
        return engine

    def _placed_spec(self, design: Any) -> EncoderSpec:
        """Return the sizes with the structures, and remember how the formula names the groups."""
        if self.places is None:
            self.groups: list[str] = []
            return self.spec
        self.groups = [term.group for term in design.formula.random]
        structures = self.options.effects.cov_struct_map
        return self.spec.with_blocks(place_priors(structures, self.places))

    def state(self) -> dict[str, Any]:
        """Return the trained network and its scales, for a model file (`tabmixnn.persistence`)."""
        weights = {name: value.numpy() for name, value in self.network.state_dict().items()}
        return {
            "spec": self.spec,
            "places": self.places,
            "scaling": self.scaling,
            "response_scale": self.response_scale,
            "weights": weights,
            "precision": self.precision,
            "noise": self.noise,
            "moments": {
                name: {key: value.numpy() for key, value in state.items()}
                for name, state in self.moments.items()
            },
            "history": self.history,
            "best_epoch": self.best_epoch,
        }

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], options: Mapping[str, Any], design: Any, family: Family
    ) -> VariationalEngine:
        """Return an engine with the network of a state; see `tabmixnn.persistence`."""
        engine = cls.from_options(options)
        engine.family, engine.spec, engine.scaling = family, state["spec"], state["scaling"]
        engine.response_scale, engine.places = state["response_scale"], state["places"]
        engine.precision, engine.noise = state["precision"], state["noise"]
        engine.history, engine.best_epoch = state["history"], state["best_epoch"]
        weights = {name: torch.as_tensor(value) for name, value in state["weights"].items()}
        arguments = (engine._placed_spec(design), family, engine.options, engine.response_scale)
        # Without memory first: sizes that the weights do not have shall not be allocated.
        with torch.device("meta"):
            check_weights(MixedEffectsNetwork(*arguments), weights)
        with torch.random.fork_rng(devices=[]):
            engine.network = MixedEffectsNetwork(*arguments)
        engine.network.double()
        engine.network.load_state_dict(weights)
        engine.moments = {
            name: {key: torch.tensor(value) for key, value in each.items()}
            for name, each in state["moments"].items()
        }
        engine.network.eval()
        return engine

    def _training_rows(
        self, frame: Any, y: np.ndarray, seed: int
    ) -> tuple[TrainingRows, TrainingRows | None]:
        targets = torch.as_tensor(self.response_scale.standardise(y), dtype=torch.float32)
        rows = TrainingRows(self._inputs(frame, torch.float32), targets)
        keep = [block.codes for block in frame.blocks] + list(frame.cat.T)
        keep += self.family.strata(y)
        train, valid = validation_split(
            len(rows), self.options.validation_fraction, keep, np.random.default_rng(seed)
        )
        if not len(valid):
            return rows.by_group(), None
        return rows.take(torch.as_tensor(train)).by_group(), rows.take(torch.as_tensor(valid))

    def _inputs(self, frame: Any, dtype: torch.dtype) -> EncoderInputs:
        inputs = self.scaling.apply(frame, dtype)
        offset = self.response_scale.scale_offset(inputs.offset)
        return EncoderInputs(inputs.cont, inputs.cat, inputs.groups, offset)

    def predict(self, frame: Any, re_form: str, kind: str) -> np.ndarray | dict[str, np.ndarray]:
        """Predict n rows.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        re_form : {"all", "none"}
            Conditional on the groups' effects, or at the population level.
        kind : {"response", "link", "probability"}
            The outcome's mean, its linear predictor, or the probabilities of its classes.

        Returns
        -------
        ndarray, shape (n,), or (n, K) for classes and vectors; by name for several outcomes
        """
        return self._predict(frame, RE_FORMS[re_form](self.network.encoder), kind)

    def predictive(
        self, frame: Any, re_form: str, method: str = "predictive", kind: str = "response"
    ) -> Predictive:
        """Return the predictive distribution of n rows; see `tabmixnn.predictive`."""
        return predictive(self, frame, re_form, method, kind)

    def predict_with(
        self, frame: Any, active: Sequence[np.ndarray], kind: str
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Predict n rows with some random effects and the others zero.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        active : sequence of ndarray of bool, each of shape (q,)
            Which effects of each term are at their posterior means.
        kind : {"response", "link", "probability"}
        """
        tables = self.network.encoder.posterior_mean()
        effects = [
            table * torch.as_tensor(on)[:, None] for table, on in zip(tables, active, strict=True)
        ]
        return self._predict(frame, effects, kind)

    def program(self, re_form: str, kind: str) -> Any:
        """Return `predict` as a module of torch that needs nothing else; see `program.py`.

        Parameters
        ----------
        re_form : {"all", "none"}
        kind : {"response", "link", "probability"}

        Raises
        ------
        ValueError
            If levels have a structure: where a new level stands is in the data, not in its code.
        """
        from tabmixnn.inference.program import PredictionProgram

        blocks = self.network.encoder.spec.blocks
        placed = [block.group for block in blocks if block.over_levels is not None]
        if placed:
            raise ValueError(
                f"cov_struct_map places the levels of {placed[0]!r} by columns of the data, which "
                "an exported program does not read; use save(path) instead."
            )
        effects = RE_FORMS[re_form](self.network.encoder)
        return PredictionProgram(self, effects, kind)

    def is_additive(self, kind: str) -> bool:
        """Return whether predictions are sums over terms: without hidden layers they are."""
        options = self.options
        deep = options.architecture != "gsem" or options.backbone.hidden_dims
        return kind == "link" and not deep

    def _predict(
        self, frame: Any, effects: list[Tensor], kind: str
    ) -> np.ndarray | dict[str, np.ndarray]:
        with torch.no_grad():
            frame, effects = with_new_levels(self.network.encoder, self.groups, frame, effects)
            parts = []
            for part in self._parts(frame):
                features = self.network.features(part, effects)
                parts.append(self.network.head.predict(kind, features, part.offset))
        return self.response_scale.restore(self.network.head.gather(parts))

    def negative_log_likelihood(self, frame: Any, y: np.ndarray) -> float:
        """Return the mean negative log-density of n responses on the network's scale (eq. 48).

        At the posterior means of the random effects. On the responses' own scale it differs by
        a constant.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        y : ndarray, shape (n,) or (n, K)
        """
        targets = torch.as_tensor(self.response_scale.standardise(y), dtype=torch.float64)
        total, start = 0.0, 0
        with torch.no_grad():
            for part in self._parts(frame):
                rows = targets[start : start + len(part)]
                total -= float(self.network.conditional(part).log_prob(rows).sum())
                start += len(part)
        return total / len(targets)

    def attention(self, frame: Any, layer: int) -> np.ndarray:
        """Return the attention weights of hidden layer `layer` (eq. 21), counted from 0.

        At the posterior means of the random effects.

        Parameters
        ----------
        frame : ModelFrame
            n rows.
        layer : int
            With a dynamic structure.

        Returns
        -------
        ndarray, shape (n, n_heads, d, d)
        """
        with torch.no_grad():
            effects = self.network.encoder.posterior_mean()
            parts = [
                self.network.backbone.attention(self.network.encoder(part, effects), layer)
                for part in self._parts(frame)
            ]
        return torch.cat(parts).numpy()

    def _parts(self, frame: Any) -> Iterator[EncoderInputs]:
        """Cut rows into parts whose hidden layers fit into memory; one empty part if none."""
        inputs = self._inputs(frame, torch.float64)
        rows = min(PREDICTION_ROWS, PREDICTION_FLOATS // self.network.backbone.floats_per_row)
        for start in range(0, max(len(inputs), 1), max(rows, 1)):
            yield inputs.take(slice(start, start + max(rows, 1)))
