"""``re_form="~ (1 | g)"``: predictions with some of the random effects, as lme4's ``re.form``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula import Design, Formula
from tabmixnn.formula.bars import RandomTerm
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.groups import RandomBlock, group_factors
from tabmixnn.formula.nodes import deparse


def names_effects(re_form: Any) -> bool:
    """Whether a formula says which random effects a prediction has."""
    return isinstance(re_form, str) and "~" in re_form


def check_re_form(re_form: Any, words: Collection[str]) -> None:
    """Raise ValueError unless `re_form` is one of the words that an engine knows."""
    if not isinstance(re_form, str) or re_form not in words:
        shown = ", ".join(map(repr, words))
        raise ValueError(
            f"re_form must be one of {shown}, or a formula of the random effects to keep, such as "
            f"'~ (1 | g)'; got {re_form!r}."
        )


def kept_terms(re_form: str, design: Any) -> tuple[RandomTerm, ...]:
    """Return the terms of a formula such as ``"~ (1 | g)"``; none for ``"~ 0"``.

    Raises
    ------
    ValueError
        If it has anything but random effects, or a grouping factor that is not the model's.
    """
    if not isinstance(design, Design):
        raise ValueError(
            f"re_form={re_form!r} keeps some of the random effects, and a model without a formula "
            "has none; leave re_form out."
        )
    asked = Formula.parse(re_form)
    if asked.response is not None or asked.offsets or asked.fixed not in ("0", "1"):
        raise ValueError(
            f"re_form names random effects alone, such as '~ (1 | g)', or '~ 0'; got {re_form!r}."
        )
    named = {_factors(term.group): term.group for term in design.formula.random}
    for term in asked.random:
        if _factors(term.group) not in named:
            raise _not_there(term, design)
    return tuple(replace(term, group=named[_factors(term.group)]) for term in asked.random)


def needed_groups(re_form: str, design: Any) -> Collection[str] | None:
    """Return the grouping factors of a prediction's effects, by their text; None if it is all.

    Raises
    ------
    ValueError
        If `re_form` is a formula that `kept_terms` refuses.
    """
    if names_effects(re_form):
        return {term.group for term in kept_terms(re_form, design)}
    return () if re_form == "none" else None


def _factors(group: str) -> frozenset[str]:
    """Return the factors of a group: ``a:b`` has the levels of ``b:a``."""
    return frozenset(map(deparse, group_factors(group)))


def kept_effects(
    terms: Sequence[RandomTerm], design: Design, blocks: Sequence[RandomBlock], data: pd.DataFrame
) -> list[np.ndarray]:
    """Return which random effects of a model some terms name.

    Parameters
    ----------
    terms : sequence of RandomTerm
        What is asked for, by `kept_terms`.
    design : Design
        The model's.
    blocks : sequence of RandomBlock
        What the design makes of the data.
    data : DataFrame

    Returns
    -------
    list of ndarray of bool, each of shape (q,)
        One a random-effects term of the model.

    Raises
    ------
    ValueError
        If an effect is not one of the model's.
    """
    active = [np.zeros(len(block.names), dtype=bool) for block in blocks]
    for term in terms:
        same = [i for i, own in enumerate(design.formula.random) if own.group == term.group]
        names = _effect_names(term, design, data)
        if not names or not {name for i in same for name in blocks[i].names}.issuperset(names):
            raise _not_there(term, design)
        for i in same:
            active[i] |= np.isin(blocks[i].names, names)
    return active


def _effect_names(term: RandomTerm, design: Design, data: pd.DataFrame) -> list[str]:
    """Return the names of a term's effects; none if the model has not learned its variables."""
    alone = replace(design, formula=Formula(None, "1", random=(term,)))
    try:
        frame = alone.frame(data.iloc[:1], response=False, na_action="raise", groups=())
    except FormulaError:
        return []
    return frame.blocks[0].names


def _not_there(term: RandomTerm, design: Design) -> ValueError:
    known = " + ".join(map(str, design.formula.random)) or "no random effects"
    return ValueError(f"re_form has {term}, but the model has {known}; name effects of these.")
