"""Networks learn from a file what they learn from a data frame, without ever holding it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.streaming import Source
from tabmixnn.streaming import blocks as blocks_module
from tabmixnn.streaming.blocks import HeldRows

FORMULA = "y ~ x + site + (1 + x | g) + (1 | item)"


def network(formula=FORMULA, cls=TabMixNNRegressor, **options):
    common = {"inference": "variational", "hidden_dims": [8], "embedding_dim": 4, "epochs": 3}
    common |= {"batch_size": 128, "random_state": 3}
    return cls(formula, **common | options)


def test_scales_and_sizes_are_those_of_the_frame(data, parquet):
    streamed, kept = network(epochs=1).fit(parquet), network(epochs=1).fit(data)
    assert streamed.engine_.spec == kept.engine_.spec
    assert streamed.engine_.response_scale.loc == pytest.approx(kept.engine_.response_scale.loc)
    assert streamed.engine_.response_scale.scale == pytest.approx(kept.engine_.response_scale.scale)
    pairs = [(streamed.engine_.scaling.cont, kept.engine_.scaling.cont)]
    pairs += zip(streamed.engine_.scaling.slopes, kept.engine_.scaling.slopes, strict=True)
    for found, expected in pairs:
        np.testing.assert_allclose(found.loc, expected.loc)
        np.testing.assert_allclose(found.scale, expected.scale)


def test_without_batches_and_noise_the_training_is_that_of_the_frame(data, tmp_path):
    """All rows in one batch, no dropout and no draws: nothing is left to differ by."""
    path = tmp_path / "rows.parquet"
    data.to_parquet(path, row_group_size=200)
    options = {"batch_size": 2000, "dropout": 0.0, "validation_fraction": 0.0, "epochs": 15}
    options |= {"hidden_dims": [], "enforce_centering": False, "expectation": "quadrature"}
    options |= {"lr": 0.05}
    streamed = network(**options).fit(path)
    kept = network(**options).fit(data)
    np.testing.assert_allclose(streamed.history_["loss"], kept.history_["loss"], rtol=1e-4)
    np.testing.assert_allclose(streamed.predict(data), kept.predict(data), rtol=1e-3)


def test_a_linear_network_comes_near_the_exact_fit(data, parquet):
    formula = "y ~ x + (1 | g)"
    options = {"hidden_dims": [], "enforce_centering": False, "expectation": "quadrature"}
    options |= {"lambda_kl": "auto", "prior": "learned", "posterior": "full", "lr": 0.1}
    options |= {"epochs": 25, "validation_fraction": 0.0, "scheduler": "cosine"}
    streamed = network(formula, **options).fit(parquet)
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[], reml=False)
    wanted = exact.fit(data).predict(data)
    assert np.corrcoef(streamed.predict(data), wanted)[0, 1] > 0.995


def test_classes(data, parquet):
    two = network("factor(nest) ~ x + (1 | item)", TabMixNNClassifier).fit(parquet)
    assert two.classes_.tolist() == ["0", "1"]
    assert two.predict_proba(parquet).shape == (len(data), 2)
    three = network("site ~ x + (1 | item)", TabMixNNClassifier).fit(parquet)
    assert three.classes_.tolist() == ["north", "south", "west"]
    assert set(three.predict(parquet)) <= set(three.classes_)
    binomial = network("nest ~ x + (1 | item)", TabMixNN, family="binomial").fit(parquet)
    assert binomial.predict(data).shape == (len(data),)


@pytest.mark.parametrize("kind", ["two", "three"])
def test_classes_of_a_category_are_sorted_as_from_a_frame(kind, data, tmp_path):
    """The design has the categories' own order, in which scores would be those of another class."""
    edges = [-np.inf, 127.0, np.inf] if kind == "two" else [-np.inf, 126.0, 128.0, np.inf]
    labels = ["low", "high"] if kind == "two" else ["low", "middle", "high"]
    data["level"] = pd.cut(data["y"], edges, labels=labels)
    path = tmp_path / "rows.parquet"
    data.to_parquet(path, row_group_size=200)
    options = {"cls": TabMixNNClassifier, "lr": 0.02, "epochs": 10}
    streamed = network("level ~ x + (1 | g)", **options).fit(path)
    kept = network("level ~ x + (1 | g)", **options).fit(data)
    assert streamed.classes_.tolist() == kept.classes_.tolist() == sorted(labels)
    names = data["level"].astype(str)
    for metric in ("roc_auc_ovr", "accuracy"):
        found, expected = (get_scorer(metric)(model, data, names) for model in (streamed, kept))
        assert found > 0.55
        assert found == pytest.approx(expected, abs=0.1)
    computed = network("relevel(level, 'low') ~ x + (1 | g)", **options).fit(path)
    assert computed.classes_.tolist() == labels
    assert computed.score(data) > 0.55


def test_rows_that_are_missing_and_rows_that_are_set_aside(data, tmp_path):
    data.loc[::3, "x"] = np.nan
    path = tmp_path / "rows.parquet"
    data.to_parquet(path, row_group_size=100)
    model = network(na_action="omit", validation_fraction=0.2, epochs=2).fit(path)
    assert model.history_["valid_nll"].notna().all()
    assert np.isfinite(model.predict(data.dropna())).all()


def test_groups_that_are_times_and_long_ids_beside_missing_ones(data, tmp_path):
    data["day"] = (pd.Timestamp("2020-01-31") + pd.to_timedelta(data["g"], "D")).astype(
        "datetime64[ns]"
    )
    data["long"] = (data["g"].astype("Int64") + 300_000_000_000_000_007).mask(data.index == 1234)
    path = tmp_path / "rows.parquet"
    data.to_parquet(path, row_group_size=100)
    for group in ("day", "long"):
        model = network(f"y ~ x + (1 | {group})", na_action="omit", epochs=1).fit(path)
        names = data[group].dropna().drop_duplicates().sort_values().astype(str).tolist()
        assert model._design.group_levels[0].tolist() == names


