"""Scaling of inputs."""

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn.encoder import InputScaling
from tabmixnn.formula import Design


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "y": rng.normal(size=60),
            "year": rng.integers(1980, 1988, size=60).astype(float),
            "flag": rng.integers(0, 2, size=60).astype(float),
            "same": 3.0,
            "g": rng.choice(list("abcd"), size=60),
        }
    )


def scaled(formula, data, new=None):
    design = Design.fit(formula, data)
    scaling = InputScaling.fit(design.frame(data))
    return scaling.apply(design.frame(data if new is None else new), torch.float64)


def test_continuous_columns_are_standardised(data):
    cont = scaled("y ~ year + (1 | g)", data).cont
    assert cont.mean().item() == pytest.approx(0, abs=1e-12)
    assert cont.std(unbiased=False).item() == pytest.approx(1)


def test_a_constant_column_becomes_zero_not_nan(data):
    cont = scaled("y ~ year + same", data).cont
    assert torch.isfinite(cont).all()
    assert torch.count_nonzero(cont[:, 1]) == 0


def test_new_rows_use_the_training_rows_scale(data):
    new = data.iloc[:3].assign(year=[1980.0, 1984.0, 1990.0])
    cont = scaled("y ~ year", data, new).cont[:, 0].numpy()
    year = data.year.to_numpy()
    np.testing.assert_allclose(cont, (new.year - year.mean()) / year.std())


@pytest.mark.parametrize("formula", ["y ~ 1 + (year | g)", "y ~ 1 + (year || g)"])
def test_slopes_are_centred_where_the_group_has_an_intercept(formula, data):
    slopes = torch.cat([rows.z for rows in scaled(formula, data).groups], dim=1)
    torch.testing.assert_close(slopes[:, 0], torch.ones(60, dtype=torch.float64))
    assert slopes[:, 1].mean().item() == pytest.approx(0, abs=1e-12)


def test_a_slope_without_intercept_is_only_rescaled(data):
    z = scaled("y ~ 1 + (0 + year | g)", data).groups[0].z[:, 0].numpy()
    year = data.year.to_numpy()
    np.testing.assert_allclose(z, year / np.sqrt((year**2).mean()))


def test_indicators_stay_as_they_are(data):
    z = scaled("y ~ 1 + (flag | g)", data).groups[0].z[:, 1].numpy()
    np.testing.assert_array_equal(z, data.flag)


def test_unseen_groups_get_the_code_after_the_last_level(data):
    new = data.iloc[:2].assign(g=["d", "new"])
    assert scaled("y ~ 1 + (1 | g)", data, new).groups[0].codes.tolist() == [3, 4]
