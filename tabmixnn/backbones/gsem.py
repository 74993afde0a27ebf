"""The generalised structural equation backbone (section 3.2.1, eq. 18 of the paper)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from tabmixnn.backbones.activations import ACTIVATIONS
from tabmixnn.backbones.settings import BackboneSettings


class GSEMLayer(nn.Module):
    """One hidden layer: linear, activation, LayerNorm, dropout, residual, in the paper's order.

    Parameters
    ----------
    in_features, out_features : int
        Widths of input and output.
    settings : BackboneSettings
        Activation, dropout, LayerNorm and residual. Where the widths differ the residual goes
        through a matrix without a bias, as it could not be added otherwise.
    """

    def __init__(self, in_features: int, out_features: int, settings: BackboneSettings) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        steps: list[nn.Module] = [ACTIVATIONS[settings.activation]()]
        if settings.layer_norm:
            steps.append(nn.LayerNorm(out_features))
        if settings.dropout:
            steps.append(nn.Dropout(settings.dropout))
        self.transform = nn.Sequential(*steps)
        self.shortcut = _shortcut(in_features, out_features) if settings.residual else None

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (n, in_features) to (n, out_features)."""
        out = self.transform(self.linear(hidden))
        return out if self.shortcut is None else out + self.shortcut(hidden)


def _shortcut(in_features: int, out_features: int) -> nn.Module:
    if in_features == out_features:
        return nn.Identity()
    return nn.Linear(in_features, out_features, bias=False)


class GSEMBackbone(nn.Module):
    """L hidden layers, eq. 18 of the paper, without a structure among the latent variables.

    Parameters
    ----------
    in_features : int
        Width d of the encoder's output.
    settings : BackboneSettings
        Widths and options of the layers. With no hidden layers the backbone passes its input
        on and the model is linear.

    Attributes
    ----------
    out_features : int
        Width of the last layer.
    """

    def __init__(self, in_features: int, settings: BackboneSettings) -> None:
        super().__init__()
        widths = (in_features, *settings.hidden_dims)
        self.layers = nn.Sequential(*(GSEMLayer(a, b, settings) for a, b in pairwise(widths)))
        self.out_features = widths[-1]

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (n, in_features) to (n, out_features)."""
        return self.layers(hidden)
