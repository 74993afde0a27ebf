"""``inference="marginal"`` with hidden layers: the neural mixed model of a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tabmixnn.inference.additive.engine import AutoEngine


class NeuralEngine(AutoEngine):
    """The formula's mixed model with networks of its predictors in the mean.

    ``g(E y) = X beta + f(x) + [z, f(x)]' u``: fixed effects, random effects and the residual
    variance are solved out of the restricted likelihood, as without a network. No other terms
    are looked for, and the networks stay whatever cross-validation says; their number of steps
    is the one that held-out rows liked best.
    """

    grows = False
    averages_new_groups = False
    patience = None

    def _can_learn(self) -> bool:
        if not self.model.space.variables:
            raise ValueError(
                "the formula has no predictor that varies for hidden layers to read; add one, or "
                "pass hidden_dims=[] for the mixed model alone."
            )
        return True

    def _cannot_judge(self) -> None:
        raise ValueError(
            f"{len(self.rows)} rows are too few for hidden layers beside the "
            f"{self.additive.matrices.p} coefficients of the formula; take terms out, or pass "
            "hidden_dims=[] for the mixed model alone."
        )

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> NeuralEngine:
        """Build the engine from the estimator's options.

        Raises
        ------
        ValueError
            If an option has a value it cannot have here.
        """
        if options["cov_struct_map"] is not None:
            raise ValueError(
                "cov_struct_map needs a mixed model without hidden layers, which "
                "inference='marginal' fits with hidden_dims=[]."
            )
        return super().from_options(options)
