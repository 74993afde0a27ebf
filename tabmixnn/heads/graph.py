"""Directed edges between outcomes: B_output of eq. 46, before it has numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tabmixnn.option_checks import choice
from tabmixnn.sem import Element, ModelError, parse_model
from tabmixnn.sem.graph import find_cycle


@dataclass(frozen=True)
class Edge:
    """``to ~ origin``: an effect of one outcome's parameter on another's.

    Parameters
    ----------
    to, origin : str
        Names of outcomes.
    fixed : float or None
        Its value if it is not learnt.
    start : float
        Where it starts.
    label : str or None
        Edges with the same label are equal.
    """

    to: str
    origin: str
    fixed: float | None = None
    start: float = 0.0
    label: str | None = None


@dataclass(frozen=True)
class OutputGraph:
    """An acyclic graph of outcomes.

    Parameters
    ----------
    edges : tuple of Edge
    sparse : bool
        Whether the edges are penalised by their absolute size (eq. 53).
    """

    edges: tuple[Edge, ...] = ()
    sparse: bool = False


def _none(names: Sequence[str], output_sem: str | None) -> OutputGraph:
    if output_sem is not None:
        raise ValueError("output_sem needs output_sem_mode='lavaan'; set that, or leave it out.")
    return OutputGraph()


def _learned(names: Sequence[str], output_sem: str | None) -> OutputGraph:
    _none(names, output_sem)
    if len(names) < 2:
        raise ValueError(
            "output_sem_mode='learned' needs two outcomes or more; give them as outcomes=[...]."
        )
    edges = [Edge(to, origin) for k, to in enumerate(names) for origin in names[:k]]
    return OutputGraph(tuple(edges), sparse=True)


def _lavaan(names: Sequence[str], output_sem: str | None) -> OutputGraph:
    if output_sem is None:
        raise ValueError(
            "output_sem_mode='lavaan' needs the edges in lavaan's syntax, for example "
            "output_sem='second ~ first'."
        )
    model = parse_model(output_sem)
    other = [f"{e.lhs} {e.op} {e.rhs}".strip() for e in model.elements if e.op != "~"]
    other += [f"{c.lhs.text} {c.op} {c.rhs.text}" for c in model.constraints]
    if other:
        raise ModelError(
            f"output_sem can only have regressions between outcomes (~); found {other[0]!r}."
        )
    for element in model.elements:
        for name in (element.lhs, element.rhs):
            if name not in names:
                raise ModelError(
                    f"output_sem refers to {name!r}, but the outcomes are "
                    f"{', '.join(map(repr, names))}."
                )
    children: dict[str, list[str]] = {}
    for element in model.elements:
        children.setdefault(element.rhs, []).append(element.lhs)
    cycle = find_cycle(children)
    if cycle is not None:
        raise ModelError(
            f"output_sem must be acyclic, but it has the cycle {' -> '.join(cycle)}; remove one of "
            "its edges."
        )
    return OutputGraph(tuple(_edge(element) for element in model.elements))


def _edge(element: Element) -> Edge:
    modifiers = element.modifiers
    fixed = modifiers.fixed
    return Edge(
        element.lhs,
        element.rhs,
        fixed=None if fixed is None or math.isnan(fixed) else fixed,
        start=modifiers.start or 0.0,
        label=modifiers.label,
    )


OUTPUT_SEM_MODES: dict[str, Callable[[Sequence[str], str | None], OutputGraph]] = {
    "none": _none,
    "learned": _learned,
    "lavaan": _lavaan,
}
"""Graphs by ``output_sem_mode`` from the outcomes' names and ``output_sem``."""


def output_graph(mode: str, names: Sequence[str], output_sem: str | None) -> OutputGraph:
    """Return the graph of the outcomes.

    ``"learned"`` has an edge to every outcome from every one before it, so that the graph is
    acyclic whatever is learnt; ``"lavaan"`` has those that ``output_sem`` names.

    Raises
    ------
    ValueError
        If there is no such mode, or `output_sem` is missing or not wanted.
    ModelError
        If the model has something else than regressions between outcomes, or a cycle.
    LavaanSyntaxError
        If `output_sem` cannot be read.
    """
    choice("output_sem_mode", mode, OUTPUT_SEM_MODES)
    return OUTPUT_SEM_MODES[mode](names, output_sem)
