"""Simulations whose truth is known: how far every model stays from the best possible error.

A study is one file with a subclass of `Study` and one entry in `STUDIES`; its sizes and models
stand in ``config/simulations.yaml``.
"""

from __future__ import annotations

from tabmixbench.simulations.curve import LearningCurve
from tabmixbench.simulations.lmmnn import RandomIntercepts
from tabmixbench.simulations.predictors import Predictors
from tabmixbench.simulations.study import Study

__all__ = ["STUDIES", "Study"]

STUDIES: dict[str, Study] = {
    study.name: study for study in (RandomIntercepts(), LearningCurve(), Predictors())
}
