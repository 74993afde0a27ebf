"""The interface that every model of the suite shares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


#: What a model is: the library's, an ensemble of trees, the mixed model of the formula, or neither.
KINDS = ("ours", "trees", "mixed", "other")


class Unsuitable(RuntimeError):
    """A model cannot be fitted to these rows for a reason that belongs in the table.

    Its message is one sentence. Raise it for statistical reasons (a likelihood that has no
    maximum, an optimiser that stops short), never for programming errors.
    """


class TimedOut(Unsuitable):
    """A fit took longer than any may (`tabmixbench.adapters.deadline.LIMIT`).

    The dataset's remaining splits of the protocol are not tried: they would take as long.
    """


class Adapter(ABC):
    """One model behind the interface that every model of the suite shares.

    A new baseline is one file in this folder and one entry in ``config/models.yaml``: subclass
    `Adapter`, set `name`, `package` and `kind`, take the entry's ``params`` as keywords of
    ``__init__``, and write `fit`, `predict` and `settings`. Override `unsuitable` where the model
    cannot run every dataset. Import the model's package inside the methods, so that listing the
    models stays cheap. The generic tests pick the new adapter up by themselves.

    Parameters
    ----------
    dataset : Dataset
        The registry's entry: target, task, groups, numeric and categorical columns, formula.
    seed : int
        Seed of everything random in the model; the same seed gives the same numbers.
    threads : int
        Threads the model may use.
    new_groups : bool
        Set after the model is made: whether it will be asked about groups that training does not
        hold. What is chosen by inner validation is then validated on whole groups, as anyone
        would who knows the question.

    Attributes
    ----------
    name : str
        What ``adapter:`` in ``config/models.yaml`` says.
    package : str
        Distribution whose version `resolved` reports.
    kind : str
        One of `KINDS`: its colour in leaderboards, which compare the first model with the best
        ensemble of trees.
    keywords : mapping of str to a collection of str
        Parameters that hold keywords of something else, and those that it knows: a misspelt one is
        refused when the workflow starts. Plain lists: no package is imported for it.
    sources : tuple of str
        Files and folders of this repository, besides the adapter's own file, that its numbers
        depend on: a change of them reruns the model. All that it imports of this package.
    imports : tuple of str
        Modules to load before the clock starts: seconds of a fit are the fit's alone.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    kind: ClassVar[str]
    keywords: ClassVar[Mapping[str, Collection[str]]] = {}
    sources: ClassVar[tuple[str, ...]] = ()
    imports: ClassVar[tuple[str, ...]] = ()
    new_groups = False

    def __init__(self, dataset: Dataset, *, seed: int, threads: int) -> None:
        self.dataset = dataset
        self.seed = seed
        self.threads = threads

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Why this model cannot run this dataset, as one sentence; None when it can.

        Parameters
        ----------
        train : pandas.DataFrame, optional
            Training rows, for reasons that need them (size, classes present).
        """
        if train is not None and self.is_binary and train[self.dataset.target].nunique() < 2:
            return f"the training rows of {self.dataset.name} hold only one class"
        return None

    def left_out_groups(self, train: pd.DataFrame) -> np.ndarray | None:
        """Codes of the groups that inner validation leaves out as a whole; None for rows.

        Returns
        -------
        numpy.ndarray or None
            (n_train,) levels of the main grouping factor.
        """
        if not (self.new_groups and self.dataset.groups):
            return None
        return pd.factorize(train[self.dataset.groups[0]])[0]

    @abstractmethod
    def fit(self, train: pd.DataFrame) -> Adapter:
        """Fit to the training rows and return self.

        Parameters
        ----------
        train : pandas.DataFrame
            Prepared rows with ids, features and target; the target is standardised
            (regression) or 0/1 (binary).

        Raises
        ------
        Unsuitable
            When the fit fails for a statistical reason.
        """

    @property
    def together(self) -> bool:
        """Whether `fit_together` is cheaper than one fit after the other; it knows no reasons."""
        return False

    @classmethod
    def fit_together(cls, models: Sequence[Adapter], trains: Sequence[pd.DataFrame]) -> None:
        """Fit each model to its training rows, to what `fit` would give."""
        for model, train in zip(models, trains, strict=True):
            model.fit(train)

    @abstractmethod
    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows, which may hold unseen groups; the target column is never read.

        Returns
        -------
        numpy.ndarray
            (n,) float64: the mean (regression) or P(y = 1) (binary).
        """

    def predict_sd(self, test: pd.DataFrame) -> np.ndarray | None:
        """Standard deviation of a normal predictive distribution of new rows of a regression.

        Returns
        -------
        numpy.ndarray or None
            (n,) positive, including the residual; None for a model that predicts a mean alone,
            which is then not scored by CRPS and coverage.
        """
        return None

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Every setting the fit really used, JSON-able; complete after `fit`."""

    def resolved(self) -> dict[str, Any]:
        """Adapter, package version, seed, threads and every setting the fit really used."""
        return {
            "adapter": self.name,
            "package": self.package,
            "version": self.package_version(),
            "seed": self.seed,
            "threads": self.threads,
            **self.settings(),
        }

    def package_version(self) -> str:
        """Version of `package`; override where it is no Python distribution."""
        return version(self.package)

    @property
    def is_binary(self) -> bool:
        """True when the dataset's task is binary classification."""
        return self.dataset.task == "binary"
