"""What an inference engine must offer to be explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Predictor(Protocol):
    """Predictions with some random effects left out; every engine has these two methods."""

    def predict_with(
        self, frame: Any, active: Sequence[np.ndarray], kind: str
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Predict n rows with some random effects and the others zero.

        Parameters
        ----------
        frame : ModelFrame or ColumnFrame
            n rows.
        active : sequence of ndarray of bool, each of shape (q,)
            For each block of the frame, which of its effects are on. An engine that has further
            effects of its own in a block has them on where all of the block's are. With all on
            this is ``predict(frame, "all", kind)``, with none ``predict(frame, "none", kind)``.
        kind : {"response", "link"}

        Returns
        -------
        ndarray, shape (n,) or (n, K), or a dict of such by outcome
        """
        ...

    def is_additive(self, kind: str) -> bool:
        """Return whether predictions add up: fixed terms, offset and random effects.

        Parameters
        ----------
        kind : {"response", "link"}
        """
        ...


def outputs_of(found: np.ndarray | dict[str, np.ndarray]) -> np.ndarray:
    """Return predictions as one array of shape (n, number of outputs)."""
    parts = found.values() if isinstance(found, dict) else [found]
    return np.column_stack([part.reshape(len(part), -1) for part in parts])
