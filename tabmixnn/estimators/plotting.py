"""Plots of a fitted estimator; each computes its numbers and hands them to `tabmixnn.plotting`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.checks import as_pandas, check_data_frame, check_table, in_doubles

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class PlottingMixin:
    """``plot_...``: all take ``ax=``, an Axes to draw on, and return it.

    They need matplotlib: ``pip install 'tabmixnn[plots]'``.
    """

    def plot_ranef(
        self,
        data: Any = None,
        *,
        group: str | None = None,
        term: str = "(Intercept)",
        level: float = 0.95,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the random effects of all levels with intervals (a caterpillar plot).

        Parameters
        ----------
        data : DataFrame, optional
            Of a network, rows of the levels: it is drawn what a level's effects change in the
            linear predictor, on average over its rows, and intervals are the posterior's. Other
            models do not need them: their effects and conditional variances are coefficients.
        group : str, optional
            By default the first of the formula.
        term : str
            Of a model but a network, which of the group's effects.
        level : float
            Coverage of the intervals, given the estimated parameters.
        ax : Axes, optional

        Raises
        ------
        ValueError
            If the model has no such group or term.
        """
        from tabmixnn.plotting import plot_caterpillar

        description = self._description()
        frame = self._described_frame(description, data) if description.needs_rows else None
        values, errors = description.level_effects(frame, group, term)
        return plot_caterpillar(values, errors, level=level, ax=ax)

    def plot_variance(self, data: Any = None, *, ax: Axes | None = None) -> Axes:
        """Draw the shares of `variance_decomposition`: fixed effects, groups, the residual.

        What ``inference="auto"`` let in beyond the formula is in these shares: smooths over all
        rows go with the fixed effects, groups' own curves with the groups.

        Parameters
        ----------
        data : DataFrame, optional
            Needed of a network; see `variance_decomposition`.
        ax : Axes, optional
        """
        from tabmixnn.interpret.names import told_apart
        from tabmixnn.plotting import plot_variance

        found = self.variance_decomposition(data)
        population = "fixed effects and smooths" if "terms" in found else "fixed effects"
        parts = {population: found["fixed"]}
        for group, variance in found["random"].items():
            parts[told_apart(group, (population, "residual"))] = variance
        return plot_variance({**parts, "residual": found["residual"]}, ax=ax)

    def plot_structure(
        self,
        layer: int | None = 1,
        *,
        threshold: float = 0.01,
        max_edges: int = 60,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the learned graph of a hidden layer, or of the outcomes.

        Parameters
        ----------
        layer : int or None
            Counted from 1; None for the graph among several outcomes.
        threshold : float
            Effects of at most this size are no edges.
        max_edges : int
            The strongest that many edges are drawn.
        ax : Axes, optional
        """
        from tabmixnn.plotting import plot_dag

        outcomes = layer is None
        matrix = self.get_output_structure() if outcomes else self.get_structure_matrix(layer)
        return plot_dag(matrix, threshold=threshold, max_edges=max_edges, isolated=outcomes, ax=ax)

    def plot_attention(
        self, X: Any, layer: int = 1, *, head: int | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the attention among a layer's variables, averaged over rows.

        Parameters
        ----------
        X : DataFrame or array, n rows
        layer : int
            Counted from 1.
        head : int, optional
            Counted from 0; by default the mean over heads.
        ax : Axes, optional
        """
        from tabmixnn.plotting import plot_attention

        weights = self.get_attention_weights(X, layer).mean(axis=0)
        if head is not None and head not in range(len(weights)):
            raise ValueError(
                f"head must be a whole number from 0 to {len(weights) - 1}; got {head!r}."
            )
        shown = weights.mean(axis=0) if head is None else weights[head]
        names = [f"eta{k}" for k in range(1, len(shown) + 1)]
        return plot_attention(pd.DataFrame(shown, index=names, columns=names), ax=ax)

    def plot_dependence(
        self,
        data: pd.DataFrame,
        column: str,
        *,
        group: str | None = None,
        kind: str = "response",
        ax: Axes | None = None,
    ) -> Axes:
        """Draw how predictions depend on a column, for the population and for each group.

        Parameters
        ----------
        data : DataFrame
            Rows to average over.
        column : str
        group : str, optional
            A grouping factor: a thin curve for each of its levels, given its effects.
        kind : {"response", "link"}
        ax : Axes, optional
        """
        from tabmixnn.interpret.dependence import dependence_curves
        from tabmixnn.plotting import plot_dependence

        check_is_fitted(self)
        data = in_doubles(check_data_frame(as_pandas(data)))
        return plot_dependence(dependence_curves(self, data, column, group, kind=kind), ax=ax)

    def plot_residuals(self, data: Any = None, *, ax: Axes | None = None) -> Axes:
        """Draw Pearson residuals against fitted values, with their running mean.

        Parameters
        ----------
        data : DataFrame, optional
            Rows with responses; by default the training rows. A network, which does not keep
            them, needs it.
        ax : Axes, optional
        """
        from tabmixnn.plotting import plot_residuals

        description = self._description()
        rows = self._described_rows(description, data)
        values = description.residuals(rows, "pearson")
        return plot_residuals(description.fitted(rows), values, label="Pearson residual", ax=ax)

    def plot_qq(self, data: Any = None, *, level: float = 0.95, ax: Axes | None = None) -> Axes:
        """Draw the quantiles of Pearson residuals against a normal distribution's.

        Parameters
        ----------
        data : DataFrame, optional
            Rows with responses; by default the training rows. A network, which does not keep
            them, needs it.
        level : float
            Coverage of the band for normal residuals.
        ax : Axes, optional
        """
        from tabmixnn.plotting import plot_qq

        description = self._description()
        values = description.residuals(self._described_rows(description, data), "pearson")
        return plot_qq(values, level=level, ax=ax)

    def plot_calibration(
        self,
        data: Any,
        y: Any = None,
        *,
        event: Any = None,
        bins: int = 10,
        level: float = 0.95,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw how often a class occurs where it is predicted with about the same probability.

        Parameters
        ----------
        data, y, event, bins, level
            As for `reliability`, whose table is drawn.
        ax : Axes, optional

        Raises
        ------
        ValueError
            If the outcome is not one of classes.
        """
        from tabmixnn.plotting import plot_calibration

        return plot_calibration(*self._event(data, y, event), bins=bins, level=level, ax=ax)

    def plot_shap(
        self, X: Any, *, output: str | None = None, ax: Axes | None = None, **options: Any
    ) -> Axes:
        """Draw the Shapley values of all rows, the most important player on top.

        Parameters
        ----------
        X : DataFrame or array, n rows
        output : str, optional
            The outcome or class, if there are several.
        ax : Axes, optional
        **options
            Those of `explain`.
        """
        from tabmixnn.plotting import plot_shap_summary

        return plot_shap_summary(self.explain(X, **options), output=output, ax=ax)

    def plot_waterfall(
        self,
        X: Any,
        row: int = 0,
        *,
        output: str | None = None,
        ax: Axes | None = None,
        **options: Any,
    ) -> Axes:
        """Draw how the prediction of one row comes about, from the base value on.

        Parameters
        ----------
        X : DataFrame or array, n rows
            The background, unless ``background_data`` is given or there is one row: see `explain`.
        row : int
            Position of the row that is explained.
        output : str, optional
            The outcome or class, if there are several.
        ax : Axes, optional
        **options
            Those of `explain`.
        """
        from tabmixnn.plotting import plot_waterfall

        X = as_pandas(X)
        check_table(X) if self.formula is None else check_data_frame(X)
        if row not in range(len(X)):
            raise ValueError(f"row must be a whole number from 0 to {len(X) - 1}; got {row!r}.")
        background = options.pop("background_data", X if len(X) > 1 else None)
        one = X.iloc[[row]] if hasattr(X, "iloc") else X[row : row + 1]
        found = self.explain(one, background_data=background, **options)
        return plot_waterfall(found, output=output, ax=ax)
