"""Cycles in directed graphs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_cycle(children: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return a cycle of a directed graph, its first node repeated at the end, or None.

    Parameters
    ----------
    children : mapping of str to iterable of str
        The nodes that each node points to; nodes without children may be left out.
    """
    done: set[str] = set()
    for root in children:
        path: list[str] = []
        found = _visit(root, children, path, done)
        if found is not None:
            return found
    return None


def _visit(
    node: str, children: Mapping[str, Iterable[str]], path: list[str], done: set[str]
) -> list[str] | None:
    if node in path:
        return [*path[path.index(node) :], node]
    if node in done:
        return None
    path.append(node)
    for child in children.get(node, ()):
        found = _visit(child, children, path, done)
        if found is not None:
            return found
    path.pop()
    done.add(node)
    return None
