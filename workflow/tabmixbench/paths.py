"""Where results lie that several rules read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tabmixbench.ablations import Study as Ablation
    from tabmixbench.simulations import Study as Simulation


def record_path(dataset: str, model: str) -> str:
    """The record of one model on one dataset."""
    return f"results/runs/{dataset}/{model}.json"


def again_path(dataset: str, model: str) -> str:
    """The record of one model on one dataset that has the splits of the second seed."""
    return f"results/again/runs/{dataset}/{model}.json"


def ablation_paths(study: Ablation) -> list[str]:
    """The records of every category of an ablation study."""
    return [f"results/ablations/{study.name}/{category}.json" for category in study.categories]


def simulation_paths(study: Simulation, options: Mapping[str, Any]) -> list[str]:
    """The scores of every setting and model of a simulation study.

    Parameters
    ----------
    study : Study
    options : mapping
        Its entry in ``config/simulations.yaml``.
    """
    return [
        f"results/simulations/runs/{study.name}/{setting.name}/{model}.csv"
        for setting in study.settings(options)
        for model in options["models"]
    ]
