"""Separable covariance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .ar1 import AR1
from .base import Correlation
from .compound_symmetry import CompoundSymmetry
from .context import Context


class Kronecker(Correlation):
    """Product of a structure over levels and one over slopes (eq. 13).

    A position is a pair: the level's position, then the slope's (vectors are laid end to end).
    On a full grid with the slope running fastest the matrix is ``K_group (x) K_slope``, and the
    determinant and the inverse come from the two factors.

    Parameters
    ----------
    group, slope : Correlation
        Structure over the levels and over the effects of one level.
    group_width : int
        Numbers in a level's position: one, or the number of coordinates.
    """

    type = "Kronecker"
    vector_positions = True
    keys = ("group", "K_group", "train_levels", "slope", "K_slope")

    @classmethod
    def expand(cls, entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """A matrix or an entry for the levels, another for the effects; either may be absent."""
        out = {}
        if "K_group" in entry:
            known = {k: entry[k] for k in ("K_group", "train_levels") if k in entry}
            out["levels"] = {"type": "K", **known}
        elif "group" in entry:
            out["levels"] = entry["group"]
        if "K_slope" in entry:
            out["effects"] = {"type": "K", "K_group": np.asarray(entry["K_slope"], dtype=float)}
        elif "slope" in entry:
            out["effects"] = entry["slope"]
        return out

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Correlation:
        """Never called: :meth:`expand` hands the factors to their own structures."""
        raise TypeError("Kronecker is a product; its factors come from the map")

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[Kronecker, np.ndarray]:
        """An autoregression of levels, every effect alike: a full grid if ``size`` allows."""
        structure = cls(AR1(0.5), CompoundSymmetry(0.2, size=2))
        return structure, structure.grid(np.arange(size // 2), np.arange(2))

    def __init__(self, group: Correlation, slope: Correlation, group_width: int = 1) -> None:
        self.group, self.slope, self.group_width = group, slope, group_width
        domains = {f"group.{k}": v for k, v in group.domains.items()}
        domains |= {f"slope.{k}": v for k, v in slope.domains.items()}
        free = {f"group.{k}" for k in group.names} | {f"slope.{k}" for k in slope.names}
        super().__init__(
            domains, np.concatenate([group.initial, slope.initial]), set(domains) - free
        )

    def grid(self, group: np.ndarray, slope: np.ndarray) -> np.ndarray:
        """Positions ``(G q, width)`` of every effect, the slope running fastest."""
        left = np.reshape(group, (len(group), -1))
        right = np.reshape(slope, (len(slope), -1))
        return np.hstack([np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1))])

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """Reported parameters of both factors."""
        left, right = self._params(params)
        out = {f"group.{k}": v for k, v in self.group.natural(left).items()}
        return out | {f"slope.{k}": v for k, v in self.slope.natural(right).items()}

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Leave the check to the factors, each on its own positions."""
        group, slope = self._split(positions)
        for structure, part in ((self.group, group), (self.slope, slope)):
            _, first = np.unique(np.reshape(part, (len(part), -1)), axis=0, return_index=True)
            structure.check(part[np.sort(first)], [labels[i] for i in np.sort(first)], where)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Product of the two correlations."""
        by_group, by_slope = self._values(values)
        left_group, left_slope = self._split(left)
        right_group, right_slope = self._split(right)
        group = self.group.between(by_group, left_group, right_group)
        return group * self.slope.between(by_slope, left_slope, right_slope)

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Product rule."""
        by_group, by_slope = self._values(values)
        left_group, left_slope = self._split(left)
        right_group, right_slope = self._split(right)
        group = self.group.between(by_group, left_group, right_group)
        slope = self.slope.between(by_slope, left_slope, right_slope)
        return np.concatenate(
            [
                self.group.slopes(by_group, left_group, right_group) * slope,
                self.slope.slopes(by_slope, left_slope, right_slope) * group,
            ]
        )

    def logdet(self, params: np.ndarray, positions: np.ndarray) -> float:
        """``q log|K_group| + G log|K_slope|`` on a full grid."""
        grid = self._axes(positions)
        if grid is None:
            return super().logdet(params, positions)
        left, right = self._params(params)
        group, slope = grid
        return len(slope) * self.group.logdet(left, group) + len(group) * self.slope.logdet(
            right, slope
        )

    def solve(self, params: np.ndarray, positions: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """One factor after the other on a full grid."""
        grid = self._axes(positions)
        if grid is None:
            return super().solve(params, positions, rhs)
        left, right = self._params(params)
        group, slope = grid
        G, q, c = len(group), len(slope), rhs.shape[1]
        out = self.group.solve(left, group, rhs.reshape(G, q * c)).reshape(G, q, c)
        out = self.slope.solve(right, slope, out.transpose(1, 0, 2).reshape(q, G * c))
        return out.reshape(q, G, c).transpose(1, 0, 2).reshape(G * q, c)

    def _values(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        k = len(self.group.domains)
        return values[:k], values[k:]

    def _params(self, params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return params[: self.group.n_params], params[self.group.n_params :]

    def _split(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        w = self.group_width
        group, slope = positions[..., :w], positions[..., w:]
        if not self.group.vector_positions:
            group = group[..., 0]
        if not self.slope.vector_positions:
            slope = slope[..., 0]
        return group, slope

    def _axes(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Positions of the two factors if these are a full grid."""
        group, slope = self._split(positions)
        same_level = np.reshape(group == group[:1], (len(group), -1)).all(axis=1)
        q = int(np.argmin(same_level)) or len(group)
        if len(positions) % q:
            return None
        axes = group[::q], slope[:q]
        return axes if np.array_equal(self.grid(*axes), positions) else None