@pytest.mark.parametrize("fraction", [0.0, 0.01, 0.1, 0.3, 0.7])
def test_the_share_that_is_set_aside_and_the_groups_that_stay(fraction, data, tmp_path):
    path = tmp_path / "rows.parquet"
    rows = pd.concat([data.sort_values("g", ignore_index=True)] * 8, ignore_index=True)
    rows.sort_values("g", ignore_index=True).to_parquet(path, row_group_size=500)
    blocks = Source.open(path).blocks()
    assert [block.n_rows for block in blocks] == [500] * (len(rows) // 500)
    held = HeldRows(blocks, fraction, seed=5)
    aside = np.concatenate([held.of(block.start, block.n_rows) for block in blocks])
    assert aside.mean() == pytest.approx(fraction, abs=0.02)
    again = np.concatenate([held.of(block.start, block.n_rows) for block in blocks])
    np.testing.assert_array_equal(again, aside)
    left = rows["g"].sort_values(ignore_index=True)[~aside]
    assert left.nunique() == data["g"].nunique()


def test_every_row_is_trained_on_once_an_epoch(data, parquet, monkeypatch):
    monkeypatch.setattr(blocks_module, "BUFFER_ROWS", 300)
    seen = []
    model = network(epochs=1, validation_fraction=0.2)
    original = blocks_module.BlockRows.batches

    def watched(self, size):
        for batch in original(self, size):
            seen.append(len(batch))
            yield batch

    monkeypatch.setattr(blocks_module.BlockRows, "batches", watched)
    model.fit(parquet)
    held = sum(1 for _ in seen)
    assert held > 5
    # All but the last are whole batches.
    assert sorted(seen)[1:] == [128] * (len(seen) - 1)
    assert sum(seen) == pytest.approx(0.8 * len(data), rel=0.05)


class Interruption(Exception):
    pass


@pytest.mark.parametrize("scheduler", ["cosine", "plateau", None])
@pytest.mark.parametrize("kind", ["file", "frame"])
def test_an_interrupted_fit_goes_on(kind, scheduler, data, parquet, tmp_path):
    def interrupt(epoch, record):
        if epoch == 3:
            raise Interruption

    given = parquet if kind == "file" else data
    options = {"epochs": 5, "scheduler": scheduler, "patience": 2, "random_state": None}
    path = tmp_path / "run.checkpoint"
    with pytest.raises(Interruption):
        network(**options, callbacks=[interrupt]).fit(given, checkpoint=path)
    seed = _seed_of(path)
    resumed = network(**options).fit(given, checkpoint=path)
    whole = network(**options)
    whole._seed = lambda: seed
    whole.fit(given, checkpoint=tmp_path / "other.checkpoint")
    pd.testing.assert_frame_equal(resumed.history_, whole.history_)
    np.testing.assert_array_equal(resumed.predict(data), whole.predict(data))
    assert resumed.engine_.best_epoch == whole.engine_.best_epoch


def _seed_of(path):
    from tabmixnn.persistence import read_archive

    return read_archive(path)[1]["seed"]


def test_more_epochs_go_on_from_the_end(parquet, tmp_path):
    path = tmp_path / "run.checkpoint"
    network(epochs=2, patience=None).fit(parquet, checkpoint=path)
    longer = network(epochs=4, patience=None).fit(parquet, checkpoint=path)
    whole = network(epochs=4, patience=None).fit(parquet)
    pd.testing.assert_frame_equal(longer.history_, whole.history_)


def test_a_checkpoint_of_another_fit(data, parquet, tmp_path):
    path = tmp_path / "run.checkpoint"
    network(epochs=1).fit(parquet, checkpoint=path)
    with pytest.raises(ValueError, match=r"another fit: its lr was 0.001 and is now 0.1"):
        network(epochs=1, lr=0.1).fit(parquet, checkpoint=path)
    with pytest.raises(ValueError, match="number of rows was 1500 and is now 1400"):
        network(epochs=1).fit(data[:1400], checkpoint=path)
    model = network(epochs=1).fit(data)
    model.save(tmp_path / "model.tmx")
    with pytest.raises(ValueError, match="has a TabMixNNRegressor, not a checkpoint"):
        network(epochs=1).fit(data, checkpoint=tmp_path / "model.tmx")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        network(epochs=1).fit(data, checkpoint=tmp_path / "none" / "run")
    exact = TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[])
    for given in (data, parquet):
        with pytest.raises(ValueError, match="has none; leave checkpoint out"):
            exact.fit(given, checkpoint=path)


def test_what_networks_do_not_read_from_files(parquet):
    with pytest.raises(ValueError, match="outcomes of one column from files, not a poisson"):
        network("nest ~ x + (1 | g)", TabMixNN, family="poisson").fit(parquet)
    with pytest.raises(ValueError, match="does not take weights"):
        network(weights="w").fit(parquet)
    with pytest.raises(ValueError, match=r"'y' holds numbers; a classifier reads classes"):
        network("y ~ x + (1 | g)", TabMixNNClassifier).fit(parquet)
    with pytest.raises(ValueError, match="cov_struct_map needs all rows at once"):
        network(cov_struct_map={"g": {"type": "AR1"}}).fit(parquet)


def test_a_saved_network(data, parquet, tmp_path):
    model = network().fit(parquet)
    model.save(tmp_path / "model.tmx")
    loaded = TabMixNN.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(loaded.predict(data), model.predict(data))
    found = model.predict(data[:50], interval=0.9)
    assert (found["lower"] < found["upper"]).all()
