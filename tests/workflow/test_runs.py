"""One job: the adapters behind it are checked elsewhere, here what happens around them."""

import json

import numpy as np
import pandas as pd
import pytest

from tabmixbench import adapters, runs
from tabmixbench.adapters import ModelSpec
from tabmixbench.adapters.base import Adapter, TimedOut, Unsuitable
from tabmixbench.collect import long_metrics, read_records, reasons, summary
from tabmixbench.registry import Dataset

DATASET = Dataset(
    name="toy",
    title="Toy",
    domain="none",
    suites=("regression",),
    task="regression",
    target="y",
    groups=("g",),
    numeric=("x",),
    categorical=(),
    formula="y ~ x + (1 | g)",
    source="simulated:toy",
    sha256="",
)
SPEC = ModelSpec("toy", "Toy model", "toy", {}, None, None, ("core",), "")


class Toy(Adapter):
    """Predicts what the test says, remembers what it was given."""

    name = "toy"
    package = "numpy"
    answer = 0.0

    def fit(self, train):
        self.train = train
        if self.answer is None:
            raise Unsuitable("the toy is broken")
        Toy.seen.append((self.seed, train, self.new_groups))
        return self

    def predict(self, test):
        assert "y" not in test
        return np.full(len(test), self.answer)

    def settings(self):
        return {"rows": len(self.train), "target": self.dataset.target}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"y": 5 + 3 * rng.normal(size=20), "g": list("ab") * 10, "x": range(20)})


@pytest.fixture
def splits():
    test = np.zeros((20, 3), dtype=bool)
    for k in range(3):
        test[4 * k : 4 * k + 4, k] = True
    return pd.DataFrame(test, columns=["rows_0", "rows_1", "groups_0"])


@pytest.fixture
def run(data, splits, monkeypatch):
    def run(answer):
        Toy.answer, Toy.seen = answer, []
        monkeypatch.setattr(adapters, "available", lambda: {"toy": Toy})
        return runs.run_model(DATASET, SPEC, data, splits, seed=7, threads=1)

    return run


def test_the_target_is_standardised_by_the_training_rows(run, data, splits):
    record, predictions = run(0.0)
    seed, train, _ = Toy.seen[0]
    assert seed == 7
    assert train["y"].mean() == pytest.approx(0.0, abs=1e-12)
    assert train["y"].std() == pytest.approx(1.0)
    held = data["y"][splits["rows_0"]]
    rest = data["y"][~splits["rows_0"]]
    expected = np.sqrt(np.mean((held - rest.mean()) ** 2))
    score = record["splits"][0]["metrics"]
    assert score["RMSE"] == pytest.approx(expected / rest.std())
    assert score["MSE"] == pytest.approx(expected**2)
    assert predictions.groupby("protocol").size().to_dict() == {"rows": 8, "groups": 4}


def test_models_are_told_that_groups_will_be_new(run):
    run(0.0)
    assert [new_groups for _, _, new_groups in Toy.seen] == [False, False, True]


def test_the_record_survives_the_disk_and_becomes_long_scores(run, tmp_path):
    record, predictions = run(0.0)
    runs.write_run(record, predictions, tmp_path / "r.json", tmp_path / "r.parquet")
    (again,) = read_records(tmp_path / "r.json")
    assert again == json.loads(json.dumps(record))
    long = long_metrics([("regression", again)])
    assert len(long) == 3 * 4
    assert summary(long).query("protocol == 'rows' and metric == 'RMSE'")["splits"].item() == 2


def test_settings_that_differ_are_those_of_their_split(run):
    record, _ = run(0.0)
    assert record["settings"].keys() >= {"adapter", "threads", "target", "rows"}
    assert [split["settings"] for split in record["splits"]] == [{"seed": s} for s in (7, 8, 7)]


def test_an_unsuitable_model_leaves_its_reason(run):
    record, predictions = run(None)
    assert {split["status"] for split in record["splits"]} == {"unsuitable"}
    assert predictions.empty
    table = reasons([("regression", record)])
    assert table.set_index("protocol").loc["rows", "n_splits"] == 2
    assert set(table["reason"]) == {"the toy is broken"}


def test_what_takes_too_long_is_tried_again_for_new_groups(run, monkeypatch):
    tried = []

    def fit(self, train):
        tried.append(self.new_groups)
        raise TimedOut("the toy did not finish")

    monkeypatch.setattr(Toy, "fit", fit)
    record, _ = run(0.0)
    assert tried == [False, True]
    assert [split["status"] for split in record["splits"]] == ["timed out"] * 3
    assert record["splits"][1]["reason"].endswith("on another split, so this one was not tried")


def test_a_model_that_diverged_is_named(run):
    with pytest.raises(ValueError, match="Toy predicted 4 non-finite values of 4 on toy"):
        run(np.nan)


@pytest.mark.parametrize("sd", [np.nan, 0.0, -1.0, np.inf])
def test_a_spread_that_is_none_is_named(run, monkeypatch, sd):
    monkeypatch.setattr(Toy, "predict_sd", lambda self, test: np.r_[np.ones(len(test) - 1), sd])
    with pytest.raises(ValueError, match="Toy predicted 1 standard deviations of 4 on toy that"):
        run(0.0)


def test_the_digest_of_a_frame_follows_values_and_names(data):
    digest = runs.frame_digest(data)
    assert digest == runs.frame_digest(data.copy())
    assert digest != runs.frame_digest(data.rename(columns={"x": "z"}))
    assert digest != runs.frame_digest(data.assign(x=data["x"] + 1))
