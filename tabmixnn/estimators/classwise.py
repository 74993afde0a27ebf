"""The models of which one of several classes is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from tabmixnn.estimators.class_labels import class_labels

if TYPE_CHECKING:
    from tabmixnn.estimators.classifier import TabMixNNClassifier


class ClasswiseMixin:
    """What is asked of one class."""

    def against_rest(self, label: Any) -> TabMixNNClassifier:
        """Return the fitted model of one of several classes against the others.

        It has all that a model of two classes has, `summary`, `ranef`, intervals and so on. Its
        classes are False and True; True stands for `label`, its attribute ``event_``. Of the
        model of all classes it is a part: nothing is fitted.

        Parameters
        ----------
        label : object
            One of the classes.

        Returns
        -------
        TabMixNNClassifier

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the model is not made of such models, or has no such class.

        Examples
        --------
        >>> model = TabMixNNClassifier("brand ~ price + (1 | household)").fit(purchases)
        >>> print(model.against_rest("yoplait").summary())
        """
        check_is_fitted(self)
        if self.inference_ != "classwise":
            raise ValueError(
                "against_rest() is of three classes or more that inference='auto' has fitted one "
                f"by one; this is a {self.family_.name} model of inference={self.inference_!r}."
            )
        labels = class_labels(self)
        if label not in labels:
            shown = ", ".join(map(repr, labels))
            raise ValueError(f"label must be one of {shown}; got {label!r}.")
        engine = self.engine_.engines[labels.index(label)]
        if engine is None:
            raise ValueError(f"No training row is of the class {label!r}, so it has no model.")
        return _model_of(self, engine, label)

    @property
    def modelled_classes_(self) -> list[Any]:
        """The classes that `against_rest` takes; none of a model that is not made by class."""
        check_is_fitted(self)
        if self.inference_ != "classwise":
            return []
        pairs = zip(class_labels(self), self.engine_.engines, strict=True)
        return [label for label, engine in pairs if engine is not None]


def _model_of(model: Any, engine: Any, label: Any) -> TabMixNNClassifier:
    from tabmixnn.estimators.classifier import TabMixNNClassifier
    from tabmixnn.inference.exact.families import Binomial

    names = TabMixNNClassifier().get_params(deep=False)
    given = model.get_params(deep=False)
    out = TabMixNNClassifier(**{name: given[name] for name in names})
    fitted = {name: each for name, each in vars(model).items() if name not in given}
    vars(out).update(fitted)
    settled = {**model._fitted_with, "inference": "auto", **engine.settled}
    out._fitted_with = {name: settled[name] for name in names}
    out.inference_ = out._fitted_with["inference"]
    out.engine_, out.family_ = engine, Binomial()
    out.classes_, out.event_ = np.array([False, True]), label
    out._take_history()
    return out
