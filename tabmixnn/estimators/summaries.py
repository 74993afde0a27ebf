"""What the whole of a fitted model is told in: its summary, its variances, its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tabmixnn.estimators.checks import as_pandas
from tabmixnn.option_checks import flag

if TYPE_CHECKING:
    from tabmixnn.interpret.summary import Summary


class SummariesMixin:
    """Of an exact fit, a model that grew, and a network alike; see `tabmixnn.interpret`."""

    def summary(self, data: Any = None, *, ddf: str = "satterthwaite") -> Summary:
        """Summarise the model as lme4 does (section 3.6.4 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows with responses whose scaled residuals are described; by default the training
            rows, if they are kept. A network, which does not keep them, is linearised at their
            mean.
        ddf : {"satterthwaite", "kenward_roger"}
            Degrees of freedom of a linear mixed model's t-tests; a grown model has z-tests. Kenward
            and Roger's, which also adjust the standard errors, need a REML fit, no
            ``cov_struct_map`` and at most 6,000 random effects, since they work on dense matrices
            of them.

        Returns
        -------
        Summary
            Printed it reads like ``summary(lmer(...))``; ``.fixed``, ``.random`` and ``.fit``
            are DataFrames. Standard errors of a network are approximate; it has them for the
            families that have an exact likelihood.
        """
        from tabmixnn.interpret.fixed_tests import ddf_method

        description = self._description()
        rows = self._described_rows(description, data)
        return description.summary(self._formula_in_words(), rows, ddf_method(ddf))

    def variance_decomposition(self, data: Any = None) -> dict[str, Any]:
        """Partition the variance of the outcome (eqs. 55-57 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows over which the predictors vary; by default the training rows. A network, which
            does not keep them, needs it. Those of a Gaussian model with `weights` have theirs.

        Returns
        -------
        dict
            ``icc`` by group: its variance over the sum of it and the residual's (eq. 57), the
            other groups left out, where other software divides by ``sum(random) + residual``.
            ``r_squared`` (also as ``r_squared_conditional``), ``r_squared_marginal``, and the
            components ``fixed``, ``random`` by group and ``residual``, of rows with weights the
            mean over them, which sum to ``total``. What ``inference="auto"`` let in beyond the
            formula is in them: smooths over all rows with the fixed effects, groups' own curves
            with their groups; ``terms`` has the variance of each term alone, which overlaps with
            the others'. See `tabmixnn.interpret.variance.decompose`.
        """
        description = self._description()
        frame, weights = self._described_frame(description, data), None
        if frame is not None and self.family_.name == "gaussian":
            weights = self._weights_of(as_pandas(data), frame.rows)
        return description.variance_decomposition(frame, weights)

    def extract_parameters(self, data: Any = None, *, linearize: bool = True) -> dict[str, Any]:
        """Return fixed effects and variance components (eq. 54 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows at whose mean a network is linearised; an exact fit does not need them.
        linearize : bool
            Expand a network to first order at the mean. The coefficients of an exact fit are
            what they are.

        Returns
        -------
        dict
            ``fixed_effects``: name to coefficient on the scale of the linear predictor.
            ``variance_components``: group to effect to variance; ``Residual`` to the residual
            variance of an outcome that can be any number. A group of this name is in parentheses.

        Raises
        ------
        ValueError
            If a network is to be described without data or without linearising it.
        """
        description = self._description()
        flag("linearize", linearize)
        if description.has_estimates:
            return description.extract_parameters(None)
        if not linearize:
            raise ValueError(
                "A network has no coefficients of its own; pass linearize=True for its expansion "
                "at the mean of the data."
            )
        return description.extract_parameters(self._described_frame(description, data))
