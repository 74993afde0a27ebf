"""Which networks can be trained as a stack."""

from __future__ import annotations

from torch import nn

from tabmixnn.backbones import GSEMBackbone
from tabmixnn.encoder.posterior import DiagonalPosterior, FactorisedPosterior
from tabmixnn.encoder.priors import StandardPrior
from tabmixnn.encoder.unknown import ZeroUnknown
from tabmixnn.heads import OutputHead


def is_plain(network: nn.Module) -> bool:
    """Return whether `StackedNetwork` knows the derivatives of all parts of a network.

    A GSEM backbone without structures, one outcome, and the paper's posterior and prior of random
    effects, unseen groups getting zero.
    """
    posterior = network.encoder.posterior
    return (
        type(network.backbone) is GSEMBackbone
        and all(layer.structure is None for layer in network.backbone.layers)
        and type(network.head) is OutputHead
        and type(posterior) is FactorisedPosterior
        and all(type(each) is DiagonalPosterior for each in posterior.terms)
        and all(
            type(term.prior) is StandardPrior and type(term.unknown) is ZeroUnknown
            for term in network.encoder.random
        )
    )
