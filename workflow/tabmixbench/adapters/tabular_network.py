"""What the deep tabular peers share: encoding, training with early stopping, averaging."""

from __future__ import annotations

import copy
import inspect
from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.deadline import LIMIT, Deadline
from tabmixbench.adapters.features import FeatureTable
from tabmixbench.adapters.inner import inner_folds
from tabmixbench.adapters.new_groups import KnownGroups

if TYPE_CHECKING:
    import torch

    from tabmixbench.registry import Dataset

PARTS = tuple(
    f"workflow/tabmixbench/adapters/{part}.py"
    for part in ("deadline", "inner", "new_groups", "tabular_network")
)

VALIDATION_DRAWS = 4
"""Known groups that stand in for one that validation leaves out."""


class TabularNetwork(Adapter):
    """A network on standardised numbers and categories, ids among them.

    One network is trained for every inner fold, early stopped on the rows of that fold, and
    keeps its best weights; predictions are averages over these networks, so that every row trains
    some of them. Where there is one fold only, another network is trained on all rows for as many
    epochs as were best there, and the two are averaged: neither the rows that stopped the first
    nor what an early stop guards against are lost. Rows of unseen groups, those of validation too,
    are averages over groups that the network knows (`KnownGroups`).

    A subclass builds the module: ``forward(x_num, x_cat)`` takes (n, numbers) float32 and
    (n, categories) int64 tensors, either None where there is no such column, and returns (n, k)
    predictions of k members: means, or logits.

    Parameters
    ----------
    lr, weight_decay : float
        Of AdamW.
    batch_size : int
        The largest batch; a small set has batches of an eighth of its rows, 16 at least.
    max_epochs, patience : int
        The most epochs, and the epochs without a better inner loss after which training stops.
    folds, one_from : int
        Inner folds, and the rows from which on one of them is enough.
    new_group_draws : int
        Training rows whose ids stand in for an unseen id.
    max_seconds : float
        Time cap of a fit.
    """

    imports = ("torch", "sklearn.model_selection")
    sources = PARTS

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        lr: float = 1e-3,
        weight_decay: float = 1e-2,
        batch_size: int = 256,
        max_epochs: int = 500,
        patience: int = 30,
        folds: int = 5,
        one_from: int = 1000,
        new_group_draws: int = 32,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._common = {
            "lr": lr,
            "weight_decay": weight_decay,
            "batch_size": batch_size,
            "max_epochs": max_epochs,
            "patience": patience,
            "folds": folds,
            "one_from": one_from,
            "new_group_draws": new_group_draws,
            "max_seconds": max_seconds,
        }
        self._epochs: list[int] = []
        self._table = FeatureTable(dataset.numeric, (*dataset.categorical, *dataset.groups))

    @abstractmethod
    def build(self, x_num: torch.Tensor | None, levels: list[int]) -> torch.nn.Module:
        """Make an untrained module.

        Parameters
        ----------
        x_num : torch.Tensor or None
            (n, numbers) standardised training rows.
        levels : list of int
            Levels of each category; code 0 is a level that training does not hold.
        """

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when there is no column to learn from."""
        if not self._table.names:
            return f"{self.dataset.name} has neither features nor group ids"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> TabularNetwork:
        """Fit to the training rows (see `Adapter.fit`)."""
        import torch

        deadline = Deadline(self._common["max_seconds"], type(self).__name__)
        frame = self._table.fit(train).transform(train)
        numbers = frame[list(self._table.numeric)].to_numpy()
        self._centre = numbers.mean(axis=0)
        spread = numbers.std(axis=0)
        self._spread = np.where(spread > 0, spread, 1.0)
        x = self._tensors(frame)
        target = train[self.dataset.target].to_numpy(dtype=np.float64, copy=True)
        y = torch.as_tensor(target, dtype=torch.float32)
        pairs = list(
            inner_folds(
                target,
                binary=self.is_binary,
                folds=self._common["folds"],
                one_from=self._common["one_from"],
                seed=self.seed,
                groups=self.left_out_groups(train),
            )
        )
        self._networks, self._epochs = [], []
        ids = frame[list(self.dataset.groups)]
        with self._one_stream():
            for fitting, validation in pairs:
                network, epochs = self._stopped(x, y, fitting, validation, deadline)
                self._keep(network, ids.iloc[fitting] if self.new_groups else ids)
                self._epochs.append(epochs)
            if len(pairs) == 1:
                *_, network = islice(self._trained(x, y, np.arange(len(y)), deadline), epochs)
                self._keep(network, ids)
        return self

    def _keep(self, network: torch.nn.Module, ids: pd.DataFrame) -> None:
        """Keep a trained network, and the rows of ids that stand in for an unseen one."""
        known = KnownGroups(ids, self._common["new_group_draws"], self.seed)
        self._networks.append((network.eval(), known))

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        frame = self._table.transform(test)
        with self._one_stream():
            parts = [
                known.predict(frame, lambda rows, network=network: self._predicted(network, rows))
                for network, known in self._networks
            ]
        return sum(parts) / len(parts)

    def settings(self) -> dict[str, Any]:
        """Settings of the training, the epochs of each network, and the columns."""
        return {
            **self._common,
            "epochs": self._epochs,
            "numeric": list(self._table.numeric),
            "categorical": list(self._table.categorical),
        }

    def package_version(self) -> str:
        """Version of the package and of torch."""
        from importlib.metadata import version

        own = super().package_version()
        return own if self.package == "torch" else f"{own} (torch {version('torch')})"

    def _one_stream(self) -> Any:
        """Seed torch and set its threads; both are put back."""
        from contextlib import ExitStack

        import torch

        stack = ExitStack()
        before = torch.get_num_threads()
        stack.callback(torch.set_num_threads, before)
        torch.set_num_threads(self.threads)
        stack.enter_context(torch.random.fork_rng(devices=[]))
        torch.manual_seed(self.seed)
        return stack

    def _tensors(self, frame: pd.DataFrame) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        import torch

        x_num = x_cat = None
        if self._table.numeric:
            numbers = frame[list(self._table.numeric)].to_numpy()
            scaled = (numbers - self._centre) / self._spread
            x_num = torch.as_tensor(scaled, dtype=torch.float32)
        if self._table.categorical:
            codes = [frame[name].cat.codes.to_numpy() + 1 for name in self._table.categorical]
            x_cat = torch.as_tensor(np.stack(codes, axis=1), dtype=torch.int64)
        return x_num, x_cat

    def _loss(self, members: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Mean of the members' own losses, (n, k) predictions against (n,) targets."""
        from torch.nn import functional

        y = y[:, None].expand_as(members)
        if self.is_binary:
            return functional.binary_cross_entropy_with_logits(members, y)
        return functional.mse_loss(members, y)

    def _mean(self, members: torch.Tensor) -> torch.Tensor:
        """(n, k) predictions of the members -> (n,) mean or probability."""
        return (members.sigmoid() if self.is_binary else members).mean(dim=1)

    def _score(self, mean: torch.Tensor, y: torch.Tensor) -> float:
        """Squared error or log-loss of the mean prediction."""
        from torch.nn import functional

        if self.is_binary:
            return float(functional.binary_cross_entropy(mean.clamp(1e-6, 1 - 1e-6), y))
        return float(functional.mse_loss(mean, y))

    def _stopped(
        self,
        x: tuple[torch.Tensor | None, torch.Tensor | None],
        y: torch.Tensor,
        fitting: np.ndarray,
        validation: np.ndarray,
        deadline: Deadline,
    ) -> tuple[torch.nn.Module, int]:
        """Network with the weights of its best epoch on the validation rows, and that epoch."""
        import torch

        held_x = self._held_out(x, torch.as_tensor(fitting), torch.as_tensor(validation))
        held_y = y[validation]
        best, best_epoch, weights = float("inf"), 1, None
        for epoch, network in enumerate(self._trained(x, y, fitting, deadline), 1):
            means = [self._of(network, each) for each in held_x]
            score = self._score(torch.stack(means).mean(dim=0), held_y)
            if weights is None or score < best:
                best, best_epoch = score, epoch
                weights = copy.deepcopy(network.state_dict())
            elif epoch - best_epoch >= self._common["patience"]:
                break
        network.load_state_dict(weights)
        return network, best_epoch

    def _trained(
        self,
        x: tuple[torch.Tensor | None, torch.Tensor | None],
        y: torch.Tensor,
        fitting: np.ndarray,
        deadline: Deadline,
    ) -> Iterator[torch.nn.Module]:
        """Yield the one network after every epoch of its training on the fitting rows."""
        import torch

        levels = [len(values) + 1 for values in self._table.levels.values()]
        network = self.build(None if x[0] is None else x[0][fitting], levels)
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=self._common["lr"],
            weight_decay=self._common["weight_decay"],
        )
        size = min(self._common["batch_size"], max(16, len(fitting) // 8))
        for _ in range(self._common["max_epochs"]):
            network.train()
            for rows in torch.as_tensor(fitting)[torch.randperm(len(fitting))].split(size):
                deadline.check()
                optimizer.zero_grad()
                self._loss(network(*_rows(x, rows)), y[rows]).backward()
                optimizer.step()
            yield network

    def _held_out(
        self,
        x: tuple[torch.Tensor | None, torch.Tensor | None],
        fitting: torch.Tensor,
        validation: torch.Tensor,
    ) -> list[tuple[torch.Tensor | None, torch.Tensor | None]]:
        """Validation rows; where they are of new groups, with ids of known ones drawn for theirs.

        As new groups are predicted, with fewer draws: it is done after every epoch.
        """
        import torch

        numbers, categories = _rows(x, validation)
        if not self.new_groups or not self.dataset.groups:
            return [(numbers, categories)]
        factors = [self._table.categorical.index(name) for name in self.dataset.groups]
        draws = []
        for _ in range(VALIDATION_DRAWS):
            stand_ins = x[1][fitting[torch.randint(len(fitting), (len(validation),))]]
            drawn = categories.clone()
            for factor in factors:
                unseen = ~torch.isin(categories[:, factor], x[1][fitting, factor])
                drawn[unseen, factor] = stand_ins[unseen, factor]
            draws.append((numbers, drawn))
        return draws

    def _of(
        self, network: torch.nn.Module, x: tuple[torch.Tensor | None, torch.Tensor | None]
    ) -> torch.Tensor:
        """Mean prediction of one network, in batches that bound the memory."""
        import torch

        network.eval()
        n = len(x[0] if x[0] is not None else x[1])
        with torch.no_grad():
            parts = torch.arange(n).split(4096)
            return torch.cat([self._mean(network(*_rows(x, rows))) for rows in parts])

    def _predicted(self, network: torch.nn.Module, frame: pd.DataFrame) -> np.ndarray:
        return self._of(network, self._tensors(frame)).double().numpy()


TRAINING = frozenset(inspect.signature(TabularNetwork).parameters) - frozenset(
    inspect.signature(Adapter).parameters
)
"""Keywords of `TabularNetwork`, which a subclass takes as a mapping."""


def _rows(
    x: tuple[torch.Tensor | None, torch.Tensor | None], rows: torch.Tensor
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    return tuple(None if part is None else part[rows] for part in x)
