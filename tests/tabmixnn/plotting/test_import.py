"""Matplotlib is loaded by the first plot, and its absence is one sentence."""

import subprocess
import sys

import pandas as pd
import pytest

from tabmixnn import plotting


def test_importing_the_plots_loads_no_matplotlib():
    code = (
        "import sys, tabmixnn.plotting as p; [getattr(p, n) for n in p.__all__]; "
        "import tabmixnn; tabmixnn.TabMixNNRegressor; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_plot_is_listed():
    for name in plotting.__all__:
        module = f"tabmixnn.plotting.{name.removeprefix('plot_')}"
        assert getattr(plotting, name).__module__ == module
    with pytest.raises(AttributeError, match="no attribute 'pie'"):
        _ = plotting.pie


def test_a_missing_matplotlib_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"Plots need matplotlib.*'tabmixnn\[plots\]'"):
        plotting.plot_caterpillar(pd.Series([1.0, 2.0]))
