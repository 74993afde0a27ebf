"""From the files in ``config/`` to the plan, and what no schema can say of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tabmixbench.ablations import AblationError, Study, load_studies
from tabmixbench.ablations.check import check_names as check_study
from tabmixbench.adapters import ModelConfigError, ModelSpec, load_models
from tabmixbench.claims import ClaimError, load_claims
from tabmixbench.claims.check import check_names as check_claims
from tabmixbench.models import check_models
from tabmixbench.plan import Plan, PlanError
from tabmixbench.registry import Dataset, RegistryError, load_registry
from tabmixbench.schema import SchemaError, read_config, validate
from tabmixbench.simulations import STUDIES
from tabmixbench.suggest import require

#: What the files of ``config/`` are refused with, in one sentence each.
ERRORS = (SchemaError, RegistryError, ModelConfigError, AblationError, ClaimError)


def read_plan(config: Mapping[str, Any], root: str | Path = ".") -> Plan:
    """Validate a configuration and everything it refers to.

    Parameters
    ----------
    config : mapping
        ``config/config.yaml``, with what the command line sets.
    root : path
        The folder of ``config/``.

    Raises
    ------
    PlanError
        For a misspelt key or an unknown name, in the configuration or in a file it refers to; one
        sentence with the nearest valid one.
    """
    folder = Path(root) / "config"
    try:
        validate(config, "config", "config/config.yaml")
        registry = load_registry(folder / "datasets.yaml")
        models = load_models(folder / "models.yaml")
        studies = load_studies(folder / "ablations.yaml")
        check_models(models, registry)
        for study in studies.values():
            check_study(study, registry)
        simulations = read_config(folder / "simulations.yaml", "simulations")
        benchmarks = read_config(folder / "benchmarks.yaml", "benchmarks")
        paper = read_config(folder / "paper.yaml", "paper")
        claims = load_claims(folder / "claims.yaml", paper, models, registry)
        check_claims(claims, paper, models, registry)
    except ERRORS as error:
        raise PlanError(str(error)) from None
    for size, entries in simulations.items():
        _check_simulations(size, entries, models)
    require(config["simulations"], simulations, "size of the simulations", PlanError)
    require(config["benchmarks"], benchmarks, "size of the benchmarks", PlanError)
    _check_targets(config, registry, models, studies)
    datasets = _choose(config["datasets"], registry, "dataset")
    return Plan(
        seed=config["seed"],
        seed_again=config["seed_again"],
        splits=dict(config["splits"]),
        threads=config["threads"],
        published=config["published"],
        validation=config["validation"],
        trials=config["trials"],
        interpretation=config["interpretation"],
        suites=tuple(config["suites"]),
        registry=registry,
        models=models,
        chosen_datasets=datasets,
        listed_datasets=() if config["datasets"] == "all" else datasets,
        chosen_models=_chosen_models(config, models),
        peers=_peers(config, models),
        simulations=simulations[config["simulations"]],
        benchmarks=benchmarks[config["benchmarks"]],
        studies=studies,
        chosen_studies=tuple(
            name
            for name, study in studies.items()
            if name in config["targets"] and study.dataset in datasets
        ),
    )


def _check_targets(
    config: Mapping[str, Any],
    registry: Mapping[str, Dataset],
    models: Mapping[str, ModelSpec],
    studies: Mapping[str, Study],
) -> None:
    suites = {suite for dataset in registry.values() for suite in dataset.suites}
    for suite in config["suites"]:
        require(suite, suites, "suite", PlanError)
    targets = {target for spec in models.values() for target in spec.targets} | set(studies)
    for target in config["targets"]:
        require(target, targets, "target", PlanError)


def _check_simulations(
    size: str, entries: Mapping[str, Mapping[str, Any]], models: Mapping[str, ModelSpec]
) -> None:
    for study, options in entries.items():
        require(study, STUDIES, "simulation study", PlanError)
        for model in options["models"]:
            require(model, models, "model", PlanError)
    for study in STUDIES:
        if study not in entries:
            raise PlanError(f"simulations.yaml: {size!r} has no sizes for the study {study!r}.")


def _chosen_models(config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> tuple[str, ...]:
    if config["models"] != "all":
        return _choose(config["models"], models, "model")
    wanted = set(config["targets"])
    return tuple(name for name, spec in models.items() if wanted & set(spec.targets))


def _peers(config: Mapping[str, Any], models: Mapping[str, ModelSpec]) -> tuple[str, ...]:
    peers = [name for name, spec in models.items() if "peers" in spec.targets]
    return tuple(n for n in peers if config["models"] == "all" or n in config["models"])


def _choose(wanted: str | list[str], valid: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """Those that are wanted, in the order of `valid`."""
    if wanted == "all":
        return tuple(valid)
    for name in wanted:
        require(name, valid, kind, PlanError)
    return tuple(name for name in valid if name in wanted)
