"""What may go on from a checkpoint, and what is another fit."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec, TabMixNN
from tabmixnn.families import Gaussian, Poisson
from tabmixnn.training import CheckpointError

OPTIONS = {"hidden_dims": [3], "embedding_dim": 2, "epochs": 2, "random_state": 0}
OPTIONS |= {"validation_fraction": 0.0}
N = 60


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=N), "g": np.arange(N) % 6, "o": rng.normal(size=N)})
    frame["t"] = 1.0 * frame["g"]
    return frame.assign(y=rng.poisson(3.0, N) + 1.0, a=rng.normal(size=N), b=rng.normal(size=N))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.checkpoint"


def model(formula="y ~ x + offset(o) + (x | g)", **options):
    return TabMixNN(formula, **{**OPTIONS, **options})


def test_fewer_epochs_than_it_has_had(data, path):
    model(epochs=4).fit(data, checkpoint=path)
    with pytest.raises(CheckpointError, match="a run of 4 epochs, and epochs=2 asks for fewer"):
        model(epochs=2).fit(data, checkpoint=path)
    assert model(epochs=4).fit(data, checkpoint=path).n_iter_ == 4


@pytest.mark.parametrize("column", ["y", "x", "g", "o"])
@pytest.mark.parametrize("kind", ["frame", "file"])
def test_other_rows(kind, column, data, path, tmp_path):
    def given(rows):
        if kind == "frame":
            return rows
        rows.to_parquet(tmp_path / "rows.parquet", row_group_size=20)
        return tmp_path / "rows.parquet"

    other = data.assign(**{column: data[column].sample(frac=1, random_state=1).to_numpy()})
    model().fit(given(data), checkpoint=path)
    with pytest.raises(CheckpointError, match="digest of the rows was"):
        model().fit(given(other), checkpoint=path)
    model(epochs=3).fit(given(data), checkpoint=path)


def test_other_places_of_levels(data, path):
    options = {"cov_struct_map": {"g": {"type": "AR1", "time_col": "t"}}, "posterior": "joint"}
    model("y ~ x + (1 | g)", **options).fit(data, checkpoint=path)
    with pytest.raises(CheckpointError, match="digest of the rows was"):
        model("y ~ x + (1 | g)", **options).fit(data.assign(t=2 * data["t"]), checkpoint=path)


def test_another_large_option(data, path):
    def related(by):
        matrix = np.eye(100)
        matrix[50, 51] = matrix[51, 50] = by
        entry = {"type": "K", "K_group": pd.DataFrame(matrix)}
        return model("y ~ x + (1 | g)", cov_struct_map={"g": entry}, posterior="joint")

    related(0.1).fit(data, checkpoint=path)
    with pytest.raises(CheckpointError, match="its cov_struct_map was"):
        related(0.2).fit(data, checkpoint=path)
    related(0.1).fit(data, checkpoint=path)


def test_another_family(data, path):
    model(family="poisson").fit(data, checkpoint=path)
    with pytest.raises(CheckpointError, match=r"its family was Poisson.* is now Gamma"):
        model(family="gamma").fit(data, checkpoint=path)
    model(family=Poisson()).fit(data, checkpoint=path)


def test_outcomes_of_family_objects_go_on(data, path):
    first, second = ([OutcomeSpec(name, name, Gaussian()) for name in "ab"] for _ in range(2))
    model("~ x + (1 | g)", outcomes=first).fit(data, checkpoint=path)
    resumed = model("~ x + (1 | g)", outcomes=second, epochs=3).fit(data, checkpoint=path)
    assert resumed.n_iter_ == 3


@pytest.mark.parametrize(
    "options",
    [{"scheduler": "cosine"}, {"scheduler": "plateau", "patience": None}],
    ids=["cosine", "plateau"],
)
def test_more_epochs_where_rates_depend_on_their_number(options, data, path):
    model(**options).fit(data, checkpoint=path)
    with pytest.raises(CheckpointError, match="its epochs was 2 and is now 3"):
        model(**options, epochs=3).fit(data, checkpoint=path)


def test_more_epochs_where_rates_wait_for_the_loss(data, path):
    options = {"scheduler": "plateau", "patience": 2, "lr": 0.5, "dropout": 0.0}
    model(**options).fit(data, checkpoint=path)
    longer = model(**options, epochs=20).fit(data, checkpoint=path)
    whole = model(**options, epochs=20).fit(data, checkpoint=path.with_suffix(".other"))
    pd.testing.assert_frame_equal(longer.history_, whole.history_)
