"""Inference engines are found by name."""

import pytest

from tabmixnn.inference import ENGINES, get_engine


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_every_engine_resolves_and_has_the_interface(name):
    engine = get_engine(name)
    assert all(hasattr(engine, method) for method in ("from_options", "fit", "predict"))


def test_an_unknown_engine_names_the_valid_ones():
    with pytest.raises(ValueError, match=r"no inference='mcmc'; choose one of .*'variational'"):
        get_engine("mcmc")
