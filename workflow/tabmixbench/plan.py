"""What `snakemake` reproduces: the validated configuration and the pairs of dataset and model."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tabmixbench.ablations import AblationError, Study, load_studies
from tabmixbench.ablations.check import check_names
from tabmixbench.adapters import ModelConfigError, ModelSpec, available, load_models
from tabmixbench.claims import ClaimError, load_claims
from tabmixbench.claims.check import check_names as check_claims
from tabmixbench.digest import digest_data, digest_function, digest_sources
from tabmixbench.models import COMPARED, all_suites, check_models
from tabmixbench.recipes import RECIPES
from tabmixbench.registry import Dataset, RegistryError, load_registry
from tabmixbench.schema import SchemaError, read_config, validate
from tabmixbench.simulations import STUDIES
from tabmixbench.simulations import Study as Simulation
from tabmixbench.sources import SourceError, open_source
from tabmixbench.suggest import unknown

PACKAGE = "workflow/tabmixbench"
#: Sources that every model's numbers depend on.
SHARED = ("runs.py", "folds.py", "metrics.py", "adapters/base.py", "adapters/features.py")
#: What the scripts of such jobs import.
JOB_IMPORTS = ("snakemake.iocontainers", "snakemake.logging", "tabmixbench.runs")


class PlanError(ValueError):
    """The configuration, or a target, names something that does not exist."""


def record_path(dataset: str, model: str) -> str:
    """Where the record of one model on one dataset lies."""
    return f"results/runs/{dataset}/{model}.json"


def again_path(dataset: str, model: str) -> str:
    """Where the record of one model on one dataset lies that has the splits of the second seed."""
    return f"results/again/runs/{dataset}/{model}.json"


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
    chosen_models: tuple[str, ...]
    validation: bool
    trials: bool
    interpretation: bool
    peers: tuple[str, ...]
    simulations: Mapping[str, Mapping[str, Any]]
    benchmarks: Mapping[str, Any]
    studies: Mapping[str, Study]
    chosen_studies: tuple[str, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, Any], root: str | Path = ".") -> Plan:
        """Validate a configuration and everything it refers to.

        Raises
        ------
        PlanError
            For a misspelt key or an unknown name, in the configuration or in a file it refers to;
            one sentence with the nearest valid one.
        """
        root = Path(root)
        try:
            validate(config, "config", "config/config.yaml")
            registry = load_registry(root / "config/datasets.yaml")
            models = load_models(root / "config/models.yaml")
            studies = load_studies(root / "config/ablations.yaml")
            check_models(models, registry)
            for study in studies.values():
                check_names(study, registry)
            simulations = read_config(root / "config/simulations.yaml", "simulations")
            benchmarks = read_config(root / "config/benchmarks.yaml", "benchmarks")
            paper = read_config(root / "config/paper.yaml", "paper")
            claims = load_claims(root / "config/claims.yaml", paper, registry)
            check_claims(claims, paper, models, registry)
        except (SchemaError, RegistryError, ModelConfigError, AblationError, ClaimError) as error:
            raise PlanError(str(error)) from None
        suites = tuple(config["suites"])
        for suite in suites:
            _require(suite, {s for d in registry.values() for s in d.suites}, "suite")
        datasets = _choose(config["datasets"], registry, "dataset")
        targets = {t for spec in models.values() for t in spec.targets} | set(studies)
        for target in config["targets"]:
            _require(target, targets, "target")
        _require(config["simulations"], simulations, "size of the simulations")
        for size, entries in simulations.items():
            _check_studies(size, entries, models)
        _require(config["benchmarks"], benchmarks, "size of the benchmarks")
        wanted = set(config["targets"])
        in_target = [name for name, spec in models.items() if wanted & set(spec.targets)]
        everything = in_target if config["models"] == "all" else config["models"]
        return cls(
            seed=config["seed"],
            seed_again=config["seed_again"],
            splits=dict(config["splits"]),
            threads=config["threads"],
            published=config["published"],
            suites=suites,
            registry=registry,
            models=models,
            chosen_datasets=datasets,
            chosen_models=_choose(everything, models, "model"),
            validation=config["validation"],
            trials=config["trials"],
            interpretation=config["interpretation"],
            simulations=simulations[config["simulations"]],
            benchmarks=benchmarks[config["benchmarks"]],
            peers=tuple(
                name
                for name, spec in models.items()
                if "peers" in spec.targets
                and (config["models"] == "all" or name in config["models"])
            ),
            studies=studies,
            chosen_studies=tuple(
                name
                for name, study in studies.items()
                if name in config["targets"] and study.dataset in datasets
            ),
        )

    def dataset(self, name: str) -> Dataset:
        """Return the dataset of that name, or raise `PlanError` with the nearest valid name."""
        _require(name, self.registry, "dataset")
        return self.registry[name]

    def model(self, name: str) -> ModelSpec:
        """Return the model of that name, or raise `PlanError` with the nearest valid name."""
        _require(name, self.models, "model")
        return self.models[name]

    def study(self, name: str) -> Study:
        """Return the ablation study of that name, or raise `PlanError` with the nearest name."""
        _require(name, self.studies, "ablation study")
        return self.studies[name]

    def study_entry(self, name: str, category: str) -> dict[str, Any]:
        """What decides the numbers of one job of ablations: its rule reruns when it changes."""
        study = self.study(name)
        try:
            return study.entry(category) | {"data": self.dataset_entry(study.dataset)}
        except AblationError as error:
            raise PlanError(str(error)) from None

    def ablation_records(self) -> list[str]:
        """Paths of the ablations asked for."""
        return [path for name in self.chosen_studies for path in self.studies[name].records()]

    def dataset_entry(self, name: str) -> dict[str, Any]:
        """What decides the numbers of a dataset's fits: a rule reruns when it changes."""
        return self.dataset(name).entry()

    def entry_digest(self, name: str) -> str:
        """Digest of a dataset's entry, to tell whether published scores are of the same one.

        What is empty does not count: digests stay as they are when entries may have a new key.
        """
        entry = self.dataset_entry(name)
        return digest_data({key: value for key, value in entry.items() if value})

    def model_entry(self, name: str) -> dict[str, Any]:
        """What decides a model's numbers: a rule reruns when it changes."""
        return self.model(name).entry()

    @cached_property
    def registries(self) -> str:
        """Digest of every entry of datasets and models, for rules that show titles and labels."""
        both = (self.registry, self.models)
        return digest_data([{k: asdict(v) for k, v in each.items()} for each in both])

    def source_digest(self, name: str) -> str:
        """Digest of the sources that the model's numbers depend on, and of no others."""
        return self.adapter_digest(self.model(name).adapter)

    def adapter_digest(self, name: str) -> str:
        """The same of an adapter."""
        adapter = available()[name]
        own = f"{PACKAGE}/adapters/{Path(inspect.getfile(adapter)).name}"
        shared = [f"{PACKAGE}/{name}" for name in SHARED]
        return self._digest_once([*shared, own, *adapter.sources])

    def fetch_digest(self, name: str) -> str:
        """Digest of what a dataset is fetched by; of sources and generators its own alone."""
        try:
            made_by = open_source(self.dataset(name).source).made_by()
        except SourceError as error:
            raise PlanError(f"dataset {name!r}: {error}") from None
        return "".join(map(digest_function, made_by))

    def prepare_digest(self, name: str) -> str:
        """Digest of the sources that a dataset is prepared by; of the recipes its own alone."""
        recipe = digest_function(RECIPES[self.dataset(name).recipe])
        return recipe + self._digest_once([f"{PACKAGE}/prepare.py", f"{PACKAGE}/streams.py"])

    def _digest_once(self, paths: Iterable[str]) -> str:
        # Snakemake asks for the parameters of every job many times over.
        key = tuple(paths)
        if key not in self._digests:
            self._digests[key] = digest_sources(key)
        return self._digests[key]

    @cached_property
    def _digests(self) -> dict[tuple[str, ...], str]:
        return {}

    def imports(self) -> list[str]:
        """Modules that the jobs of the models asked for import."""
        adapters = {self.models[name].adapter for name in self.chosen_models}
        own = [module for name in sorted(adapters) for module in available()[name].imports]
        return list(dict.fromkeys([*JOB_IMPORTS, *own]))

    @staticmethod
    def digest(*names: str) -> str:
        """Digest of files and folders of the benchmark's package, for rules that render."""
        return digest_sources(f"{PACKAGE}/{name}" for name in names)

    @staticmethod
    def library_digest() -> str:
        """Digest of the library, for rules whose numbers are its own."""
        return digest_sources(["tabmixnn"])

    def all_suites(self) -> tuple[str, ...]:
        """Every suite of datasets, and every table that has models of its own."""
        return all_suites(self.registry, self.models)

    def suite_datasets(self) -> list[tuple[str, str]]:
        """The (suite, dataset) pairs asked for."""
        return [
            (suite, name)
            for suite in self.all_suites()
            for name in self.chosen_datasets
            if self.models_of(suite, name)
        ]

    def suite(self, name: str) -> list[str]:
        """The datasets of a suite, of those asked for."""
        return [each for each in self.chosen_datasets if name in self.registry[each].suites]

    def models_of(self, suite: str, dataset: str) -> list[str]:
        """The models asked for on a dataset within a suite.

        A model of ``core`` or ``peers`` runs in the suites of the dataset; a model made for one
        table runs in a suite of that table's name, which no other model enters.
        """
        entry = self.registry[dataset]
        compared = suite in self.suites and suite in entry.suites
        return [
            name
            for name in self.chosen_models
            if (spec := self.models[name]).runs_on(entry)
            and (compared if COMPARED & set(spec.targets) else suite in spec.targets)
        ]

    def dataset_tables(self) -> list[str]:
        """Paths of the small table of every dataset asked for."""
        return [f"results/{suite}/{dataset}.csv" for suite, dataset in self.suite_datasets()]

    def used_datasets(self) -> list[str]:
        """The datasets asked for, each once."""
        return list(dict.fromkeys(name for _, name in self.suite_datasets()))

    def trial_datasets(self, trials: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
        """Of each trial's datasets those asked for; trials without any are left out."""
        if not self.trials:
            return {}
        used = self.used_datasets()
        chosen = {name: [d for d in wanted if d in used] for name, wanted in trials.items()}
        return {name: datasets for name, datasets in chosen.items() if datasets}

    @cached_property
    def pairs(self) -> list[tuple[str, str, str]]:
        """The (suite, dataset, model) triples asked for, in the order of the registries."""
        return list(self._triples())

    def _triples(self) -> Iterator[tuple[str, str, str]]:
        for suite, dataset in self.suite_datasets():
            for model in self.models_of(suite, dataset):
                yield suite, dataset, model

    def records(self, suite: str | None = None, dataset: str | None = None) -> list[str]:
        """Paths of the runs asked for: all of them, or those of one dataset in one suite."""
        if dataset is None:
            return list(dict.fromkeys(record_path(d, m) for _, d, m in self.pairs))
        self.dataset(dataset)
        self.require(suite, self.all_suites(), "suite")
        models = self.models_of(suite, dataset)
        if not models:
            suites = [s for s in self.all_suites() if self.models_of(s, dataset)]
            raise PlanError(f"{dataset} is not in suite {suite!r} but in: {', '.join(suites)}")
        return [record_path(dataset, model) for model in models]

    @staticmethod
    def require(name: str, valid: Iterable[str], kind: str) -> str:
        """Return a name that is valid, or raise `PlanError` with the nearest one that is."""
        _require(name, list(valid), kind)
        return name

    def members(self) -> list[list[str]]:
        """The (suite, path of the record) pairs behind ``results/metrics.csv``."""
        fits = [[suite, record_path(dataset, model)] for suite, dataset, model in self.pairs]
        studies = self.chosen_studies
        return fits + [[name, path] for name in studies for path in self.studies[name].records()]

    def simulation_runs(self, name: str, studies: Mapping[str, Simulation]) -> list[str]:
        """Paths of the scores of every setting and model of a simulation study."""
        options = self.simulations[name]
        return [
            f"results/simulations/runs/{name}/{setting.name}/{model}.csv"
            for setting in studies[name].settings(options)
            for model in options["models"]
        ]


def _check_studies(
    size: str, entries: Mapping[str, Mapping[str, Any]], models: Mapping[str, ModelSpec]
) -> None:
    for study, options in entries.items():
        _require(study, STUDIES, "simulation study")
        for model in options["models"]:
            _require(model, models, "model")
    for study in STUDIES:
        if study not in entries:
            raise PlanError(f"simulations.yaml: {size!r} has no sizes for the study {study!r}.")


def _choose(wanted: str | list[str], valid: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    if wanted == "all":
        return tuple(valid)
    for name in wanted:
        _require(name, valid, kind)
    return tuple(name for name in valid if name in wanted)


def _require(name: Any, valid: Any, kind: str) -> None:
    if name not in valid:
        raise PlanError(unknown(kind, name, valid))
