"""What the ladder does with what a search found."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import Smooth
from tabmixnn.inference.additive.ladder import _at_maximum


def test_a_search_that_stopped_early_goes_on_to_the_maximum(read, curves):
    known = read("y ~ x + z + (z | g)", curves())
    terms = [Candidate(Smooth(("x",)))]
    _, early = known.fit(terms=terms, steps=1)
    _, late = known.fit(terms=terms, tol=1e-13)
    assert early.solution.criterion > late.solution.criterion + 0.1
    found = _at_maximum(early, known.outcome)
    assert found.solution.criterion == pytest.approx(late.solution.criterion, abs=1e-4)


def test_variances_of_working_responses_stay(read, curves):
    known = read("y ~ x + z + (1 | g)", curves())
    _, early = known.fit(steps=1)
    assert _at_maximum(early, SimpleNamespace(dispersion=1.0)) is early
