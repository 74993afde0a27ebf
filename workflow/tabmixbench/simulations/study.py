"""What every simulation study shares: settings, draws, one fit scored against the truth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.registry import Dataset
from tabmixbench.runs import run_model
from tabmixbench.streams import stream

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.tables.table import Table

COLUMNS = [
    *("study", "setting", "groups", "size", "model", "repeat"),
    *("mse", "excess", "fit_seconds", "reason"),
]


@dataclass(frozen=True)
class Setting:
    """One size of a study.

    Attributes
    ----------
    name : str
        Also names files.
    groups : int
        Levels of the grouping factor.
    size : float
        The other quantity that the study varies.
    """

    name: str
    groups: int
    size: float


class Study(ABC):
    """A data-generating process, the settings it is run at, and how it is shown.

    Attributes
    ----------
    name, title : str
        Key in ``config/simulations.yaml``, and caption.
    formula : str
        Mixed model of the formula, for the models that need one.
    numeric : tuple of str
        Features; the grouping factor is ``g`` and the outcome ``y``.
    noise : float
        Residual variance: the mean squared error that no model can beat.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    formula: ClassVar[str]
    numeric: ClassVar[tuple[str, ...]]
    noise: ClassVar[float]

    @abstractmethod
    def settings(self, options: Mapping[str, Any]) -> Iterator[Setting]:
        """The settings that an entry of ``config/simulations.yaml`` asks for."""

    @abstractmethod
    def draw(
        self, setting: Setting, options: Mapping[str, Any], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Simulate once.

        Returns
        -------
        rows : DataFrame of shape (n, ...)
            ``y``, ``g`` and the features.
        truth : ndarray of shape (n,)
            Mean of y given features and group.
        test : ndarray of bool, shape (n,)
            True for a test row.
        """

    @abstractmethod
    def table(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Table:
        """Render the scores (`COLUMNS`) of all settings and models."""

    @abstractmethod
    def figure(self, scores: pd.DataFrame, labels: Mapping[str, str]) -> Figure:
        """Draw the same."""

    def setting(self, name: str, options: Mapping[str, Any]) -> Setting:
        """The setting of that name."""
        return next(found for found in self.settings(options) if found.name == name)

    def dataset(self, setting: Setting) -> Dataset:
        """The simulated rows of a setting as the adapters see a dataset."""
        return Dataset(
            name=self.name,
            title=self.title,
            domain="simulation",
            suites=("simulation",),
            task="regression",
            target="y",
            groups=("g",),
            numeric=self.numeric,
            categorical=(),
            formula=self.formula,
            source=f"simulated:{self.name}",
            sha256="",
        )


def run_setting(
    study: Study,
    setting: Setting,
    spec: ModelSpec,
    options: Mapping[str, Any],
    *,
    seed: int,
    threads: int,
) -> pd.DataFrame:
    """Fit one model to every repeat of one setting.

    Returns
    -------
    DataFrame
        One row a repeat, `COLUMNS`: ``mse`` of the test outcomes and ``excess``, the mean squared
        distance of the predictions from the truth, both in the units of y; ``reason`` says why a
        repeat has none.
    """
    rows = []
    for repeat in range(options["repeats"]):
        # Every model sees the same draws.
        rng = stream(seed, study.name, setting.name, repeat)
        data, truth, test = study.draw(setting, options, rng)
        splits = pd.DataFrame({"rows_0": test})
        record, predictions = run_model(
            study.dataset(setting), spec, data, splits, seed=seed + repeat, threads=threads
        )
        outcome = record["splits"][0]
        row = {
            "study": study.name,
            "setting": setting.name,
            "groups": setting.groups,
            "size": setting.size,
            "model": spec.name,
            "repeat": repeat,
            "reason": outcome.get("reason", ""),
        }
        if outcome["status"] == "ok":
            train = data.loc[~test, "y"]
            prediction = predictions["prediction"].to_numpy() * train.std() + train.mean()
            row["mse"] = float(np.mean((data["y"].to_numpy()[test] - prediction) ** 2))
            row["excess"] = float(np.mean((truth[test] - prediction) ** 2))
            row["fit_seconds"] = outcome["fit_seconds"]
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
