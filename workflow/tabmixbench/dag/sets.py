"""The graphs that are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tabmixbench.streams import stream

ROWS = 1000
SEEDS = 10
#: Expected edges a node: the "ER2" graphs of the literature.
EDGES_A_NODE = 2


@dataclass(frozen=True)
class GraphSet:
    """Graphs of one size and one kind of effects.

    Attributes
    ----------
    mechanism : str
        A key of ``tabmixnn.structure.simulate.MECHANISMS``.
    nodes : int
    """

    mechanism: str
    nodes: int

    @property
    def effects(self) -> str:
        """What `learn_dag` is told about the effects."""
        return "linear" if self.mechanism == "linear" else "additive"

    def draw(self, seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return graph `number`, (d, d), and its data, (n, d)."""
        from tabmixnn.structure import simulate_data, simulate_graph

        rng = stream(seed, "dag", self.mechanism, self.nodes, number)
        graph = simulate_graph(self.nodes, EDGES_A_NODE * self.nodes, rng)
        return graph, simulate_data(graph, ROWS, rng, mechanism=self.mechanism)


SETS = {
    f"{mechanism}_{nodes}": GraphSet(mechanism, nodes)
    for mechanism in ("linear", "mlp")
    for nodes in (10, 20)
}
