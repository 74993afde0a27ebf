"""The ablation studies as ``config/ablations.yaml`` lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.schema import read_config
from tabmixbench.suggest import require


class AblationError(ValueError):
    """``config/ablations.yaml`` names something that does not exist."""


@dataclass(frozen=True)
class Configuration:
    """One row of an ablation table.

    Attributes
    ----------
    name : str
        ``category/configuration``, or a name without a category.
    label : str
        What the table prints.
    formula : str or None
        In place of the dataset's.
    estimator : Mapping
        Keywords of the estimator that differ from the study's base.
    keep : tuple of str
        Keywords that trainings leave as this configuration has them.
    together : bool
        One model for both tasks, or one for each (runner ``two_tasks``).
    """

    name: str
    label: str
    formula: str | None = None
    estimator: Mapping[str, Any] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    together: bool = True

    @property
    def category(self) -> str:
        """What comes before the slash: one job fits it."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Training:
    """How every configuration of a study is trained: keywords that override theirs."""

    name: str
    label: str
    estimator: Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A score in the table, and the field of the paper's rows that has it."""

    score: str
    head: str
    digits: int
    paper: str | None = None

    @property
    def larger_is_better(self) -> bool:
        """Whether larger scores are better."""
        return LARGER_IS_BETTER.get(self.score, False)


@dataclass(frozen=True)
class Study:
    """One ablation table: configurations of TabMixNN on one dataset.

    Attributes
    ----------
    name, title, dataset : str
        Key in ``config/paper.yaml`` too where the paper has the table, caption, dataset.
    runner : str
        A key of `tabmixbench.ablations.run.RUNNERS`.
    splits : int or None
        How many of the row splits; None for all.
    base : Mapping
        Keywords that all configurations share.
    trainings, columns, configurations, notes
        See their classes.
    """

    name: str
    title: str
    dataset: str
    runner: str
    splits: int | None
    base: Mapping[str, Any]
    trainings: tuple[Training, ...]
    columns: tuple[Column, ...]
    configurations: tuple[Configuration, ...]
    notes: tuple[str, ...]

    @property
    def categories(self) -> list[str]:
        """The categories in order, each once."""
        return list(dict.fromkeys(each.category for each in self.configurations))

    def of_category(self, category: str) -> list[Configuration]:
        """The configurations of a category; `AblationError` where it has none."""
        require(category, self.categories, f"category of {self.name}", AblationError)
        return [each for each in self.configurations if each.category == category]

    def settings(self, configuration: Configuration, training: Training) -> dict[str, Any]:
        """Keywords of the estimator for one configuration in one training."""
        own = {**self.base, **configuration.estimator}
        return {**own, **training.estimator, **{key: own[key] for key in configuration.keep}}

    def model(self, configuration: Configuration, training: Training) -> str:
        """Name of the model in ``results/metrics.csv``: ``table7_structure_hybrid``."""
        first = training is self.trainings[0]
        parts = [self.name, *configuration.name.split("/"), *([] if first else [training.name])]
        return "_".join(parts).replace(".", "")

    def entry(self, category: str) -> dict[str, Any]:
        """What decides the numbers of a category, as plain data: its job reruns on a change."""
        return {
            "runner": self.runner,
            "splits": self.splits,
            "models": {
                self.model(each, training): {
                    "formula": each.formula,
                    "together": each.together,
                    "settings": self.settings(each, training),
                }
                for each in self.of_category(category)
                for training in self.trainings
            },
        }

    def twins(self) -> list[Configuration]:
        """The largest set of configurations that are one and the same but for their names."""
        groups: dict[str, list[Configuration]] = {}
        for each in self.configurations:
            settings = self.settings(each, self.trainings[0])
            key = repr((each.formula, each.together, sorted(settings.items())))
            groups.setdefault(key, []).append(each)
        return max(groups.values(), key=len)


def load_studies(path: str | Path) -> dict[str, Study]:
    """Read ``config/ablations.yaml``.

    Raises
    ------
    SchemaError
        When the file breaks ``workflow/schemas/ablations.schema.yaml`` or has a key twice.
    """
    entries = read_config(path, "ablations")
    return {name: _study(name, entry) for name, entry in entries.items()}


def _study(name: str, entry: Mapping[str, Any]) -> Study:
    return Study(
        name=name,
        title=entry["title"],
        dataset=entry["dataset"],
        runner=entry["runner"],
        splits=entry.get("splits"),
        base=entry["base"],
        trainings=tuple(
            Training(key, each["label"], each.get("estimator", {}))
            for key, each in entry["trainings"].items()
        ),
        columns=tuple(Column(**each) for each in entry["columns"]),
        configurations=tuple(
            Configuration(key, **{**each, "keep": tuple(each.get("keep", ()))})
            for key, each in entry["configurations"].items()
        ),
        notes=tuple(entry.get("notes", ())),
    )
