"""Random effects of R replicas: the loops of `StackedEffects`."""

import math

import numpy as np

from tabmixnn.training.stacked.loops.compiling import compiled, inner

NO_CENTRE, OWN_CENTRE, GIVEN_CENTRE = 0, 1, 2
"""Effects as they are; less their mean over all levels; less one that is given."""

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)


@inner
def _mean(values, first, stop, out):
    one = _ONE / np.float32(stop - first)
    for j in range(out.shape[0]):
        out[j] = _ZERO
    for g in range(first, stop):
        for j in range(out.shape[0]):
            out[j] += values[g, j]
    for j in range(out.shape[0]):
        out[j] *= one


@inner
def _add_rows(hidden, first, stop, effects, codes, z, r):
    d = hidden.shape[1]
    for i in range(first, stop):
        g = codes[i]
        for s in range(effects.shape[1] // d):
            slope = z[r, i, s] if z.size else _ONE
            for j in range(d):
                hidden[i, j] += slope * effects[g, s * d + j]


@compiled(
    "void(f4[:,:,::1], i8, f4[:,:], f4[:,:], f4[:,::1], f4[:,::1], f4[:,::1], f4[:,:], i8, "
    "i8[::1], i8[::1], f4[:,:,:], i8[::1])"
)
def add_effects(
    hidden, n_train, mu, log_sigma, deviation, sigma, effects, centre, centring, rows, codes, z,
    starts,
):  # fmt: skip
    """Draw the effects of the levels of R replicas, and add them to the rows.

    Parameters
    ----------
    hidden : ndarray, shape (R, n, d)
        Changed in place: to rows up to `n_train` the draws are added, to others the means.
    n_train : int
    mu, log_sigma : ndarray, shape (G, w)
        Parameters of the levels' posteriors, w = q d.
    deviation : ndarray, shape (k, w)
        Standard normals; deviations from mu afterwards.
    sigma, effects : ndarray, shape (k, w)
        Filled: standard deviations, and the draws or, with rows beyond `n_train`, the means.
    centre : ndarray, shape (R, w)
        What is subtracted; filled if it is the effects' own mean (of what `effects` has).
    centring : int
        See `NO_CENTRE` and the others.
    rows : ndarray, shape (k,), or empty
        Which of the G levels take part; empty for all.
    codes : ndarray, shape (R n,)
        Each row's level among the k.
    z : ndarray, shape (R, n, q), or empty
        Values of the slopes; empty for ones.
    starts : ndarray, shape (R + 1,)
        First level of each replica, and k.
    """
    replicas, n = hidden.shape[:2]
    width = mu.shape[1]
    for r in range(replicas):
        for g in range(starts[r], starts[r + 1]):
            row = rows[g] if rows.size else g
            for j in range(width):
                sigma[g, j] = math.exp(log_sigma[row, j])
                deviation[g, j] *= sigma[g, j]
                effects[g, j] = mu[row, j] + deviation[g, j]
        if centring == OWN_CENTRE:
            _mean(effects, starts[r], starts[r + 1], centre[r])
        if centring != NO_CENTRE:
            for g in range(starts[r], starts[r + 1]):
                for j in range(width):
                    effects[g, j] -= centre[r, j]
        _add_rows(hidden[r], 0, n_train, effects, codes[r * n :], z, r)
        if n_train < n:
            if centring == OWN_CENTRE:
                _mean(mu, starts[r], starts[r + 1], centre[r])
            for g in range(starts[r], starts[r + 1]):
                for j in range(width):
                    effects[g, j] = mu[g, j]
                    if centring != NO_CENTRE:
                        effects[g, j] -= centre[r, j]
            _add_rows(hidden[r], n_train, n, effects, codes[r * n :], z, r)


@compiled(
    "void(f4[:,:,::1], i8, f4[:,:], f4[:,:], f4[:,::1], f4[:,::1], f4[:,::1], f4[:], f4[:,:], "
    "f4[:,:], b1, i8[::1], i8[::1], f4[:,:,:], i8[::1], f4[:,:], f4[:,:], f4[::1])"
)
def effects_backward(
    grad, n_train, mu, log_sigma, deviation, sigma, found, touch, rate, one_level, centred, rows,
    codes, z, starts, mu_grad, log_sigma_grad, divergence,
):  # fmt: skip
    """Set the gradients of a term's posteriors, given those of what was added to the rows.

    Parameters
    ----------
    grad : ndarray, shape (R, n, d)
    n_train : int
        Rows that count.
    mu, log_sigma, deviation, sigma
        See `add_effects`.
    found : ndarray, shape (k, w)
        Overwritten.
    touch : ndarray, shape (k,), or empty
        How often each level counts; empty where each counts once.
    rate, one_level : ndarray, shape (R, 1)
        Weight of a level's divergence; one divided by the number of all levels.
    centred : bool
    rows, codes, z, starts
        See `add_effects`.
    mu_grad, log_sigma_grad : ndarray, shape (G, w)
        Filled.
    divergence : ndarray, shape (R,)
        The weighted divergence is added.
    """
    replicas, n, d = grad.shape
    width = mu.shape[1]
    pull = np.zeros(width, np.float32)
    for r in range(replicas):
        first, stop = starts[r], starts[r + 1]
        for g in range(first, stop):
            for j in range(width):
                found[g, j] = _ZERO
        for i in range(n_train):
            g = codes[r * n + i]
            for s in range(width // d):
                slope = z[r, i, s] if z.size else _ONE
                for j in range(d):
                    found[g, s * d + j] += slope * grad[r, i, j]
        pull[:] = _ZERO
        if centred:
            for g in range(first, stop):
                for j in range(width):
                    pull[j] += found[g, j]
            for j in range(width):
                pull[j] *= one_level[r, 0]
        total = 0.0
        for g in range(first, stop):
            row = rows[g] if rows.size else g
            times = touch[g] if touch.size else _ONE
            own, part = rate[r, 0] * times, _ZERO
            for j in range(width):
                pulled = found[g, j] - times * pull[j]
                excess = sigma[g, j] * sigma[g, j] - _ONE
                mu_grad[row, j] = pulled + own * mu[row, j]
                log_sigma_grad[row, j] = pulled * deviation[g, j] + own * excess
                part += excess + mu[row, j] * mu[row, j] - _TWO * log_sigma[row, j]
            total += own * part
        divergence[r] += 0.5 * total
