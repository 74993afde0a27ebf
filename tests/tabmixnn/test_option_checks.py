"""One sentence for a value that an option cannot have."""

import numpy as np
import pytest

from tabmixnn.option_checks import choice, whole


@pytest.mark.parametrize("value", ["c", None, ["a"], True])
def test_a_choice_is_one_of_the_names_in_their_order(value):
    with pytest.raises(ValueError, match=r"^way must be one of 'a', 'b'; got"):
        choice("way", value, {"b": 1, "a": 2})
    assert choice("way", "b", ("b", "a")) == "b"


@pytest.mark.parametrize("value", [0, 1.0, True, "1", None])
def test_a_whole_number(value):
    with pytest.raises(ValueError, match=r"^n must be a whole number of at least 1; got"):
        whole("n", value, at_least=1)
    assert whole("n", np.int64(3), at_least=1) == 3
