"""MERF: a random forest for the features and random effects of one grouping factor, by EM."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.deadline import LIMIT, time_limit
from tabmixbench.adapters.keywords import FOREST

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


class MERF(Adapter):
    """The package's mixed-effects random forest with the formula's random effects.

    MERF knows a single grouping factor. With several, it gets the one with the most levels, with
    the columns that the formula varies over it; the other factors are one-hot features of the
    forest.

    Parameters
    ----------
    forest : Mapping
        Keywords of ``sklearn.ensemble.RandomForestRegressor``.
    max_iterations : int
        Of the EM algorithm.
    tolerance : float
        Relative change of the likelihood below which it stops.
    max_seconds : float
        Time cap of a fit.

    References
    ----------
    Hajjem, Bellavance and Larocque (2014), Mixed-effects random forest for clustered data,
    Journal of Statistical Computation and Simulation 84.
    """

    name = "merf"
    package = "merf"
    kind = "trees"
    keywords: ClassVar = {"forest": FOREST}
    imports = ("merf", "sklearn.ensemble", "tabmixnn.formula")
    sources = ("workflow/tabmixbench/adapters/deadline.py", "tabmixnn/formula")

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        forest: Mapping[str, Any],
        max_iterations: int = 20,
        tolerance: float = 1e-3,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._forest = dict(forest)
        self._max_iterations = max_iterations
        self._tolerance = tolerance
        self._max_seconds = max_seconds
        self._used: dict[str, Any] = {}

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so for classes, and for data without groups."""
        if self.is_binary:
            return "MERF fits regressions only"
        if not self.dataset.groups:
            return f"MERF needs a grouping factor, and {self.dataset.name} has none"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> MERF:
        """Fit to the training rows (see `Adapter.fit`)."""
        from merf import MERF as Package
        from sklearn.compose import make_column_transformer
        from sklearn.ensemble import RandomForestRegressor
        from sklearn.preprocessing import OneHotEncoder

        from tabmixnn.formula import Design

        self._design = Design.fit(self.dataset.formula, train)
        frame = self._design.frame(train, response=False)
        self._block = max(range(len(frame.blocks)), key=lambda i: len(frame.blocks[i].levels))
        block = frame.blocks[self._block]
        others = [name for name in self.dataset.groups if name != block.group]
        self._columns = make_column_transformer(
            ("passthrough", list(self.dataset.numeric)),
            (
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                [*self.dataset.categorical, *others],
            ),
        )
        # Without a feature the forest is a constant.
        X = _or_constant(self._columns.fit_transform(train))
        forest = RandomForestRegressor(**self._forest, random_state=self.seed, n_jobs=self.threads)
        logging.getLogger("merf.merf").setLevel(logging.WARNING)
        self._model = Package(
            fixed_effects_model=forest,
            gll_early_stop_threshold=self._tolerance,
            max_iterations=self._max_iterations,
        )
        y = train[self.dataset.target].to_numpy(dtype=np.float64)
        # A single forest can take longer than that.
        with time_limit(self._max_seconds, "MERF"):
            self._model.fit(X, block.Z, pd.Series(block.codes), y)
        self._used = {
            "group": block.group,
            "random_effects": list(block.names),
            "one_hot": [*self.dataset.categorical, *others],
            "iterations": len(self._model.gll_history),
        }
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows; a new group has no effect (see `Adapter.predict`)."""
        block = self._design.frame(test, response=False).blocks[self._block]
        X = _or_constant(self._columns.transform(test))
        return np.asarray(self._model.predict(X, block.Z, pd.Series(block.codes)), dtype=float)

    def settings(self) -> dict[str, Any]:
        """Forest, EM settings, and what became the random effects."""
        return {
            "formula": self.dataset.formula,
            "forest": self._forest,
            "max_iterations": self._max_iterations,
            "tolerance": self._tolerance,
            "max_seconds": self._max_seconds,
            **self._used,
        }


def _or_constant(X: np.ndarray) -> np.ndarray:
    return X if X.shape[1] else np.ones((len(X), 1))
