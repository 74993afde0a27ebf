"""What the three estimators share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.utils import Tags, check_random_state

from tabmixnn.estimators.background import take_rows
from tabmixnn.estimators.checks import as_pandas, check_groups, in_doubles
from tabmixnn.estimators.class_labels import class_labels
from tabmixnn.estimators.classwise import ClasswiseMixin
from tabmixnn.estimators.describing import DescribingMixin
from tabmixnn.estimators.diagnostics import DiagnosticsMixin
from tabmixnn.estimators.engines import engine_of
from tabmixnn.estimators.explaining import ExplainingMixin
from tabmixnn.estimators.exporting import ExportingMixin
from tabmixnn.estimators.hypotheses import HypothesesMixin
from tabmixnn.estimators.intervals import IntervalsMixin
from tabmixnn.estimators.parameters import SharedParameters
from tabmixnn.estimators.persistence import PersistenceMixin
from tabmixnn.estimators.plotting import PlottingMixin
from tabmixnn.estimators.predicting import PredictingMixin
from tabmixnn.estimators.reading import ReadingMixin
from tabmixnn.estimators.responses import check_coding
from tabmixnn.estimators.restoring import unchanged_on_error
from tabmixnn.estimators.resuming import ResumingMixin
from tabmixnn.estimators.simulation import SimulationMixin
from tabmixnn.estimators.statistics import StatisticsMixin
from tabmixnn.estimators.streaming import StreamingMixin
from tabmixnn.estimators.structure import StructureMixin
from tabmixnn.estimators.summaries import SummariesMixin
from tabmixnn.estimators.unused_options import check_shared_options
from tabmixnn.estimators.weights import one_of_two, read_weights, weighted_rows
from tabmixnn.inference import EngineEntry, engine_name, get_entry, resolve
from tabmixnn.option_checks import flag
from tabmixnn.ordered import check_order
from tabmixnn.streaming import is_source


class Reading(NamedTuple):
    """An engine and the arguments of its ``fit``, and some of the rows it is fitted to."""

    engine: Any
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    sample: Any

    def fit(self) -> Any:
        """Fit the engine."""
        return self.engine.fit(*self.arguments, **self.options)


class BaseTabMixNN(
    ReadingMixin,
    StreamingMixin,
    PredictingMixin,
    ResumingMixin,
    DescribingMixin,
    StatisticsMixin,
    HypothesesMixin,
    SummariesMixin,
    SimulationMixin,
    DiagnosticsMixin,
    StructureMixin,
    ExplainingMixin,
    PlottingMixin,
    PersistenceMixin,
    ExportingMixin,
    IntervalsMixin,
    ClasswiseMixin,
    SharedParameters,
):
    """``fit`` of a mixed-effects neural network, and all that it can be asked then.

    Attributes
    ----------
    history_ : DataFrame
        Parts of the loss, one row an epoch.
    n_iter_ : int
        Epochs run.
    engine_ : object
        The inference engine that was fitted.
    inference_ : {"auto", "classwise", "marginal", "neural", "variational"}
        Which it is: with ``inference="auto"`` what that came to, ``"marginal"`` where nothing
        predicts better than the formula's own model, ``"classwise"`` for three classes or more;
        ``"neural"`` is ``"marginal"`` with hidden layers.
    family_ : Family or ExactFamily
        Family of the outcome.
    n_features_in_, feature_names_in_ : int, ndarray of str
        Columns the model reads; names only if they have any.
    """

    __shared__ = "Attributes"

    link: str | None = None

    @abstractmethod
    def _encode_response(self, y: Any) -> tuple[np.ndarray, Any]:
        """Return the responses as numbers, and the name of the family that models them."""

    def _recode_response(self, y: Any) -> np.ndarray:
        """Return further responses as numbers, as the model's were."""
        return self._encode_response(y)[0]

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        weights: Any = None,
        epochs: int | None = None,
        warm_start: bool = False,
        checkpoint: str | PathLike[str] | None = None,
        **unknown: Any,
    ) -> BaseTabMixNN:
        """Fit the model.

        Processes that ``torchrun`` started train a network together: each calls `fit` with the
        same data, and all end with the same model.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p), or path
            With a formula, the data frame it refers to, of pandas, polars or another library
            that narwhals knows; otherwise the features. With a formula also the path of a
            Parquet file or of a folder of them, or a pyarrow Dataset: its rows are read in
            batches and not kept, so that it may be larger than memory (`tabmixnn.streaming`). So
            are those of a Dask data frame, whose partitions are summed where they are.
        y : array, shape (n,), optional
            Responses, without a formula or with a one-sided one; also, as scikit-learn's tools
            give them, those that the formula names where they are not in `X`.
        sample_weight : array, shape (n,), optional
            The name by which scikit-learn's tools give `weights`, and in which they leave rows
            out: those of weight zero. ``inference="variational"``, also where ``"auto"`` comes to
            it, has no weights; it takes whole numbers, how often a row is there.
        weights : array, shape (n,), optional
            In place of the column named by the parameter `weights`. Doubling a row's weight is
            not the same as having the row twice.
        epochs : int, optional
            In place of the parameter `epochs`, for this call.
        warm_start : bool
            Train the fitted network on, on these rows, instead of fitting anew: groups it has not
            seen get effects of their own, the others keep theirs to start from (those without
            rows here keep them altogether), and the optimiser goes on from its moments. Scales,
            categories and the order of classes stay as they were. Only with
            ``inference="variational"``: an exact fit has nothing to go on from, its optimum being
            the same wherever it starts.
        checkpoint : str or path, optional
            File in which the training of a network is kept, written anew after every epoch. If it
            exists, as it does after an interruption, training goes on from it and comes to the
            same network as without the interruption; the formula, the rows and the options must
            be those it was begun with, but there may be more `epochs` where the learning rate
            does not depend on how many there are (as with ``scheduler="cosine"``). It is no
            pickle, and stays when the fit has ended.
        **unknown
            There are no others: options are set on the model.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option, the formula, the data or the responses cannot be used; the message
            names what and why.
        TypeError
            If a formula is given and `X` is no data frame, or without one `X` is no table; or if
            there is no argument of a name.
        NotFittedError
            With `warm_start`, if the model is not fitted yet.
        """
        given = self._given({} if epochs is None else {"epochs": epochs})
        flag("warm_start", warm_start)
        if unknown:
            raise TypeError(
                f"fit() has no argument {next(iter(unknown))!r}; options are set on the model."
            )
        weights = one_of_two(weights, sample_weight)
        with unchanged_on_error(self):
            if is_source(X):
                return self._fit_file(
                    given, X, y, weights, warm_start=warm_start, checkpoint=checkpoint
                )
            rows = in_doubles(as_pandas(X)), as_pandas(y), as_pandas(weights)
            may_count = sample_weight is not None
            if may_count:
                trained = warm_start and hasattr(self, "engine_")
                entry = get_entry(self.inference_) if trained else self._asked
                rows = weighted_rows(*rows, as_counts=not entry.takes_weights)
            if warm_start:
                return self._train_on(given, *rows)
            return self._fit_rows(given, *rows, checkpoint=checkpoint, may_count=may_count)

    def _given(self, changed: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options with some of them changed, those that every model has checked."""
        given = {**self.get_params(deep=False), **changed}
        check_shared_options(given)
        return given

    def _fit_rows(
        self,
        given: dict[str, Any],
        X: Any,
        y: Any,
        weights: Any,
        *,
        checkpoint: Any,
        may_count: bool = False,
    ) -> BaseTabMixNN:
        """Fit the rows of a table; see `_begin`."""
        reading = self._begin(given, X, y, weights, may_count=may_count)
        if checkpoint is not None:
            _, _, codes, family, seed = reading.arguments
            run = self._checkpoint(checkpoint, len(codes), family, seed)
            reading = reading._replace(options={**reading.options, "checkpoint": run})
        return self._finish(reading.fit(), reading.sample)

    def _begin(
        self,
        given: dict[str, Any],
        X: Any,
        y: Any,
        weights: Any = None,
        *,
        may_count: bool = False,
    ) -> Reading:
        """Read and check what `fit` is given.

        Weights that `may_count` say how often rows are there where ``"auto"`` comes to an engine
        without weights.
        """
        self._check_outcomes(y)
        is_open = self.inference == "auto"
        given["inference"] = engine_name(self.inference, self.hidden_dims)
        engine = None if is_open else engine_of(given)
        frame, response = self._read(X, y, weights)
        codes, choice = self._encode_response(response)
        if is_open:
            given |= resolve(given, choice)
            engine = engine_of(given)
        self._fitted_with = given
        entry = get_entry(given["inference"])
        if may_count and weights is not None and not entry.takes_weights:
            return self._begin(given, *weighted_rows(X, y, weights, as_counts=True))
        family = self._family(entry, choice)
        if self.formula is not None:
            formula = self._design.formula
            if formula.response is not None:
                check_coding(family, formula.response, self._design.response_levels)
                check_order(family, formula.response, self._design.response_has_order)
        family.check_response(codes)
        if given["inference"] == "auto" and family.distribution is None:
            frame = self._without_confounded(X, frame)
        if entry.needs_repeated_groups:
            check_groups(frame.blocks, len(codes), self.cov_struct_map or ())
        options = {}
        if weights is not None or self.weights is not None:
            options["weights"] = self._row_weights(given, X, weights, frame.rows)
        self.family_ = family.bind(codes)
        arguments = (self._design, frame, codes, self.family_, self._seed())
        sample = take_rows(X, frame) if engine.keeps_rows else None
        return Reading(engine, arguments, options, sample)

    def _check_outcomes(self, y: Any) -> None:
        """Check what a model of several outcomes is told; `y` are responses given apart."""

    def _finish(self, engine: Any, sample: Any = None) -> BaseTabMixNN:
        """Take the fitted engine, and a sample of its rows."""
        self.engine_ = engine
        self._fitted_with = self._fitted_with | engine.settled
        self.inference_ = self._fitted_with["inference"]
        vars(self).pop("calibration_", None)
        for name in ("_sample", "background_"):
            vars(self).pop(name, None)
        if sample is not None:
            self._sample = sample
        self._take_history()
        return self

    def _seed(self) -> int:
        try:
            generator = check_random_state(self.random_state)
        except ValueError as error:
            raise ValueError(
                "random_state must be None, a whole number from 0 to 2**32 - 1 or a RandomState; "
                f"got {self.random_state!r}."
            ) from error
        return int(generator.randint(np.iinfo(np.int32).max))

    def _take_history(self) -> None:
        history = self.engine_.history
        index = pd.RangeIndex(1, len(history) + 1, name="epoch")
        names = dict.fromkeys(name for record in history for name in record)
        columns = {name: [record.get(name) for record in history] for name in names}
        if "class" in columns:
            labels = class_labels(self)
            columns["class"] = [labels[code] for code in columns["class"]]
        self.history_ = pd.DataFrame(columns, index=index)
        self.n_iter_ = len(self.history_)

    def _family(self, entry: EngineEntry, choice: Any) -> Any:
        get_family = EngineEntry.load(entry.get_family)
        if self.link is None:
            return get_family(choice)
        if not entry.takes_links:
            raise ValueError(
                f"inference={self.inference!r} knows one link a family; leave link=None, or use "
                f"inference='marginal' for link={self.link!r}."
            )
        return get_family(choice, self.link)

    def _row_weights(
        self, given: Mapping[str, Any], X: Any, weights: Any, rows: np.ndarray
    ) -> np.ndarray:
        name = given["inference"]
        if not get_entry(name).takes_weights:
            how = ", which inference='auto' comes to here," if self.inference == "auto" else ""
            raise ValueError(
                f"inference={name!r}{how} does not take weights but for whole numbers as "
                "sample_weight, how often a row is there; leave them out. The mixed model of an "
                "outcome that has one, inference='marginal', takes them."
            )
        return read_weights(X, self.weights, weights, rows)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = self.formula is None
        return tags
