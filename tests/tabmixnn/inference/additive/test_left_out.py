"""Losses of rows left out one by one, beside a fit without each."""

from dataclasses import replace

import numpy as np
import pytest

from tabmixnn.inference.additive.left_out import left_out_losses
from tabmixnn.inference.additive.variants import Variant


@pytest.mark.parametrize("formula", ["y ~ x + z + (1 | g) + (0 + x | h)", "y ~ x * c"])
@pytest.mark.parametrize("penalty", [0.0, 3.0])
@pytest.mark.parametrize("is_weighted", [False, True])
def test_they_are_those_of_fits_without_the_row(read, curves, formula, penalty, is_weighted):
    data = curves(groups=6, each=5)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(data)) if is_weighted else None
    parts = read(formula, data, weights)
    _, fit = parts.fit()
    precision = parts.space.penalised(penalty).fixed_precision
    variant = Variant(replace(fit.matrices, fixed_precision=precision), parts.outcome, fit.x)
    rows = np.arange(len(data))
    expected = [variant.losses(rows[rows != row], rows[[row]])[0] for row in rows]
    np.testing.assert_allclose(left_out_losses(variant), expected, rtol=1e-6)


def test_rows_that_the_others_say_nothing_of_have_none(read, curves):
    data = curves(groups=6, each=5)
    data["c"] = ["alone", *data["c"][1:]]
    parts = read("y ~ c + x + (1 | g)", data)
    _, fit = parts.fit()
    losses = left_out_losses(Variant(fit.matrices, parts.outcome, fit.x))
    assert np.isnan(losses[0])
    assert np.isfinite(losses[1:]).all()
