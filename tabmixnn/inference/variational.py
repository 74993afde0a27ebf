"""The paper's way to fit: variational random effects trained with the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from tabmixnn.draws import seeded
from tabmixnn.encoder import EncoderSpec, InputScaling
from tabmixnn.families import Family
from tabmixnn.inference.expectation import check_head
from tabmixnn.inference.last_layer import LastLayer
from tabmixnn.inference.network import MixedEffectsNetwork, check_weights
from tabmixnn.inference.network_predictions import NetworkPredictions
from tabmixnn.inference.options import VariationalOptions
from tabmixnn.inference.shared_parameters import settle
from tabmixnn.inference.structured_prior import (
    TrainingPlaces,
    place_priors,
    warn_of_independent_levels,
)
from tabmixnn.inference.together import fit_prepared
from tabmixnn.inference.warm_start import (
    ARRIVED,
    absent_levels_held,
    check_can_grow,
    check_same_network,
    grow,
)
from tabmixnn.objective import Objective
from tabmixnn.predictive import Tails
from tabmixnn.training import (
    Checkpoint,
    Moments,
    Task,
    Trained,
    Trainer,
    TrainingRows,
    arrays_of,
    digest,
    find_device,
    processes,
    validation_split,
)


class VariationalEngine(NetworkPredictions):
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
    device : torch.device
        Where the network was trained; it is on the CPU since.
    """

    device = torch.device("cpu")
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
        self,
        design: Any,
        frame: Any,
        y: np.ndarray,
        family: Family,
        seed: int,
        checkpoint: Checkpoint | None = None,
    ) -> VariationalEngine:
        """Fit on the frame of the training rows; see `prepare`.

        Parameters
        ----------
        checkpoint : Checkpoint, optional
            Where the run is kept; one that was interrupted goes on.
        """
        if checkpoint is None:
            return fit_prepared([self.prepare(design, frame, y, family, seed)])[0]
        self.prepare(design, frame, y, family, checkpoint.seed)
        placed = [spec.over_levels for spec in self.network.encoder.spec.blocks]
        stand = [each.positions for each in placed if each is not None]
        rows = digest([*arrays_of(frame, y), *stand])
        checkpoint.identify("digest of the rows", f"{rows:08x}")
        self.train_alone(checkpoint=checkpoint)
        return self

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
            Decides everything random; torch's global state is left as it was. Of several
            processes, that of the first counts for all.

        Raises
        ------
        ValueError
            If one of several processes was given other rows.
        """
        seed = processes().of_first(seed)
        processes().check_same(arrays_of(frame, y))
        options = self.options
        self.family = family
        offset = frame.offset if y.ndim == 1 else frame.offset[:, None]
        self.response_scale = family.response_scale(y - offset)
        self.spec = EncoderSpec.from_frame(design, frame)
        self.places = TrainingPlaces.of(options.effects.cov_struct_map, frame)
        spec = self._placed_spec(design)
        warn_of_independent_levels(spec.blocks, options.effects.posterior)
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
        is_first = processes().rank == 0
        training = replace(options.training, progress=options.training.progress and is_first)
        # Another stream than the one that the weights started from.
        return Task(self.network, objective, train, valid, training, seed + 2**32)

    def train_alone(
        self, moments: Moments | None = None, checkpoint: Checkpoint | None = None
    ) -> None:
        """Train a network that has been prepared, whatever its parts."""
        self.finish(self._train(moments, checkpoint))

    def _train(
        self, moments: Moments | None = None, checkpoint: Checkpoint | None = None
    ) -> Trained:
        task = self.task
        self.device = find_device(task.settings.device, [task])
        trainer = Trainer(task.settings, self.device, processes())
        with seeded(task.seed):
            trainer.fit(task.network, task.objective, task.train, task.valid, moments, checkpoint)
        return Trained(trainer.history, trainer.best_epoch, trainer.moments)

    def finish(self, trained: Trained) -> None:
        """Take the network that has been trained."""
        self.history, self.best_epoch = trained.history, trained.best_epoch
        self.moments = trained.moments
        self.network.double()
        self._rows = self.task.train, self.task.valid
        seen = [rows for rows in self._rows if rows is not None]
        for name, value in settle(self.network, seen, self.options.effects.expectation).items():
            self.moments.setdefault(name, {})[ARRIVED] = value
        del self.task

    @cached_property
    def last_layer(self) -> LastLayer:
        """What the training rows tell of the last layer, found when first asked for.

        The rows are let go then.
        """
        # Whoever asks for predictions may have turned gradients off.
        with torch.inference_mode(False), torch.enable_grad():
            found = LastLayer.of(self.network, *self._rows)
        del self._rows
        return found

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: not the training rows."""
        if hasattr(self, "_rows"):
            _ = self.last_layer
        return {name: value for name, value in vars(self).items() if name != "_tables"}

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
        seed = processes().of_first(seed)
        train, valid = engine._training_rows(frame, y, seed)
        with seeded(seed):
            engine.network = MixedEffectsNetwork(*arguments)
        moments = grow(self.network, self.moments, engine.network)
        engine.task = engine._new_task(train, valid, seed)
        with absent_levels_held(engine.network, moments, frame.blocks):
            trained = engine._train(moments)
        engine.finish(trained)
        # The rows before told about the weights too.
        engine.last_layer = engine.last_layer.after(self.last_layer)
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
        tails = self.last_layer.tails
        weights = {name: value.numpy() for name, value in self.network.state_dict().items()}
        return {
            "spec": self.spec,
            "places": self.places,
            "scaling": self.scaling,
            "response_scale": self.response_scale,
            "weights": weights,
            "precision": self.last_layer.precision,
            "noise": self.last_layer.noise,
            "tails": None if tails is None else [tails.scale, tails.df],
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
        tails = None if state["tails"] is None else Tails(*state["tails"])
        engine.last_layer = LastLayer(state["precision"], state["noise"], tails)
        engine.history, engine.best_epoch = state["history"], state["best_epoch"]
        weights = {name: torch.as_tensor(value) for name, value in state["weights"].items()}
        arguments = (engine._placed_spec(design), family, engine.options, engine.response_scale)
        # Without memory first: sizes that the weights do not have shall not be allocated.
        with torch.device("meta"):
            check_weights(MixedEffectsNetwork(*arguments), weights)
        with seeded(0):
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
