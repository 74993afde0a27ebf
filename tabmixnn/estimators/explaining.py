"""How an estimator explains its predictions (section 3.6.3 of the paper)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.background import background, feature_names
from tabmixnn.estimators.checks import as_pandas, in_doubles

if TYPE_CHECKING:
    from tabmixnn.interpret.shapley import Explanation


class ExplainingMixin:
    """Shapley values of features and random effects, importance of a structure's edges."""

    def explain(
        self,
        X: Any,
        *,
        kind: str = "link",
        background: str = "interventional",
        background_data: Any = None,
        random_effects: str = "groups",
        method: str = "auto",
        n_background: int = 100,
        seed: int = 0,
    ) -> Explanation:
        """Split predictions into what features and random effects add (Shapley values, eq. 58).

        The players are the columns of the fixed part and the random effects of each group. For
        every row, ``base + sum of features + sum of random effects`` is the prediction; the base
        is the mean prediction of the background with all random effects zero. A feature that is
        absent from a coalition has a background row's value in the fixed part; random effects
        that are absent are zero, and present ones multiply the row's own values. So in a linear
        mixed model a group adds ``z'u``, random slopes included, and a feature
        ``beta (x - mean)``.

        Parameters
        ----------
        X : DataFrame or array, n rows
            As for `predict`.
        kind : {"link", "response"}
            The scale: the linear predictor, on which linear models are additive, or the outcome's
            mean, for classes their probabilities.
        background : {"interventional", "conditional"}
            Whether absent features vary independently of those that are present, which says what
            the *model* does with each, or as they do in rows that resemble the explained one,
            which also credits columns that tell about others. See
            `tabmixnn.interpret.shapley.background`.
        background_data : DataFrame or array, optional
            Rows that absent features are taken from; by default those of `X`. A single row cannot
            be compared with itself: by default it is with ``background_``, the training rows that
            an exact or a grown model keeps; of a network, which keeps none, they must be given.
        random_effects : {"groups", "terms"}
            Whether a group is one player, or each term of its random effects is: its intercepts,
            and its slopes of each column.
        method : {"auto", "linear", "exact", "permutation", "kernel"}
            The closed form of additive models; all 2^M coalitions of M players; random orders of
            joining; weighted least squares, by the package shap. ``"auto"`` takes the closed form
            where there is one, all coalitions of up to 10 players, and random orders of more.
            Values add up to the prediction whatever the method.
        n_background : int
            If more background rows than this are distinct, this many are drawn. The cost is this
            number times rows times coalitions.
        seed : int
            Decides which rows are drawn, and random orders.

        Returns
        -------
        Explanation
            Its ``frame()`` has the values, rows by players; ``slopes(column, group)`` each
            level's slope.

        Raises
        ------
        ImportError
            If the method needs the package shap and it is not installed.
        ValueError
            If an option has a value it cannot have, or a network is to explain a single row
            without `background_data`.
        """
        from tabmixnn.interpret.shapley import Question, explain

        check_is_fitted(self)
        question = Question(kind, background, random_effects, method, n_background, seed)
        X, background_data = in_doubles(as_pandas(X)), in_doubles(as_pandas(background_data))
        if background_data is not None:
            # Read in full, so that what is wrong with it is said before anything is computed.
            self._frame(background_data)
        frame = self._frame(X)
        if background_data is None and len(X) == 1:
            background_data = self._background_of(X)
        return explain(
            self.engine_,
            self._design,
            frame,
            X,
            background_data,
            question,
            self._output_names,
        )

    @cached_property
    def background_(self) -> pd.DataFrame:
        """Up to 100 training rows of an exact or grown model, for a single row to be compared with.

        Without a formula they have all columns, with one those that `explain` has as features.
        """
        rows = vars(self).get("_sample")
        if rows is None:
            raise AttributeError("This model keeps no training rows.")
        return background(self.engine_, self._design, rows)

    def _background_of(self, X: Any) -> pd.DataFrame | None:
        """Return the training rows that are kept, with their columns named as those of `X`."""
        if not feature_names(self.engine_, self._design):
            return None
        if not hasattr(self, "background_"):
            raise ValueError(
                "A single row cannot be compared with itself, and this model keeps no training "
                "rows: give rows to compare it with by background_data, such as training rows."
            )
        if self.formula is not None:
            return self.background_
        named = X.columns if isinstance(X, pd.DataFrame) else self._design.cont_names
        return self.background_.set_axis(list(named), axis=1)

    def _output_names(self, found: Any) -> list[str]:
        from tabmixnn.interpret.shapley.explanation import outputs_in

        response = self._design.formula.response if self.formula is not None else None
        classes = getattr(self, "classes_", None)
        if classes is None and getattr(found, "ndim", 1) == 2:
            known = getattr(self, "levels_", None) or ()
            classes = known if len(known) == found.shape[1] else None
        return outputs_in(found, classes, getattr(self, "outcome_levels_", {}), response or "y")

    def shapley_values(self, data: Any, **options: Any) -> dict[str, Any]:
        """Return the importance of features and random effects (section 4.4 of the paper).

        Parameters
        ----------
        data : DataFrame or array, n rows
        **options
            Those of `explain`.

        Returns
        -------
        dict
            ``features`` and ``random_effects``: the mean absolute Shapley value of each feature
            and each group, a Series, or a DataFrame with a column an outcome or a class if there
            are several. ``base_value``, ``prediction`` and ``values`` (rows by players; a dict of
            such if there are several outcomes or classes): for every row the base value and its
            values add up to the prediction.
        """
        return self.explain(data, **options).to_dict()

    def shapley_random_effects(self, data: Any, **options: Any) -> dict[str, pd.DataFrame]:
        """Return what each level of each group adds to the predictions of its rows.

        Parameters
        ----------
        data : DataFrame, n rows
        **options
            Those of `explain`; here ``random_effects="terms"`` by default, where the model's
            effects can be told apart.

        Returns
        -------
        dict of str to DataFrame
            For each group its levels by the mean Shapley values of its terms, their ``total``,
            the ``importance`` (mean absolute total) and the number ``n`` of rows.

        Raises
        ------
        ValueError
            If the model has no random effects.
        """
        from tabmixnn.interpret.shapley.predictor import splits_effects

        check_is_fitted(self)
        split = "terms" if splits_effects(self.engine_) else "groups"
        found = self.explain(data, **{"random_effects": split, **options})
        if not found.levels:
            raise ValueError("The model has no random effects; its formula has no (... | group).")
        return {group: found.by_level(group) for group in found.levels}

    def edge_importance(
        self, X: Any, *, layer: int | None = 1, threshold: float = 0.01
    ) -> pd.DataFrame:
        """Return what each edge of a learned structure does to predictions (section 3.6.3).

        Every edge is left out once, the others staying as they are.

        Parameters
        ----------
        X : DataFrame or array, n rows
            As for `predict`; with the response if the change of the loss is wanted too.
        layer : int or None
            A hidden layer with a static structure, counted from 1; None for the structure among
            the outcomes of a multitask model (eq. 46).
        threshold : float
            Edges of at most this size are left alone.

        Returns
        -------
        DataFrame
            A row an edge, the most important first: ``cause``, ``effect``, ``weight``,
            ``prediction`` (the mean absolute change of the linear predictor) and, where a single
            outcome's responses are in `X`, ``loss`` (the change of the mean negative
            log-likelihood, positive where the edge helps).

        Raises
        ------
        ValueError
            If there is no such structure.
        """
        from tabmixnn.interpret import edges
        from tabmixnn.interpret.shapley.predictor import outputs_of

        if layer is None:
            matrix = self.get_output_structure()
            matrix = matrix.where(matrix.abs() > threshold, 0.0)
            found = edges.OutputEdges(self.engine_.network.head.structure, matrix)
        else:
            matrix = self.get_structure_matrix(layer, threshold=threshold)
            found = edges.HiddenEdges(self._structure(layer, "static"), matrix)
        X = as_pandas(X)
        frame, loss = self._frame(X), None
        if self._has_response(X):
            observed, y, _ = self._observed(X)

            def loss() -> float:
                return self.engine_.negative_log_likelihood(observed, y)

        return edges.edge_importance(
            found, lambda: outputs_of(self.engine_.predict(frame, "all", "link")), loss
        )

    def _has_response(self, X: Any) -> bool:
        """Return whether data have the columns of a single outcome's responses."""
        if self.formula is None or self._design.formula.response is None:
            return False
        response = self._design.formula.variables.difference(self._design.formula.predictors)
        return response.issubset(X.columns)
