"""The generalised structural equation backbone (section 3.2.1, eq. 18 of the paper)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from tabmixnn.backbones.activations import ACTIVATIONS
from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.settings import BackboneSettings
from tabmixnn.backbones.structure import build_structure
from tabmixnn.draws import Dropout


class GSEMLayer(nn.Module):
    """One hidden layer: linear, structure, activation, LayerNorm, dropout, residual, in this order.

    Parameters
    ----------
    in_features, out_features : int
        Widths of input and output.
    settings : BackboneSettings
        Structure, activation, dropout, LayerNorm and residual. Where the widths differ the
        residual goes through a matrix without a bias, as it could not be added otherwise.

    Attributes
    ----------
    structure : nn.Module or None
        One of ``STRUCTURES``.
    """

    def __init__(self, in_features: int, out_features: int, settings: BackboneSettings) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        steps: list[nn.Module] = [ACTIVATIONS[settings.activation]()]
        if settings.layer_norm:
            steps.append(nn.LayerNorm(out_features))
        if settings.dropout:
            steps.append(Dropout(settings.dropout))
        self.transform = nn.Sequential(*steps)
        self.shortcut = _shortcut(in_features, out_features) if settings.residual else None
        self.structure = build_structure(out_features, settings.structure)

    def forward(self, hidden: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, in_features) to (n, out_features); add the structure's penalties."""
        eta = self.linear(hidden)
        if self.structure is not None:
            eta = self.structure(eta, penalties)
        out = self.transform(eta)
        return out if self.shortcut is None else out + self.shortcut(hidden)


def _shortcut(in_features: int, out_features: int) -> nn.Module:
    if in_features == out_features:
        return nn.Identity()
    return nn.Linear(in_features, out_features, bias=False)


class GSEMBackbone(nn.Module):
    """L hidden layers, eq. 18 of the paper, each with the same kind of structure or none.

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
    floats_per_row : int
        Largest number of values that a row has in memory at once, in one layer.
    """

    def __init__(self, in_features: int, settings: BackboneSettings) -> None:
        super().__init__()
        widths = (in_features, *settings.hidden_dims)
        self.layers = nn.ModuleList(GSEMLayer(a, b, settings) for a, b in pairwise(widths))
        self.out_features = widths[-1]
        structures = (layer.structure for layer in self.layers)
        self.floats_per_row = max(
            (*widths, *(each.floats_per_row for each in structures if each is not None))
        )

    def forward(self, hidden: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, in_features) to (n, out_features); add the layers' penalties."""
        for layer in self.layers:
            hidden = layer(hidden, penalties)
        return hidden

    def fix_order(self) -> None:
        """Keep the order that each layer's static structure has arrived at."""
        for layer in self.layers:
            layer.structure.effects.fix_order()

    def attention(self, hidden: Tensor, layer: int) -> Tensor:
        """Return the attention weights B_d (eq. 21) of hidden layer `layer`, counted from 0.

        Parameters
        ----------
        hidden : Tensor, shape (n, in_features)
        layer : int

        Returns
        -------
        Tensor, shape (n, n_heads, d, d)
            ``[i, h, j, k]``: how much variable j attends to k in row i and head h. In a hybrid
            structure at the solution eta that the layer arrives at.
        """
        for before in self.layers[:layer]:
            hidden = before(hidden)
        chosen = self.layers[layer]
        return chosen.structure.attention(chosen.linear(hidden))
