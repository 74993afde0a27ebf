"""The sections of the report in the order of the page: one template each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section: its id, which also names its template, and its heading."""

    id: str
    title: str


SECTIONS = (
    Section("summary", "Summary"),
    Section("tables", "The paper's tables"),
    Section("leaderboards", "Leaderboards"),
    Section("figures", "Figures"),
    Section("uncertainty", "How sure predictions are"),
    Section("claims", "The paper's claims"),
    Section("contradictions", "Where the paper disagrees with itself"),
    Section("validation", "Validation against R and other runs"),
    Section("classes", "Three classes or more"),
    Section("studies", "Graphs, places and simulations"),
    Section("scale", "Speed and scale"),
    Section("citation", "How to cite"),
    Section("versions", "Versions and timings"),
)
