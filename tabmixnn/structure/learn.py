"""Learning a graph among observed columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from tabmixnn.backbones.structure import ACYCLICITY
from tabmixnn.backbones.structure.acyclicity import strongest_order
from tabmixnn.option_checks import choice
from tabmixnn.structure.basis import BASES
from tabmixnn.structure.columns import read_columns
from tabmixnn.structure.moments import Moments
from tabmixnn.structure.noise import NOISE_MODELS, NoiseModel
from tabmixnn.structure.relaxation import Relaxation
from tabmixnn.structure.search import OrderSearch


@dataclass(frozen=True)
class _Fit:
    parents: tuple[frozenset[int], ...]
    bic: float


def learn_dag(
    data: Any,
    *,
    effects: str = "linear",
    noise: str = "auto",
    penalty: float = 0.1,
    acyclicity: str = "trace_exp",
    refine: bool = True,
    threshold: float = 0.3,
) -> pd.DataFrame:
    """Learn the directed acyclic graph among columns.

    ``eta = f(eta) + xi`` is fitted to the columns eta, without cycles in f: eq. 19 of the paper
    in an order that is learned. First the order, by the acyclicity constraint of eq. 20 and an
    augmented Lagrangian (Zheng et al. 2018). Then, with `refine`, variables move in the order, and
    edges come and go, while that lowers the BIC. Effects are estimated by least squares on the
    parents, unshrunken. Nothing is random.

    Parameters
    ----------
    data : DataFrame or array, shape (n, d)
        Numeric columns without missing values.
    effects : {"linear", "additive"}
        An effect is proportional to its cause, or a smooth function of it.
    noise : {"auto", "equal", "unequal"}
        Gaussian noise with one variance for all columns, in the units they have, or one for
        each; ``"auto"`` takes what has the lower BIC. One variance tells the direction of all
        edges where it is true. With several and linear effects, some edges can point either way
        with the same likelihood, and the direction given is arbitrary.
    penalty : float
        Weight of the effects' sizes in the relaxation.
    acyclicity : {"trace_exp", "log_det"}
        NOTEARS's or DAGMA's function.
    refine : bool
        Search by BIC; without it edges weaker than `threshold` are dropped from the relaxed
        graph, as NOTEARS does.
    threshold : float
        Effect size below which the relaxed graph has no edge.

    Returns
    -------
    DataFrame, shape (d, d)
        Effect of the column's variable on the row's, 0 where there is no edge: the coefficient
        B of a linear effect, the standard deviation of a smooth one.

    Raises
    ------
    ValueError
        If an option is not known, or columns are not numeric, miss values, are constant or are
        copies of each other; the message names them.

    Examples
    --------
    >>> B = learn_dag(frame)
    >>> causes_of_y = B.loc["y"][B.loc["y"] != 0]

    """
    for name, value, known in (
        ("effects", effects, BASES),
        ("noise", noise, ("auto", *NOISE_MODELS)),
        ("acyclicity", acyclicity, ACYCLICITY),
    ):
        choice(name, value, known)
    names, columns = read_columns(data)
    models = NOISE_MODELS if noise == "auto" else {noise: NOISE_MODELS[noise]}
    fits = []
    for model in models.values():
        learner = _Learner(columns, effects, model)
        relaxed = learner.relax(penalty, acyclicity, 1e-4 if refine else 1e-8)
        fit = learner.refine(relaxed) if refine else learner.keep(relaxed, threshold)
        fits.append((learner, fit))
    learner, best = min(fits, key=lambda pair: pair[1].bic)
    return pd.DataFrame(
        learner.effect_sizes(best.parents),
        index=pd.Index(names, name="effect"),
        columns=pd.Index(names, name="cause"),
    )


class _Learner:
    """One kind of effects and noise; columns in the units that the noise model calls for."""

    def __init__(self, columns: np.ndarray, effects: str, noise: NoiseModel) -> None:
        scale = columns.std(0)
        self.units = scale if noise.scale_free else np.full(len(scale), 1.0)
        self.effects, self.noise = effects, noise
        self.moments = Moments.of((columns - columns.mean(0)) / self.units, effects)
        self.search = OrderSearch(self.moments, noise)

    def relax(self, penalty: float, acyclicity: str, tolerance: float) -> np.ndarray:
        """Return the relaxed effect sizes, (d, d)."""
        return Relaxation(self.moments, self.noise, penalty, acyclicity).strengths(tolerance)

    def keep(self, strengths: np.ndarray, threshold: float) -> _Fit:
        """Take the strong effects of the relaxed graph, without cycles."""
        strong = np.where(strengths > threshold, strengths, 0.0)
        place = np.argsort(_order(strong))
        graph = (strong > 0) & (place[:, None] > place[None, :])
        parents = tuple(frozenset(np.flatnonzero(row).tolist()) for row in graph)
        return _Fit(parents, self._bic(parents))

    def refine(self, strengths: np.ndarray) -> _Fit:
        """Search from the order of the relaxed graph, and from the columns' own order."""
        starts = (_order(strengths), range(len(strengths)))
        parents, _ = min((self.search.improve(order) for order in starts), key=lambda pair: pair[1])
        return _Fit(parents, self._bic(parents))

    def _bic(self, parents: tuple[frozenset[int], ...]) -> float:
        # In the columns' own units, so that noise models can be compared.
        return self.search.bic(parents) + 2 * self.moments.n_rows * np.log(self.units).sum()

    def effect_sizes(self, parents: tuple[frozenset[int], ...]) -> np.ndarray:
        """Return least-squares effects, (d, d), in the columns' own units."""
        sizes = np.zeros((len(parents), len(parents)))
        for effect, cause, coefficients in self._coefficients(parents):
            if self.effects == "linear":
                sizes[effect, cause] = coefficients.item() / self.units[cause]
            else:
                sizes[effect, cause] = np.linalg.norm(coefficients)
        return sizes * self.units[:, None]

    def _coefficients(
        self, parents: tuple[frozenset[int], ...]
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        for effect, causes in enumerate(parents):
            coefficients, _ = self.moments.regress(effect, causes)
            owner = self.moments.owner[self.moments.members(causes)]
            for cause in causes:
                yield effect, cause, coefficients[owner == cause]


def _order(strengths: np.ndarray) -> list[int]:
    return strongest_order(torch.as_tensor(strengths)).tolist()
