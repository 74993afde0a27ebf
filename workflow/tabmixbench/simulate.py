"""The two datasets that the paper simulates and does not publish, made anew.

The paper gives their size alone (Table 1): PBMC has n = 1,200 rows, p = 15 columns and G = 50
patients, Hospital Readmission has n = 10,000, p = 25 and G = 100 hospitals. Everything else here
is ours: effects are chosen so that grouping matters, a part of the signal is not linear, and no
model can be perfect. p counts the grouping column, as Table 1 does for sleepstudy.

Only uniform and normal draws are used, and values are rounded as an instrument would round
them, so that a table is the same on every platform.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Generator = Callable[[], pd.DataFrame]
GENERATORS: dict[str, Generator] = {}

PBMC_SEED = 20_501
HOSPITAL_SEED = 20_502
HOSPITAL_COLUMNS = (
    *("hospital", "age", "length_of_stay", "prior_admissions", "emergency_visits", "charlson"),
    *("medications", "procedures", "lab_tests", "creatinine", "haemoglobin", "sodium", "systolic"),
    *("heart_rate", "bmi", "beds", "sex", "insurance", "admission", "discharge", "diagnosis"),
    *("diabetes", "heart_failure", "smoker", "teaching", "readmitted"),
)


def generator(function: Generator) -> Generator:
    """Register `function` under its own name."""
    GENERATORS[function.__name__] = function
    return function


@generator
def pbmc() -> pd.DataFrame:
    """Simulate a clinical trial: 50 patients in three arms, 24 visits each.

    The cell count of patient i at week t is

        y = 1.6 + 0.5 baseline_i + arm effect_i (1 - exp(-t / 8)) adherence
            - 0.15 log(1 + crp) + 0.25 tanh(2 (lymphocytes - 1.8)) + 0.08 neutrophils
            - 0.006 (age_i - 50) + u_0i + u_1i t + e,

    with arm effects 0, 0.5 and 1.1, (u_0, u_1) normal with standard deviations 0.45 and 0.025
    and correlation -0.3, and e normal with standard deviation 0.25. Sex, bmi, monocytes,
    platelets, haemoglobin and il6 have no effect of their own.

    Returns
    -------
    DataFrame
        1,200 rows: ``patient``, 14 features and the target ``pbmc_count`` (10⁹ cells a litre).
    """
    rng = np.random.default_rng(PBMC_SEED)
    patients, visits = 50, 24
    i = np.repeat(np.arange(patients), visits)
    week = np.tile(np.arange(visits), patients)
    n = i.size

    arm = np.argsort(rng.random(patients)) % 3
    age = np.round(50 + 11 * rng.standard_normal(patients))
    female = rng.random(patients) < 0.5
    bmi = np.round(26 + 3.5 * rng.standard_normal(patients), 1)
    baseline = np.round(1.5 + 0.35 * rng.standard_normal(patients), 2)
    # Correlated random effects by the Cholesky factor of their correlation.
    z0, z1 = rng.standard_normal(patients), rng.standard_normal(patients)
    u0 = 0.45 * z0
    u1 = 0.025 * (-0.3 * z0 + np.sqrt(1 - 0.3**2) * z1)

    lymphocytes = np.round(1.8 + 0.4 * rng.standard_normal(n), 2)
    monocytes = np.round(0.5 + 0.12 * rng.standard_normal(n), 2)
    neutrophils = np.round(np.exp(1.35 + 0.28 * rng.standard_normal(n)), 2)
    platelets = np.round(250 + 45 * rng.standard_normal(n))
    haemoglobin = np.round(13.6 + 1.2 * rng.standard_normal(n), 1)
    inflammation = rng.standard_normal(n)
    crp = np.round(np.exp(1.0 + 0.8 * inflammation), 1)
    il6 = np.round(np.exp(1.2 + 0.5 * inflammation + 0.4 * rng.standard_normal(n)), 1)
    adherence = np.round(1 - 0.35 * rng.random(n) ** 2, 2)

    response = np.array([0.0, 0.5, 1.1])[arm][i] * (1 - np.exp(-week / 8)) * adherence
    count = (
        1.6
        + 0.5 * baseline[i]
        + response
        - 0.15 * np.log1p(crp)
        + 0.25 * np.tanh(2 * (lymphocytes - 1.8))
        + 0.08 * neutrophils
        - 0.006 * (age[i] - 50)
        + u0[i]
        + u1[i] * week
        + 0.25 * rng.standard_normal(n)
    )
    return pd.DataFrame(
        {
            "patient": i + 1,
            "treatment": np.array(["placebo", "low", "high"])[arm][i],
            "week": week,
            "age": age[i],
            "sex": np.where(female, "female", "male")[i],
            "bmi": bmi[i],
            "baseline": baseline[i],
            "lymphocytes": lymphocytes,
            "monocytes": monocytes,
            "neutrophils": neutrophils,
            "platelets": platelets,
            "haemoglobin": haemoglobin,
            "crp": crp,
            "il6": il6,
            "adherence": adherence,
            "pbmc_count": np.round(count, 3),
        }
    )


@generator
def hospital() -> pd.DataFrame:
    """Simulate readmission within 30 days: 10,000 patients nested within 100 hospitals.

    Hospitals differ in size (from about 0.3 to 2 times the mean) and in their log-odds of
    readmission by a normal effect of standard deviation 0.6, besides what their teaching status
    and number of beds explain. The patient's part of the log-odds has linear
    terms, a curve in the length of stay, and an interaction of heart failure with creatinine.
    Smoking, sodium, heart rate and the number of laboratory tests have no effect. About 16%
    are readmitted.

    Returns
    -------
    DataFrame
        10,000 rows: ``hospital``, 24 features and the target ``readmitted`` (yes, no).
    """
    rng = np.random.default_rng(HOSPITAL_SEED)
    n, hospitals = 10_000, 100
    draw = _Draws(rng, n)
    weight = 0.3 + 1.7 * rng.random(hospitals)
    h = np.searchsorted(np.cumsum(weight / weight.sum())[:-1], rng.random(n), side="right")
    beds = np.round(120 + 600 * rng.random(hospitals) ** 2)
    teaching = rng.random(hospitals) < 0.3
    u = 0.6 * rng.standard_normal(hospitals)

    patients = _patients(draw)
    of_hospital = 0.2 * teaching - 0.0005 * (beds - 300) + u
    log_odds = _log_odds(patients) + of_hospital[h]
    columns = {
        "hospital": h + 1,
        **patients,
        "beds": beds[h],
        "teaching": teaching[h],
        "readmitted": draw.flags(1 / (1 + np.exp(-log_odds))),
    }
    return pd.DataFrame({name: _yes_no(columns[name]) for name in HOSPITAL_COLUMNS})


class _Draws:
    """Columns of so many rows, each from uniform or normal draws alone."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        self.rng, self.n = rng, n

    def normal(self, mean: float, sd: float) -> np.ndarray:
        return mean + sd * self.rng.standard_normal(self.n)

    def choose(self, **weights: float) -> np.ndarray:
        edges = np.cumsum(list(weights.values()))[:-1]
        chosen = np.searchsorted(edges, self.rng.random(self.n), side="right")
        return np.array(list(weights))[chosen]

    def counts(self, mean: np.ndarray | float) -> np.ndarray:
        # A rounded-down exponential variable: geometric, from uniform draws alone.
        return np.floor(-np.log1p(-self.rng.random(self.n)) * mean)

    def flags(self, probability: np.ndarray | float) -> np.ndarray:
        return self.rng.random(self.n) < probability


