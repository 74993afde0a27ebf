"""A fit to simulated rows in a process of its own: its seconds and its memory.

``python -m tabmixbench.benchmarks.simulated exact --rows 100000`` prints one measurement.
"""

from __future__ import annotations

import argparse
import inspect
import json
from dataclasses import asdict, dataclass
from typing import Any

from tabmixbench.benchmarks.process import PEAK, in_new_process

BATCH_ROWS = 65_536
LONGEST = 5.0
"""Seconds of repeated small fits, of which the median counts."""


@dataclass(frozen=True)
class Sizes:
    """y = x₁ / 2 + u₀ + u₁ x₁ + … + e: standard normals all of them.

    Parameters
    ----------
    rows, groups : int
    features : int
        Columns with a fixed effect.
    effects : int
        Random effects of a group: the intercept, and the slopes of the first columns.

    Raises
    ------
    ValueError
        If there are fewer columns than slopes.
    """

    rows: int = 100_000
    groups: int = 10_000
    features: int = 1
    effects: int = 1

    def __post_init__(self) -> None:
        if self.effects > self.features + 1:
            raise ValueError(
                f"{self.effects} effects of a group need {self.effects - 1} columns to have slopes "
                f"of, and there are {self.features}; set features in config/benchmarks.yaml to more"
            )

    @property
    def formula(self) -> str:
        """In R's notation."""
        columns = [f"x{j + 1}" for j in range(self.features)]
        slopes = ["1", *columns[: self.effects - 1]]
        return f"y ~ {' + '.join(columns)} + ({' + '.join(slopes)} | g)"


SIMULATE = """
import json, sys, time
import numpy as np

sizes = json.loads(sys.argv[1])
n, groups, p, q = (sizes[name] for name in ("rows", "groups", "features", "effects"))
rng = np.random.default_rng(0)
codes = rng.permutation(np.arange(n) % groups)
x = rng.normal(size=(n, p))
y = rng.normal(size=n)
y += 0.5 * x[:, 0] + rng.normal(size=groups)[codes]
for j in range(q - 1):
    y += rng.normal(size=groups)[codes] * x[:, j]
"""

EXACT = """
from types import SimpleNamespace
from tabmixnn.inference.marginal import fit_lmm

X = np.column_stack([np.ones(n), x])
block = SimpleNamespace(
    group="g", names=[f"z{j}" for j in range(q)], codes=codes, levels=range(groups),
    Z=np.ascontiguousarray(X[:, :q]), correlated=True,
)
before, seconds, start = peak(), [], time.process_time()
while len(seconds) < 3 and (not seconds or time.process_time() - start < longest):
    fit = None  # or the next one would have to ask for new memory
    used = time.process_time()
    fit = fit_lmm(X, y, [block])
    seconds.append(time.process_time() - used)
found = {"sd": float(np.sqrt(fit.G[0][0, 0])), "sigma": float(fit.sigma),
         "slope": float(fit.beta[1])}
"""

NETWORK = """
import pandas as pd, torch
from tabmixnn import TabMixNNRegressor

torch.set_num_threads(1)
data = pd.DataFrame({f"x{j + 1}": x[:, j] for j in range(p)})
data["g"], data["y"] = pd.Categorical(codes), y
del x, y, codes
clock, before = [], peak()
model = TabMixNNRegressor(
    sizes["formula"], inference="variational", hidden_dims=hidden, batch_size=batch_rows, epochs=4,
    validation_fraction=0, device="cpu", random_state=0,
    callbacks=[lambda epoch, record: clock.append(time.process_time())],
).fit(data)
seconds = np.diff(clock).tolist()
found = {"loss": float(model.history_["loss"].iloc[-1])}
"""

REPORT = """
print(json.dumps({"seconds": float(np.median(seconds)), "before": before, "peak": peak()} | found))
"""

FITS = {
    "exact": EXACT,
    "an epoch, linear": "hidden = []\n" + NETWORK,
    "an epoch, [64, 32]": "hidden = [64, 32]\n" + NETWORK,
}
"""What is measured: an exact fit from arrays, or an epoch of a network from a data frame."""


def measured(fit: str, sizes: Sizes) -> dict[str, Any]:
    """Simulate, fit and measure in a new process.

    Parameters
    ----------
    fit : str
        A key of `FITS`.
    sizes : Sizes

    Returns
    -------
    dict
        ``seconds`` of processor time, of the exact fit or of one epoch; bytes ``before``, the
        data included, and at the ``peak``; and estimates (truth: ``sd``, ``sigma`` 1, ``slope``
        0.5) or the last ``loss``.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    constants = f"longest, batch_rows = {LONGEST}, {BATCH_ROWS}\n"
    code = constants + PEAK + SIMULATE + FITS[fit] + REPORT
    return in_new_process(code, json.dumps(asdict(sizes) | {"formula": sizes.formula}))


def main() -> None:
    """Print one measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fit", choices=list(FITS))
    for name, parameter in inspect.signature(Sizes).parameters.items():
        parser.add_argument(f"--{name}", type=int, default=parameter.default)
    given = vars(parser.parse_args())
    print(measured(given.pop("fit"), Sizes(**given)))


if __name__ == "__main__":
    main()
