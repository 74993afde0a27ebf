"""Data of the reference fits, and small models to try things on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from tabmixbench.validation.reference import reference_data
from tabmixnn.formula import Design


@dataclass
class ArrayBlock:
    """A random-effects term on plain arrays."""

    group: str
    codes: np.ndarray
    Z: np.ndarray
    correlated: bool = True
    levels: list = field(default_factory=list)
    names: list = field(default_factory=list)

    def __post_init__(self) -> None:
        self.levels = self.levels or [str(i) for i in range(int(self.codes.max()) + 1)]
        self.names = self.names or [f"z{k}" for k in range(self.Z.shape[1])]


@pytest.fixture(scope="session")
def model_frame():
    """Function from a reference entry to its design and model frame."""

    def build(reference: dict):
        data = reference_data(reference)
        design = Design.fit(reference["formula"], data)
        return design, design.frame(data)

    return build


@pytest.fixture(scope="session")
def array_block():
    """The class of a random-effects term on plain arrays."""
    return ArrayBlock


@pytest.fixture(scope="session")
def simulate():
    """Function that draws a linear model with two crossed factors, the first with a slope."""

    def draw(seed: int, n: int = 200, levels: tuple[int, int] = (12, 7)):
        rng = np.random.default_rng(seed)
        codes = [rng.permutation(np.arange(n) % count) for count in levels]
        x = rng.normal(size=n)
        X = np.column_stack([np.ones(n), x, rng.normal(size=n)])
        root = np.array([[1.0, 0.0], [0.3, 0.6]])
        slopes = rng.normal(size=(levels[0], 2)) @ root.T
        shift = 0.8 * rng.normal(size=levels[1])
        Z = X[:, :2]
        y = X @ [1.0, 0.5, -0.3] + (Z * slopes[codes[0]]).sum(1) + shift[codes[1]]
        y = y + rng.normal(size=n)
        blocks = [
            ArrayBlock("a", codes[0], Z),
            ArrayBlock("b", codes[1], np.ones((n, 1))),
        ]
        return X, y, blocks

    return draw
