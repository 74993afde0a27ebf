"""A hidden layer of R replicas (eq. 18 of the paper), with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tabmixnn.backbones import BackboneSettings, GSEMLayer
from tabmixnn.training.stacked.activations import DERIVATIVES
from tabmixnn.training.stacked.linear import StackedLinear
from tabmixnn.training.stacked.pool import ParameterPool

NORM_EPSILON = 1e-5
_norm_backward = torch.ops.aten.native_layer_norm_backward.default


class Trace(NamedTuple):
    """What the derivatives need of a forward pass."""

    hidden: Tensor
    eta: Tensor
    active: Tensor
    normed: Tensor | None
    mean: Tensor | None
    scale: Tensor | None
    keep: Tensor | None


class StackedLayer:
    """`GSEMLayer` without a structure, one a replica.

    Parameters
    ----------
    pool : ParameterPool
    layers : sequence of GSEMLayer
    settings : BackboneSettings
        Theirs.
    """

    def __init__(
        self, pool: ParameterPool, layers: Sequence[GSEMLayer], settings: BackboneSettings
    ) -> None:
        count, self.width = len(layers), layers[0].linear.out_features
        self.linear = StackedLinear(pool, [layer.linear for layer in layers])
        self.activation = DERIVATIVES[settings.activation]
        self.normalised = settings.layer_norm
        if self.normalised:
            norms = [layer.transform[1] for layer in layers]
            shape = (count, 1, self.width) if count > 1 else (self.width,)
            self.gain = pool.claim([norm.weight for norm in norms], *shape)
            self.shift = pool.claim([norm.bias for norm in norms], *shape)
        self.alone = count == 1
        shortcuts = [layer.shortcut for layer in layers]
        self.residual = shortcuts[0] is not None
        projected = self.residual and hasattr(shortcuts[0], "weight")
        self.shortcut = StackedLinear(pool, shortcuts) if projected else None

    def forward(self, hidden: Tensor, keep: Tensor | None) -> tuple[Tensor, Trace]:
        """Map (R, n, in) to (R, n, out).

        Parameters
        ----------
        hidden : Tensor, shape (R, n, in)
        keep : Tensor, shape (R, n, out), optional
            Dropout's factors, while training.
        """
        eta = self.linear.forward(hidden)
        out = active = self.activation.forward(eta)
        normed = mean = scale = None
        if self.normalised:
            # The gain of several replicas is none of torch's: it has one for all rows.
            affine = (self.gain.value, self.shift.value) if self.alone else (None, None)
            out, mean, scale = torch.native_layer_norm(active, (self.width,), *affine, NORM_EPSILON)
            if not self.alone:
                normed, out = out, torch.addcmul(self.shift.value, out, self.gain.value)
        if keep is not None:
            out = out * keep
        if self.residual:
            out = out + (hidden if self.shortcut is None else self.shortcut.forward(hidden))
        return out, Trace(hidden, eta, active, normed, mean, scale, keep)

    def backward(self, trace: Trace, grad: Tensor) -> Tensor:
        """Set the parameters' gradients and return the input's, given the output's."""
        inner = grad if trace.keep is None else grad * trace.keep
        if self.normalised:
            inner = self._through_norm(trace, inner)
        inner = self.activation.backward(inner, trace.eta, trace.active)
        through = self.linear.backward(trace.hidden, inner)
        if not self.residual:
            return through
        if self.shortcut is None:
            return through.add_(grad)
        return through.add_(self.shortcut.backward(trace.hidden, grad))

    def _through_norm(self, trace: Trace, grad: Tensor) -> Tensor:
        statistics = trace.active, (self.width,), trace.mean, trace.scale
        if self.alone:
            affine = self.gain.value, self.shift.value
            grad, gain, shift = _norm_backward(grad, *statistics, *affine, (True, True, True))
            self.gain.grad.copy_(gain)
            self.shift.grad.copy_(shift)
            return grad
        torch.sum(grad, 1, keepdim=True, out=self.shift.grad)
        torch.sum(grad * trace.normed, 1, keepdim=True, out=self.gain.grad)
        grad = grad * self.gain.value
        return _norm_backward(grad, *statistics, None, None, (True, False, False))[0]
