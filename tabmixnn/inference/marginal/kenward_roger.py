"""Kenward and Roger's small-sample covariance and degrees of freedom.

``V = sigma^2 I + sum_r gamma_r Z S_r Z'`` is linear in the entries of the random effects'
covariances. Everything the method asks for (Kenward and Roger 1997, eqs. 4 to 8) is a product of
``Z'V^-1Z``, ``X'V^-1Z`` and ``X'V^-1X``, so no matrix has a row of the data.
"""

from __future__ import annotations

import numpy as np

from .conditions import DesignError
from .contrasts import ContrastTest, as_contrasts, f_test, t_test
from .gram import RandomGram
from .result import LMMFit

MAX_EFFECTS = 6000


class KenwardRoger:
    """Adjusted covariance of the fixed effects and tests with it.

    Parameters
    ----------
    fit : LMMFit
        Fitted by REML.

    Attributes
    ----------
    vcov : ndarray of shape (p, p)
        Adjusted covariance.

    Raises
    ------
    DesignError
        The fit is not REML, or has too many random effects for dense matrices.
    """

    def __init__(self, fit: LMMFit) -> None:
        if not fit.reml:
            raise DesignError("Kenward-Roger needs a REML fit; refit with reml=True")
        groupings = fit.parameters.groupings
        n_effects = sum(g.n_effects for g in groupings)
        if n_effects > MAX_EFFECTS:
            raise DesignError(
                f"Kenward-Roger works on dense matrices of all {n_effects} random effects, more "
                f"than {MAX_EFFECTS}; use satterthwaite"
            )
        self.fit = fit
        fixed = fit.likelihood.fixed
        self._root_inverse = np.linalg.inv(fixed.root)
        d = fixed.rank + 1
        gram = _dense_gram(RandomGram(groupings))
        cross = np.concatenate([g.cross(fixed.D).reshape(-1, d) for g in groupings])[:, :-1]
        factors = fit.parameters.factors(fit.working)
        root = np.zeros_like(gram)
        start = 0
        for grouping, T in zip(groupings, factors, strict=True):
            span = slice(start, start + grouping.n_effects)
            root[span, span] = np.kron(np.eye(grouping.n_levels), T)
            start = span.stop
        sigma_u = root @ root.T
        inner = np.linalg.inv(root.T @ gram @ root + np.eye(len(gram)))
        solve = root @ inner @ root.T
        zvz = gram - gram @ solve @ gram
        xvz = cross.T - cross.T @ solve @ gram
        xvx = fixed.gram[:-1, :-1] - cross.T @ solve @ cross
        self._assemble(zvz, xvz, xvx, sigma_u)

    def _selections(self) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        """Index pairs of the ones in each symmetric ``S_r``."""
        out, start = [], 0
        for grouping in self.fit.parameters.groupings:
            places = start + grouping.size * np.arange(grouping.n_levels)
            for term in grouping.terms:
                entries = np.column_stack([term.structure.rows, term.structure.cols])
                for k, m in entries + term.columns.start:
                    pairs = [(places + k, places + m)]
                    if k != m:
                        pairs.append((places + m, places + k))
                    out.append(pairs)
            start += grouping.n_effects
        return out

    def _assemble(
        self, zvz: np.ndarray, xvz: np.ndarray, xvx: np.ndarray, sigma_u: np.ndarray
    ) -> None:
        """Covariance of the variance parameters and the pieces ``P_r``, ``Q_rs``.

        In units of ``sigma^2`` and of orthonormal columns; the residual is the last parameter.
        """
        selections = self._selections()
        count = len(selections) + 1
        p = len(xvx)
        phi = np.linalg.inv(xvx)
        # Products of V^-2, which take the place of S_r for the residual (its matrix is I).
        zv2z = zvz - zvz @ sigma_u @ zvz
        xv2z = xvz - xvz @ sigma_u @ zvz
        xv2x = xvx - xvz @ sigma_u @ xvz.T
        P, Q = np.empty((count, p, p)), np.empty((count, count, p, p))
        trace = np.empty((count, count))
        left = [_times(zvz, pairs) for pairs in selections]
        for r, pairs in enumerate(selections):
            xs = _times(xvz, pairs)
            P[r] = -xs @ xvz.T
            for s in range(len(selections)):
                Q[r, s] = xs @ _times(zvz, selections[s]) @ xvz.T
                trace[r, s] = float((left[r] * left[s].T).sum())
            Q[r, -1] = xs @ xv2z.T
            Q[-1, r] = Q[r, -1].T
            trace[r, -1] = trace[-1, r] = float(np.trace(_times(zv2z, pairs)))
        P[-1] = -xv2x
        Q[-1, -1] = xv2x - xv2z @ sigma_u @ xvz.T
        n_trace = self.fit.n - float((sigma_u * zvz).sum())
        trace[-1, -1] = n_trace - float((sigma_u * zv2z).sum())
        information = np.empty((count, count))
        for r in range(count):
            for s in range(count):
                information[r, s] = (
                    trace[r, s]
                    - 2.0 * float((phi * Q[r, s].T).sum())
                    + float(((phi @ P[r]) * (phi @ P[s]).T).sum())
                )
        self._W = 2.0 * np.linalg.pinv(0.5 * (information + information.T), rcond=1e-12)
        self._P, self._phi = P, phi
        spread = np.einsum("rs,rsij->ij", self._W, Q)
        spread -= np.einsum("rs,rij,jk,skl->il", self._W, P, phi, P)
        adjusted = phi + 2.0 * phi @ (0.5 * (spread + spread.T)) @ phi
        scale = self.fit.sigma**2
        self.vcov = scale * self._root_inverse @ adjusted @ self._root_inverse.T

    def test(self, L: np.ndarray) -> ContrastTest:
        """Test combinations of the fixed effects.

        Parameters
        ----------
        L : ndarray of shape (p,) or (r, p)
            One combination (t test) or several at once (F test).
        """
        L = as_contrasts(L, len(self.fit.beta))
        inner = L @ self._root_inverse
        rank = len(L)
        theta = inner.T @ np.linalg.inv(inner @ self._phi @ inner.T) @ inner
        weighted = np.einsum("ij,jk,rkl,lm->rim", theta, self._phi, self._P, self._phi)
        traces = np.trace(weighted, axis1=1, axis2=2)
        a1 = float(traces @ self._W @ traces)
        a2 = float(np.einsum("rs,rij,sji->", self._W, weighted, weighted))
        df, scaling = _approximate_f(a1, a2, rank)
        cov = L @ self.vcov @ L.T
        estimate, se = L @ self.fit.beta, np.sqrt(np.diagonal(cov))
        if rank == 1:
            return t_test(estimate[0], se[0], df)
        statistic = scaling * float(estimate @ np.linalg.solve(cov, estimate)) / rank
        return f_test(estimate, se, statistic, df)


