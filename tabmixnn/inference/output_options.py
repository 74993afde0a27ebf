"""The options of section 3.3.3 of the paper: edges between outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tabmixnn.heads.graph import OutputGraph, output_graph
from tabmixnn.option_checks import number
from tabmixnn.penalty_weights import ConstantWeight, PenaltyWeight


@dataclass(frozen=True)
class OutputSettings:
    """How outcomes depend on each other.

    Parameters
    ----------
    graph : OutputGraph
        Edges of eq. 46.
    lambda_sparse : float
        Weight of eq. 53 for learnt edges.
    """

    graph: OutputGraph = field(default_factory=OutputGraph)
    lambda_sparse: float = 0.0

    def weights(self) -> dict[str, PenaltyWeight]:
        """Return new weights by name of the penalty."""
        if not self.graph.sparse or not self.lambda_sparse:
            return {}
        return {"output_sparse": ConstantWeight(self.lambda_sparse)}


def read_outputs(options: Mapping[str, Any]) -> OutputSettings:
    """Check an estimator's options of the output SEM; those without it have none.

    Raises
    ------
    ValueError
        If the mode, the model or the weight cannot be used.
    """
    if "output_sem_mode" not in options:
        return OutputSettings()
    names = [spec.name for spec in options["outcomes"] or ()]
    mode = options["output_sem_mode"]
    if not names and mode == "lavaan":
        raise ValueError(
            "output_sem_mode='lavaan' needs outcomes=[...] between which it has edges."
        )
    graph = output_graph(mode, names, options["output_sem"])
    weight = number("lambda_output_sparse", options["lambda_output_sparse"], low=0, open_low=False)
    return OutputSettings(graph, weight)
