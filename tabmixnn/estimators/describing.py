"""The description of the fitted engine, and rows as it takes them."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted

from tabmixnn.inference import EngineEntry, get_entry
from tabmixnn.interpret.descriptions import Described, Description
from tabmixnn.interpret.errors import NotExactError


class DescribingMixin:
    """What the methods that tell of a fitted model begin with."""

    def _description(self) -> Description:
        """Return what tells of the fitted engine.

        Raises
        ------
        NotFittedError
            Before `fit`.
        NotExactError
            If there is a model for each class.
        """
        check_is_fitted(self)
        description = get_entry(self.inference_).description
        if description is None:
            labels = self.modelled_classes_
            raise NotExactError(
                "There is a mixed model for each class: ask that of one against the others, such "
                f"as against_rest({labels[0]!r}), the labels being {', '.join(map(repr, labels))}; "
                "or look at predictions."
            )
        return EngineEntry.load(description)(self.engine_, self._design)

    def _described_rows(
        self, description: Description, data: Any, *, weighted: bool = True
    ) -> Described | None:
        """Read rows with their responses; None for the training rows, if the engine has them.

        Weights are read with them where they count, `weighted`.
        """
        if description.needs_rows:
            data = self._needed(data)
        return None if data is None else Described(*self._observed(data, weighted=weighted))

    def _described_frame(self, description: Description, data: Any) -> Any:
        """Read rows; None for the training rows, if the engine has them."""
        if description.needs_rows:
            data = self._needed(data)
        return None if data is None else self._frame(data)

    def _needed(self, data: Any) -> Any:
        if data is None:
            raise ValueError(
                "A network does not keep its training rows; pass data, such as those it was "
                "fitted to."
            )
        return data
