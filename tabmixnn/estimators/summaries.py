"""What the whole of a fitted model is told in: its summary, its variances, its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from tabmixnn.inference.option_checks import flag

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
        check_is_fitted(self)
        formula = self._formula_in_words()
        if hasattr(self.engine_, "result"):
            from tabmixnn.interpret.residuals import pearson_residuals
            from tabmixnn.interpret.summary import summarise

            rows = () if data is None else self._observed(data)
            known = bool(rows) or self.engine_.keeps_rows
            residuals = pearson_residuals(self.engine_, *rows) if known else None
            return summarise(self.engine_, formula, residuals, ddf=ddf)
        if hasattr(self.engine_, "additive"):
            from tabmixnn.interpret.additive_summary import summarise_additive

            if data is not None or ddf != "satterthwaite":
                raise ValueError(
                    "summary() of a grown model describes its training rows and has z-tests: leave "
                    "data and ddf out, or fit the formula's model (inference='marginal', "
                    "hidden_dims=[])."
                )
            return summarise_additive(self.engine_, formula)
        from tabmixnn.interpret.network import NetworkView
        from tabmixnn.interpret.network_summary import summarise_network

        frame, y, _ = self._observed(self._needed(data))
        return summarise_network(NetworkView(self.engine_, self._design, frame), formula, y)

    def variance_decomposition(self, data: Any = None) -> dict[str, Any]:
        """Partition the variance of the outcome (eqs. 55-57 of the paper).

        Parameters
        ----------
        data : DataFrame, optional
            Rows over which the predictors vary; by default the training rows. A network, which
            does not keep them, needs it.

        Returns
        -------
        dict
            ``icc`` by group, ``r_squared`` (also as ``r_squared_conditional``),
            ``r_squared_marginal``, and the components ``fixed``, ``random`` by group,
            ``residual`` and ``total``; ``terms`` has those of terms beyond the formula that
            ``inference="auto"`` let in. See `tabmixnn.interpret.variance.decompose`.
        """
        check_is_fitted(self)
        if hasattr(self.engine_, "linear_parts"):
            from tabmixnn.interpret.variance import decompose

            return decompose(self.engine_, None if data is None else self._frame(data))
        from tabmixnn.interpret.network import NetworkView

        frame = self._frame(self._needed(data))
        return NetworkView(self.engine_, self._design, frame).decompose()

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
            variance of an outcome that can be any number.

        Raises
        ------
        ValueError
            If a network is to be described without data or without linearising it.
        """
        check_is_fitted(self)
        flag("linearize", linearize)
        if hasattr(self.engine_, "estimates"):
            from tabmixnn.interpret.parameters import extract

            return extract(self.engine_)
        if not linearize:
            raise ValueError(
                "A network has no coefficients of its own; pass linearize=True for its expansion "
                "at the mean of the data."
            )
        from tabmixnn.interpret.network import NetworkView

        frame = self._frame(self._needed(data))
        return NetworkView(self.engine_, self._design, frame).extract()
