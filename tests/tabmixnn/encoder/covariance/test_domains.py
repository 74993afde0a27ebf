"""Maps from the line onto the domains of parameters."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.encoder.covariance.domains import Interval, Positive, Real, Scale

DOMAINS = [Interval(), Interval(-0.25, 1.0), Positive(), Real(), Scale(0.01, 300.0)]


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
@pytest.mark.parametrize("x", [-4.0, -0.3, 0.0, 1.0, 6.0])
def test_there_and_back(domain, x):
    value = domain.value(x)
    assert domain.contains(value)
    assert domain.unconstrained(value) == pytest.approx(x, rel=1e-9, abs=1e-9)
    numeric = (domain.value(x + 1e-6) - domain.value(x - 1e-6)) / 2e-6
    assert domain.slope(x) == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_what_lies_outside(domain):
    assert not domain.contains(np.nan)
    assert not domain.contains(np.inf)


@pytest.mark.parametrize(
    ("domain", "value", "edge"),
    [
        (Interval(), 0.9999, True),
        (Interval(), -0.99, False),
        (Scale(0.01, 300.0), 250.0, True),
        (Scale(0.01, 300.0), 0.012, True),
        (Scale(0.01, 300.0), 100.0, False),
        (Positive(), 1e9, False),
    ],
)
def test_edges(domain, value, edge):
    assert domain.at_edge(value) is edge
