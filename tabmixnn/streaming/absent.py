"""What stands where arrays of rows were, when the rows stayed in their file."""

from __future__ import annotations

from typing import Any, NoReturn

from tabmixnn.streaming.errors import RowsNotKeptError


class AbsentRows:
    """An array of n rows that is not there: it has a shape, and says so when anyone looks inside.

    Parameters
    ----------
    n : int
    source : str
        Where the rows are.
    width : int, optional
        Number of columns of a matrix.
    """

    def __init__(self, n: int, source: str, width: int | None = None) -> None:
        self.shape = (n,) if width is None else (n, width)
        self.source = source

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __eq__(self, other: object) -> bool:
        """Whether these are rows of the same file."""
        same = isinstance(other, AbsentRows) and self.shape == other.shape
        return same and self.source == other.source

    __hash__ = None

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RowsNotKeptError(
            f"This needs the training rows, which were read from {self.source} and are not kept: "
            "pass a data frame of some of them, such as data=..., where the method takes one; "
            "predict_batches() has the fitted values. Or fit a data frame."
        )

    __array__ = __getitem__ = __iter__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __neg__ = __matmul__ = __rmatmul__ = __lt__ = __gt__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()
