"""What a variable of a formula becomes on the rows of a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.contrasts import CONTRASTS, FULL, Contrast


@dataclass(frozen=True, eq=False)
class NumericValue:
    """One or more numeric columns.

    Attributes
    ----------
    columns : ndarray, shape (n, k)
    suffixes : tuple of str, length k
        What follows the variable's text in the names of the columns.
    """

    columns: NDArray[np.float64]
    suffixes: tuple[str, ...] = ("",)

    def encode(self, full: bool, unseen: str) -> NDArray[np.float64]:
        """Return the columns, shape (n, k); numbers have only one coding."""
        return self.columns

    def names(self, full: bool) -> tuple[str, ...]:
        """Return the suffixes of the columns that `encode` gives."""
        return self.suffixes


@dataclass(frozen=True, eq=False)
class FactorValue:
    """A categorical variable as codes.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
        Index into `levels`; -1 for a level that the training data did not have.
    levels : tuple of str, or a sequence that names very many
        In R's order.
    contrast : str
        Name in :data:`tabmixnn.formula.contrasts.CONTRASTS`.
    """

    codes: NDArray[np.int64]
    levels: Sequence[str]
    contrast: str = "treatment"

    def encode(self, full: bool, unseen: str) -> NDArray[np.float64]:
        """Return one column a level if `full`, contrasts otherwise, shape (n, k).

        Parameters
        ----------
        full : bool
            Whether the margin of this variable is absent from the model, see
            :func:`tabmixnn.formula.matrix.codings`.
        unseen : str
            What rows with code -1 become: ``"zero"`` in every column, or the first level's row.
        """
        codes = np.maximum(self.codes, 0) if unseen == "reference" else self.codes
        return self._coding(full).encode(codes, len(self.levels))

    def names(self, full: bool) -> tuple[str, ...]:
        """Return the suffixes of the columns that `encode` gives."""
        return self._coding(full).names(self.levels)

    def _coding(self, full: bool) -> Contrast:
        return FULL if full else CONTRASTS[self.contrast]


Value = NumericValue | FactorValue
