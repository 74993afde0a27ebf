"""The small fits that test sentences of the paper."""

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tabmixbench import trials
from tabmixbench.trials.variability import variability
from tests.workflow.snakefile import rules


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(trials.__path__)])
def test_a_trial_takes_its_cases_and_nothing_that_it_ignores(name):
    run = getattr(import_module(f"tabmixbench.trials.{name}"), name)
    assert list(inspect.signature(run).parameters) == ["cases"]


@pytest.mark.parametrize(("shift", "icc"), [(0.0, 0.0), (100.0, 1.0)])
def test_groups_that_differ_have_all_of_the_variance_and_others_none(shift, icc):
    within = np.tile([-1.0, 1.0], 20)
    group = np.repeat(np.arange(20), 2)
    data = pd.DataFrame({"y": shift * group + within, "g": group})
    found = variability([(SimpleNamespace(name="made", target="y", groups=("g",)), data)])
    assert found.loc[0, ["dataset", "group"]].to_list() == ["made", "g"]
    assert found.loc[0, "icc"] == pytest.approx(icc, abs=1e-3)


def test_variability_is_of_the_groups_of_both_suites():
    with rules() as found:
        data = found["trial"].input["data"](SimpleNamespace(trial="variability"))
    names = {Path(path).stem for path in data}
    assert {"sleepstudy", "guImmun", "Males"} <= names
    assert not {"Doctor", "Hospital"} & names  # without groups, and of neither
