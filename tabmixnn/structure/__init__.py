"""Graphs among observed columns (section 3.2.1 of the paper, on data instead of hidden layers)."""

from tabmixnn.structure.compare import GraphComparison, compare_graphs
from tabmixnn.structure.learn import learn_dag
from tabmixnn.structure.simulate import simulate_data, simulate_graph

__all__ = ["GraphComparison", "compare_graphs", "learn_dag", "simulate_data", "simulate_graph"]
