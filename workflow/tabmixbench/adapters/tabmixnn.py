"""TabMixNN with the dataset's formula, called as any user would."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter, Unsuitable
from tabmixbench.adapters.deadline import LIMIT, time_limit
from tabmixbench.adapters.keywords import TABMIXNN

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset

#: Options that a mixed model looks at; the others are those of a network's training.
LOOKED_AT = (
    *("formula", "inference", "hidden_dims", "reml", "nagq", "cov_struct_map", "weights"),
    *("na_action", "random_state"),
)


class TabMixNN(Adapter):
    """``TabMixNNRegressor`` or ``TabMixNNClassifier`` on the dataset's formula.

    Parameters
    ----------
    estimator : Mapping, optional
        Keywords of the estimator that differ from its defaults. With
        ``inference: variational`` these are those of section 5.2.3 of the paper.
    min_steps : int, optional
        Gradient steps to allow the network at least: where the estimator's epochs hold fewer,
        there are more epochs. An epoch of a small dataset is a single step.
    max_seconds : float, optional
        Time for one fit, where the splits are not fitted as one.
    """

    name = "tabmixnn"
    package = "tabmixnn"
    kind = "ours"
    keywords: ClassVar = {"estimator": TABMIXNN}
    # The last one compiles, the first time on a machine.
    imports = ("tabmixnn.estimators", "torch", "tabmixnn.training.stacked.compiled")
    sources = ("tabmixnn", "workflow/tabmixbench/adapters/deadline.py")

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        estimator: Mapping[str, Any] | None = None,
        min_steps: int = 0,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._options = dict(estimator or {})
        self._min_steps, self._max_seconds = min_steps, max_seconds
        self._used: dict[str, Any] = {"formula": dataset.formula, **self._options}

    @property
    def together(self) -> bool:
        """Networks are cheaper together; what is not one has a deadline and reasons of its own."""
        return self._options.get("inference") == "variational"

    def fit(self, train: pd.DataFrame) -> TabMixNN:
        """Fit to the training rows (see `Adapter.fit`)."""
        from tabmixnn.inference.marginal import IdentifiabilityError, NoOptimumError

        self._build(len(train))
        try:
            with self._torch_threads(), time_limit(self._max_seconds, "TabMixNN"):
                self._model.fit(train)
        except (IdentifiabilityError, NoOptimumError) as error:
            raise Unsuitable(str(error)) from None
        self._note_settings()
        return self

    def package_version(self) -> str:
        """That of the library in the repository, which need not be installed."""
        from tabmixnn import __version__

        return __version__

    @classmethod
    def fit_together(cls, models: Sequence[TabMixNN], trains: Sequence[pd.DataFrame]) -> None:
        """Fit the networks of several splits as one (see `Adapter.fit_together`)."""
        from tabmixnn import fit_together

        for model, train in zip(models, trains, strict=True):
            model._build(len(train))
        with models[0]._torch_threads():
            fit_together([model._model for model in models], trains)
        for model in models:
            model._note_settings()

    def _build(self, n_rows: int) -> None:
        from tabmixnn import TabMixNNClassifier, TabMixNNRegressor

        make = TabMixNNClassifier if self.is_binary else TabMixNNRegressor
        self._model = make(self.dataset.formula, random_state=self.seed, **self._options)
        if self._min_steps:
            self._allow_steps(n_rows)

    def _allow_steps(self, n_rows: int) -> None:
        if self._model.inference != "variational":
            raise ValueError(
                "min_steps counts the gradient steps of inference='variational'; got it with "
                f"inference={self._model.inference!r}."
            )
        steps = math.ceil(n_rows / self._model.batch_size)
        epochs = max(self._model.epochs, math.ceil(self._min_steps / steps))
        self._model.set_params(epochs=epochs)

    def _note_settings(self) -> None:
        model = self._model
        given = {"estimator": type(model).__name__} | model.get_params()
        if model.inference_ == "variational":
            found = given | {"min_steps": self._min_steps}
        else:
            settled = {k: v for k, v in model.engine_.settled.items() if k != "inference"}
            found = {key: given[key] for key in ("estimator", *LOOKED_AT)} | settled
        used = {key: _plain(value) for key, value in found.items()}
        self._used = {**used, "n_iter": model.n_iter_}

    def _found(self) -> dict[str, Any]:
        """What the fit came to, by the names of the attributes; of a network nothing was open."""
        model = getattr(self, "_model", None)
        if not hasattr(model, "inference_") or model.inference_ == "variational":
            return {}
        terms = model.terms_[["term", "group"]].itertuples(index=False)
        return {
            "inference_": model.inference_,
            "engine_": type(model.engine_).__name__,
            "terms_": [f"{term} | {group}" if group else term for term, group in terms],
        }

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        with self._torch_threads():
            if self.is_binary:
                return np.asarray(self._model.predict_proba(test)[:, 1], dtype=np.float64)
            return np.asarray(self._model.predict(test), dtype=np.float64)

    def predict_sd(self, test: pd.DataFrame) -> np.ndarray | None:
        """Of the estimator's own predictive distribution (see `Adapter.predict_sd`)."""
        with self._torch_threads():
            return np.asarray(self._model.predict(test, return_std=True)[1], dtype=np.float64)

    def settings(self) -> dict[str, Any]:
        """Return what the fit used and chose, and torch's version.

        Of a network these are all parameters of the estimator and the epochs run; of a mixed model
        the parameters that it looks at, the engine that it came to and the terms that came in.
        """
        from importlib.metadata import version

        return {**self._used, **self._found(), "torch": version("torch")}

    @contextmanager
    def _torch_threads(self) -> Iterator[None]:
        """The library leaves torch's thread count alone, so the job sets it and puts it back."""
        import torch

        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
