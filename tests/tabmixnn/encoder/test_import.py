"""The covariance structures must not cost an import of torch."""

import subprocess
import sys

import pytest

import tabmixnn.encoder


def test_covariance_structures_need_no_torch():
    code = (
        "import sys, tabmixnn.encoder.covariance, tabmixnn.inference.marginal.structured; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_resolves():
    for name in tabmixnn.encoder.__all__:
        assert getattr(tabmixnn.encoder, name) is not None
    assert set(tabmixnn.encoder.__all__) <= set(dir(tabmixnn.encoder))


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Encoder'"):
        _ = tabmixnn.encoder.Encoder