def _approximate_f(a1: float, a2: float, rank: int) -> tuple[float, float]:
    """Denominator df and scale of the F statistic (Kenward and Roger 1997, section 3)."""
    B = (a1 + 6.0 * a2) / (2.0 * rank)
    g = ((rank + 1) * a1 - (rank + 4) * a2) / ((rank + 2) * a2)
    base = 3.0 * rank + 2.0 * (1.0 - g)
    c1, c2, c3 = g / base, (rank - g) / base, (rank + 2 - g) / base
    v0, v1, v2 = 1.0 + c1 * B, 1.0 - c2 * B, 1.0 - c3 * B
    v0 = 0.0 if abs(v0) < 1e-10 else v0
    share = 1.0 - a2 / rank
    # Both vanish together in balanced designs, where their ratio is one.
    ratio = 1.0 if abs(share) < 1e-14 and abs(v1) < 1e-14 else share / v1
    rho = ratio**2 * v0 / (rank * v2)
    df = 4.0 + (rank + 2) / (rank * rho - 1.0)
    scaling = 1.0 if abs(df - 2.0) < 1e-2 else df * share / (df - 2.0)
    return df, scaling


def _dense_gram(gram: RandomGram) -> np.ndarray:
    """``Z'WZ`` of all effects, ``(N, N)``."""
    first = gram.first
    width = first.n_effects
    out = np.zeros((width + gram.m, width + gram.m))
    places = first.size * np.arange(first.n_levels)[:, None, None]
    span = np.arange(first.size)
    out[places + span[:, None], places + span] = gram.A
    if gram.m:
        out[:width, width:] = gram.cross.toarray()
        out[width:, :width] = out[:width, width:].T
        out[width:, width:] = gram.layout.dense(gram.tail)
    return out


def _times(matrix: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """``matrix @ S_r``."""
    out = np.zeros_like(matrix)
    for rows, cols in pairs:
        out[:, cols] += matrix[:, rows]
    return out
