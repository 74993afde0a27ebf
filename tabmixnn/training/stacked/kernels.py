"""The loops of a training step, compiled for the processor at hand by numba.

Operations on arrays as small as those of a batch of 256 rows take longer to start than to run, and
each reads and writes what the one before it has just written. Here a replica goes through all of
them before the next one comes, row by row, with its numbers in the processor's nearest memory.

The first import on a machine compiles (seconds); what comes out is kept beside this file, or else
in the user's cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np

Array = np.ndarray
ACTIVATION_CODES = {"relu": 0, "tanh": 1, "silu": 2, "elu": 3, "gelu": 4}
"""Activation functions by the numbers that the compiled code knows them by."""
NO_CENTRE, OWN_CENTRE, GIVEN_CENTRE = 0, 1, 2
"""Effects as they are; less their mean over all levels; less one that is given."""
NONE, IDENTITY = -1, -2
"""In the place of an offset: there is no such parameter; a shortcut without parameters."""
INTO, OUT, WEIGHT, BIAS, GAIN, SHIFT, SHORTCUT = range(7)
"""Columns of the table of layers: two widths, and offsets into the vector of parameters."""

_ZERO, _HALF, _ONE, _TWO = (np.float32(value) for value in (0, 0.5, 1, 2))
_EPSILON = np.float32(1e-5)
_INV_SQRT_2, _INV_SQRT_2PI = np.float32(math.sqrt(0.5)), np.float32(1 / math.sqrt(2 * math.pi))
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)

# Sums may be taken in any order; what is not finite must stay so.
_OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}


def _compiled(signature: str) -> Callable[[Callable], Callable]:
    def compile_(function: Callable) -> Callable:
        try:
            return numba.njit(signature, cache=True, **_OPTIONS)(function)
        except RuntimeError:  # There is no place to keep it.
            return numba.njit(signature, **_OPTIONS)(function)

    return compile_


@numba.njit(**_OPTIONS)
def _mean(values, first, stop, out):
    one = _ONE / np.float32(stop - first)
    for j in range(out.shape[0]):
        out[j] = _ZERO
    for g in range(first, stop):
        for j in range(out.shape[0]):
            out[j] += values[g, j]
    for j in range(out.shape[0]):
        out[j] *= one


@numba.njit(**_OPTIONS)
def _add_rows(hidden, first, stop, effects, codes, z, r):
    d = hidden.shape[1]
    for i in range(first, stop):
        g = codes[i]
        for s in range(effects.shape[1] // d):
            slope = z[r, i, s] if z.size else _ONE
            for j in range(d):
                hidden[i, j] += slope * effects[g, s * d + j]


@_compiled(
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
        Filled.
    centre : ndarray, shape (R, w)
        What is subtracted; filled if it is the effects' own mean.
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


@_compiled(
    "void(f4[:,:,::1], i8, f4[:,:], f4[:,:], f4[:,::1], f4[:,::1], f4[:,::1], f4[:], f4[:,:], "
    "f4[:,:], b1, i8[::1], i8[::1], f4[:,:,:], i8[::1], f4[:,:], f4[:,:], f4[::1])"
)
def effects_backward(
    grad, n_train, mu, log_sigma, deviation, sigma, inner, touch, rate, one_level, centred, rows,
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
    inner : ndarray, shape (k, w)
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
                inner[g, j] = _ZERO
        for i in range(n_train):
            g = codes[r * n + i]
            for s in range(width // d):
                slope = z[r, i, s] if z.size else _ONE
                for j in range(d):
                    inner[g, s * d + j] += slope * grad[r, i, j]
        pull[:] = _ZERO
        if centred:
            for g in range(first, stop):
                for j in range(width):
                    pull[j] += inner[g, j]
            for j in range(width):
                pull[j] *= one_level[r, 0]
        total = 0.0
        for g in range(first, stop):
            row = rows[g] if rows.size else g
            times = touch[g] if touch.size else _ONE
            own, part = rate[r, 0] * times, _ZERO
            for j in range(width):
                found = inner[g, j] - times * pull[j]
                excess = sigma[g, j] * sigma[g, j] - _ONE
                mu_grad[row, j] = found + own * mu[row, j]
                log_sigma_grad[row, j] = found * deviation[g, j] + own * excess
                part += excess + mu[row, j] * mu[row, j] - _TWO * log_sigma[row, j]
            total += own * part
        divergence[r] += 0.5 * total


@_compiled(
    "void(i8[::1], f4[:,:,:], f4[:,:,:], i8[::1], i8[::1], i8[::1], i8[::1], f4[::1], i8[::1])"
)
def touched_levels(codes, weight, share, ends, places, rows, own, touch, starts):
    """Find the levels that the rows of R replicas have.

    Parameters
    ----------
    codes : ndarray, shape (R n,)
        Each row's level among all G.
    weight, share : ndarray, shape (R, n, 1)
        See `Batch`; their product adds up to `touch`.
    ends : ndarray, shape (R,)
        Levels of each replica and those before it.
    places : ndarray, shape (G,)
        All -1; left so.
    rows : ndarray, shape (G or R n,)
        The k levels found, ascending; filled up to k.
    own : ndarray, shape (R n,)
        Each row's level among the k; filled.
    touch : ndarray, like rows
        How often each of the k counts; filled up to k.
    starts : ndarray, shape (R + 1,)
        The first level found of each replica, and k; filled.
    """
    n = weight.shape[1]
    for code in codes:
        places[code] = 0
    k, r, starts[0] = 0, 0, 0
    for code in range(places.shape[0]):
        while code == ends[r]:
            r += 1
            starts[r] = k
        if places[code] == 0:
            places[code], rows[k], touch[k] = k, code, _ZERO
            k += 1
    starts[r + 1 :] = k
    for i in range(codes.shape[0]):
        own[i] = places[codes[i]]
        touch[own[i]] += weight[i // n, i % n, 0] * share[i // n, i % n, 0]
    for g in range(k):
        places[rows[g]] = -1


@_compiled("void(f4[:,::1], f4[:,::1], i8[::1], i8[::1], f4[:,:], f4[:,::1])")
def follow_means(values, seen, rows, starts, one_level, mean):
    """Let the mean over all levels of a replica learn where some of them are now.

    Parameters
    ----------
    values, seen : ndarray, shape (G, w)
        Where levels are, and where they were when the mean was told last.
    rows, starts
        Which have moved: see `add_effects`.
    one_level : ndarray, shape (R, 1)
    mean : ndarray, shape (R, w)
        Changed in place.
    """
    for r in range(mean.shape[0]):
        for g in range(starts[r], starts[r + 1]):
            row = rows[g]
            for j in range(mean.shape[1]):
                mean[r, j] += one_level[r, 0] * (values[row, j] - seen[row, j])
                seen[row, j] = values[row, j]


@numba.njit(**_OPTIONS)
def _activate(x, kind):
    if kind == 1:
        return np.float32(math.tanh(x))
    if kind == 2:
        return x / (_ONE + np.float32(math.exp(-x)))
    if kind == 3:
        return x if x > _ZERO else np.float32(math.expm1(x))
    return _HALF * x * (_ONE + np.float32(math.erf(x * _INV_SQRT_2)))


@numba.njit(**_OPTIONS)
def _slope(x, kind):
    if kind == 1:
        value = np.float32(math.tanh(x))
        return _ONE - value * value
    if kind == 2:
        gate = _ONE / (_ONE + np.float32(math.exp(-x)))
        return gate * (_ONE + x * (_ONE - gate))
    if kind == 3:
        return _ONE if x > _ZERO else np.float32(math.exp(x))
    density = _INV_SQRT_2PI * np.float32(math.exp(-_HALF * x * x))
    return _HALF * (_ONE + np.float32(math.erf(x * _INV_SQRT_2))) + x * density


@numba.njit(**_OPTIONS)
def _part(vector, offset, replica, rows, columns):
    """Return a parameter of a replica, which has the place of the others before it."""
    size = rows * columns
    start = offset + replica * size
    return vector[start : start + size].reshape(rows, columns)


@numba.njit(**_OPTIONS)
def _layer_forward(
    x, eta, normed, scale, out, params, layer, replica, activation, bits, dropped, factor, n_train
):  # fmt: skip
    n, width = eta.shape
    into = layer[INTO]
    np.dot(x, _part(params, layer[WEIGHT], replica, width, into).T, eta)
    bias = _part(params, layer[BIAS], replica, 1, width)[0]
    normalised = layer[GAIN] >= 0
    share = _ONE / np.float32(width)
    gain, shift = bias, bias
    if normalised:
        gain = _part(params, layer[GAIN], replica, 1, width)[0]
        shift = _part(params, layer[SHIFT], replica, 1, width)[0]
    for i in range(n):
        if activation == 0:
            for j in range(width):
                eta[i, j] += bias[j]
                normed[i, j] = _ZERO if eta[i, j] < _ZERO else eta[i, j]
        else:
            for j in range(width):
                eta[i, j] += bias[j]
                normed[i, j] = _activate(eta[i, j], activation)
        if normalised:
            mean = _ZERO
            for j in range(width):
                mean += normed[i, j]
            mean *= share
            square = _ZERO
            for j in range(width):
                normed[i, j] -= mean
                square += normed[i, j] * normed[i, j]
            scale[i] = _ONE / math.sqrt(square * share + _EPSILON)
            for j in range(width):
                normed[i, j] *= scale[i]
                out[i, j] = normed[i, j] * gain[j] + shift[j]
        else:
            for j in range(width):
                out[i, j] = normed[i, j]
        if bits.size and i < n_train:
            for j in range(width):
                out[i, j] *= factor if bits[i, j] >= dropped else _ZERO


@numba.njit(**_OPTIONS)
def _layer_backward(
    x, grad, eta, normed, scale, out, params, grads, layer, replica, activation, bits, dropped,
    factor,
):  # fmt: skip
    """Set the parameters' gradients, and put the input's into `out`; `grad` is overwritten."""
    n, width = grad.shape
    into = layer[INTO]
    bias = _part(grads, layer[BIAS], replica, 1, width)[0]
    bias[:] = _ZERO
    normalised = layer[GAIN] >= 0
    share = _ONE / np.float32(width)
    gain, gain_grad, shift_grad = bias, bias, bias
    if normalised:
        gain = _part(params, layer[GAIN], replica, 1, width)[0]
        gain_grad = _part(grads, layer[GAIN], replica, 1, width)[0]
        shift_grad = _part(grads, layer[SHIFT], replica, 1, width)[0]
        gain_grad[:] = _ZERO
        shift_grad[:] = _ZERO
    if layer[SHORTCUT] == IDENTITY:
        for i in range(n):
            for j in range(width):
                out[i, j] = grad[i, j]
    elif layer[SHORTCUT] != NONE:
        np.dot(grad, _part(params, layer[SHORTCUT], replica, width, into), out)
        np.dot(grad.T, x, _part(grads, layer[SHORTCUT], replica, width, into))
    for i in range(n):
        if bits.size:
            for j in range(width):
                grad[i, j] *= factor if bits[i, j] >= dropped else _ZERO
        if normalised:
            along, mean = _ZERO, _ZERO
            for j in range(width):
                gain_grad[j] += grad[i, j] * normed[i, j]
                shift_grad[j] += grad[i, j]
                grad[i, j] *= gain[j]
                along += grad[i, j] * normed[i, j]
                mean += grad[i, j]
            along *= share
            mean *= share
            for j in range(width):
                grad[i, j] = (grad[i, j] - mean - normed[i, j] * along) * scale[i]
        if activation == 0:
            for j in range(width):
                grad[i, j] = grad[i, j] if eta[i, j] > _ZERO else _ZERO
                bias[j] += grad[i, j]
        else:
            for j in range(width):
                grad[i, j] *= _slope(eta[i, j], activation)
                bias[j] += grad[i, j]
    np.dot(grad.T, x, _part(grads, layer[WEIGHT], replica, width, into))
    weights = _part(params, layer[WEIGHT], replica, width, into)
    if layer[SHORTCUT] == NONE:
        np.dot(grad, weights, out)
        return
    through = np.empty_like(out)
    np.dot(grad, weights, through)
    for i in range(n):
        for j in range(into):
            out[i, j] += through[i, j]


@numba.njit(**_OPTIONS)
def _differentiate(scores, n_train, y, weight, held_weight, log_sigma, binary):
    """Return the likelihood of the rows trained on and of the others, and by log sigma.

    Scores become derivatives by themselves.
    """
    precision = np.float32(math.exp(-_TWO * log_sigma))
    sums = np.zeros(2)
    for i in range(scores.shape[0]):
        w = weight[i, 0] if i < n_train else held_weight[i - n_train, 0]
        which = 0 if i < n_train else 1
        if binary:
            x = scores[i]
            sums[which] += w * (max(x, _ZERO) + math.log1p(math.exp(-abs(x))) - x * y[i, 0])
            scores[i] = w * (_ONE / (_ONE + np.float32(math.exp(-x))) - y[i, 0])
        else:
            residual = scores[i] - y[i, 0]
            sums[which] += 0.5 * w * residual * residual * precision
            scores[i] = w * residual * precision
    by_sigma = 1 - 2 * sums[0]
    if not binary:
        sums += log_sigma + _HALF_LOG_2PI
    return sums[0], sums[1], by_sigma


@_compiled(
    "void(f4[:,:,::1], i8, f4[::1], f4[::1], i8[:,::1], i8[::1], i8, b1, i2[:,:,:], i2, f4, "
    "f4[:,:,:], f4[:,:,:], f4[:,:,:], f4[:,:,:], f4[::1], f4[:,::1])"
)
def through_layers(
    hidden, n_train, params, grads, layers, head, activation, binary, bits, dropped, factor, y,
    offset, weight, held_weight, work, likelihoods,
):  # fmt: skip
    """Compute the likelihoods, and their derivatives by the layers, the head and the input.

    Parameters
    ----------
    hidden : ndarray, shape (R, n, d)
        Input of the first layer; becomes its gradient.
    n_train : int
        Rows to learn from, before those that are held out.
    params, grads : ndarray, shape (P,)
        All parameters; those of the layers and of the head get their gradients.
    layers : ndarray, shape (L, 7)
        See `INTO` and the others.
    head : ndarray, shape (3,)
        Offsets of its weight, its bias and log sigma.
    activation : int
        One of `ACTIVATION_CODES`.
    binary : bool
        Outcomes of 0 and 1 with the logit link instead of normal ones.
    bits : ndarray of int16, shape (R, n_train, sum of widths), or empty
        A feature is dropped if its bits are below `dropped`, else multiplied by `factor`.
    dropped, factor
        See `bits`.
    y : ndarray, shape (R, n, 1)
    offset : ndarray, shape (R, n, 1), or empty
    weight : ndarray, shape (R, n_train or more, 1)
        Of rows in the likelihood.
    held_weight : ndarray, shape (R, n - n_train, 1)
    work : ndarray, shape (n `numbers_per_row`,) or more
    likelihoods : ndarray, shape (2, R)
        Negative mean log-likelihoods, of rows trained on and of those held out; filled.
    """
    replicas, n, dim = hidden.shape
    depth = layers.shape[0]
    last = layers[depth - 1, OUT] if depth else dim
    widest = dim
    for k in range(depth):
        widest = max(widest, layers[k, OUT])
    buffers = work[: 2 * n * widest].reshape(2, n * widest)
    scores = work[2 * n * widest : 2 * n * widest + n]
    for r in range(replicas):
        x, used, column = hidden[r], 2 * n * widest + n, 0
        for k in range(depth):
            width = layers[k, OUT]
            size = n * width
            eta = work[used : used + size].reshape(n, width)
            normed = work[used + size : used + 2 * size].reshape(n, width)
            out = work[used + 2 * size : used + 3 * size].reshape(n, width)
            scale = work[used + 3 * size : used + 3 * size + n]
            drawn = bits[r, :, column : column + width] if bits.size else bits[0]
            _layer_forward(
                x, eta, normed, scale, out, params, layers[k], r, activation, drawn, dropped,
                factor, n_train,
            )  # fmt: skip
            if layers[k, SHORTCUT] == IDENTITY:
                for i in range(n):
                    for j in range(width):
                        out[i, j] += x[i, j]
            elif layers[k, SHORTCUT] != NONE:
                across = buffers[0, :size].reshape(n, width)
                into = layers[k, INTO]
                np.dot(x, _part(params, layers[k, SHORTCUT], r, width, into).T, across)
                for i in range(n):
                    for j in range(width):
                        out[i, j] += across[i, j]
            x, used, column = out, used + 3 * size + n, column + width

        weights = _part(params, head[0], r, 1, last)[0]
        bias = params[head[1] + r]
        for i in range(n):
            score = bias
            for j in range(last):
                score += x[i, j] * weights[j]
            scores[i] = score + (offset[r, i, 0] if offset.size else _ZERO)
        log_sigma = _ZERO if binary else params[head[2] + r]
        likelihoods[0, r], likelihoods[1, r], by_sigma = _differentiate(
            scores, n_train, y[r], weight[r], held_weight[r], log_sigma, binary
        )
        if not binary:
            grads[head[2] + r] = by_sigma
        weight_grad, bias_grad = _part(grads, head[0], r, 1, last)[0], _ZERO
        weight_grad[:] = _ZERO
        grad = buffers[0, : n_train * last].reshape(n_train, last)
        for i in range(n_train):
            bias_grad += scores[i]
            for j in range(last):
                weight_grad[j] += scores[i] * x[i, j]
                grad[i, j] = scores[i] * weights[j]
        grads[head[1] + r] = bias_grad

        turn = 1
        for k in range(depth - 1, -1, -1):
            width, into = layers[k, OUT], layers[k, INTO]
            size = n * width
            used, column = used - 3 * size - n, column - width
            eta = work[used : used + size].reshape(n, width)
            normed = work[used + size : used + 2 * size].reshape(n, width)
            scale = work[used + 3 * size : used + 3 * size + n]
            if k:
                before = layers[k - 1, OUT]
                stop = used - n
                x = work[stop - n * before : stop].reshape(n, before)
            else:
                x = hidden[r]
            drawn = bits[r, :, column : column + width] if bits.size else bits[0]
            found = buffers[turn, : n_train * into].reshape(n_train, into)
            _layer_backward(
                x[:n_train], grad, eta, normed, scale, found, params, grads, layers[k], r,
                activation, drawn, dropped, factor,
            )  # fmt: skip
            grad, turn = found, 1 - turn
        for i in range(n):
            for j in range(dim):
                hidden[r, i, j] = grad[i, j] if i < n_train else _ZERO


def numbers_per_row(dim: int, widths: list[int]) -> int:
    """Return how many numbers `through_layers` works on for each of the n rows."""
    return 2 * max([dim, *widths]) + 1 + sum(3 * width + 1 for width in widths)
