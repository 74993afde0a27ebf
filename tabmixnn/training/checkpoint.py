"""Training that was interrupted goes on from the last epoch that it ended."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tabmixnn.persistence import ModelFileError, read_archive, write_archive
from tabmixnn.training.schedulers import Schedule
from tabmixnn.training.stopping import KeptWeights
from tabmixnn.training.watch import Watch

KIND = "Checkpoint"
"""What the file says that it holds, in place of an estimator's class."""


class CheckpointError(ValueError):
    """A checkpoint is of another fit."""


@dataclass(frozen=True)
class Run:
    """Everything that changes while a network is trained.

    Parameters
    ----------
    network : nn.Module
    optimizer : torch.optim.Optimizer
    schedule : Schedule
    watch : Watch
    kept : KeptWeights or None
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    watch: Watch
    kept: KeptWeights | None

    def state(self) -> dict[str, Any]:
        """Return it as a tree (see `tabmixnn.persistence`)."""
        parameters = self.network.named_parameters()
        return {
            "weights": _arrays(self.network.state_dict()),
            "moments": {name: _arrays(self.optimizer.state[p]) for name, p in parameters},
            "schedule": dict(vars(self.schedule)),
            "watch": self.watch.state(),
            "kept": None if self.kept is None else [_array(w) for w in self.kept.state()],
            "random": torch.get_rng_state().numpy(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state."""
        self.network.load_state_dict(_tensors(state["weights"]))
        device = next(self.network.parameters()).device
        for name, parameter in self.network.named_parameters():
            moments = _tensors(state["moments"][name])
            self.optimizer.state[parameter] = {k: v.to(device) for k, v in moments.items()}
        vars(self.schedule).update(state["schedule"])
        self.optimizer.param_groups[0]["lr"] = self.schedule.lr
        self.watch.restore(state["watch"])
        if self.kept is not None:
            self.kept.remember([torch.tensor(w, device=device) for w in state["kept"]])
        torch.set_rng_state(torch.tensor(state["random"]))


class Checkpoint:
    """The file in which a run is kept, written anew at the end of every epoch.

    Parameters
    ----------
    path : str or path
        If it exists, the run in it goes on.
    identity : mapping of str to str
        What must be the same in the fit that goes on: the formula, the rows, the options.
    seed : int
        Of a new run.

    Attributes
    ----------
    seed : int
        That of the run in the file, if there is one.

    Raises
    ------
    CheckpointError
        If the file has a run of another fit; the message says what differs.
    ModelFileError
        If the file is no checkpoint.
    """

    def __init__(
        self, path: str | os.PathLike[str], identity: Mapping[str, str], seed: int
    ) -> None:
        self.path, self.identity, self.seed = Path(path), dict(identity), seed
        if not self.path.absolute().parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {self.path.absolute().parent}.")
        self._found: dict[str, Any] | None = None
        self._before: Mapping[str, str] = {}
        if self.path.exists():
            kind, found = read_archive(self.path)
            if kind != KIND:
                raise ModelFileError(f"{path} has a {kind}, not a checkpoint; choose another name.")
            self._before, self._found = found["identity"], found["run"]
            self.seed = found["seed"]
            for name, value in self.identity.items():
                self._check(name, value)

    def identify(self, name: str, value: str) -> None:
        """Add to what must be the same in the fit that goes on.

        Raises
        ------
        CheckpointError
            If it is not.
        """
        self.identity[name] = value
        if self._found is not None:
            self._check(name, value)

    def _check(self, name: str, value: str) -> None:
        before = self._before.get(name)
        if before != value:
            raise CheckpointError(
                f"{self.path} is a checkpoint of another fit: its {name} was {before} and is now "
                f"{value}. Set it back, or choose another file."
            )

    def resume(self, run: Run) -> None:
        """Take a run to where the file has it, if there is one.

        Raises
        ------
        CheckpointError
            If it has had more epochs than it is to have.
        """
        if self._found is None:
            return
        done, wanted = len(self._found["watch"]["history"]), run.watch.settings.epochs
        if done > wanted:
            raise CheckpointError(
                f"{self.path} has a run of {done} epochs, and epochs={wanted} asks for fewer; ask "
                f"for at least {done}, or choose another file."
            )
        run.restore(self._found)

    def save(self, run: Run) -> None:
        """Write a run; the file is replaced when the new one is complete."""
        state = {"identity": self.identity, "seed": self.seed, "run": run.state()}
        write_archive(self.path, KIND, state)


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _arrays(tensors: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    return {name: _array(value) for name, value in tensors.items()}


def _tensors(arrays: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value) for name, value in arrays.items()}
