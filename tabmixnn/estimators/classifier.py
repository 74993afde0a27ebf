"""Classification."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from tabmixnn.estimators.base import BaseTabMixNN
from tabmixnn.estimators.beside import beside_formula
from tabmixnn.estimators.checks import check_data_frame
from tabmixnn.estimators.intervals import check_uncertainty
from tabmixnn.estimators.parameters import inherit_parameters
from tabmixnn.estimators.responses import check_no_missing_class, check_no_times
from tabmixnn.estimators.scoring import ScoringMixin
from tabmixnn.formula import Formula
from tabmixnn.formula.columns import check_columns, plain
from tabmixnn.inference import PUBLIC, get_entry
from tabmixnn.option_checks import choice
from tabmixnn.streaming import is_source

KINDS = ("class", "probability", "response", "link")


@inherit_parameters
class TabMixNNClassifier(ScoringMixin, ClassifierMixin, BaseTabMixNN):
    """Mixed-effects neural network for two classes (binomial) or more (multinomial family).

    Its attribute ``classes_``, an array of shape (K,), has the classes in sorted order; where the
    formula computes the response, as in ``relevel(y, "b") ~ x``, its levels in theirs. Three or
    more are fitted class by class with ``inference="auto"``, each against the others by the mixed
    model that two classes have; `against_rest` gives the model of one.

    """

    def __init__(
        self, formula: str | None = None, *, inference: str = "auto", **options: Any
    ) -> None:
        super().__init__(formula, inference=inference, **options)

    def _encode_response(self, y: Any) -> tuple[np.ndarray, str]:
        if np.ndim(y) > 1:
            raise ValueError(
                f"A classifier takes one class a row, and y has {np.shape(y)[1]} columns; of "
                "indicators of the classes give the class of each row, such as y.argmax(axis=1)."
            )
        check_no_missing_class(y)
        check_no_times(y)
        check_classification_targets(y)
        self.classes_, codes = self._classes_and_codes(y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"The response is constant: it has one class, {self.classes_[0]}. A classifier "
                "needs two classes or more; check the target column."
            )
        if len(self.classes_) > 2 and not self._asked.takes_classes:
            raise ValueError(
                "Only binary classification is supported. The type of the target is "
                f"{type_of_target(y)}, and inference={self.inference!r} has no multinomial family; "
                "use inference='auto' or 'variational'."
            )
        family = "binomial" if len(self.classes_) == 2 else "multinomial"
        return codes.astype(np.float64), family

    def _classes_and_codes(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the classes there are, in order, and the positions of labels among them."""
        classes, codes = np.unique(y, return_inverse=True)
        levels = self._computed_levels()
        if levels is None or "event_" in vars(self):
            return classes, codes
        order = np.argsort([levels.index(each) for each in classes.tolist()])
        return classes[order], np.argsort(order)[codes]

    def _computed_levels(self) -> list[Any] | None:
        """Return the levels of a response that the formula computes; None if it has none."""
        if self.formula is None or self._design.formula.response is None:
            return None
        formula = self._design.formula
        return self._design.response_levels if formula.response_column is None else None

    def _recode_response(self, y: Any) -> np.ndarray:
        check_no_missing_class(y)
        return self._codes_of(y, "fit it to all rows anew, without warm_start")

    def _observed_codes(self, y: Any) -> np.ndarray:
        return self._codes_of(y, "leave its rows out")

    def _codes_of(self, y: Any, advice: str) -> np.ndarray:
        """Return the positions of labels in ``classes_``, which need not be those of levels."""
        codes = pd.Index(self.classes_).get_indexer(y)
        if (codes < 0).any():
            new = np.asarray(y)[codes < 0].tolist()[0]
            raise ValueError(
                f"There is a class {new!r} that the model was not trained on; {advice}."
            )
        return codes.astype(np.float64)

    def _formula_response(self, formula: Formula, data: pd.DataFrame, frame: Any) -> Any:
        # Labels, not the formula's codes of them: predict gives them back.
        levels = self._computed_levels()
        if formula.response_column is not None:
            name = formula.response_column
            # Missing ones are left out first: they make objects of booleans.
            labels = np.asarray(plain(data[name].iloc[frame.rows], name))
        elif frame.y.ndim != 1:
            raise ValueError(
                f"The response {formula.response!r} is not one column of classes; give one row "
                "a trial instead of counts."
            )
        else:
            labels = frame.y if levels is None else np.array(levels)[frame.y.astype(np.int64)]
        event = vars(self).get("event_")
        return labels if event is None else labels == event

    def _score_labels(self, y: Any) -> Any:
        event = vars(self).get("event_")
        if event is None or all(each in (False, True) for each in pd.unique(np.ravel(y)).tolist()):
            return y
        raise ValueError(
            f"This is the model of {event!r} against the rest, whose classes are False and True; "
            f"score it with y == {event!r}."
        )

    def _scored(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        data, formula = check_data_frame(X), self._design.formula
        name = formula.response_column
        if name is None:
            frame = self._frame(data, response=True)
        else:
            # As labels, which may be of classes that the design cannot code.
            check_columns(data, [name])
            beside = beside_formula(data, weight_column=self.weights)
            beside[f"column {name!r}"] = data[name].to_numpy()
            frame = self._design.frame(data, response=False, beside=beside)
        return frame.rows, self._formula_response(formula, data, frame)

    def _streamed_response(self, levels: Any) -> tuple[str, np.ndarray]:
        if levels is None:
            raise ValueError(
                f"The response {self._design.formula.response!r} holds numbers; a classifier reads "
                "classes from a file as text, booleans or categories, or as factor(...) in the "
                "formula."
            )
        self.classes_, codes = self._classes_and_codes(levels)
        return "binomial" if len(levels) == 2 else "multinomial", codes.astype(np.float64)

    def predict(
        self,
        X: Any,
        *,
        re_form: str = "all",
        kind: str = "class",
        interval: float | None = None,
        return_std: bool = False,
        method: str = "predictive",
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray] | pd.DataFrame:
        """Predict new rows.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            As in `fit`; the response need not be there.
        re_form : {"all", "none", "marginal"} or str
            Conditional on the groups' effects, at the population level (effects zero),
            integrated over the effects, or with those that ``"~ (1 | g)"`` names; see
            `TabMixNN.predict`.
        kind : {"class", "probability", "response", "link"}
            The likeliest class, shape (n,); the classes' probabilities as `predict_proba`,
            shape (n, K), by either name; the linear predictor, shape (n,) for two classes and
            (n, K) for more.
        interval, return_std, method
            Intervals or standard deviations, for two classes: of the probability of the second,
            or with ``kind="link"`` of the linear predictor; see `TabMixNNRegressor.predict`.

        Returns
        -------
        ndarray
        (ndarray, ndarray)
            With `return_std`, the probabilities of the second class and their deviations.
        DataFrame
            With `interval`: columns ``prediction``, the probability of the second class,
            ``lower``, ``upper``, and ``std`` if wanted.
        """
        choice("kind", kind, KINDS)
        asked = {"interval": interval, "return_std": return_std, "method": method}
        check_uncertainty(**asked)
        if is_source(X):
            return self._predict_file(X, re_form=re_form, kind=kind, **asked)
        if interval is not None or return_std:
            kind = "link" if kind == "link" else "response"
            found = self._predict(X, re_form, kind)
            return self._uncertain(X, found, re_form, kind, **asked)
        if kind == "link":
            return self._predict(X, re_form, "link")
        probabilities = self.predict_proba(X, re_form=re_form)
        if kind != "class":
            return probabilities
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any, *, re_form: str = "all") -> np.ndarray:
        """Return the probability of every class, shape (n, K), in the order of ``classes_``."""
        if is_source(X):
            return self._predict_file(X, re_form=re_form, kind="response")
        mean = self._predict(X, re_form, "response")
        return np.column_stack([1 - mean, mean]) if mean.ndim == 1 else mean

    def predict_log_proba(self, X: Any, *, re_form: str = "all") -> np.ndarray:
        """Return the logarithms of `predict_proba`, shape (n, K)."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X, re_form=re_form))

    def decision_function(self, X: Any, *, re_form: str = "all") -> np.ndarray:
        """Return the log-odds of the predicted probabilities.

        They order rows and classes as `predict_proba` does, which scikit-learn's metrics rely on.
        Of two classes and groups that were seen it is the linear predictor,
        ``predict(kind="link")``; where the prediction is a mean over groups, as of new ones, its
        log-odds. Probabilities that round to 0 or 1 have the last finite ones.

        Returns
        -------
        ndarray, shape (n,) or (n, K)
            Of the second of two classes, or of each of more against the others.
        """
        probabilities = self.predict_proba(X, re_form=re_form)
        of = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities
        numbers = np.finfo(np.float64)
        return logit(np.clip(of, numbers.tiny, 1.0 - numbers.epsneg, dtype=np.float64))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self.inference in PUBLIC:
            tags.classifier_tags.multi_class = get_entry(self.inference).takes_classes
        return tags
