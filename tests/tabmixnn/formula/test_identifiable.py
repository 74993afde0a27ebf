"""Random effects that rows cannot tell from noise are left out, and no others."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula import Design
from tabmixnn.formula.identifiable import identifiable


def rows(groups, each):
    g = np.repeat(np.arange(groups), each).astype(str)
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "y": rng.normal(size=len(g)),
            "t": rng.normal(size=len(g)),
            "f": np.resize(["a", "b"], len(g)),
            "g": g,
            "h": np.resize(["u", "v", "w"], len(g)),
        }
    )


@pytest.mark.parametrize(
    ("groups", "each", "bars", "left"),
    [
        (8, 3, "(t | g)", "(1 + t | g)"),
        (8, 2, "(t | g)", "(1 | g) + (0 + t | g)"),
        (8, 2, "(0 + t | g)", "(0 + t | g)"),
        # A factor on its own has a column a level, so that it goes at the second look.
        (8, 2, "(f | g)", "(1 | g)"),
        (8, 2, "diag(t | g)", "diag(1 | g) + diag(0 + t | g)"),
        (8, 1, "(1 | g)", ""),
        (8, 1, "(t | g) + (1 | h)", "(1 | h)"),
        (8, 1, "(1 | h/g)", "(1 | h)"),
    ],
)
def test_what_is_left_has_fewer_effects_a_term_than_there_are_rows(groups, each, bars, left):
    data = rows(groups, each)
    whole = Design.fit_frame(f"y ~ t + {bars}", data)
    design, frame = identifiable(*whole, data)
    assert " + ".join(map(str, design.formula.random)) == left
    assert all(block.n_levels * block.Z.shape[1] < len(frame) for block in frame.blocks)
