"""Reliability over several datasets."""

import pandas as pd
import pytest

from tabmixbench.leaderboard.reliability import draw, pooled
from tests.workflow.leaderboard.made import MODELS


def test_reliability_pools_datasets(tmp_path):
    import matplotlib.pyplot as plt

    files = []
    for k, size in enumerate((10, 1000)):
        frame = pd.DataFrame({"protocol": "rows", "split": 0, "row": range(size)})
        frame = frame.assign(y=k, prediction=0.55)
        frame.to_parquet(tmp_path / f"{k}.parquet")
        files.append(tmp_path / f"{k}.parquet")
    bins = pooled({"mlp": files})["mlp"]
    assert bins[5].tolist() == pytest.approx([0.55, 0.5, 2.0])
    figure = draw({"mlp": files}, MODELS)
    assert figure.axes
    plt.close(figure)
