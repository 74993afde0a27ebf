"""Names that are not known are answered with the nearest that is."""

import pytest

from tabmixbench.suggest import nearest, require, unknown


def test_nearest_ignores_case_and_refuses_what_is_far():
    assert nearest("SLEEPSTUDY", ["Milk", "sleepstudy"]) == "sleepstudy"
    assert nearest("xyz", ["Milk", "sleepstudy"]) is None


def test_unknown_lists_the_names_when_none_is_near():
    assert unknown("model", "xyz", ["b", "a"]) == "unknown model 'xyz': choose one of a, b."


def test_a_name_that_is_required_is_returned_or_refused_with_its_place():
    assert require("a", iter("ab"), "model", ValueError) == "a"
    with pytest.raises(KeyError, match=r"^\"here: unknown model 'xyz': choose one of a, b\.\"$"):
        require("xyz", "ab", "model", KeyError, "here")
    with pytest.raises(ValueError, match=r"^unknown model 3: choose one of a\.$"):
        require(3, ["a"], "model", ValueError)
