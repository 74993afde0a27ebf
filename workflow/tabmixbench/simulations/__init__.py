"""Simulations whose truth is known: how far every model stays from the best possible error.

A study is one file with a subclass of `Study`, named as the study is, and one entry in `STUDIES`;
its sizes and models stand in ``config/simulations.yaml``, under every size there, with ``repeats``,
``models`` and whatever its `Study.settings` reads, and the names of these in
``config/simulations.schema.yaml``. Its figures have their captions in
``workflow/report/<study>.rst``, and a model that no study had before its colour in
`tabmixbench.simulations.shown.STYLES`. One whose results are distances from the best possible error
subclasses `DistanceStudy`, which draws them. The generic tests run its smallest.
"""

from __future__ import annotations

from tabmixbench.simulations.curve import LearningCurve
from tabmixbench.simulations.interactions import Interactions
from tabmixbench.simulations.lmmnn import RandomIntercepts
from tabmixbench.simulations.predictors import Predictors
from tabmixbench.simulations.steps import Steps
from tabmixbench.simulations.study import Study

__all__ = ["STUDIES", "Study"]

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (RandomIntercepts(), LearningCurve(), Predictors(), Interactions(), Steps())
}
