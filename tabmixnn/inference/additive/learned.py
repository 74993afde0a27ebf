"""A predictor that networks make of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import Line
from tabmixnn.inference.additive.networks import Inputs, Networks
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import LEARNED
from tabmixnn.inference.additive.variables import Variables

Array = NDArray[np.float64]

LINE = Line((LEARNED,))
"""The feature of it that models have, over all rows and with a slope of each group's own."""
TERM = Candidate(LINE)


@dataclass(frozen=True, eq=False)
class LearnedPredictor:
    """The mean of networks, as a number that rows have.

    Attributes
    ----------
    inputs : Inputs
    networks : Networks
    scale : float
        What the networks' mean is multiplied by.
    """

    inputs: Inputs
    networks: Networks
    scale: float

    def add_to(self, rows: Rows) -> Rows:
        """Return new rows with the predictor among their numbers."""
        values = self.networks.everywhere(self.inputs(rows.table)).mean(axis=0)
        return rows.with_number(LEARNED, self.scale * values)

    def state(self) -> dict[str, Any]:
        """Return what a model file needs."""
        return {"scale": self.scale, **self.networks.state()}

    @classmethod
    def from_state(cls, state: dict[str, Any], variables: Variables) -> LearnedPredictor:
        """Return the predictor of a model file, whose inputs `variables` know."""
        return cls(inputs_of(variables), Networks.from_state(state), state["scale"])


def inputs_of(variables: Variables) -> Inputs:
    """Return what networks read: every predictor but the one that they make."""
    return Inputs.of(variables, without=LEARNED)
