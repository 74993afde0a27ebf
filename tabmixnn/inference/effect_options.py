"""The variational engine's options of the random effects, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabmixnn.encoder import POSTERIORS, PRIORS, UNKNOWN_STRATEGIES
from tabmixnn.inference.expectation import EXPECTATIONS
from tabmixnn.inference.structure_map import read_structure_map
from tabmixnn.option_checks import choice, flag


@dataclass(frozen=True)
class EffectOptions:
    """What the random effects are, before and after the data.

    Parameters
    ----------
    unknown_strategy : str
        A key of ``UNKNOWN_STRATEGIES``.
    enforce_centering : bool
        Impose ``sum_g u_gs = 0``.
    prior, posterior : str
        Keys of ``PRIORS`` and ``POSTERIORS``.
    expectation : str
        A key of ``EXPECTATIONS``: how the likelihood is averaged over the posterior.
    cov_struct_map : mapping or None
        Covariance structures of the prior.
    """

    unknown_strategy: str = "zero"
    enforce_centering: bool = True
    prior: str = "standard"
    posterior: str = "diagonal"
    expectation: str = "sampled"
    cov_struct_map: Mapping[str, Any] | None = None

    @property
    def is_papers(self) -> bool:
        """Whether the prior is the paper's N(0, I) (eq. 49) for every term."""
        return self.prior == "standard" and self.cov_struct_map is None


def read_effects(options: Mapping[str, Any]) -> EffectOptions:
    """Check an estimator's options of the random effects.

    Raises
    ------
    ValueError
        Naming the option, what it must be, or which other option it needs.
    """
    effects = EffectOptions(
        unknown_strategy=choice(
            "unknown_strategy", options["unknown_strategy"], UNKNOWN_STRATEGIES
        ),
        enforce_centering=flag("enforce_centering", options["enforce_centering"]),
        prior=choice("prior", options["prior"], PRIORS),
        posterior=choice("posterior", options["posterior"], POSTERIORS),
        expectation=choice("expectation", options["expectation"], EXPECTATIONS),
        cov_struct_map=read_structure_map(options),
    )
    if effects.expectation == "quadrature":
        _check_quadrature(options)
    return effects


def _check_quadrature(options: Mapping[str, Any]) -> None:
    """Check that the linear predictor is a linear function of effects that are all drawn."""
    needed = {"architecture": "gsem", "enforce_centering": False, "unknown_strategy": "zero"}
    wrong = [f"{name}={value!r}" for name, value in needed.items() if options[name] != value]
    if len(options["hidden_dims"]):
        wrong.append("hidden_dims=[]")
    if wrong:
        raise ValueError(
            "expectation='quadrature' needs a predictor that is linear in the random effects: set "
            f"{' and '.join(wrong)}, or leave expectation='sampled'."
        )
