"""``import tabmixnn`` must cost next to nothing."""

import subprocess
import sys

import pytest

import tabmixnn


def test_import_loads_nothing_heavy():
    code = (
        "import sys, tabmixnn; "
        "print([m for m in ('torch', 'pandas', 'sklearn', 'formulaic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_estimators_load_no_engine_before_a_fit():
    code = (
        "import sys; from tabmixnn import TabMixNNClassifier, TabMixNNRegressor; "
        "kinds = ('exact', 'marginal', 'additive', 'variational'); "
        "print([k for k in kinds if f'tabmixnn.inference.{k}' in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_resolves():
    for name in tabmixnn.__all__:
        assert getattr(tabmixnn, name) is not None
    assert set(tabmixnn.__all__) <= set(dir(tabmixnn))


def test_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'TabMixedNN'"):
        _ = tabmixnn.TabMixedNN
