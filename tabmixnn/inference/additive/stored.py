"""A grown model in a model file; see `tabmixnn.persistence`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tabmixnn.blas import one_blas_thread
from tabmixnn.inference.additive.averaged import PopulationAverage
from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.features import FEATURES
from tabmixnn.inference.additive.fit import restore_fit
from tabmixnn.inference.additive.ladder import Step
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space
from tabmixnn.inference.additive.table import Table
from tabmixnn.inference.additive.variables import Reading
from tabmixnn.inference.additive.weighing import Weighing
from tabmixnn.inference.additive.wide import fixed_columns
from tabmixnn.inference.exact import MarginalEngine

if TYPE_CHECKING:
    from tabmixnn.inference.additive.engine import AutoEngine


def stored(engine: AutoEngine) -> dict[str, Any]:
    """Return the formula's model, the terms let in and the estimates."""
    fit = engine.additive
    return {
        "exact": engine.exact.state(),
        "numbers": dict(engine.rows.table.numbers),
        "labels": {name: list(each) for name, each in engine.rows.table.labels.items()},
        "terms": [
            [type(term.feature).__name__, list(term.feature.names), term.group, score]
            for term, score in engine.scores.items()
        ],
        "steps": [
            [step.name, step.comparison.plain, step.comparison.richer, step.comparison.t]
            for step in engine.steps
        ],
        "networks": None if engine.learned is None else engine.learned.state(),
        "averaged": None if engine.averaged is None else engine.averaged.state(),
        "weighing": None if engine.weighing is None else engine.weighing.state(),
        "share": engine.share,
        "penalty": engine.penalty,
        "scale": fit.scale,
        "reading": vars(engine.model.space.reading),
        "x": fit.x,
        "working": fit.working,
        "working_weights": fit.weights,
        "side": fit.solution.side,
        "own": fit.solution.own,
    }


def restore(engine: AutoEngine, exact: MarginalEngine, state: dict[str, Any]) -> None:
    """Put an engine at the estimates that were found.

    Parameters
    ----------
    engine : AutoEngine
        With its options alone.
    exact : MarginalEngine
        The formula's model, restored.
    state : dict
        From `stored`.
    """
    engine.exact, engine.design, engine.family = exact, exact.design, exact.family
    labels = {name: np.array(each, dtype=object) for name, each in state["labels"].items()}
    table = Table(state["numbers"], labels)
    engine.rows = Rows.of(exact.design, exact.frame, table)
    engine.scores = {
        Candidate(FEATURES[kind](tuple(names)), group): score
        for kind, names, group, score in state["terms"]
    }
    engine.steps = [Step(name, Comparison(*rest)) for name, *rest in state["steps"]]
    engine.history = [step.record for step in engine.steps]
    reading, penalty = Reading(**state["reading"]), state["penalty"]
    weights = exact.row_weights / engine.weight_unit
    space = Space(engine.rows, fixed_columns(exact), reading, penalty, weights)
    engine.model = Model(space, tuple(engine.scores))
    if state["networks"] is not None:
        from tabmixnn.inference.additive.learned import LearnedPredictor

        engine.learned = LearnedPredictor.from_state(state["networks"], space.variables)
    if state["averaged"] is not None:
        engine.averaged = PopulationAverage.from_state(state["averaged"])
    if state["weighing"] is not None:
        engine.weighing = Weighing.from_state(state["weighing"])
    engine.share = state["share"]
    matrices = engine.model.matrices(engine.rows)
    observed = state["working"], state["working_weights"]
    x = state["x"]
    if state.get("is_only_scaled"):  # of a format before 7
        x = engine.model.from_scaled(matrices, engine.rows, x)
    # Up to format 15 the dispersion of the formula stood for that of what grew from it.
    scale = exact.dispersion if state["scale"] is None else state["scale"]
    with one_blas_thread():
        engine.additive = restore_fit(matrices, engine.outcome_at(scale), x, *observed)
    if state["side"] is not None:
        solution = engine.additive.solution
        solution.side, solution.own = state["side"], state["own"]
