"""Fitting and predicting rows that are read from a file in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.engines import engine_of
from tabmixnn.estimators.kept_effects import needed_groups
from tabmixnn.estimators.responses import check_coding
from tabmixnn.formula import Formula, MissingValueError
from tabmixnn.inference import engine_name, get_entry
from tabmixnn.option_checks import whole
from tabmixnn.streaming.source import BATCH_ROWS, Source


class StreamingMixin:
    """What `fit` and `predict` do when they are given a path."""

    def predict_batches(
        self, data: Any, *, batch_rows: int = BATCH_ROWS, **options: Any
    ) -> Iterator[Any]:
        """Predict the rows of a file in batches, so that memory holds one batch only.

        Parameters
        ----------
        data : path or pyarrow Dataset
            A Parquet file, or a folder of them.
        batch_rows : int
            Most rows of a batch.
        **options
            Those of `predict`.

        Yields
        ------
        ndarray, shape (b,), or what `predict` returns
            Predictions of the next b rows, in the order of the file.

        Raises
        ------
        MissingColumnError
            If the file lacks a column that the formula needs.
        MissingValueError
            If a batch has missing or infinite values; which batch comes first in the message.
        TypeError
            If `data` are rows in memory, which `predict` takes.
        """
        check_is_fitted(self)
        whole("batch_rows", batch_rows, at_least=1)
        if self.formula is None:
            raise TypeError(
                "A model without a formula does not say which columns it reads; read the file "
                "into a data frame."
            )
        source = Source.open(data)
        formula = self._design.formula
        groups = needed_groups(options.get("re_form", "all"), self._design)
        columns = formula.predictors if groups is None else formula.needed(groups)
        if self.cov_struct_map:
            from tabmixnn.encoder.covariance import placing_columns

            # What places known levels need not be there.
            placing = set(placing_columns(self.cov_struct_map)) & set(source.columns)
            columns = [*columns, *sorted(placing - set(columns))]
        source.check_columns(columns)
        return self._predict_source(source, columns, batch_rows, options)

    def _predict_source(
        self, source: Source, columns: Sequence[str], batch_rows: int, options: dict[str, Any]
    ) -> Iterator[Any]:
        for batch in source.batches(columns, batch_rows):
            try:
                yield self.predict(batch, **options)
            except MissingValueError as error:
                if len(batch) == source.n_rows:
                    raise
                # It counts those of the batch.
                where = f"in rows {batch.index[0]} to {batch.index[-1]} of {source.name}"
                raise MissingValueError(f"{where}: {error}") from error

    def _predict_file(self, data: Any, **options: Any) -> Any:
        """Return the predictions of all rows of a file, as `predict` does of a data frame's."""
        parts = list(self.predict_batches(data, **options))
        if isinstance(parts[0], pd.DataFrame):
            return pd.concat(parts)
        if isinstance(parts[0], tuple):
            return tuple(np.concatenate(each) for each in zip(*parts, strict=True))
        if isinstance(parts[0], dict):
            return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return np.concatenate(parts)

    def _fit_file(
        self,
        given: dict[str, Any],
        data: Any,
        y: Any,
        weights: Any,
        *,
        warm_start: bool,
        checkpoint: Any,
    ) -> StreamingMixin:
        """Fit the rows of a file."""
        given["inference"] = engine_name(self.inference, self.hidden_dims)
        formula = self._check_streams(given, y, weights, warm_start)
        source = Source.open(data)
        entry = get_entry(given["inference"])
        engine = engine_of(given, streamed=True)
        from tabmixnn.streaming.design import design_of

        if self.weights is not None and not entry.takes_weights:
            self._row_weights(given, None, None, None)
        design, rows = design_of(
            formula,
            source,
            weights=self.weights,
            unseen_levels=entry.unseen_levels,
            na_action=self.na_action,
            progress=bool(self.verbose),
        )
        self._design, self._fitted_with = design, given
        self.feature_names_in_ = np.array(list(design.formula.predictors), dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)
        choice, codes = self._streamed_response(design.response_levels)
        family = self._family(entry, choice)
        check_coding(family, design.formula.response, design.response_levels)
        seed, options = self._seed(), {}
        if checkpoint is not None:
            options["checkpoint"] = self._checkpoint(checkpoint, rows.n, family, seed)
        engine.fit_rows(design, rows, family, seed, codes=codes, **options)
        self.family_ = engine.family
        return self._finish(engine)

    def _streamed_response(self, levels: Sequence[Any] | None) -> tuple[Any, np.ndarray | None]:
        """Return what `_encode_response` says of the family, and the code of each level.

        Parameters
        ----------
        levels : sequence or None
            Those of the response in the design's order, None of numbers.

        Returns
        -------
        family : Family or str
        codes : ndarray, shape (K,), or None
            None where codes are the design's.
        """
        return self.family, None

    def _check_streams(
        self, given: dict[str, Any], y: Any, weights: Any, warm_start: bool
    ) -> Formula:
        """Refuse what cannot be read from a file; return the formula."""
        if self.formula is None:
            raise TypeError(
                "A file is fitted by a formula, which says which columns to read: give one, such "
                "as 'y ~ x + (1 | g)'."
            )
        formula = Formula.parse(self.formula)
        if y is not None or formula.response is None:
            raise ValueError(
                "The response of a file is one of its columns: name it before the tilde of the "
                "formula, and leave y out."
            )
        if weights is not None:
            raise ValueError(
                "The weights of a file are one of its columns: name it by the parameter weights."
            )
        if warm_start:
            raise ValueError(
                "warm_start goes on with data frames; a file is fitted anew, or resumed from a "
                "checkpoint."
            )
        if getattr(self, "outcomes", None) is not None:
            raise ValueError("Several outcomes are not read from files; pass a data frame.")
        given["inference"] = engine_name(self.inference, self.hidden_dims)
        if get_entry(given["inference"]).streamed is None:
            layers = " with hidden layers" if given["inference"] != self.inference else ""
            raise ValueError(
                f"inference={self.inference!r}{layers} looks at the rows again and again, so it "
                "needs them in memory. A file is fitted with inference='marginal' and "
                "hidden_dims=[] (the exact mixed model) or inference='variational' (a network)."
            )
        return formula
