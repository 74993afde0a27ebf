"""The exact engine's options, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabmixnn.inference.architecture import refuse_architecture, refuse_structure
from tabmixnn.inference.structure_map import read_structure_map
from tabmixnn.option_checks import flag, nodes


@dataclass(frozen=True)
class MarginalOptions:
    """Everything the exact engine can be told.

    Parameters
    ----------
    reml : bool
        Restricted maximum likelihood (linear models only).
    nagq : int
        Points of adaptive Gauss-Hermite quadrature; 1 is the Laplace approximation.
    cov_struct_map : mapping or None
        Covariance structures by group (section 4.3.2 of the paper).
    noise_by_mean : bool
        Whether predictive distributions look for a variance function
        (`tabmixnn.predictive.spread`); the formula's model has one variance, as R's has.
    averages_new_groups : bool
        Whether the mean of a group not seen is that over all groups, and not, as in lme4, that of
        a group whose effects are zero.
    constant_alone : bool
        Whether of the fixed effects only that of a constant column is estimated, and the others
        are zero: there are as many as rows.
    """

    reml: bool
    nagq: int
    cov_struct_map: Mapping[str, Any] | None = None
    noise_by_mean: bool = False
    averages_new_groups: bool = False
    constant_alone: bool = False

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> MarginalOptions:
        """Pick and check the options that the exact engine knows.

        Raises
        ------
        ValueError
            Naming the option, what it must be and what it was.
        """
        engine = options["inference"]
        reml, nagq = options["reml"], options["nagq"]
        refuse_structure(options, engine)
        refuse_architecture(options, engine)
        if options["unknown_strategy"] != "zero":
            raise ValueError(
                f"inference={engine!r} gives effects of unseen groups their expectation; got "
                f"unknown_strategy={options['unknown_strategy']!r}."
            )
        flag("reml", reml)
        nagq = 1 if nagq is None else nodes("nagq", nagq)
        return cls(reml, nagq, read_structure_map(options))
