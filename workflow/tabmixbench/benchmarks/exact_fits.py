"""Exact linear mixed models beside those of other programs, in turns in one run.

A program is a class with `timers`, listed in `PROGRAMS`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Unsuitable
from tabmixbench.benchmarks.lmer import LmerProcess
from tabmixbench.benchmarks.turns import Timer, take_turns, timer
from tabmixbench.tables.table import Table, Text
from tabmixbench.validation.reference import Reference, reference_data

CASES: Mapping[str, Reference] = {
    "sleepstudy, intercepts": {
        "data": ["lme4", "sleepstudy"],
        "factors": ["Subject"],
        "formula": "Reaction ~ Days + (1 | Subject)",
    },
    "sleepstudy, slopes": {
        "data": ["lme4", "sleepstudy"],
        "factors": ["Subject"],
        "formula": "Reaction ~ Days + (Days | Subject)",
    },
    "egsingle": {
        "data": ["mlmRev", "egsingle"],
        "factors": ["schoolid", "childid"],
        "formula": "math ~ year + (1 | schoolid) + (year | childid)",
    },
    "InstEval": {
        "data": ["lme4", "InstEval"],
        "factors": ["s", "d"],
        "formula": "y ~ service + (1 | s) + (1 | d)",
    },
}
LARGE = 50_000
"""Rows from which on a fit takes seconds, so that fewer turns do."""
FRAME, ALONE = "from a data frame", "the fit alone"


class Case:
    """A model and its rows.

    Parameters
    ----------
    reference : Reference
        Data, factors and formula.
    """

    def __init__(self, reference: Reference) -> None:
        self.formula, self.factors = reference["formula"], reference["factors"]
        self.data = reference_data(reference)

    @cached_property
    def frame(self) -> Any:
        """The design's matrices."""
        from tabmixnn.formula import Design

        return Design.fit_frame(self.formula, self.data)[1]


class Program(ABC):
    """Something that fits linear mixed models."""

    name: ClassVar[str]

    @abstractmethod
    def timers(self, case: Case) -> dict[str, Timer]:
        """Return timers of `FRAME` and of `ALONE`, from matrices made beforehand.

        Raises
        ------
        Unsuitable
            If the program does not have the model, or is not there.
        """


class Ours(Program):
    """``TabMixNN(formula, inference="marginal")``, and ``fit_lmm`` below it."""

    name = "TabMixNN"

    def timers(self, case: Case) -> dict[str, Timer]:
        from tabmixnn import TabMixNN
        from tabmixnn.inference.marginal import fit_lmm

        model, frame = TabMixNN(case.formula, inference="marginal", hidden_dims=()), case.frame
        return {
            FRAME: timer(lambda: model.fit(case.data)),
            ALONE: timer(lambda: fit_lmm(frame.X, frame.y, frame.blocks)),
        }


class Mixedlm(Program):
    """``mixedlm.lmer``, and the modular functions that it is made of."""

    name = "mixedlm"

    def timers(self, case: Case) -> dict[str, Timer]:
        from mixedlm import lmer
        from mixedlm.models.modular import lFormula, mkLmerDevfun, mkLmerMod, optimizeLmer

        parsed = lFormula(case.formula, case.data)

        def alone() -> None:
            deviance = mkLmerDevfun(parsed)
            mkLmerMod(deviance, optimizeLmer(deviance))

        return {FRAME: timer(lambda: lmer(case.formula, case.data)), ALONE: timer(alone)}


class GPBoost(Program):
    """``gpboost.GPModel``: maximum likelihood, an intercept and a slope uncorrelated."""

    name = "GPBoost"

    def timers(self, case: Case) -> dict[str, Timer]:
        import gpboost

        from tabmixbench.adapters.gpboost import CHOLESKY_BELOW

        X, y, blocks = case.frame.X, case.frame.y, case.frame.blocks
        effects: dict[str, Any] = {
            "group_data": np.column_stack([block.codes.astype(str) for block in blocks])
        }
        slopes = [(i + 1, block.Z[:, 1]) for i, block in enumerate(blocks) if len(block.names) > 1]
        if slopes:
            of_factor, columns = zip(*slopes, strict=True)
            effects["group_rand_coef_data"] = np.column_stack(columns)
            effects["ind_effect_group_rand_coef"] = list(of_factor)

        # The faster one of the two: for thousands of crossed levels that is conjugate gradients.
        solver = "cholesky" if len(y) < CHOLESKY_BELOW else "iterative"

        def alone() -> None:
            model = gpboost.GPModel(
                likelihood="gaussian",
                num_parallel_threads=1,
                matrix_inversion_method=solver,
                **effects,
            )
            model.fit(y=y, X=X)

        return {ALONE: timer(alone)}


