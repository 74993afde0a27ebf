"""Output heads (section 3.3 of the paper): one outcome, several, and edges between them."""

from __future__ import annotations

from tabmixnn.families import Family, ResponseScale
from tabmixnn.families.joint import JointFamily, JointScale
from tabmixnn.heads.graph import OUTPUT_SEM_MODES, OutputGraph, output_graph
from tabmixnn.heads.multitask import MultitaskHead
from tabmixnn.heads.output import KINDS, OutputHead
from tabmixnn.heads.structure import OutputStructure

__all__ = [
    "KINDS",
    "OUTPUT_SEM_MODES",
    "MultitaskHead",
    "OutputGraph",
    "OutputHead",
    "OutputStructure",
    "build_head",
    "output_graph",
]


def build_head(
    in_features: int, family: Family, scale: ResponseScale | JointScale, graph: OutputGraph
) -> OutputHead | MultitaskHead:
    """Return the head of one outcome, or of several.

    Parameters
    ----------
    in_features : int
        Width of the backbone's output.
    family : Family
        Bound to its response.
    scale : ResponseScale or JointScale
        The scale on which the network sees the response.
    graph : OutputGraph
        Edges between outcomes.
    """
    if isinstance(family, JointFamily):
        return MultitaskHead(in_features, family, scale, graph)
    return OutputHead(in_features, family)
