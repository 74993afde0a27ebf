"""Predictive distributions: what a fitted model knows of the outcomes of rows, and how well.

An engine supplies ``predictive(frame, re_form, method, kind)``, which returns a `Predictive` of n
rows: an object with ``mean``, ``std`` and ``quantile(p)``. Methods are in `METHODS`; kinds are
``"response"`` and ``"link"``, the latter without the noise of single outcomes.
"""

from tabmixnn.predictive.conformal import Calibration, conformal_factor
from tabmixnn.predictive.degrees import summed_degrees
from tabmixnn.predictive.distributions import DrawnPredictive, NormalPredictive, Predictive
from tabmixnn.predictive.noise import Noise
from tabmixnn.predictive.tails import Tails, some_rows

METHODS = ("predictive", "monte_carlo")
"""Ways to say what is not known: everything the model knows of, or the paper's recipe (section
3.5.2), which draws the random effects alone and so covers too little."""

__all__ = [
    "METHODS",
    "Calibration",
    "DrawnPredictive",
    "Noise",
    "NormalPredictive",
    "Predictive",
    "Tails",
    "conformal_factor",
    "some_rows",
    "summed_degrees",
]
