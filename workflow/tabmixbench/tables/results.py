"""What tables and figures are made from: the scores, the reasons, the registries, the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec, create, load_models
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.registry import Dataset, load_registry
from tabmixbench.schema import read_yaml
from tabmixbench.statistics import LEVEL, PairedTest, corrected_resampled_t
from tabmixbench.tables.cell import Cell

#: Rows in the test set over rows in the training set, of splits of the rows. Written down here, as
#: a change of how splits are drawn would else render every page anew; a test holds it to theirs.
TEST_TO_TRAIN = 0.25

#: One file, or several whose rows belong together.
Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class Results:
    """The results of a run of the suite.

    Attributes
    ----------
    metrics, reasons : DataFrame
        ``results/metrics.csv`` and ``results/reasons.csv``.
    paper : dict
        ``config/paper.yaml``.
    models : dict of str to ModelSpec
        Every registered model in the order of the tables.
    registry : dict of str to Dataset
        Every registered dataset.
    """

    metrics: pd.DataFrame
    reasons: pd.DataFrame
    paper: Mapping[str, Any]
    models: Mapping[str, ModelSpec]
    registry: Mapping[str, Dataset]

    @classmethod
    def read(cls, metrics: Paths, reasons: Paths, config: str | Path) -> Results:
        """Read the files of scores, and the registries and numbers in folder `config`."""
        config = Path(config)
        return cls(
            metrics=_read(metrics),
            reasons=_read(reasons),
            paper=read_yaml(config / "paper.yaml"),
            models=load_models(config / "models.yaml"),
            registry=load_registry(config / "datasets.yaml"),
        )

    @cached_property
    def _by_key(self) -> dict[tuple[str, ...], pd.Series]:
        keys = ["suite", "dataset", "model", "protocol", "metric"]
        return {
            key: group.set_index("split")["value"].sort_index()
            for key, group in self.metrics.groupby(keys)
        }

    def datasets(self, suite: str) -> list[str]:
        """Names of the datasets of a suite that were run, in the registry's order."""
        ran = set(self.metrics.loc[self.metrics["suite"] == suite, "dataset"])
        return [name for name in self.registry if name in ran]

    def is_whole(self, suite: str) -> bool:
        """Whether every dataset of a suite was run."""
        return len(self.datasets(suite)) >= sum(suite in d.suites for d in self.registry.values())

    def models_of(self, suite: str) -> list[str]:
        """Names of the models that were run, or refused to run, on a suite."""
        ran = set(self.metrics.loc[self.metrics["suite"] == suite, "model"])
        ran |= set(self.reasons.loc[self.reasons["suite"] == suite, "model"])
        return [name for name in self.models if name in ran]

    def scores(
        self, suite: str, dataset: str, model: str, metric: str, protocol: str = "rows"
    ) -> pd.Series:
        """Scores by split; empty where the model has none."""
        empty = pd.Series(dtype=float)
        return self._by_key.get((suite, dataset, model, protocol, metric), empty)

    def cell(
        self, suite: str, dataset: str, model: str, metric: str, protocol: str = "rows"
    ) -> Cell:
        """Mean and spread of a model's scores, and the reason why splits have none."""
        scores = self.scores(suite, dataset, model, metric, protocol)
        reason = self.reason(suite, dataset, model, protocol)
        return Cell.of(scores.to_numpy(), reason, self.splits(suite, dataset, metric, protocol))

    def splits(self, suite: str, dataset: str, metric: str, protocol: str = "rows") -> int:
        """On how many splits of a dataset any model has a score."""
        return self._splits.get((suite, dataset, protocol, metric), 0)

    @cached_property
    def _splits(self) -> dict[tuple[str, ...], int]:
        keys = ["suite", "dataset", "protocol", "metric"]
        return self.metrics.dropna(subset="value").groupby(keys)["split"].nunique().to_dict()

    def reason(self, suite: str, dataset: str, model: str, protocol: str = "rows") -> str:
        """Why a model has no score on (some splits of) a dataset; empty when it has all."""
        return self._reasons.get((suite, dataset, model, protocol), ("", 0))[0]

    def accounted(self, suite: str, dataset: str, model: str, protocol: str = "rows") -> int:
        """On how many splits a model has no score for a recorded reason."""
        return self._reasons.get((suite, dataset, model, protocol), ("", 0))[1]

    @cached_property
    def _reasons(self) -> dict[tuple[str, ...], tuple[str, int]]:
        """The first reason and the number of splits without a score, by dataset and model."""
        keys = ["suite", "dataset", "model", "protocol"]
        return {
            key: (str(rows["reason"].iloc[0]), int(rows["n_splits"].sum()))
            for key, rows in self.reasons.groupby(keys)
        }

    def gain(
        self, suite: str, dataset: str, model: str, other: str, metric: str, protocol: str = "rows"
    ) -> float:
        """Improvement of `model` over `other` in percent, by the splits that both have.

        NaN where they have none in common.
        """
        pair = (self.scores(suite, dataset, each, metric, protocol) for each in (model, other))
        both = pd.concat(pair, axis=1).dropna()
        if both.empty:
            return float("nan")
        return improvement(*both.mean(), LARGER_IS_BETTER[metric])

    def difference(
        self,
        suite: str,
        dataset: str,
        model: str,
        other: str,
        metric: str,
        protocol: str = "rows",
        level: float = LEVEL,
    ) -> PairedTest | None:
        """Corrected resampled t-test of `model` minus `other`; None where either has no score.

        `level` is what its interval leaves out.

        Folds that leave whole groups out share training rows as random splits do; of k of them
        each tests on 1/(k-1) of the rows that it trains on.
        """
        a = self.scores(suite, dataset, model, metric, protocol)
        b = self.scores(suite, dataset, other, metric, protocol)
        paired = (a - b).dropna()
        if len(paired) < 2:
            return None
        ratio = 1 / (len(a.index.union(b.index)) - 1) if protocol == "groups" else TEST_TO_TRAIN
        return corrected_resampled_t(paired.to_numpy(), ratio, level)

    def shares_seconds(self, model: str) -> bool:
        """Whether the splits of a model are fitted as one: seconds of a fit are then a share."""
        dataset = next(iter(self.registry.values()))
        return create(self.models[model], dataset, seed=0, threads=1).together


def improvement(ours: float, other: float, larger_is_better: bool) -> float:
    """Improvement over `other` in percent of `other`, positive when ours is better."""
    if np.isnan(ours) or np.isnan(other) or other == 0:
        return float("nan")
    change = (ours - other) / other * 100
    return change if larger_is_better else -change


def _read(paths: Paths) -> pd.DataFrame:
    files = [paths] if isinstance(paths, str | Path) else paths
    return pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
