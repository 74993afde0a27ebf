"""Fitted models in files (section 4.5 of the paper)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from tabmixnn.caller import warn_caller
from tabmixnn.estimators.columns import ColumnDesign
from tabmixnn.estimators.unused_options import check_training_options
from tabmixnn.formula import Design
from tabmixnn.inference import get_engine, get_entry
from tabmixnn.persistence import ModelFileError, read_archive, write_archive
from tabmixnn.persistence.archive import MAX_BYTES

if TYPE_CHECKING:
    from tabmixnn.estimators.base import BaseTabMixNN

DESIGNS: dict[str, type[Design] | type[ColumnDesign]] = {"formula": Design, "columns": ColumnDesign}
"""What a model knows of its columns, with and without a formula."""

APART = ("engine_", "family_", "inference_", "history_", "n_iter_", "background_")
"""Fitted attributes that a file holds elsewhere or that follow from the engine."""


class PersistenceMixin:
    """Saving and loading."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, whatever its name ends in.

        The file is a zip of a JSON manifest and arrays in safetensors. Unlike a pickle it can be
        read without running anything that is in it. A model fitted with ``inference="marginal"``
        keeps its training rows, as R's ``merMod`` does, and so does its file.

        Parameters
        ----------
        path : str or path
            An existing file is replaced.

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            If an option cannot be stored, such as a family of one's own. `callbacks` are left out
            with a warning: they are code.

        Examples
        --------
        >>> model.save("model.tmx")
        >>> model = TabMixNN.load("model.tmx")
        """
        check_is_fitted(self)
        parameters = _without_callbacks(self.get_params(deep=False))
        fitted = _without_callbacks(self._fitted_with, warn=False)
        kind = "formula" if isinstance(self._design, Design) else "columns"
        state = {
            "parameters": parameters,
            "fitted_with": {k: v for k, v in fitted.items() if v is not parameters[k]},
            "design": {"kind": kind, **self._design.to_dict()},
            "attributes": {
                name: value
                for name, value in vars(self).items()
                if name.endswith("_") and name not in APART
            },
            "family": self.family_,
            "engine": self.engine_.state(),
            "background": getattr(self, "background_", None),
        }
        write_archive(path, type(self).__name__, state)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> BaseTabMixNN:
        """Return the model of a file that `save` wrote.

        Nothing in the file is executed.

        Parameters
        ----------
        path : str or path
        max_bytes : int
            Larger files are refused before they are read; 8 GiB by default.

        Returns
        -------
        TabMixNN, TabMixNNRegressor or TabMixNNClassifier
            Of the class that was saved; ``TabMixNN.load`` reads them all.

        Raises
        ------
        ModelFileError
            If the file is no model, is damaged, was changed, comes from a later version of
            tabmixnn, or has a model of another class than the one whose ``load`` is called.
        FileNotFoundError
            If there is no such file.
        """
        name, state = read_archive(path, max_bytes)
        found = _class_named(cls, name)
        if found is None or not (cls.__name__ == "TabMixNN" or issubclass(found, cls)):
            raise ModelFileError(
                f"{path} has a model of class {name!r}, not {cls.__name__}; TabMixNN.load reads "
                "every class of tabmixnn."
            )
        try:
            return _rebuild(found, state)
        except Exception as error:
            raise ModelFileError(
                f"{path} is damaged or was changed; it does not describe a {name}: {error}"
            ) from error


def _class_named(cls: type, name: str) -> type | None:
    """Return one of the library's classes, or `cls` itself if it is called so."""
    from tabmixnn import estimators

    return cls if cls.__name__ == name else vars(estimators).get(name, None)


def _without_callbacks(parameters: Mapping[str, Any], *, warn: bool = True) -> dict[str, Any]:
    if parameters["callbacks"] is None:
        return dict(parameters)
    if warn:
        warn_caller(
            "callbacks are functions and are not saved; give them to the loaded model with "
            "set_params(callbacks=...) if it is to train again",
        )
    return {**parameters, "callbacks": None}


def _rebuild(cls: type, state: Mapping[str, Any]) -> Any:
    model = cls(**state["parameters"])
    # Options that the file's version did not have are as they were before there was a choice.
    model._fitted_with = {**model.get_params(deep=False), **state["fitted_with"]}
    if not get_entry(model._fitted_with["inference"]).trains_on:
        check_training_options(model._fitted_with)
    design = dict(state["design"])
    model._design = DESIGNS[design.pop("kind")].from_dict(design)
    for name, value in state["attributes"].items():
        if not name.endswith("_") or name.startswith("_") or hasattr(cls, name):
            raise ValueError(f"a fitted model has no attribute {name!r}")
        setattr(model, name, value)
    model.family_ = state["family"]
    engine = get_engine(model._fitted_with["inference"])
    model.inference_ = model._fitted_with["inference"]
    model.engine_ = engine.from_state(
        state["engine"], model._fitted_with, model._design, model.family_
    )
    model._take_history()
    if state.get("background") is not None:
        model.background_ = state["background"]
    return model