def _patients(draw: _Draws) -> dict[str, np.ndarray]:
    """What patients bring; severity, which is not observed, makes much of it go together."""
    p = {"age": np.clip(np.round(draw.normal(67, 14)), 18, 99)}
    p["sex"] = draw.choose(female=0.52, male=0.48)
    p["insurance"] = draw.choose(medicare=0.5, private=0.3, medicaid=0.14, none=0.06)
    p["admission"] = draw.choose(emergency=0.55, urgent=0.25, elective=0.2)
    p["discharge"] = draw.choose(home=0.62, home_care=0.23, nursing=0.15)
    p["diagnosis"] = draw.choose(
        heart=0.26, lung=0.18, digestive=0.15, injury=0.12, renal=0.09, other=0.2
    )
    severity = draw.normal(0, 1)
    p["length_of_stay"] = 1 + draw.counts(np.exp(1.2 + 0.3 * severity))
    p["prior_admissions"] = draw.counts(np.exp(-0.4 + 0.4 * severity))
    p["emergency_visits"] = draw.counts(np.exp(-0.2 + 0.3 * severity))
    p["charlson"] = draw.counts(np.exp(0.4 + 0.3 * severity))
    p["medications"] = 2 + draw.counts(np.exp(1.8 + 0.2 * severity))
    p["procedures"] = draw.counts(1.4)
    p["lab_tests"] = 10 + draw.counts(30.0)
    p["creatinine"] = np.round(np.exp(draw.normal(0.1, 0.35) + 0.1 * severity), 2)
    p["haemoglobin"] = np.round(draw.normal(12.4, 1.8) - 0.3 * severity, 1)
    p["sodium"] = np.round(draw.normal(138, 3.5))
    p["systolic"] = np.round(draw.normal(131, 19))
    p["heart_rate"] = np.round(draw.normal(82, 14))
    p["bmi"] = np.round(np.exp(draw.normal(3.32, 0.19)), 1)
    p["diabetes"] = draw.flags(0.3)
    p["heart_failure"] = draw.flags(1 / (1 + np.exp(1.6 - 0.5 * severity)))
    p["smoker"] = draw.flags(0.2)
    return p


def _log_odds(p: dict[str, np.ndarray]) -> np.ndarray:
    """The patients' part of the log-odds of readmission."""
    return (
        -2.75
        + 0.012 * (p["age"] - 67)
        + 0.55 * np.log1p(p["prior_admissions"])
        + 0.30 * np.log1p(p["emergency_visits"])
        + 0.10 * p["charlson"]
        + 0.02 * p["medications"]
        + 0.25 * np.tanh((p["length_of_stay"] - 6) / 4)
        - 0.08 * (p["haemoglobin"] - 12.4)
        + 0.25 * p["diabetes"]
        + p["heart_failure"] * (0.3 + 0.6 * (p["creatinine"] - 1.1))
        - 0.004 * (p["systolic"] - 131)
        + 0.02 * np.abs(p["bmi"] - 27)
        - 0.05 * p["procedures"]
        + 0.15 * (p["sex"] == "male")
        + 0.30 * (p["discharge"] == "nursing")
        + 0.15 * (p["discharge"] == "home_care")
        + 0.20 * (p["insurance"] == "medicaid")
        + 0.25 * (p["insurance"] == "none")
        - 0.35 * (p["admission"] == "elective")
        + 0.25 * (p["diagnosis"] == "heart")
        + 0.20 * (p["diagnosis"] == "renal")
        - 0.25 * (p["diagnosis"] == "injury")
    )


def _yes_no(values: np.ndarray) -> np.ndarray:
    """Spell flags out; other values are as they were."""
    return np.where(values, "yes", "no") if values.dtype == bool else values
