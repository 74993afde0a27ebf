"""Relationship matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula.levels import level_name

from .base import Correlation
from .context import Context, EffectContext
from .errors import KinshipError

ASYMMETRY = 1e-8
NEGATIVE = 1e-8
"""Largest negative eigenvalue, over the largest one, that is put down to rounding."""
UNNAMED = "give 'train_levels' in the order of its rows"
EFFECTS = "name the rows of the frame by the effects, or give an array in their order"
UNRELATED = "whoever is to be predicted needs a row in the matrix that the model is fitted with"


def genomic_relationship(
    genotypes: np.ndarray, allele_frequencies: np.ndarray | None = None
) -> np.ndarray:
    """Genomic relationship matrix (eq. 14; VanRaden 2008, method 1).

    Parameters
    ----------
    genotypes : ndarray of shape (n, m)
        Copies of the counted allele: 0, 1 or 2 (imputed values in between are allowed).
    allele_frequencies : ndarray of shape (m,), optional
        Of the counted allele; from all ``n`` individuals unless given.

    Returns
    -------
    ndarray of shape (n, n)

    Raises
    ------
    KinshipError
        Missing genotypes or ones outside [0, 2]; frequencies of the wrong number; no marker
        varies.
    """
    M = np.asarray(genotypes, dtype=float)
    if M.ndim != 2:
        raise KinshipError(f"genotypes must be individuals x markers, not of shape {M.shape}")
    bad = ~((M >= 0.0) & (M <= 2.0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise KinshipError(
            f"genotype of individual {row}, marker {column} is {M[row, column]:g}; genotypes are "
            "0, 1 or 2 copies, so impute or drop it"
        )
    p = M.mean(axis=0) / 2.0 if allele_frequencies is None else np.asarray(allele_frequencies)
    if p.shape != (M.shape[1],):
        raise KinshipError(f"{p.size} allele frequencies were given for {M.shape[1]} markers")
    scale = 2.0 * float(p @ (1.0 - p))
    if not scale > 0.0:
        raise KinshipError("no marker varies, so the genotypes say nothing about relationship")
    Z = M - 2.0 * p
    return Z @ Z.T / scale


class Kinship(Correlation):
    """Known covariance up to a variance; positions are rows of the matrix.

    Parameters
    ----------
    matrix : ndarray of shape (N, N)
        Symmetric and positive semi-definite; it is not rescaled.
    labels : sequence of length N, optional
        Whose rows they are.

    Raises
    ------
    KinshipError
        The matrix is not square, finite, symmetric or positive semi-definite, or the labels do
        not match it.
    """

    type = "K"
    places_by_label = True
    keys = ("K_group", "train_levels", "genotypes", "allele_frequencies")

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Kinship:
        """``K_group`` or ``genotypes``, whose rows are ``train_levels`` (or a frame's index).

        The matrix may cover more individuals than the data: their effects are predicted from it.
        Over the effects of a level its rows are the effects in their order, unless a frame's index
        has them in another.

        Raises
        ------
        KinshipError
            None of the two or both, rows whose individuals nothing says, or an index and
            ``train_levels`` that say different ones.
        """
        given = [key for key in ("K_group", "genotypes") if entry.get(key) is not None]
        if len(given) != 1:
            raise KinshipError(f"'{context.group}' needs one of 'K_group' and 'genotypes'")
        source = entry[given[0]]
        labels = _labels(source, entry.get("train_levels"), f"'{context.group}'")
        if labels is None and isinstance(context, EffectContext):
            labels = context.labels
        if labels is None and isinstance(source, pd.DataFrame):
            labels = _names(source.index)
        if labels is None:
            raise KinshipError(
                f"'{context.group}' needs 'train_levels': whose rows those of {given[0]!r} are"
            )
        if given[0] == "K_group":
            source = _in_order(source)
        else:
            source = genomic_relationship(source, entry.get("allele_frequencies"))
        return cls(source, labels)

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[Kinship, np.ndarray]:
        """Some of the individuals of a matrix of full rank."""
        root = rng.normal(size=(size + 3, 2 * size + 6))
        return cls(root @ root.T / root.shape[1]), rng.permutation(size + 3)[:size]

    def locate(self, context: Context, columns: Sequence[str]) -> np.ndarray:
        """Rows of the context's labels."""
        advice = EFFECTS if isinstance(context, EffectContext) else UNNAMED
        return self.rows(context.labels, f"'{context.group}'", advice)

    def locate_new(self, context: Context, columns: Sequence[str]) -> np.ndarray:
        """Rows of the labels of levels that come later."""
        return self.rows(context.labels, f"'{context.group}'", UNRELATED)

    def __init__(self, matrix: np.ndarray, labels: Sequence[object] | None = None) -> None:
        super().__init__()
        K = np.asarray(matrix, dtype=float)
        if K.ndim != 2 or K.shape[0] != K.shape[1] or not len(K):
            raise KinshipError(f"the relationship matrix must be square, not of shape {K.shape}")
        self.labels = _names(range(len(K)) if labels is None else labels)
        if len(self.labels) != len(K):
            raise KinshipError(
                f"{len(self.labels)} levels were given for a relationship matrix of {len(K)} rows"
            )
        repeated = [v for i, v in enumerate(self.labels) if v in set(self.labels[:i])][:1]
        if len(set(self.labels)) < len(self.labels):
            raise KinshipError(f"the relationship matrix has level {repeated[0]!r} twice")
        if not np.isfinite(K).all():
            row = int(np.flatnonzero(~np.isfinite(K).all(axis=1))[0])
            raise KinshipError(
                f"the relationship matrix holds missing values at level {self.labels[row]!r}"
            )
        gap = np.abs(K - K.T)
        if gap.max() > ASYMMETRY * np.abs(K).max():
            i, j = np.unravel_index(int(gap.argmax()), gap.shape)
            raise KinshipError(
                f"the relationship matrix is not symmetric: levels {self.labels[i]!r} and "
                f"{self.labels[j]!r} have {K[i, j]:g} and {K[j, i]:g}"
            )
        self.K = 0.5 * (K + K.T)
        roots = np.linalg.eigvalsh(self.K)
        if roots[0] < -NEGATIVE * max(roots[-1], 0.0) or roots[-1] <= 0.0:
            raise KinshipError(
                "the relationship matrix is not positive semi-definite: its smallest eigenvalue "
                f"is {roots[0]:.3g}"
            )
        self._row = {label: i for i, label in enumerate(self.labels)}

    def rows(self, levels: Sequence[object], where: str, advice: str = UNNAMED) -> np.ndarray:
        """Rows ``(s,)`` of levels.

        Parameters
        ----------
        levels : sequence
        where, advice : str
            Which group, and what to do, for the message.

        Raises
        ------
        KinshipError
            Names the level that the matrix lacks.
        """
        names = _names(levels)
        missing = [name for name in names if name not in self._row]
        if missing:
            shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            raise KinshipError(
                f"{where}: the relationship matrix lacks {len(missing)} "
                f"level{'s' * (len(missing) > 1)}: {shown}; {advice}"
            )
        return np.array([self._row[name] for name in names], dtype=np.int64)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Entries of the matrix."""
        left, right = np.asarray(left, dtype=np.int64), np.asarray(right, dtype=np.int64)
        return self.K[left[..., :, None], right[..., None, :]]

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """No parameters: ``(0, ..., a, b)``."""
        return np.zeros((0, *self.between(values, left, right).shape))


def _names(levels: Iterable[object]) -> list[str]:
    """Names of levels, as the formula gives them."""
    return [level_name(v.item() if isinstance(v, np.generic) else v) for v in levels]


def _is_counted(index: pd.Index) -> bool:
    """Whether an index has no names, but numbers from zero on."""
    return index.equals(pd.RangeIndex(len(index)))


def _labels(source: Any, train_levels: Any, where: str) -> list[str] | None:
    """Names of the rows of a matrix; None where nothing says them but their numbers."""
    own = None
    if isinstance(source, pd.DataFrame) and not _is_counted(source.index):
        own = _names(source.index)
    if train_levels is None:
        return own
    given = _names(train_levels)
    if own is None or len(own) != len(given) or own == given:
        return given
    row = next(i for i, pair in enumerate(zip(own, given, strict=True)) if pair[0] != pair[1])
    raise KinshipError(
        f"{where}: row {row} of the matrix is {own[row]!r} by its index and {given[row]!r} by "
        "'train_levels'; leave one of them out"
    )


def _in_order(source: Any) -> Any:
    """Return a frame with its columns in the order of its rows, where they have the same names."""
    if not isinstance(source, pd.DataFrame) or _is_counted(source.columns):
        return source
    columns, rows = _names(source.columns), _names(source.index)
    if len(set(columns)) < len(columns) or set(columns) != set(rows):
        return source
    place = {name: i for i, name in enumerate(columns)}
    return source.iloc[:, [place[name] for name in rows]]
