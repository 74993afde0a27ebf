"""What a trained network says of rows: predictions and everything else that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tabmixnn.encoder import EncoderInputs, MixedEffectsEncoder
from tabmixnn.inference.kept import kept
from tabmixnn.inference.network_predictive import predictive
from tabmixnn.inference.structured_prior import find_new_levels, with_new_levels
from tabmixnn.predictive import Predictive

PREDICTION_ROWS = 65_536
PREDICTION_FLOATS = 2**24
RE_FORMS: dict[str, Callable[[MixedEffectsEncoder], list[Tensor]]] = {
    "all": MixedEffectsEncoder.posterior_mean,
    "none": MixedEffectsEncoder.population,
}
"""Random effects by ``re_form``: posterior means (conditional) or zero (population level)."""


class NetworkPredictions:
    """Predictions of an engine with a trained `MixedEffectsNetwork`.

    In float64, and on the CPU wherever the network was trained: the prediction of one row then
    depends neither on the rows beside it nor on the machine.
    """

    keeps_rows = False
    """Whether the training rows are at hand: they go when training has ended."""

    def effects(self, re_form: str) -> list[Tensor]:
        """Return the effects that predictions have, a table of shape (G + 1, q, d) a term.

        Parameters
        ----------
        re_form : {"all", "none"}
        """
        if re_form not in self._tables:
            # Kept, so not as what a user's inference mode would make of them.
            with torch.inference_mode(False), torch.no_grad():
                self._tables[re_form] = RE_FORMS[re_form](self.network.encoder)
        return self._tables[re_form]

    @cached_property
    def _tables(self) -> dict[str, list[Tensor]]:
        """By ``re_form``: made once, since they are as long as there are groups."""
        return {}

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
        return self._predict(frame, self.effects(re_form), kind)

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
            Which effects of each term, in the units of the data, are at their posterior means.
        kind : {"response", "link", "probability"}
        """
        effects = kept(self.effects("all"), active, self.spec.blocks, self.scaling.slopes)
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
        effects = self.effects(re_form)
        return PredictionProgram(self, effects, kind)

    def is_additive(self, kind: str) -> bool:
        """Return whether predictions are sums over terms: without hidden layers they are."""
        options = self.options
        deep = options.architecture != "gsem" or options.backbone.hidden_dims
        return kind == "link" and not deep

    def _predict(
        self, frame: Any, effects: list[Tensor], kind: str
    ) -> np.ndarray | dict[str, np.ndarray]:
        with torch.inference_mode():
            frame, effects = self._placed(frame, effects)
            parts = []
            for part in self._parts(frame):
                features = self.network.features(part, effects)
                parts.append(self.network.head.predict(kind, features, part.offset))
        return self.response_scale.restore(self.network.head.gather(parts))

    def _placed(self, frame: Any, effects: list[Tensor]) -> tuple[Any, list[Tensor]]:
        """Give new levels that a structure places what it expects of them.

        Returns
        -------
        frame : ModelFrame
            With their codes.
        effects : list of Tensor
            With a row for each of them.
        """
        frame, found = find_new_levels(self.network.encoder, self.groups, frame)
        return frame, with_new_levels(effects, found)

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
            frame, effects = self._placed(frame, self.effects("all"))
            for part in self._parts(frame):
                rows = targets[start : start + len(part)]
                features = self.network.features(part, effects)
                total -= float(self.network.head(features, part.offset).log_prob(rows).sum())
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
            frame, effects = self._placed(frame, self.effects("all"))
            parts = [
                self.network.backbone.attention(self.network.encoder(part, effects), layer)
                for part in self._parts(frame)
            ]
        return torch.cat(parts).numpy()

    def _parts(self, frame: Any) -> Iterator[EncoderInputs]:
        """Cut rows into parts whose hidden layers fit into memory; one empty part if none."""
        inputs = self._inputs(frame, torch.float64)
        rows = min(PREDICTION_ROWS, PREDICTION_FLOATS // self.network.backbone.floats_per_row)
        if len(inputs) <= rows:
            yield inputs
            return
        for start in range(0, len(inputs), max(rows, 1)):
            yield inputs.take(slice(start, start + max(rows, 1)))
