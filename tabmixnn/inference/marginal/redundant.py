"""Random effects whose covariances the data cannot tell apart, whatever the response is.

The rows of a level have the covariance ``Z_g G Z_g'`` from its effects. Two covariances G are the
same model if their difference ``D`` has ``Z_g D Z_g' = 0`` in all levels: if
``sum_g tr(D A_g D A_g)``, ``A_g = Z_g'Z_g``, is zero, a quadratic form in D.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tabmixnn.caller import warn_caller

from .conditions import RedundantEffectsWarning
from .terms import Grouping

FLAT = 1e-12
"""Relative size of the form along a direction that nothing is known of."""
INVOLVED = 1e-5
"""Smallest share of a direction, or of a combination of columns, of an effect that is named."""
MOST_COLUMNS = 24
"""Of a factor that is looked at: the form has the fourth power of them."""


def warn_of_redundant(groupings: Sequence[Grouping], first: np.ndarray | None = None) -> None:
    """Warn of groups with effects of which several covariances are the same model.

    Parameters
    ----------
    groupings : sequence of Grouping
    first : ndarray of shape (G, q, q), optional
        ``Z_g'WZ_g`` of the first of them, if it is at hand.

    Warns
    -----
    RedundantEffectsWarning
        Naming a group, or two with the same levels, and the effects.
    """
    for i, grouping in enumerate(groupings):
        where = f"group '{grouping.group}'"
        found = [] if grouping.unit else _looked_at(grouping, None if i else first)
        for other in [] if found else groupings[:i]:
            if _has_same_rows(grouping, other):
                where = f"groups '{other.group}' and '{grouping.group}', whose levels are the same"
                found = _looked_at(_together(other, grouping), None)
        if found:
            warn_caller(
                f"redundant random effects in {where}: {', '.join(found)}; other covariances of "
                "theirs are the same model, so that those reported are one choice of many: leave "
                "effects out",
                RedundantEffectsWarning,
            )


def _looked_at(grouping: Grouping, products: np.ndarray | None) -> list[str]:
    if grouping.size > MOST_COLUMNS:
        return []
    return redundant_effects(grouping, grouping.gram() if products is None else products)


def _has_same_rows(grouping: Grouping, other: Grouping) -> bool:
    """Whether two factors differ in the names of their levels only."""
    if grouping.n_levels != other.n_levels or not len(grouping.codes):
        return False
    partner = np.empty(grouping.n_levels, dtype=np.int64)
    partner[grouping.codes] = other.codes
    return bool((partner[grouping.codes] == other.codes).all())


def _together(one: Grouping, other: Grouping) -> Grouping:
    """Return the terms of two factors with the same levels as those of one."""
    moved = [
        replace(term, columns=slice(term.columns.start + one.size, term.columns.stop + one.size))
        for term in other.terms
    ]
    Z, terms = np.hstack([one.Z, other.Z]), [*one.terms, *moved]
    return Grouping(one.group, one.codes, one.n_levels, Z, False, terms)


def redundant_effects(grouping: Grouping, products: np.ndarray) -> list[str]:
    """Return the names of effects of whose covariances several are the same model.

    Parameters
    ----------
    grouping : Grouping
    products : ndarray of shape (G, q, q)
        ``Z_g'WZ_g`` of every level.
    """
    q = grouping.size
    flat = products.reshape(-1, q * q)
    sums = (flat.T @ flat).reshape(q, q, q, q)
    units = np.array([unit.ravel() for unit in _directions(grouping)])
    form = units @ sums.transpose(0, 2, 3, 1).reshape(q * q, q * q) @ units.T
    scale = np.sqrt(np.diagonal(form))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(form / np.outer(scale, scale))
    flat_ones = values <= FLAT * len(values)
    if not flat_ones.any():
        return []
    turn = _natural(grouping)
    sizes = np.abs(turn @ _aliased(products)).max(axis=1, initial=0.0)
    if not sizes.any():
        spread = ((vectors[:, flat_ones].T / scale) @ units).reshape(-1, q, q)
        sizes = np.abs(turn @ spread @ turn.T).max(axis=(0, 2))
    involved = sizes > INVOLVED * sizes.max()
    names = [name for term in grouping.terms for name in term.names]
    return [name for name, is_involved in zip(names, involved, strict=True) if is_involved]


def _directions(grouping: Grouping) -> list[np.ndarray]:
    """Units of the covariances that the terms can have, ``(q, q)`` each and symmetric."""
    out = []
    for term in grouping.terms:
        places = range(term.columns.start, term.columns.stop)
        for k in places:
            for m in range(term.columns.start, k + 1):
                if k == m or term.structure.n_params > term.size:
                    unit = np.zeros((grouping.size, grouping.size))
                    unit[k, m] = unit[m, k] = 1.0
                    out.append(unit)
    return out


def _aliased(products: np.ndarray) -> np.ndarray:
    """Combinations of the columns that are zero in all rows, ``(q, k)``."""
    gram = products.sum(axis=0)
    scale = np.sqrt(np.diagonal(gram))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(gram / np.outer(scale, scale))
    return vectors[:, values <= FLAT * len(values)] / scale[:, None]


def _natural(grouping: Grouping) -> np.ndarray:
    """What takes coefficients of whitened columns to those of the data's at unit size, (q, q)."""
    out = np.zeros((grouping.size, grouping.size))
    for term in grouping.terms:
        sizes = np.linalg.norm(term.whitening, axis=0)
        out[term.columns, term.columns] = sizes[:, None] * np.linalg.inv(term.whitening)
    return out
