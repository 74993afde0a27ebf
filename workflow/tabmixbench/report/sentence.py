"""A sentence of the summary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One finding; `against` where it speaks against TabMixNN or the paper.

    Attributes
    ----------
    text : str
    against : bool
    listed : tuple of str
        What it counts, for those who want the names.
    """

    text: str
    against: bool = False
    listed: tuple[str, ...] = ()
