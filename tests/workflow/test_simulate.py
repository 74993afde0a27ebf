"""The simulated datasets: the paper's sizes, and structure that a mixed model can find."""

import pandas as pd
import pytest

from tabmixbench.simulate import GENERATORS, hospital, pbmc


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_same_table_every_time(generate):
    pd.testing.assert_frame_equal(generate(), generate())


def test_pbmc_has_the_size_of_table_1():
    frame = pbmc()
    assert frame.shape == (1200, 15 + 1)
    assert frame["patient"].nunique() == 50
    assert not frame.isna().any().any()


def test_pbmc_repeats_measurements_of_patients_within_one_arm():
    by_patient = pbmc().groupby("patient")
    assert (by_patient["week"].nunique() == 24).all()
    for column in ("treatment", "age", "sex", "bmi", "baseline"):
        assert (by_patient[column].nunique() == 1).all()


def test_pbmc_patients_differ_and_treatment_works():
    frame = pbmc()
    late = frame[frame["week"] >= 12].groupby("treatment")["pbmc_count"].mean()
    assert late["placebo"] < late["high"]
    within = frame.groupby("patient")["pbmc_count"].var().mean()
    between = frame.groupby("patient")["pbmc_count"].mean().var()
    assert between > within / 2


def test_hospital_has_the_size_of_table_1():
    frame = hospital()
    assert frame.shape == (10_000, 25 + 1)
    assert frame["hospital"].nunique() == 100
    assert frame["hospital"].value_counts().min() >= 20
    assert not frame.isna().any().any()


def test_hospital_readmits_about_a_sixth_and_hospitals_differ():
    frame = hospital()
    readmitted = frame["readmitted"] == "yes"
    assert 0.13 < readmitted.mean() < 0.19
    rate = readmitted.groupby(frame["hospital"]).mean()
    size = frame["hospital"].value_counts().loc[rate.index]
    chance = (rate.mean() * (1 - rate.mean()) / size).mean()
    assert rate.var() > 2 * chance


def test_hospital_columns_of_the_hospital_are_constant_within_it():
    by_hospital = hospital().groupby("hospital")
    assert (by_hospital[["beds", "teaching"]].nunique() == 1).all().all()
