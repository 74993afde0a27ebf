"""Data from known graphs, to see what is found again.

A new mechanism is a function from a node's parents' values, (n, k), and a generator to the node's
expectation, (n,), and one line in `MECHANISMS`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def simulate_graph(n_variables: int, n_edges: float, rng: np.random.Generator) -> np.ndarray:
    """Draw an Erdos-Renyi graph in a random order of the variables.

    Parameters
    ----------
    n_variables : int
        d.
    n_edges : float
        Expected number of edges, at most d (d - 1) / 2; twice d is what the literature calls ER2.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of bool, shape (d, d)
        ``[i, j]``: j affects i.
    """
    share = n_edges / (n_variables * (n_variables - 1) / 2)
    lower = np.tril(rng.random((n_variables, n_variables)) < share, -1)
    order = rng.permutation(n_variables)
    return lower[np.ix_(order, order)]


def simulate_data(
    graph: np.ndarray, n_rows: int, rng: np.random.Generator, *, mechanism: str = "linear"
) -> np.ndarray:
    """Draw rows of a structural equation model with standard Gaussian noise.

    Parameters
    ----------
    graph : ndarray, shape (d, d)
        Without cycles; ``[i, j]`` is not zero where j affects i.
    n_rows : int
        n.
    rng : numpy.random.Generator
    mechanism : {"linear", "mlp", "gp"}
        Coefficients of size 0.5 to 2 and either sign (Zheng et al. 2018); a random network of
        100 sigmoid units; a sum of Gaussian processes, one a parent (Zheng et al. 2020).

    Returns
    -------
    ndarray, shape (n, d)

    Raises
    ------
    ValueError
        If the graph has a cycle.
    """
    expectation = MECHANISMS[mechanism]
    edges = np.asarray(graph) != 0
    data = np.full((n_rows, len(edges)), np.nan)
    waiting = list(range(len(edges)))
    while waiting:
        ready = [i for i in waiting if not np.isnan(data[0, edges[i]]).any()]
        if not ready:
            raise ValueError("The graph has a cycle, so that no variable could be drawn first.")
        node = ready[0]
        waiting.remove(node)
        mean = expectation(data[:, edges[node]], rng) if edges[node].any() else 0.0
        data[:, node] = mean + rng.standard_normal(n_rows)
    return data


def _weights(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.5, 2, shape) * rng.choice([-1.0, 1.0], shape)


def linear(parents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a linear combination of the parents, (n, k) to (n,)."""
    return parents @ _weights(parents.shape[1:], rng)


def mlp(parents: np.ndarray, rng: np.random.Generator, hidden: int = 100) -> np.ndarray:
    """Return a network of sigmoids of the parents, (n, k) to (n,)."""
    inner = parents @ _weights((parents.shape[1], hidden), rng)
    return 1 / (1 + np.exp(-inner)) @ _weights((hidden,), rng)


def gp(parents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a sum of smooth random functions, one of each parent, (n, k) to (n,)."""
    total = np.zeros(len(parents))
    for parent in parents.T:
        # Squared-exponential kernel of length scale and variance 1.
        kernel = np.exp(-((parent[:, None] - parent[None, :]) ** 2) / 2)
        values, vectors = np.linalg.eigh(kernel)
        total += vectors @ (np.sqrt(values.clip(0)) * rng.standard_normal(len(parent)))
    return total


MECHANISMS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "linear": linear,
    "mlp": mlp,
    "gp": gp,
}
