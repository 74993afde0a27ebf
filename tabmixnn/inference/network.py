"""The network: encoder, backbone and head (section 3 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.backbones import BACKBONES, Penalties
from tabmixnn.encoder import EncoderInputs, EncoderSpec, MixedEffectsEncoder
from tabmixnn.families import Family, ResponseScale
from tabmixnn.families.joint import JointScale
from tabmixnn.heads import build_head
from tabmixnn.inference.expectation import EXPECTATIONS, ExpectedLikelihood
from tabmixnn.inference.options import VariationalOptions


class MixedEffectsNetwork(nn.Module):
    """Encoder, backbone and head (section 3 of the paper).

    Parameters
    ----------
    spec : EncoderSpec
        Sizes of the inputs.
    family : Family
        Bound to its response.
    options : VariationalOptions
        Architecture.
    scale : ResponseScale or JointScale
        The scale on which the network sees the response.
    """

    def __init__(
        self,
        spec: EncoderSpec,
        family: Family,
        options: VariationalOptions,
        scale: ResponseScale | JointScale,
    ) -> None:
        super().__init__()
        self.encoder = MixedEffectsEncoder(
            spec,
            options.embedding_dim,
            unknown_strategy=options.effects.unknown_strategy,
            enforce_centering=options.effects.enforce_centering,
            prior=options.effects.prior,
            posterior=options.effects.posterior,
        )
        self._likelihood = EXPECTATIONS[options.effects.expectation]
        backbone = BACKBONES[options.architecture].load()
        self.backbone = backbone(options.embedding_dim, options.backbone)
        self.head = build_head(self.backbone.out_features, family, scale, options.outputs.graph)

    def features(
        self, inputs: EncoderInputs, effects: list[Tensor], penalties: Penalties | None = None
    ) -> Tensor:
        """Return the backbone's features of n rows, shape (n, backbone.out_features)."""
        return self.backbone(self.encoder(inputs, effects), penalties)

    def sample(
        self, inputs: EncoderInputs, penalties: Penalties
    ) -> Distribution | ExpectedLikelihood:
        """Return the outcomes' distribution given one draw of the random effects.

        With ``expectation="quadrature"`` what has the expected log-density in place of it. The
        backbone's and the head's penalties (eqs. 51-53) are added to `penalties`.
        """
        distribution = self._likelihood(self, inputs, penalties)
        penalties.update(self.head.penalties())
        return distribution

    def conditional(self, inputs: EncoderInputs) -> Distribution:
        """Return the outcomes' distribution at the random effects' posterior means."""
        return self.head(self.features(inputs, self.encoder.posterior_mean()), inputs.offset)

    def kl(self) -> Tensor:
        """Return each term's divergence averaged over its levels, shape (n_terms,)."""
        return self.encoder.kl()

    def fix_order(self) -> None:
        """Keep the order that the backbone's latent variables have arrived at."""
        self.backbone.fix_order()


def check_weights(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Check that weights are those of a network, which may be on the meta device.

    Raises
    ------
    ValueError
        If one is missing, has another shape, or is too many.
    """
    expected = {name: value.shape for name, value in network.state_dict().items()}
    found = {name: value.shape for name, value in weights.items()}
    if found != expected:
        differing = sorted(k for k in expected | found if expected.get(k) != found.get(k))
        raise ValueError(f"weights and options do not fit together at {', '.join(differing[:3])}")
