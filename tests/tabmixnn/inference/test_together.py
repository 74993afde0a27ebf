"""Which networks are trained as one."""

import numpy as np
import pandas as pd
import torch
from torch.distributions import StudentT

from tabmixnn import TabMixNN, fit_together
from tabmixnn.families import Family, Parameter
from tabmixnn.families.links import exp


class FixedTails(Family):
    """Student's t with degrees of freedom that are given."""

    name = "fixed_tails"
    data_type = "real"
    link = "identity"

    def __init__(self, df):
        self.df = df

    @property
    def parameters(self):
        return {"mu": Parameter(), "sigma": Parameter(inverse_link=exp, predicted=False)}

    def distribution(self, mu, sigma):
        return StudentT(torch.full_like(mu, self.df), mu, sigma, validate_args=False)

    def check_values(self, y):
        pass


def test_a_family_of_ones_own_keeps_its_constants():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.arange(120) % 10})
    data["y"] = data.x + rng.standard_t(2, size=120)

    def models():
        options = {"hidden_dims": [4], "epochs": 10, "lr": 0.02, "random_state": 0}
        return [TabMixNN("y ~ x + (1 | g)", family=FixedTails(df), **options) for df in (2.0, 50.0)]

    together = fit_together(models(), [data, data])
    for one, alone in zip(together, models(), strict=True):
        np.testing.assert_allclose(one.predict(data), alone.fit(data).predict(data), rtol=1e-5)