class Statsmodels(Program):
    """``statsmodels.formula.api.mixedlm``, and ``MixedLM`` below it."""

    name = "statsmodels"

    def timers(self, case: Case) -> dict[str, Timer]:
        from statsmodels.formula.api import mixedlm
        from statsmodels.regression.mixed_linear_model import MixedLM

        frame = case.frame
        if len(frame.blocks) > 1:
            raise Unsuitable("MixedLM has no crossed factors, and no slopes of a nested one")
        (block,) = frame.blocks
        fixed = case.formula.split(" + (")[0]
        slopes = case.formula.split(" + (")[1].split("|")[0]
        groups = case.data[block.group]
        return {
            FRAME: timer(
                lambda: mixedlm(fixed, case.data, groups=groups, re_formula=f"~ {slopes}").fit()
            ),
            ALONE: timer(lambda: MixedLM(frame.y, frame.X, block.codes, exog_re=block.Z).fit()),
        }


class Lmer(Program):
    """``lme4::lmer``, and its modular functions, in a process of R that waits for its turns.

    Raises
    ------
    Unsuitable
        If there is no R, or R has no lme4.
    """

    name = "lmer"

    def __init__(self) -> None:
        self._process = LmerProcess()

    def timers(self, case: Case) -> dict[str, Timer]:
        levels = {name: list(case.data[name].cat.categories) for name in case.factors}
        frame, alone = self._process.timers(case.data, levels, case.formula)
        return {FRAME: frame, ALONE: alone}

    def close(self) -> None:
        """Stop R."""
        self._process.close()


PROGRAMS: tuple[type[Program], ...] = (Ours, Mixedlm, Lmer, GPBoost, Statsmodels)


def measured(repeats: int) -> pd.DataFrame:
    """Time every program on every case, in turns.

    Returns
    -------
    DataFrame
        Columns case, rows, program, part, seconds, and reason where there are none.
    """
    from threadpoolctl import threadpool_limits

    records = []
    programs, missing = [], {}
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))
        for make in PROGRAMS:
            try:
                programs.append(make())
            except Unsuitable as reason:
                missing[make.name] = str(reason)
        for program in programs:
            if hasattr(program, "close"):
                stack.callback(program.close)
        for name, reference in CASES.items():
            case = Case(reference)
            timers, absent = {}, dict(missing)
            for program in programs:
                try:
                    found = program.timers(case)
                except Unsuitable as reason:
                    absent[program.name] = str(reason)
                    continue
                timers |= {(program.name, part): each for part, each in found.items()}
            turns = max(repeats // 7, 1) if len(case.data) >= LARGE else repeats
            common = {"case": name, "rows": len(case.data)}
            for (program, part), seconds in take_turns(timers, turns).items():
                records.append({**common, "program": program, "part": part, "seconds": seconds})
            for program, reason in absent.items():
                records.append({**common, "program": program, "reason": reason})
    return pd.DataFrame(records)


def exact_table(found: pd.DataFrame) -> Table:
    """One row a case and part: our milliseconds, and the others' as multiples of ours.

    Parameters
    ----------
    found : DataFrame
        Of `measured`.
    """
    others = [program.name for program in PROGRAMS[1:]]
    seconds = found.dropna(subset="seconds").set_index(["case", "part", "program"])["seconds"]
    texts = []
    for name, rows in found[["case", "rows"]].drop_duplicates().itertuples(index=False):
        for part in (FRAME, ALONE):
            ours = seconds[name, part, Ours.name]
            ratios = [seconds.get((name, part, other), np.nan) / ours for other in others]
            cells = [
                Text("–" if np.isnan(r) else f"{r:,.2g}×" if r < 10 else f"{r:,.0f}×")
                for r in ratios
            ]
            texts.append(
                [Text(name), Text(f"{rows:,}"), Text(part), Text(f"{1e3 * ours:,.3g}"), *cells]
            )
    notes = [
        "Medians of fits that take turns in one run, on one thread; processor time. TabMixNN in "
        "milliseconds, the others as multiples of it: above 1 they take longer.",
        "REML, but GPBoost, which has maximum likelihood and no correlation between the effects "
        "of a group, and takes arrays; it solves systems by Cholesky factorisation, on InstEval by "
        "conjugate gradients.",
    ]
    if "reason" in found:
        gone = found.dropna(subset="reason").groupby(["program", "reason"])["case"].agg(list)
        notes += [
            f"{program}, {', '.join(cases) if len(cases) < len(CASES) else 'everywhere'}: {reason}."
            for (program, reason), cases in gone.items()
        ]
    header = ["model", "rows", "timed", "TabMixNN (ms)", *others]
    return Table("Exact fits", header, texts, found, notes)
