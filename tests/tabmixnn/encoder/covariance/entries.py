"""An entry of ``cov_struct_map`` for every structure, and rows that it can be laid on.

The type alone is the entry of a structure that is not in `ENTRIES`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixnn.encoder.covariance.map import components

GROUPS, TIMES = 12, 5
N = GROUPS * TIMES

ENTRIES = {
    "AR1": {"rho": 0.4, "time_col": "place"},
    "ARMA": {"p": 1, "q": 0, "over": "residual", "time_col": "t"},
    "CS": {"over": "residual"},
    "Kronecker": {"group": {"type": "AR1"}, "slope": {"type": "CS"}},
    "K": {"K_group": np.eye(GROUPS + 1) + 0.2, "train_levels": [f"g{i}" for i in range(13)]},
    "GP": {"lengthscale": 2.0, "coordinates_col": ["place", "height"]},
    "Matern": {"lengthscale": 2.0, "coordinates_col": "point", "nu": 1.5},
    "SPDE": {"lengthscale": 2.0, "coordinates_col": ["place", "height"], "resolution": 6},
    "US": {"over": "residual", "time_col": "day"},
}


def entry_of(name):
    """The entry of a structure."""
    return {"type": name, **ENTRIES.get(name, {})}


def places_of(name):
    """What its entry lies over."""
    return {part.over for part in components("g", entry_of(name))}


def make_data():
    """Rows of 12 groups at 5 times."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(GROUPS), TIMES)
    data = pd.DataFrame({"x": rng.normal(size=N), "g": [f"g{i}" for i in codes]})
    data["c"] = rng.choice(["u", "v", "w"], N)
    data["t"] = np.tile(np.arange(TIMES), GROUPS)
    data["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(data["t"], unit="D")
    data["place"], data["height"] = codes * 1.0, (codes * 7 % 5) * 1.0
    data["point"] = [(float(i), float(i * 7 % 5)) for i in codes]
    data["y"] = rng.normal(size=N) + codes % 4
    return data
