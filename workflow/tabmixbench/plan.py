"""What `snakemake` reproduces: the configuration, as `tabmixbench.configuration` validates it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabmixbench.ablations import Study
from tabmixbench.adapters import ModelSpec
from tabmixbench.registry import Dataset
from tabmixbench.suggest import require


class PlanError(ValueError):
    """The configuration, or a target, names something that does not exist."""


@dataclass(frozen=True)
class Plan:
    """The datasets, models and splits that a configuration asks for.

    Attributes
    ----------
    seed, seed_again, splits, threads, suites
        As in ``config/config.yaml``.
    published : bool
        Whether leaderboards take the scores of what has not run here from the reference run.
    registry : dict of str to Dataset
        Every dataset, asked for or not: a target may name any.
    models : dict of str to ModelSpec
        Every model, likewise.
    chosen_datasets, chosen_models : tuple of str
        What the configuration asks for.
    listed_datasets : tuple of str
        Those of the datasets that it lists by name.
    validation, trials, interpretation : bool
        Whether the fits of R, the small fits that test sentences of the paper, and its Figures 1
        to 3 are part of what it asks for.
    peers : tuple of str
        The models that only ``snakemake peers`` fits, restricted to those the configuration lists
        by name where it does.
    simulations : dict of str to dict
        Sizes and models of each simulation study.
    benchmarks : dict
        Sizes of the benchmarks.
    studies : dict of str to Study
        Every ablation study, asked for or not.
    chosen_studies : tuple of str
        The ones it asks for.
    """

    seed: int
    seed_again: int
    splits: Mapping[str, int]
    threads: int
    published: bool
    suites: tuple[str, ...]
    registry: Mapping[str, Dataset]
    models: Mapping[str, ModelSpec]
    chosen_datasets: tuple[str, ...]
    listed_datasets: tuple[str, ...]
    chosen_models: tuple[str, ...]
    validation: bool
    trials: bool
    interpretation: bool
    peers: tuple[str, ...]
    simulations: Mapping[str, Mapping[str, Any]]
    benchmarks: Mapping[str, Any]
    studies: Mapping[str, Study]
    chosen_studies: tuple[str, ...]

    def dataset(self, name: str) -> Dataset:
        """Return the dataset of that name, or raise `PlanError` with the nearest valid name."""
        return self.registry[require(name, self.registry, "dataset", PlanError)]

    def model(self, name: str) -> ModelSpec:
        """Return the model of that name, or raise `PlanError` with the nearest valid name."""
        return self.models[require(name, self.models, "model", PlanError)]

    def study(self, name: str) -> Study:
        """Return the ablation study of that name, or raise `PlanError` with the nearest name."""
        return self.studies[require(name, self.studies, "ablation study", PlanError)]
