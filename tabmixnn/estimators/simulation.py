"""Responses simulated from a fitted model, and the model fitted to them."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.estimators.responses import check_numeric_response


class SimulationMixin:
    """Simulation, fits to other responses of the same rows, and the parametric bootstrap."""

    def simulate(self, n: int = 1, seed: Any = None, *, re_form: str = "none") -> pd.DataFrame:
        """Simulate responses of the training rows.

        Parameters
        ----------
        n : int
            Number of simulations, the columns of the result.
        seed : int, Generator or None
        re_form : {"none", "all"}
            Random effects drawn anew, or the conditional modes.

        Warns
        -----
        UserWarning
            If there are weights that multiply the likelihood: responses do not vary by them.
        """
        from tabmixnn.interpret.simulate import simulate

        return simulate(self._exact("simulate()"), n, seed, re_form=re_form)

    def refit(self, y: Any) -> SimulationMixin:
        """Return a copy of the model fitted to other responses of the same rows.

        Parameters
        ----------
        y : array, shape (n,) or (n, 2)
            Responses as `simulate` gives them: numbers, 0 and 1 for two classes, or successes
            and failures.

        Raises
        ------
        ValueError
            If they are not numbers that the family can have, one for every training row.
        """
        engine = self._exact("refit()")
        # As objects, so that lists of several lengths have a shape, too.
        values = np.asarray(y, dtype=object) if isinstance(y, list | tuple) else np.asarray(y)
        if values.shape != engine.y.shape:
            raise ValueError(
                f"refit needs responses of shape {engine.y.shape}, one for every training row; "
                f"got {values.shape}."
            )
        y = check_numeric_response(values)
        engine.family.check_response(y)
        again = copy(self)
        again.engine_ = engine.refit(y)
        # Intervals that were calibrated are of the other responses.
        vars(again).pop("calibration_", None)
        again._take_history()
        return again

    def bootstrap(
        self, fn: Any, n: int = 200, seed: Any = None, *, re_form: str = "none"
    ) -> pd.DataFrame:
        """Parametric bootstrap: simulate, refit, and collect ``fn(refitted model)``.

        Parameters
        ----------
        fn : callable
            From a fitted model to a number, an array or a Series, such as
            ``lambda model: model.fixef()``.
        n : int
            Number of simulations.
        seed : int, Generator or None
        re_form : {"none", "all"}
            Random effects drawn anew, or the conditional modes.

        Returns
        -------
        DataFrame
            A row a simulation, NaN where the model could not be fitted to it; a warning says how
            often that was.
        """
        from tabmixnn.interpret.simulate import bootstrap

        return bootstrap(self, fn, n, seed, re_form=re_form)
