"""The classes that an outcome has."""

from __future__ import annotations

from typing import Any


def class_labels(model: Any) -> list[Any]:
    """Return the classes of a fitted model in the order of their codes.

    Of what is counted, or given as numbers, the classes are the codes.

    Parameters
    ----------
    model : BaseTabMixNN
        Fitted, of one outcome.

    Returns
    -------
    list, length K

    Raises
    ------
    ValueError
        If the outcome is not one of classes.
    """
    if hasattr(model, "classes_"):
        return model.classes_.tolist()
    family = model.family_
    if family.data_type not in ("binary", "categorical") or 1 not in family.columns:
        raise ValueError(
            f"Calibration is of the probabilities of classes; this is a {family.name} model."
        )
    return list(model.levels_ or range(getattr(family, "n_classes", 2)))
