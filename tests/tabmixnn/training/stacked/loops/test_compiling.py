"""Loops that have just been compiled, and those that were kept, do the same to the last digit."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba.core import caching

from tabmixnn.training.stacked.loops.compiling import compiled

FIT = """
import hashlib
import numpy as np, pandas as pd
from tabmixnn import TabMixNN

rng = np.random.default_rng(0)
data = pd.DataFrame({"x": rng.normal(size=99), "g": np.arange(99) % 9, "y": rng.normal(size=99)})
model = TabMixNN("y ~ x + (x | g)", epochs=9, residual=True, random_state=0, device="cpu")
print(hashlib.md5(model.fit(data).predict(data).tobytes()).hexdigest())
"""


def test_what_is_kept_does_what_was_compiled(tmp_path):
    command = [sys.executable, "-c", FIT]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    found = []
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(done.stdout)
    assert list(tmp_path.rglob("*.nbc"))
    assert found[0] == found[1]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), EOFError("broken")])
def test_a_cache_that_fails_is_done_without(error, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", fail)

    @compiled("void(f4[::1])")
    def double(values):
        for i in range(values.shape[0]):
            values[i] *= np.float32(2)

    values = np.ones(3, np.float32)
    double(values)
    assert values.tolist() == [2, 2, 2]
