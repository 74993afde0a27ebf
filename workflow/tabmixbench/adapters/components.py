"""Coefficients with a variance of their own: statsmodels' variance components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.adapters.predictor import rescaled

if TYPE_CHECKING:
    from statsmodels.regression.mixed_linear_model import VCSpec

    from tabmixnn.formula import RandomBlock


@dataclass(frozen=True)
class Component:
    """One random coefficient that is independent of all others.

    Attributes
    ----------
    block, column : int
        Where it stands: block of the design, column of its Z.
    group, name : str
        Grouping factor and coefficient.
    codes : numpy.ndarray
        (n,) levels of the factor.
    values : numpy.ndarray
        (n,) the column of Z in units of its root mean square.
    back : float
        Factor that turns its effects into those of the original column.
    """

    block: int
    column: int
    group: str
    name: str
    codes: np.ndarray
    values: np.ndarray
    back: float


def components_of(blocks: Sequence[RandomBlock], joint: int | None) -> list[Component]:
    """Every coefficient outside block `joint`, whose effects are correlated with each other.

    MixedLM cannot correlate an intercept and a slope of an inner factor.
    """
    components = []
    for i, block in enumerate(blocks):
        if i != joint:
            scaled = rescaled(block.Z)
            components += [
                Component(
                    i, j, block.group, name, block.codes, scaled.matrix[:, j], scaled.back[j, j]
                )
                for j, name in enumerate(block.names)
            ]
    return components


def vc_spec(groups: np.ndarray, components: Sequence[Component]) -> VCSpec | None:
    """Indicator matrices of the components within each group, as MixedLM takes them; None for none.

    Parameters
    ----------
    groups : numpy.ndarray
        (n,) codes 0..G-1 of the outer factor.
    components : sequence of Component
        In the order of the variances in the result.
    """
    if not components:
        return None
    from statsmodels.regression.mixed_linear_model import VCSpec

    order = np.argsort(groups, kind="stable")
    rows_of = np.split(order, np.cumsum(np.bincount(groups))[:-1])
    names, colnames, matrices = [], [], []
    for component in components:
        names.append(f"{component.group}: {component.name}")
        within = [np.unique(component.codes[rows], return_inverse=True) for rows in rows_of]
        colnames.append([[str(level) for level in levels] for levels, _ in within])
        matrices.append(
            [
                np.eye(len(levels))[where] * component.values[rows, None]
                for rows, (levels, where) in zip(rows_of, within, strict=True)
            ]
        )
    return VCSpec(names, colnames, matrices)
