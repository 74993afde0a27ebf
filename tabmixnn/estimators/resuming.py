"""Training that goes on: from a fitted network, or from the checkpoint of an interrupted fit."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import NotFittedError

from tabmixnn.estimators.unused_options import check_likelihood_options
from tabmixnn.inference import get_entry

if TYPE_CHECKING:
    from tabmixnn.estimators.base import BaseTabMixNN
    from tabmixnn.training import Checkpoint

PASSING = ("callbacks", "verbose", "epochs", "random_state", "family")
"""Parameters that may differ when a fit goes on from its checkpoint, or are known otherwise."""


class ResumingMixin:
    """What `fit` does with ``warm_start`` and with ``checkpoint``."""

    def _checkpoint(self, path: Any, n_rows: int, family: Any, seed: int) -> Checkpoint:
        """Return the checkpoint of the fit that has begun."""
        given = self._fitted_with
        if given["inference"] != "variational":
            raise ValueError(
                f"A checkpoint keeps the epochs of a network, and inference={given['inference']!r} "
                "has none; leave checkpoint out, or use inference='variational'."
            )
        if given["structure_order"] == "learned":
            raise ValueError(
                "A checkpoint does not keep how far a learned order of a structure is; leave "
                "checkpoint out."
            )
        if not isinstance(path, str | PathLike):
            raise TypeError(f"checkpoint must be the path of a file; got {path!r}.")
        from tabmixnn.training import Checkpoint, depends_on_epochs, text_of

        looks_ahead = depends_on_epochs(given["scheduler"], given["patience"])
        passing = set(PASSING) - ({"epochs"} if looks_ahead else set())
        parts = {name: text_of(value) for name, value in given.items() if name not in passing}
        same = {"number of rows": str(n_rows), "family": text_of(family), **parts}
        return Checkpoint(path, same, seed)

    def _train_on(self, given: dict[str, Any], X: Any, y: Any, weights: Any) -> BaseTabMixNN:
        """Train the fitted engine on further rows."""
        self._check_outcomes(y)
        if not hasattr(self, "engine_"):
            raise NotFittedError(
                "warm_start=True trains a fitted model on, and this one is not fitted yet; fit it "
                "once without warm_start."
            )
        entry = get_entry(self.inference_)
        if not entry.trains_on:
            raise ValueError(
                f"inference={self.inference_!r} has nothing to go on from: it finds the optimum of "
                "the rows it is given, wherever it starts. Fit it to all rows, old and new, "
                "without warm_start."
            )
        if given["inference"] == "auto":
            given["inference"] = self.inference_
        for name in ("inference", "formula"):
            if given[name] != self._fitted_with[name]:
                raise ValueError(
                    f"warm_start goes on with the fitted model, but {name} was changed to "
                    f"{given[name]!r}; set it back, or fit without warm_start."
                )
        check_likelihood_options(given)
        if weights is not None or self.weights is not None:
            self._row_weights(given, X, weights, np.arange(len(X)))
        frame, response = self._read(X, y, weights, self._design)
        codes = self._recode_response(response)
        self.family_.check_response(codes)
        engine = self.engine_.refine(self._design, frame, codes, given, self._seed())
        self.engine_, self._fitted_with = engine, given
        vars(self).pop("calibration_", None)
        self._take_history()
        return self
