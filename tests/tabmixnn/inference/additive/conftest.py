"""Data, and what the additive model reads of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula import Design
from tabmixnn.inference.additive import crossval
from tabmixnn.inference.additive.fit import fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.outcome import GaussianOutcome
from tabmixnn.inference.additive.parameters import Parameters
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space
from tabmixnn.inference.exact.placed_frame import PlacedFrame
from tests.tabmixnn.inference.additive.grown import FORMULA, MODELS, grow


@pytest.fixture(scope="module", params=[False, True], ids=["by effects", "by rows"])
def either_way(request):
    """Solve levels by their effects and by their rows, however many they have of either."""
    with pytest.MonkeyPatch.context() as patch:
        short = property(lambda each: request.param and each.n_own > 0)
        patch.setattr(Matrices, "by_rows", short)
        yield request.param


@dataclass
class Read:
    """Training rows of a Gaussian response."""

    design: Design
    frame: PlacedFrame
    rows: Rows
    space: Space
    outcome: GaussianOutcome

    def fit(self, terms=(), x=None, **options):
        """Fit the formula's model with some terms let in."""
        model = Model(self.space, tuple(terms))
        matrices = model.matrices(self.rows)
        if x is None:
            bare = Model(self.space).matrices(self.rows)
            identity = [np.eye(block.size) for block in bare.blocks]
            start = Parameters(bare).vector(np.zeros(bare.n_terms), identity)
            x = model.start(matrices, start, ())
        eta = np.zeros(len(self.rows))
        return model, fit_additive(matrices, self.outcome, x, eta, **options)


@pytest.fixture(scope="session")
def read():
    """Function from a formula, data and weights to `Read`."""

    def build(formula: str, data: pd.DataFrame, weights=None) -> Read:
        design, frame = Design.fit_frame(formula, data)
        frame = PlacedFrame.of(frame, data)
        rows = Rows.of(design, frame)
        space = Space(rows, np.arange(frame.X.shape[1]))
        return Read(design, frame, rows, space, GaussianOutcome(frame.y, rows.offset, weights))

    return build


@pytest.fixture(scope="session")
def curves():
    """Function that draws groups whose response is a curve of x, with a shift of each group."""

    def draw(
        seed: int = 0, groups: int = 15, each: int = 8, curve=lambda x: np.sin(6.0 * x)
    ) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(groups), each)
        n = len(codes)
        data = pd.DataFrame({"x": rng.uniform(size=n), "z": rng.normal(size=n)})
        data["c"] = rng.choice(["u", "v", "w"], n)
        data["g"] = [f"g{code:02d}" for code in codes]
        data["h"] = [f"h{code}" for code in rng.integers(6, size=n)]
        shift = rng.normal(size=groups)[codes]
        data["y"] = curve(data["x"]) + shift + 0.3 * rng.normal(size=n)
        return data

    return draw


@pytest.fixture(scope="module")
def two_folds():
    """Cross-validate by two folds: what a fit of few rows costs is its many folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossval, "FOLDS", ())
        yield


@pytest.fixture(scope="session")
def data(curves):
    """Outcomes of several families with one linear predictor, curved in x."""
    frame = curves(groups=10, each=8, curve=lambda x: 2.0 * np.sin(6.0 * x))
    rng = np.random.default_rng(7)
    eta = frame["y"].to_numpy()
    frame["ill"] = np.where(rng.uniform(size=len(eta)) < 1.0 / (1.0 + np.exp(-4.0 * eta)), "a", "b")
    frame["count"] = rng.poisson(np.exp(eta)) * 1.0
    frame["amount"] = rng.gamma(4.0, np.exp(eta) / 4.0)
    return frame


@pytest.fixture(scope="module")
def models(data, two_folds):
    """A fitted model of each family."""
    return {
        family: grow(estimator, f"{response} {FORMULA}", data, **options)
        for family, (estimator, response, options) in MODELS.items()
    }


@pytest.fixture(params=MODELS)
def model(request, models):
    """Each of the fitted models."""
    return models[request.param]
