"""A data frame, and the same rows in a Parquet file of many small row groups."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def data():
    rng = np.random.default_rng(7)
    n, groups, items = 1500, 60, 25
    g, item = rng.integers(0, groups, n), rng.integers(0, items, n)
    x, z = rng.normal(50.0, 3.0, n), rng.uniform(1.0, 4.0, n)
    site = np.array(["north", "south", "west"])[rng.integers(0, 3, n)]
    u = rng.normal(size=(groups, 2)) * [2.0, 0.3]
    y = 100.0 + 0.5 * x + np.log(z) + 1.5 * (site == "south") + u[g, 0] + u[g, 1] * (x - 50.0)
    y += rng.normal(size=items)[item] + rng.normal(size=n)
    return pd.DataFrame(
        {
            "y": y,
            "x": x,
            "z": z,
            "site": site,
            "g": g.astype(np.int32),
            "item": np.char.add("item", item.astype(str)),
            "nest": g % 2,
            "w": rng.uniform(0.5, 2.0, n),
            "known": rng.normal(size=n),
        }
    )


@pytest.fixture
def parquet(data, tmp_path):
    path = tmp_path / "rows.parquet"
    data.to_parquet(path, row_group_size=200)
    return path
