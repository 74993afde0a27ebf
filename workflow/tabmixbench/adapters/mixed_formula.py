"""The design of a mixed model as a data frame and a formula in lme4's notation.

Other mixed-model programs get the library's design matrices as plain columns, so that every
mixed model of the suite sees the same ones (squares, contrasts, interactions), whatever its own
formula language knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixbench.adapters.predictor import LinearPredictor, orthogonalised, rescaled

if TYPE_CHECKING:
    from tabmixnn.formula import ModelFrame


@dataclass(frozen=True)
class PlainModel:
    """A mixed model on columns ``x0``, ``x1``, … and ``z0_0``, … within ``g0``, ….

    Attributes
    ----------
    data : pandas.DataFrame
        Response ``y``, the columns and the factors (strings ``"0"``, ``"1"``, …).
    formula : str
        In lme4's notation.
    frame : ModelFrame
        The design behind it.
    back : numpy.ndarray
        (p, r) coefficients of ``x0``, … -> coefficients of the design's columns.
    scales : sequence of numpy.ndarray
        For each block the factors that turn effects of its columns into those of the design.
    """

    data: pd.DataFrame
    formula: str
    frame: ModelFrame
    back: np.ndarray
    scales: list[np.ndarray]

    @classmethod
    def of(cls, frame: ModelFrame, y: np.ndarray) -> PlainModel:
        """Lay out a design of n rows and its response (n,)."""
        fixed = orthogonalised(frame.X)
        columns: dict[str, object] = {"y": y}
        columns |= {f"x{j}": values for j, values in enumerate(fixed.matrix.T)}
        terms = ["0", *(name for name in columns if name != "y")]
        scales = []
        for i, block in enumerate(frame.blocks):
            scaled = rescaled(block.Z)
            scales.append(np.diag(scaled.back))
            names = [f"z{i}_{j}" for j in range(block.Z.shape[1])]
            columns |= dict(zip(names, scaled.matrix.T, strict=True))
            columns[f"g{i}"] = block.codes.astype(str)
            if block.correlated:
                terms.append(f"(0 + {' + '.join(names)} | g{i})")
            else:
                terms += [f"(0 + {name} | g{i})" for name in names]
        return cls(pd.DataFrame(columns), f"y ~ {' + '.join(terms)}", frame, fixed.back, scales)

    def predictor(
        self, beta: Mapping[str, float], effects: Mapping[tuple[str, str], np.ndarray]
    ) -> LinearPredictor:
        """Estimates of the plain columns as those of the design.

        Parameters
        ----------
        beta : mapping of str to float
            Fixed effects by column; one that the program dropped counts as 0.
        effects : mapping of (factor, column) to pandas.Series
            Predicted random effects, indexed by level.
        """
        coefficients = np.array([beta.get(f"x{j}", 0.0) for j in range(self.back.shape[1])])
        arrays = []
        for i, (block, scale) in enumerate(zip(self.frame.blocks, self.scales, strict=True)):
            levels = [str(level) for level in range(len(block.levels))]
            by_column = [
                effects[f"g{i}", f"z{i}_{j}"].reindex(levels).fillna(0.0).to_numpy()
                for j in range(block.Z.shape[1])
            ]
            arrays.append(np.stack(by_column, axis=1) * scale)
        return LinearPredictor(self.back @ coefficients, arrays)
