"""What an inference engine must offer to be explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np


class Predictor(Protocol):
    """Predictions with some random effects left out.

    An engine that has ``predict`` alone is explained too (`WholeEffects`), with all its random
    effects as one player. One whose fixed part reads columns of ``frame.data`` besides the
    frame's matrices says which, by a further method ``feature_columns(design)``: these columns
    are the features then, and take background values in ``frame.data`` as well.
    """

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


class WholeEffects:
    """An engine whose random effects can only be on or off together.

    Parameters
    ----------
    engine : object
        With ``predict(frame, re_form, kind)``.
    """

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def predict_with(
        self, frame: Any, active: Sequence[np.ndarray], kind: str
    ) -> np.ndarray | dict[str, np.ndarray]:
        """Predict with all effects on if any are to be; see `Predictor`."""
        present = any(on.any() for on in active)
        return self.engine.predict(frame, "all" if present else "none", kind)

    def is_additive(self, kind: str) -> bool:
        """Return False: nothing is known."""
        return False


def splits_effects(engine: Any) -> bool:
    """Return whether an engine can have some random effects on and others off."""
    return hasattr(engine, "predict_with")


def outputs_of(found: np.ndarray | dict[str, np.ndarray]) -> np.ndarray:
    """Return predictions as one array of shape (n, number of outputs)."""
    parts = found.values() if isinstance(found, dict) else [found]
    return np.column_stack([part.reshape(len(part), -1) for part in parts])
