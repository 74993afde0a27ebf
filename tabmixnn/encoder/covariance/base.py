"""What every covariance structure supplies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np
from scipy.linalg import pinvh

from .context import Context
from .domains import Domain
from .errors import ParameterError, PositionError


class Correlation(ABC):
    """Correlation of random effects as a function of where they stand (eq. 8 of the paper).

    A structure correlates *positions*: times for AR1 and ARMA, coordinates for a Gaussian process,
    rows of a matrix for kinship, labels for IID and compound symmetry. The same object therefore
    serves the levels of a group, the effects of one level, the residuals of a group, and levels
    that appear only at prediction. It holds no data; a variance in front belongs to the model.

    **To add a structure** write one file with a subclass that sets ``type``, calls
    ``super().__init__`` with its parameters and supplies :meth:`between`, :meth:`slopes`,
    :meth:`from_map`, with its ``keys``, and :meth:`example`; then list the class in
    ``registry.py`` and in ``__init__.py``. A structure that stands on a column says by
    ``default_column`` which key names it. Optimisation, kriging, the map of section 4.3.2 and the
    generic tests find it there. Override :meth:`solve` where the structure has it in closed form,
    :meth:`check` where not every set of positions will do, and :meth:`check_new` where not every
    later one will.

    The tests also fit a model with an entry of ``cov_struct_map``: its type alone, unless
    ``tests/tabmixnn/encoder/covariance/entries.py`` says more, such as a column of its rows or
    ``'over': 'residual'``. They ask for a line in ``docs/covariance.md`` and in
    ``docs/api/covariance.md``.

    Parameters
    ----------
    domains : dict of str to Domain
        Name and domain of each parameter, in order.
    initial : sequence of float
        Start value of each, in its domain.
    hold : iterable of str
        Parameters that keep their start value instead of being estimated.

    Raises
    ------
    ParameterError
        A start value outside its domain, or an unknown name in ``hold``.
    """

    type: ClassVar[str]
    """Name in ``cov_struct_map``."""

    vector_positions: ClassVar[bool] = False
    """Whether one position is a vector (coordinates) rather than a number."""

    keys: ClassVar[tuple[str, ...]] = ()
    """Keys of its entry in ``cov_struct_map``: all that :meth:`from_map` reads, and
    ``default_column``, such as ``time_col``, but not ``type``, ``over`` and ``hold``, which every
    entry may have. An entry with another key is refused."""

    places: ClassVar[tuple[str, ...]] = ("levels", "effects", "residual")
    """Where the structure can be told from data."""

    places_by_label: ClassVar[bool] = False
    """Whether the label of a level alone says where it stands."""

    is_exchangeable: ClassVar[bool] = False
    """Whether later levels are to the known ones what these are to each other."""

    default_column: ClassVar[str | None] = None
    """Key of the entry that names the column or columns with the positions."""

    def __init__(
        self,
        domains: dict[str, Domain] | None = None,
        initial: Sequence[float] = (),
        hold: Iterable[str] = (),
    ) -> None:
        self.domains = domains or {}
        self.initial = np.array(
            [_number(v, f"{k} of {self.type}") for k, v in zip(self.domains, initial, strict=True)]
        )
        held = set([hold] if isinstance(hold, str) else hold)
        for name in sorted(held - set(self.domains)):
            raise ParameterError(
                f"{self.type} has no parameter {name!r} to hold; it has "
                f"{', '.join(self.domains) or 'none'}"
            )
        self.free = [i for i, name in enumerate(self.domains) if name not in held]
        for (name, domain), value in zip(self.domains.items(), self.initial, strict=True):
            if not domain.contains(value):
                raise ParameterError(f"{name} of {self.type} must be {domain}, not {value:g}")

    @abstractmethod
    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Correlation of every left with every right position.

        Parameters
        ----------
        values : ndarray of shape (k,)
            Every parameter, in its domain.
        left : ndarray of shape (..., a) or (..., a, dim)
        right : ndarray of shape (..., b) or (..., b, dim)

        Returns
        -------
        ndarray of shape (..., a, b)
        """

    @abstractmethod
    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Derivatives of :meth:`between` in each parameter, ``(k, ..., a, b)``."""

    @classmethod
    @abstractmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Correlation:
        """Structure of an entry of ``cov_struct_map`` (section 4.3.2), on the given subjects."""

    @classmethod
    @abstractmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[Correlation, np.ndarray]:
        """A structure and ``size`` positions for it, as the generic tests need."""

    def locate(self, context: Context, columns: Sequence[str]) -> np.ndarray:
        """Positions of the subjects of a context, from columns if there are any."""
        values = context.values(columns) if columns else context.order()
        return values[:, None] if self.vector_positions and values.ndim == 1 else values

    def locate_new(self, context: Context, columns: Sequence[str]) -> np.ndarray:
        """Positions of levels that come later."""
        return self.locate(context, columns)

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Refuse positions that the structure cannot take.

        Parameters
        ----------
        positions : ndarray of shape (s,) or (s, dim)
        labels : sequence of str of length s
            What stands at each position, for the message.
        where : str
            Which group, for the message.

        Raises
        ------
        PositionError
        """
        if len(labels) != len(positions):
            raise PositionError(f"{where}: {len(positions)} positions but {len(labels)} labels")

    def check_new(
        self, known: np.ndarray, new: np.ndarray, labels: Sequence[str], where: str
    ) -> None:
        """Refuse positions of later levels that the structure cannot take beside the known ones.

        Those may be positions of known levels too.

        Parameters
        ----------
        known : ndarray of shape (s,) or (s, dim)
            Positions that :meth:`check` took.
        new : ndarray of shape (m,) or (m, dim)
        labels : sequence of str of length m
            What stands at the new ones, for the message.
        where : str
            Which group, for the message.

        Raises
        ------
        PositionError
        """
        Correlation.check(self, new, labels, where)

    @property
    def n_params(self) -> int:
        """Number of parameters that are estimated."""
        return len(self.free)

    @property
    def names(self) -> list[str]:
        """Names of the estimated parameters."""
        return [name for i, name in enumerate(self.domains) if i in self.free]

    @property
    def start(self) -> np.ndarray:
        """Unconstrained start values ``(n_params,)``, from the values given."""
        domains = list(self.domains.values())
        return np.array([domains[i].unconstrained(self.initial[i]) for i in self.free])

    def values(self, params: np.ndarray) -> np.ndarray:
        """Every parameter in its domain ``(k,)``, from the unconstrained ``(n_params,)``."""
        out = self.initial.copy()
        domains = list(self.domains.values())
        for i, x in zip(self.free, params, strict=True):
            out[i] = domains[i].value(x)
        return out

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """Parameters as they are reported, held ones included."""
        return dict(zip(self.domains, map(float, self.values(params)), strict=True))

    def at_edge(self, params: np.ndarray) -> np.ndarray:
        """Which of the estimated parameters lie at the edge of their domain, ``(n_params,)``."""
        values, domains = self.values(params), list(self.domains.values())
        return np.array([domains[i].at_edge(values[i]) for i in self.free], dtype=bool)

    def cross(self, params: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Correlations ``(..., a, b)`` at unconstrained parameters."""
        return self.between(self.values(params), left, right)

    def matrix(self, params: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Correlation matrix ``(..., s, s)`` of the positions."""
        return self.cross(params, positions, positions)

    def variances(self, params: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Diagonal ``(s,)`` of the matrix of the positions, without the rest of it."""
        return self.matrix(params, positions[:, None])[:, 0, 0]

    def derivatives(self, params: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Derivatives ``(n_params, ..., s, s)`` of the matrix in the unconstrained parameters."""
        slopes = self.slopes(self.values(params), positions, positions)
        domains = list(self.domains.values())
        rates = [domains[i].slope(x) for i, x in zip(self.free, params, strict=True)]
        return slopes[self.free] * np.reshape(rates, (-1, *[1] * (slopes.ndim - 1)))

    def solve(self, params: np.ndarray, positions: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """Inverse of the matrix times ``(s, c)``; a singular matrix gets its pseudo-inverse."""
        matrix = self.matrix(params, positions)
        try:
            lower = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            return pinvh(matrix) @ rhs
        return np.linalg.solve(lower.T, np.linalg.solve(lower, rhs))

    def expected(
        self, params: np.ndarray, known: np.ndarray, new: np.ndarray, u: np.ndarray
    ) -> np.ndarray:
        """Expected effects at new positions ``(m, q)`` given ``u (s, q)`` at known ones.

        The mean of :meth:`conditional`, without matrices of the new positions.
        """
        return self.cross(params, new, known) @ self.solve(params, known, u)

    def conditional(
        self, params: np.ndarray, known: np.ndarray, new: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Effects at new positions given those at known ones (eq. 15; kriging).

        Returns
        -------
        weights : ndarray of shape (n_new, n_known)
            ``R_new,known R_known^-1``: the conditional mean is ``weights @ u``.
        covariance : ndarray of shape (n_new, n_new)
            What is left, ``R_new - weights R_known,new``, relative to the variance in front.
        """
        cross = self.cross(params, new, known)
        weights = self.solve(params, known, cross.T).T
        return weights, self.matrix(params, new) - weights @ cross.T


def _number(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} must be a number, not {value!r}") from error


def refuse_repeated(positions: np.ndarray, labels: Sequence[str], where: str, what: str) -> None:
    """Raise :class:`PositionError` when two positions agree, naming both.

    Parameters
    ----------
    positions : ndarray of shape (s,) or (s, dim)
    what : str
        What a position is called, e.g. ``"time"``.
    """
    rows = np.reshape(positions, (len(positions), -1))
    _, first, inverse, counts = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    if (counts == 1).all():
        return
    inverse = np.ravel(inverse)
    later = int(np.flatnonzero(first[inverse] != np.arange(len(rows)))[0])
    earlier = int(first[inverse[later]])
    shown = ", ".join(f"{v:g}" for v in rows[later])
    raise PositionError(
        f"{where}: {what} {shown} occurs twice, at {labels[earlier]} and at {labels[later]}; "
        "merge them or tell them apart"
    )
