"""Cross-products of rows whose residuals are correlated within groups."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ..profiled import CriterionError


class _Batch:
    """The groups of one size ``s``, ``N`` of them."""

    def __init__(self, rows: np.ndarray, residual) -> None:
        self.rows = rows
        self.positions = residual.positions[rows]
        self.strata = None if residual.strata is None else residual.strata[rows]
        # Groups seen at the same times share one matrix.
        first = self.positions[:1]
        self.shared = bool((self.positions == first).all())
        if self.shared:
            self.positions = first

    def factor(self, structure, inner: np.ndarray, log_sd: np.ndarray) -> None:
        """Inverse correlation ``(N or 1, s, s)`` at these parameters, and its determinant."""
        R = structure.matrix(inner, self.positions)
        try:
            lower = np.linalg.cholesky(R)
        except np.linalg.LinAlgError as error:
            raise CriterionError("a residual correlation is not positive definite") from error
        logdets = 2.0 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
        count = len(self.rows) if self.shared else 1
        self.logdet = count * float(logdets.sum())
        inverse = np.linalg.inv(R)
        self.inverse = 0.5 * (inverse + inverse.transpose(0, 2, 1))
        self.sd = None
        if self.strata is not None:
            self.sd = np.exp(log_sd[self.strata])
            self.logdet += 2.0 * float(log_sd[self.strata].sum())

    def precision(self) -> np.ndarray:
        """Inverse covariance of every group, ``(N, s, s)``."""
        out = np.broadcast_to(self.inverse, (len(self.rows), *self.inverse.shape[1:]))
        if self.sd is not None:
            out = out / (self.sd[:, :, None] * self.sd[:, None, :])
        return out


class ResidualRows:
    """Rows arranged by the groups of a residual structure.

    Parameters
    ----------
    residual : ResidualStructure
    """

    def __init__(self, residual) -> None:
        self.residual = residual
        codes = np.asarray(residual.codes)
        # Rows in order of position, so that groups seen at the same times look the same.
        key = np.reshape(residual.positions, (len(codes), -1))
        order = np.lexsort((*key.T[::-1], codes))
        counts = np.bincount(codes)
        counts = counts[counts > 0]
        ends = np.cumsum(counts)
        starts = ends - counts
        self.batches = [
            _Batch(order[starts[counts == s][:, None] + np.arange(s)], residual)
            for s in np.unique(counts)
        ]

    def factor(self, params: np.ndarray) -> float:
        """Factorise every group's covariance; returns the log-determinant of all rows."""
        inner, log_sd = self.residual.split(params)
        for batch in self.batches:
            batch.factor(self.residual.structure, inner, log_sd)
        return sum(batch.logdet for batch in self.batches)

    def precision_matrix(self, n: int) -> sparse.csr_array:
        """Inverse covariance of all rows, block diagonal, ``(n, n)``."""
        rows, cols, values = [], [], []
        for batch in self.batches:
            P = batch.precision()
            rows.append(np.broadcast_to(batch.rows[:, :, None], P.shape).ravel())
            cols.append(np.broadcast_to(batch.rows[:, None, :], P.shape).ravel())
            values.append(P.ravel())
        entries = np.concatenate(values)
        return sparse.csr_array(
            (entries, (np.concatenate(rows), np.concatenate(cols))), shape=(n, n)
        )

    def gradient(self, params: np.ndarray, spread) -> np.ndarray:
        """Gradient of ``log|R| + f(R^-1)`` in the parameters.

        Parameters
        ----------
        params : ndarray of shape (k,)
            Those of the last :meth:`factor`.
        spread : callable
            From a batch to ``-df/dR`` of its groups, ``R^-1 (df/dR^-1) R^-1``, ``(N, s, s)``.

        Returns
        -------
        ndarray of shape (k,)
        """
        inner, _ = self.residual.split(params)
        n_inner = self.residual.structure.n_params
        by_inner, by_sd = np.zeros(n_inner), np.zeros(self.residual.n_strata)
        for batch in self.batches:
            bar = batch.precision() - spread(batch)
            if batch.sd is not None:
                bar = bar * (batch.sd[:, :, None] * batch.sd[:, None, :])
                R = self.residual.structure.matrix(inner, batch.positions)
                rows = 2.0 * (bar * R).sum(axis=2)
                by_sd += np.bincount(batch.strata.ravel(), rows.ravel(), len(by_sd))
            if n_inner:
                total = bar.sum(axis=0, keepdims=True) if batch.shared else bar
                slopes = self.residual.structure.derivatives(inner, batch.positions)
                by_inner += np.tensordot(slopes, total, axes=3)
        return np.append(by_inner, by_sd[1:])
