"""Hidden layers and likelihood of R replicas: the loops of `StackedLayer` and `StackedHead`."""

import math

import numpy as np

from tabmixnn.training.stacked.hidden import NORM_EPSILON
from tabmixnn.training.stacked.loops.compiling import compiled, inner

RELU, TANH, SILU, ELU, GELU = range(5)
ACTIVATION_CODES = {"relu": RELU, "tanh": TANH, "silu": SILU, "elu": ELU, "gelu": GELU}
"""Activation functions by the numbers that the compiled code knows them by."""
NONE, IDENTITY = -1, -2
"""In the place of an offset: there is no such parameter; a shortcut without parameters."""
INTO, OUT, WEIGHT, BIAS, GAIN, SHIFT, SHORTCUT = range(7)
"""Columns of the table of layers: two widths, and offsets into the vector of parameters."""

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
_EPSILON = np.float32(NORM_EPSILON)
_INV_SQRT_2, _INV_SQRT_2PI = np.float32(math.sqrt(0.5)), np.float32(1 / math.sqrt(2 * math.pi))
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@inner
def _activate(x, kind):
    if kind == TANH:
        return np.float32(math.tanh(x))
    if kind == SILU:
        return x / (_ONE + np.float32(math.exp(-x)))
    if kind == ELU:
        return x if x > _ZERO else np.float32(math.expm1(x))
    return _HALF * x * (_ONE + np.float32(math.erf(x * _INV_SQRT_2)))


@inner
def _slope(x, kind):
    if kind == TANH:
        value = np.float32(math.tanh(x))
        return _ONE - value * value
    if kind == SILU:
        gate = _ONE / (_ONE + np.float32(math.exp(-x)))
        return gate * (_ONE + x * (_ONE - gate))
    if kind == ELU:
        return _ONE if x > _ZERO else np.float32(math.exp(x))
    density = _INV_SQRT_2PI * np.float32(math.exp(-_HALF * x * x))
    return _HALF * (_ONE + np.float32(math.erf(x * _INV_SQRT_2))) + x * density


@inner
def _part(vector, offset, replica, rows, columns):
    """Return a parameter of a replica, which has the place of the others before it."""
    size = rows * columns
    start = offset + replica * size
    return vector[start : start + size].reshape(rows, columns)


@inner
def _layer_forward(
    x, eta, normed, scale, out, across, params, layer, replica, activation, bits, column,
    dropped, factor, n_train,
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
        if activation == RELU:
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
                # An index without a sign cannot count from the end, and does several at once.
                out[i, j] *= factor if bits[i, np.uint64(column + j)] >= dropped else _ZERO
    if layer[SHORTCUT] == NONE:
        return
    beside = x
    if layer[SHORTCUT] != IDENTITY:
        beside = across[: n * width].reshape(n, width)
        np.dot(x, _part(params, layer[SHORTCUT], replica, width, into).T, beside)
    for i in range(n):
        for j in range(width):
            out[i, j] += beside[i, j]


@inner
def _layer_backward(
    x, grad, eta, normed, scale, out, params, grads, layer, replica, activation, bits, column,
    dropped, factor,
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
                grad[i, j] *= factor if bits[i, np.uint64(column + j)] >= dropped else _ZERO
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
        if activation == RELU:
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


@inner
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


@inner
def _places(layers, n, widest):
    """Return where what is kept of each layer begins, and its first feature among all."""
    depth = layers.shape[0]
    places, columns = np.empty(depth + 1, np.int64), np.empty(depth + 1, np.int64)
    places[0], columns[0] = n * (2 * widest + 1), 0
    for k in range(depth):
        places[k + 1] = places[k] + n * (3 * layers[k, OUT] + 1)
        columns[k + 1] = columns[k] + layers[k, OUT]
    return places, columns


@inner
def _kept(work, place, n, width):
    """Return what the derivatives need of a layer: three matrices and a vector."""
    size = n * width
    three = work[place : place + 3 * size].reshape(3, n, width)
    return three[0], three[1], three[2], work[place + 3 * size : place + 3 * size + n]


@compiled(
    "void(f4[:,:,::1], i8, f4[::1], f4[::1], i8[:,::1], i8[::1], i8, b1, i2[:,:,::1], i2, f4, "
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
    places, columns = _places(layers, n, widest)
    for r in range(replicas):
        x, drawn = hidden[r], bits[r if bits.size else 0]
        for k in range(depth):
            eta, normed, out, scale = _kept(work, places[k], n, layers[k, OUT])
            _layer_forward(
                x, eta, normed, scale, out, buffers[0], params, layers[k], r, activation, drawn,
                columns[k], dropped, factor, n_train,
            )  # fmt: skip
            x = out

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

        for k in range(depth - 1, -1, -1):
            eta, normed, out, scale = _kept(work, places[k], n, layers[k, OUT])
            x = hidden[r]
            if k:
                x = _kept(work, places[k - 1], n, layers[k - 1, OUT])[2]
            # Gradients go back and forth between the two buffers.
            found = buffers[(depth - k) % 2, : n_train * layers[k, INTO]]
            found = found.reshape(n_train, layers[k, INTO])
            _layer_backward(
                x[:n_train], grad, eta, normed, scale, found, params, grads, layers[k], r,
                activation, drawn, columns[k], dropped, factor,
            )  # fmt: skip
            grad = found
        for i in range(n):
            for j in range(dim):
                hidden[r, i, j] = grad[i, j] if i < n_train else _ZERO


def numbers_per_row(dim: int, widths: list[int]) -> int:
    """Return how many numbers `through_layers` works on for each of the n rows."""
    return 2 * max([dim, *widths]) + 1 + sum(3 * width + 1 for width in widths)
