"""A Dask data frame is summed by partitions to the estimates of the frame in memory."""

import os
import pickle

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.streaming import DataSourceError
from tabmixnn.streaming.sums import Reader


def exact(formula, **options):
    return TabMixNNRegressor(formula, inference="marginal", hidden_dims=[], **options)


def assert_same(found, expected):
    np.testing.assert_allclose(found.fixef(), expected.fixef(), rtol=1e-9)
    np.testing.assert_allclose(found.vcov(), expected.vcov(), rtol=1e-8)
    np.testing.assert_allclose(found.var_corr()["vcov"], expected.var_corr()["vcov"], rtol=1e-7)
    assert found.loglik_ == pytest.approx(expected.loglik_, rel=1e-11)
    for group, effects in expected.ranef().items():
        pd.testing.assert_frame_equal(found.ranef()[group], effects, rtol=1e-7, atol=1e-7)


FORMULAS = [
    "y ~ x + site + (1 | g)",
    "y ~ scale(x) + offset(known) + (1 + x | g)",
    "y ~ x + (1 | g) + (1 | item) + (1 | site)",
    "y ~ site * x + (1 | item / nest)",
    "y ~ x + site",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(("weights", "n_partitions"), [(None, 1), ("w", 7)])
@pytest.mark.filterwarnings("ignore:boundary")
def test_the_fit_is_that_of_the_frame(formula, weights, n_partitions, data):
    frame = dd.from_pandas(data, npartitions=n_partitions)
    found = exact(formula, weights=weights).fit(frame)
    assert_same(found, exact(formula, weights=weights).fit(data))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_partitions_need_not_have_all_levels_nor_complete_rows(scheduler, data):
    data = data.sort_values(["site", "g"])
    data.loc[data.index[:250], "x"] = np.nan
    formula = "y ~ x + site + (1 | g) + (1 | item)"
    with dask.config.set(scheduler=scheduler):
        found = exact(formula, na_action="omit").fit(dd.from_pandas(data, 9, sort=False))
    assert_same(found, exact(formula, na_action="omit").fit(data))


def test_workers_in_other_processes_sum_to_the_estimates_of_one(data):
    formula = "y ~ x + site + (1 + x | g) + (1 | item)"
    frame = dd.from_pandas(data, npartitions=6)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        found = exact(formula).fit(frame)
        workers = set(client.run(os.getpid).values())
        done = client.run(lambda dask_worker: len(dask_worker.state.log))
    assert len(workers - {os.getpid()}) == 2
    assert min(done.values()) > 0
    assert_same(found, exact(formula).fit(data))


def test_predictions_are_those_of_the_frame_in_its_order(data):
    frame = dd.from_pandas(data, npartitions=4)
    model = exact("y ~ x + (1 | g)").fit(frame)
    np.testing.assert_allclose(model.predict(frame), model.predict(data), rtol=1e-12)


def test_what_goes_to_the_workers_can_be_pickled_and_does_not_grow_with_the_rows(data):
    model = exact("y ~ x + site + (1 | g) + (1 | item)").fit(dd.from_pandas(data, npartitions=2))
    reader = Reader(model._design, ["y", "x", "site", "g", "item"], None)
    batch = pickle.loads(pickle.dumps(reader))(data)
    np.testing.assert_array_equal(batch.X, reader(data).X)
    assert len(pickle.dumps(reader)) < 20_000


def test_no_rows_are_an_error(data):
    with pytest.raises(DataSourceError, match="the Dask data frame has no rows"):
        exact("y ~ x + (1 | g)").fit(dd.from_pandas(data.head(0), npartitions=1))


def test_a_missing_column_is_named(data):
    frame = dd.from_pandas(data, npartitions=2)
    with pytest.raises(ValueError, match="the Dask data frame has no column 'xx'"):
        exact("y ~ xx + (1 | g)").fit(frame)


def test_other_families_say_what_to_do(data):
    frame = dd.from_pandas(data, npartitions=2)
    with pytest.raises(ValueError, match="gaussian"):
        TabMixNN("nest ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[]).fit(
            frame
        )


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_rows_that_differ_whenever_they_are_read_are_refused(inference, data):
    drawn = iter(range(1000))

    def renamed(part):
        return part.assign(g=part["g"] + 100 * next(drawn))

    frame = dd.from_pandas(data, 2).map_partitions(renamed, meta=data)
    options = {"inference": inference, "hidden_dims": []}
    options |= {"epochs": 1} if inference == "variational" else {}
    with (
        dask.config.set(scheduler="synchronous"),
        pytest.raises(DataSourceError, match="g has levels that it did not have"),
    ):
        TabMixNNRegressor("y ~ x + (1 | g)", **options).fit(frame)
