"""The family of an outcome of several classes, as the models of each class share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Classes:
    """One of K classes; responses are codes 0 to K - 1.

    Parameters
    ----------
    n_classes : int, optional
        Number K of classes; by default one more than the largest code seen when fitting.
    """

    name: ClassVar[str] = "multinomial"
    data_type: ClassVar[str] = "categorical"
    columns: ClassVar[tuple[int, ...]] = (1,)

    n_classes: int | None = None

    def bind(self, y: np.ndarray) -> Classes:
        """Return the family with the number of classes of the training rows."""
        return Classes(self.n_classes or int(y.max()) + 1)

    def check_response(self, y: np.ndarray) -> None:
        """Check that there is one column of codes, of two classes or more.

        Raises
        ------
        ValueError
            Saying what was found.
        """
        if y.ndim != 1:
            raise ValueError(
                f"A {self.name} model needs one column of class codes; found an array of shape "
                f"{y.shape}."
            )
        if not np.isfinite(y).all():
            raise ValueError(
                f"The response of a {self.name} model must be finite; "
                f"{int((~np.isfinite(y)).sum())} of {y.size} values are NaN or infinity. Remove or "
                "impute those rows."
            )
        from tabmixnn.families.classes import check_codes

        check_codes(self.name, y, self.n_classes)


def get_classes(choice: Any) -> Classes:
    """Return the family of ``"multinomial"``, or of an object of the network's family."""
    return Classes(getattr(choice, "n_classes", None))
