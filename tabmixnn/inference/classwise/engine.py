"""Each class against the others, by the mixed model that grows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.caller import warn_caller
from tabmixnn.inference import get_engine
from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.additive.options import AutoOptions
from tabmixnn.inference.additive.table import read_names
from tabmixnn.inference.classwise.family import Classes
from tabmixnn.inference.exact.families import Binomial

Array = NDArray[np.float64]


class ClasswiseEngine:
    r"""Mixed models of the log-odds of each of K classes.

    With :math:`p_k` the probability that the model of class k has for it against the others, that
    of the class is :math:`p_k / \sum_j p_j` (one against the rest [1]_).

    Parameters
    ----------
    options : AutoOptions

    Attributes
    ----------
    engines : list of AutoEngine or MarginalEngine, or None
        A class each, as `AutoEngine.fit` returns them; None for a class without rows, whose
        probability is zero.

    References
    ----------
    .. [1] Rifkin, R. and Klautau, A. (2004). In defense of one-vs-all classification. Journal of
       Machine Learning Research, 5, 101-141.
    """

    settled: Mapping[str, Any] = MappingProxyType({})
    """Options that the fit decided for itself: those of each class are its own."""
    keeps_rows = True
    """Whether the training rows are at hand."""

    def __init__(self, options: AutoOptions) -> None:
        self.options = options

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> ClasswiseEngine:
        """Build the engine from the estimator's options.

        Raises
        ------
        ValueError
            If an option has a value it cannot have.
        """
        return cls(AutoOptions.from_mapping(options))

    def fit(
        self,
        design: Any,
        frame: Any,
        y: Array,
        family: Classes,
        seed: int,
        weights: Array | None = None,
    ) -> ClasswiseEngine:
        """Fit on the frame of the training rows.

        Parameters
        ----------
        design : Design or ColumnDesign
        frame : PlacedFrame or ColumnFrame
            n rows.
        y : ndarray, shape (n,)
            Their codes, checked by the family.
        family : Classes
        seed : int
            Decides the folds, the same for all classes.
        weights : ndarray, shape (n,), optional
            How often each row's outcome was seen, as `MarginalEngine.fit` takes trials.

        Raises
        ------
        ValueError
            If the formula has an offset.
        """
        if frame.offset.any():
            raise ValueError(
                "offset() adds the same to what speaks for each class, so that it says nothing of "
                "them; leave it out, or give a predictor instead."
            )
        self.design, self.family = design, family

        def fitted(code: int) -> Any:
            outcome = (y == code).astype(np.float64)
            if not outcome.any():
                return None
            place = f"class {code + 1} of {family.n_classes}"
            report = partial(_report, self.options.report, place)
            engine = AutoEngine(replace(self.options, report=report))
            with _warnings_of(place):
                return engine.fit(design, frame, outcome, Binomial(), seed, weights)

        self.engines = [fitted(code) for code in range(family.n_classes)]
        return self

    @property
    def history(self) -> list[dict[str, Any]]:
        """What each step of each class's model came to; ``class`` is its code."""
        return [
            {"class": code, **record}
            for code, engine in enumerate(self.engines)
            if engine is not None
            for record in engine.history
        ]

    def predict(self, frame: Any, re_form: str, kind: str) -> Array:
        """Predict n rows.

        Parameters
        ----------
        frame : PlacedFrame or ColumnFrame
            n rows.
        re_form : {"all", "none", "marginal"}
            As `AutoEngine.predict` has it.
        kind : {"response", "probability", "link"}
            The probabilities of the classes, or the log-odds of each against the others.

        Returns
        -------
        ndarray, shape (n, K)
        """
        return self._of_classes(frame, kind, lambda each, what: each.predict(frame, re_form, what))

    def predict_with(self, frame: Any, active: Sequence[NDArray[np.bool_]], kind: str) -> Array:
        """Predict n rows with some random effects and the others zero; see `Predictor`."""
        return self._of_classes(
            frame, kind, lambda each, what: each.predict_with(frame, active, what)
        )

    def _of_classes(self, frame: Any, kind: str, one: Callable[[Any, str], Array]) -> Array:
        n, is_link = len(frame.offset), kind == "link"
        absent = np.full(n, -np.inf if is_link else 0.0)
        what = "link" if is_link else "response"
        found = [absent if each is None else one(each, what) for each in self.engines]
        columns = np.column_stack(found)
        return columns if is_link else _shares(columns)

    def predictive(
        self, frame: Any, re_form: str, method: str = "predictive", kind: str = "response"
    ) -> Any:
        """Refuse: an interval is of one number.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "Intervals are of one number, and there is a probability for each of "
            f"{len(self.engines)} classes; leave interval and return_std out, or ask the model of "
            "one class against the others, against_rest(label)."
        )

    def is_additive(self, kind: str) -> bool:
        """Return False: what has grown is no sum of the formula's columns."""
        return False

    def feature_columns(self, design: Any) -> list[str]:
        """Return the columns of the data that smooths and offsets are of."""
        return read_names(design)

    def state(self) -> dict[str, Any]:
        """Return the state of each class's model, for a model file; what all share, once."""
        states = [None if each is None else each.state() for each in self.engines]
        frames = [_formula_of(each).pop("frame") for each in states if each is not None]
        return {
            "shared": frames[0],
            "classes": [
                None if each is None else {"settled": dict(each.settled), "state": state}
                for each, state in zip(self.engines, states, strict=True)
            ],
        }

    @classmethod
    def from_state(
        cls, state: dict[str, Any], options: Mapping[str, Any], design: Any, family: Classes
    ) -> ClasswiseEngine:
        """Return an engine at the estimates that were found; see `tabmixnn.persistence`."""
        engine = cls.from_options(options)
        engine.design, engine.family = design, family

        def restored(each: dict[str, Any] | None) -> Any:
            if each is None:
                return None
            one, settled = each["state"], each["settled"]
            _formula_of(one)["frame"] = state["shared"]
            kind = get_engine(settled.get("inference", "auto"))
            out = kind.from_state(one, {**options, **settled}, design, Binomial())
            out.settled = settled
            return out

        engine.engines = [restored(each) for each in state["classes"]]
        return engine


@contextmanager
def _warnings_of(place: str) -> Iterator[None]:
    """Let warnings say which class's fit they are of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield
    for each in found:
        warn_caller(f"{place} against the others: {each.message}", each.category)


def _report(report: Callable[[str], None], place: str, line: str) -> None:
    report(f"{place}: {line}")


def _shares(probabilities: Array) -> Array:
    """Return rows that sum to one; where no class is likely at all, they are equally so."""
    total = probabilities.sum(axis=1, keepdims=True)
    equal = 1.0 / probabilities.shape[1]
    return np.divide(probabilities, total, out=np.full_like(probabilities, equal), where=total > 0)


def _formula_of(state: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a class's state that is its formula's model."""
    return state.get("exact", state)
