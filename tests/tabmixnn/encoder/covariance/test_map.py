"""`cov_struct_map` of section 4.3.2 of the paper."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn.encoder.covariance import (
    AR1,
    ARMA,
    IID,
    CompoundSymmetry,
    CovarianceMapError,
    GaussianProcess,
    Kinship,
    KinshipError,
    Matern,
    ParameterError,
    PositionError,
    UnstructuredCorrelation,
    apply_cov_struct_map,
)
from tabmixnn.formula import Design

PATIENTS = ["a", "b", "c", "d"]


def patients():
    rng = np.random.default_rng(0)
    visits = np.tile([0, 1, 2, 4], 4)
    return pd.DataFrame(
        {
            "patient_id": np.repeat(PATIENTS, 4),
            "time": visits,
            "enrolled": np.repeat([3.0, 1.0, 2.0, 7.0], 4),
            "lon": np.repeat([0.0, 1.0, 0.5, 2.0], 4),
            "lat": np.repeat([0.0, 1.0, 2.0, 2.0], 4),
            "sex": np.repeat(["f", "m", "f", "m"], 4),
            "y": rng.normal(size=16),
        }
    )


def applied(entry, data=None, formula="y ~ time + (time | patient_id)", group="patient_id"):
    data = patients() if data is None else data
    blocks = Design.fit(formula, data).frame(data).blocks
    return apply_cov_struct_map({group: entry}, blocks, data)


def over_levels(entry, data=None):
    blocks, residual = applied(entry, data)
    assert residual is None
    return blocks[0].over_levels


class TestThePapersEntries:
    def test_ar1_starts_at_rho(self):
        placed = over_levels({"type": "AR1", "rho": 0.7})
        assert isinstance(placed.structure, AR1)
        assert placed.structure.natural(placed.start) == pytest.approx({"rho": 0.7})
        np.testing.assert_array_equal(placed.positions, [0, 1, 2, 3])
        np.testing.assert_allclose(placed.matrix(placed.start)[0], [1, 0.7, 0.49, 0.343])

    def test_gaussian_process_starts_at_lengthscale_on_a_column_of_pairs(self):
        data = patients()
        data["spatial_coords"] = list(zip(data["lon"], data["lat"], strict=True))
        entry = {"type": "GP", "lengthscale": 1.5, "coordinates_col": "spatial_coords"}
        placed = over_levels(entry, data)
        assert isinstance(placed.structure, GaussianProcess)
        np.testing.assert_array_equal(placed.positions, [[0, 0], [1, 1], [0.5, 2], [2, 2]])
        expected = np.exp(-2.0 / (2 * 1.5**2))
        assert placed.matrix(placed.start)[0, 1] == pytest.approx(expected)

    def test_lengthscale_without_a_start_is_a_fifth_of_the_extent(self):
        placed = over_levels({"type": "GP", "coordinates_col": ["lon", "lat"]})
        found = placed.structure.natural(placed.start)["lengthscale"]
        assert found == pytest.approx(0.2 * np.hypot(2.0, 2.0))

    def test_kinship_finds_its_levels_among_more(self):
        rng = np.random.default_rng(1)
        root = rng.normal(size=(6, 9))
        K = root @ root.T
        levels = ["z", "d", "c", "q", "b", "a"]
        placed = over_levels({"type": "K", "K_group": K, "train_levels": levels})
        order = [5, 4, 2, 1]
        np.testing.assert_allclose(placed.matrix(np.zeros(0)), K[np.ix_(order, order)])

    def test_numbered_levels_match_numbers(self):
        data = patients().replace({"patient_id": dict(zip(PATIENTS, range(4), strict=True))})
        K = np.diag([1.0, 2.0, 3.0, 4.0])
        placed = over_levels({"type": "K", "K_group": K, "train_levels": list(range(4))}, data)
        np.testing.assert_allclose(placed.matrix(np.zeros(0)), K)


class TestTypes:
    @pytest.mark.parametrize(
        ("name", "structure"),
        [
            ("IID", IID),
            ("AR1", AR1),
            ("ARMA", ARMA),
            ("CS", CompoundSymmetry),
            ("ar1", AR1),
            ("compound_symmetry", CompoundSymmetry),
        ],
    )
    def test_names_and_aliases(self, name, structure):
        assert type(over_levels({"type": name}).structure) is structure

    def test_time_column_orders_the_levels(self):
        placed = over_levels({"type": "AR1", "time_col": "enrolled"})
        np.testing.assert_array_equal(placed.positions, [3, 1, 2, 7])

    def test_time_starts_by_the_median_gap(self):
        data = patients()
        data["enrolled"] *= 30
        placed = over_levels({"type": "AR1", "time_col": "enrolled"}, data)
        assert placed.structure.gap == 30.0
        assert placed.matrix(placed.start)[0, 2] == pytest.approx(0.3)
        again = over_levels({"type": "AR1", "time_col": "enrolled", "gap": 60}, data)
        assert again.matrix(again.start)[0, 1] == pytest.approx(0.3)
        _, residual = applied({"type": "ARMA", "q": 0, "over": "residual", "time_col": "time"})
        assert residual.structure.gap == 1.0
        assert residual.natural(residual.start) == pytest.approx({"phi1": 0.3})

    @pytest.mark.parametrize("continuous", [True, False])
    def test_a_held_rho_that_is_not_given_is_over_one_unit(self, continuous):
        data = patients()
        data["enrolled"] *= 30
        entry = {"type": "AR1", "time_col": "enrolled", "continuous": continuous, "hold": "rho"}
        placed = over_levels(entry, data)
        assert placed.structure.natural(placed.start) == {"rho": 0.3}
        arma = {"type": "ARMA", "q": 0, "time_col": "enrolled", "hold": "pacf1"}
        placed = over_levels(arma, data)
        assert placed.structure.natural(placed.start) == {"phi1": 0.3}

    def test_arma_starts_at_its_coefficients(self):
        entry = {"type": "ARMA", "phi": [0.5, 0.2], "theta": 0.4, "time_col": "enrolled"}
        placed = over_levels(entry)
        expected = {"phi1": 0.5, "phi2": 0.2, "theta1": 0.4}
        assert placed.structure.natural(placed.start) == pytest.approx(expected)

    def test_matern_with_a_smoothness_to_estimate(self):
        entry = {"type": "GP", "kernel": "Matern", "nu": 0.7, "coordinates_col": ["lon", "lat"]}
        assert over_levels(entry).structure.names == ["lengthscale"]
        free = over_levels({**entry, "estimate_nu": True})
        assert isinstance(free.structure, Matern)
        assert free.structure.natural(free.start)["nu"] == pytest.approx(0.7)

    def test_kronecker_of_a_matrix_and_an_entry(self):
        entry = {
            "type": "Kronecker",
            "K_group": np.eye(4) + 0.1,
            "train_levels": PATIENTS,
            "slope": {"type": "CS", "rho": 0.2},
        }
        blocks, _ = applied(entry)
        assert isinstance(blocks[0].over_levels.structure, Kinship)
        assert isinstance(blocks[0].over_effects.structure, CompoundSymmetry)

    def test_kronecker_of_two_matrices(self):
        slope = np.array([[1.0, 0.3], [0.3, 2.0]])
        entry = {
            "type": "Kronecker",
            "group": {"type": "AR1", "rho": 0.4},
            "K_slope": slope,
        }
        blocks, _ = applied(entry)
        np.testing.assert_allclose(blocks[0].over_effects.matrix(np.zeros(0)), slope)

    def test_held_parameters_are_not_estimated(self):
        placed = over_levels({"type": "AR1", "rho": 0.4, "hold": "rho"})
        assert placed.n_params == 0
        assert placed.structure.natural(placed.start) == {"rho": 0.4}

    def test_residuals_within_levels(self):
        entry = {"type": "AR1", "over": "residual", "time_col": "time", "scale_by": "sex"}
        blocks, residual = applied(entry)
        assert not hasattr(blocks[0], "over_levels")
        assert residual.n_params == 2
        assert residual.natural(residual.start) == pytest.approx(
            {"rho": 0.3, "sd(f)": 1.0, "sd(m)": 1.0}
        )
        np.testing.assert_array_equal(residual.positions, patients()["time"])

    def test_residuals_in_order_of_rows_without_a_column(self):
        _, residual = applied({"type": "CS", "over": "residual"})
        np.testing.assert_array_equal(residual.positions, np.tile(range(4), 4))

    def test_unstructured_residuals_number_the_occasions(self):
        _, residual = applied({"type": "US", "over": "residual", "time_col": "time"})
        assert isinstance(residual.structure, UnstructuredCorrelation)
        assert residual.structure.n_params == 6
        np.testing.assert_array_equal(residual.positions, np.tile(range(4), 4))

    def test_levels_and_residuals_of_one_group(self):
        blocks, residual = applied(
            [{"type": "AR1"}, {"type": "AR1", "over": "residual", "time_col": "time"}]
        )
        assert blocks[0].over_levels is not None
        assert residual is not None

    def test_residual_group_may_be_a_column_without_a_term(self):
        entry = {"type": "CS", "over": "residual"}
        _, residual = applied(entry, formula="y ~ time + (1 | patient_id)", group="sex")
        assert list(residual.levels) == ["f", "m"]

    def test_a_group_without_an_entry_is_left_alone(self):
        data = patients()
        blocks = Design.fit("y ~ time + (1 | patient_id) + (1 | sex)", data).frame(data).blocks
        found, _ = apply_cov_struct_map({"patient_id": {"type": "AR1"}}, blocks, data)
        assert found[1] is blocks[1]


BAD = [
    ({"type": "AR2"}, CovarianceMapError, "no covariance type 'AR2'; did you mean 'AR1'"),
    ({"type": "Kron"}, CovarianceMapError, "did you mean 'Kronecker'"),
    ({"type": "AR1", "rh": 0.5}, CovarianceMapError, "no key 'rh'; did you mean 'rho'"),
    ({"type": "GP", "length_scale": 1.0}, CovarianceMapError, "did you mean 'lengthscale'"),
    ({"rho": 0.5}, CovarianceMapError, "has no 'type'"),
    ("AR1", CovarianceMapError, "must be a dict with a 'type'"),
    ({"type": "AR1", "over": "level"}, CovarianceMapError, "did you mean 'levels'"),
    ({"type": "AR1", "scale_by": "sex"}, CovarianceMapError, "no key 'scale_by'"),
    ({"type": "US"}, CovarianceMapError, "cannot tell US over levels"),
    ([{"type": "AR1"}, {"type": "CS"}], CovarianceMapError, "two structures over levels"),
    (
        {"type": "CS", "over": "residual", "scale_by": "y"},
        PositionError,
        "'y' has 16 levels in 16 rows, and a variance of its own for one row has no estimate",
    ),
    (
        {"type": "CS", "over": "residual", "scale_by": "Sex"},
        CovarianceMapError,
        "'Sex'; did you mean 'sex'",
    ),
    ({"type": "AR1", "rho": 1.0}, ParameterError, "rho of AR1 must be between -1 and 1, not 1"),
    ({"type": "AR1", "rho": np.nan}, ParameterError, "rho of AR1 must be between"),
    ({"type": "AR1", "rho": "much"}, ParameterError, "must be a number, not 'much'"),
    ({"type": "AR1", "gap": 0}, ParameterError, "gap of AR1 must be a positive number, not 0"),
    ({"type": "AR1", "gap": "day"}, ParameterError, "gap of AR1 must be a positive number"),
    ({"type": "AR1", "hold": "phi"}, ParameterError, "no parameter 'phi' to hold"),
    ({"type": "IID", "hold": "rho"}, ParameterError, "no parameter 'rho' to hold"),
    ({"type": "CS", "rho": -0.5}, ParameterError, "rho of CS must be between -0.333333"),
    ({"type": "ARMA", "phi": [0.9, 0.2]}, ParameterError, "not stationary"),
    ({"type": "ARMA", "p": 0, "q": 1, "theta": [1.5]}, ParameterError, "not invertible"),
    ({"type": "ARMA", "p": 2, "phi": [0.5]}, ParameterError, "phi of ARMA must hold 2 numbers"),
    ({"type": "ARMA", "p": 0, "q": 0}, ParameterError, "use IID"),
    ({"type": "ARMA", "p": 1.5}, ParameterError, "p of ARMA must be a whole number"),
    ({"type": "AR1", "time_col": "tyme"}, PositionError, "did you mean 'time'"),
    ({"type": "AR1", "time_col": "time"}, PositionError, "takes several values within level a"),
    ({"type": "AR1", "time_col": "sex"}, PositionError, "neither numbers nor coordinates"),
    ({"type": "AR1", "over": "effects", "time_col": "time"}, PositionError, "in their order"),
    ({"type": "GP"}, PositionError, "needs 'coordinates_col'"),
    (
        {"type": "GP", "coordinates_col": "lon", "kernel": "cosine"},
        ParameterError,
        "'RBF' or 'Matern', not 'cosine'",
    ),
    (
        {"type": "GP", "coordinates_col": "lon", "lengthscale": -1},
        ParameterError,
        "lengthscale of GP must be positive, not -1",
    ),
    ({"type": "Kronecker"}, CovarianceMapError, "Kronecker needs a factor; give 'group' or"),
    ({"type": "Kronecker", "groups": {}}, CovarianceMapError, "did you mean 'group'"),
    (
        {"type": "Kronecker", "group": "AR1"},
        CovarianceMapError,
        "'group' of Kronecker must be a dict with a 'type', not 'AR1'",
    ),
    (
        {"type": "Kronecker", "slope": ["CS"]},
        CovarianceMapError,
        "'slope' of Kronecker must be a dict with a 'type'",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1"}, "K_group": np.eye(4)},
        CovarianceMapError,
        "takes one of 'group' and 'K_group', not both",
    ),
    (
        {"type": "Kronecker", "slope": {"type": "CS"}, "K_slope": np.eye(2)},
        CovarianceMapError,
        "takes one of 'slope' and 'K_slope', not both",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1"}, "hold": "phi"},
        CovarianceMapError,
        "no parameters of its own; put 'hold' into 'group' or 'slope'",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1"}, "over": "residual"},
        CovarianceMapError,
        "always lies over levels and effects; drop 'over'",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1", "over": "residual"}},
        CovarianceMapError,
        "'group' of Kronecker lies over levels, so 'over' cannot be 'residual'",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1"}, "train_levels": PATIENTS},
        CovarianceMapError,
        "'train_levels' says whose rows those of 'K_group' are; give both",
    ),
    (
        {"type": "Kronecker", "group": {"type": "AR1"}, "slopes": {"type": "CS"}},
        CovarianceMapError,
        "Kronecker has no key 'slopes'; did you mean 'slope'",
    ),
    ({"type": "Kronecker", "group": {"type": "AR1", "rh": 1}}, CovarianceMapError, "no key 'rh'"),
    ({"type": "Kronecker", "K_slope": np.eye(3)}, KinshipError, "2 levels were given for"),
    ({"type": "K"}, KinshipError, "needs one of 'K_group' and 'genotypes'"),
    ({"type": "K", "K_group": np.eye(4)}, KinshipError, "needs 'train_levels'"),
]


@pytest.mark.parametrize(("entry", "error", "message"), BAD)
def test_bad_entries_are_named(entry, error, message):
    with pytest.raises(error, match=message):
        applied(entry)


def test_a_group_that_is_not_in_the_formula():
    with pytest.raises(CovarianceMapError, match=r"'patient', which has no term .* 'patient_id'"):
        applied({"type": "AR1"}, group="patient")


def test_two_residual_structures():
    data = patients()
    blocks = Design.fit("y ~ time + (1 | patient_id) + (1 | sex)", data).frame(data).blocks
    entry = {"type": "CS", "over": "residual"}
    with pytest.raises(CovarianceMapError, match=r"one structure, .* 'patient_id' and in 'sex'"):
        apply_cov_struct_map({"patient_id": entry, "sex": entry}, blocks, data)


class TestPositions:
    def test_levels_at_the_same_time(self):
        data = patients()
        data.loc[data["patient_id"] == "c", "enrolled"] = 7.0
        with pytest.raises(PositionError, match="time 7 occurs twice, at c and at d"):
            over_levels({"type": "AR1", "time_col": "enrolled"}, data)

    def test_the_same_time_twice_within_a_level(self):
        data = patients()
        data.loc[6, "time"] = 1
        with pytest.raises(PositionError, match="level b of 'patient_id': time 1 occurs twice"):
            applied({"type": "AR1", "over": "residual", "time_col": "time"}, data)

    def test_parts_of_a_unit_need_continuous_time(self):
        data = patients()
        data["enrolled"] += data["patient_id"].eq("b") * 0.5
        with pytest.raises(PositionError, match="'continuous': True"):
            over_levels({"type": "AR1", "time_col": "enrolled"}, data)
        entry = {"type": "AR1", "time_col": "enrolled", "continuous": True}
        placed = over_levels(entry, data)
        assert placed.matrix(placed.start)[0, 1] == pytest.approx(0.3**1.5)

    def test_missing_times_and_coordinates(self):
        data = patients()
        data.loc[5, ["enrolled", "lat"]] = np.nan
        with pytest.raises(PositionError, match="'enrolled' is missing for level b"):
            over_levels({"type": "AR1", "time_col": "enrolled"}, data)
        with pytest.raises(PositionError, match="'lon' and 'lat' is missing for level b"):
            over_levels({"type": "GP", "coordinates_col": ["lon", "lat"]}, data)

    def test_two_levels_in_one_place(self):
        data = patients()
        data.loc[data["patient_id"] == "d", ["lon", "lat"]] = [1.0, 1.0]
        with pytest.raises(PositionError, match="place 1, 1 occurs twice, at b and at d"):
            over_levels({"type": "GP", "coordinates_col": ["lon", "lat"]}, data)

    def test_dates_count_in_days(self):
        data = patients()
        data["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(data["enrolled"], unit="D")
        for days in (data["day"], data["day"].dt.date, data["day"].astype(object)):
            placed = over_levels({"type": "AR1", "time_col": "day"}, data.assign(day=days))
            np.testing.assert_array_equal(placed.positions, 18262 + np.array([3, 1, 2, 7]))

    def test_durations_count_in_days_and_periods_in_their_own_number(self):
        data = patients()
        data["since"] = pd.to_timedelta(24 * data["enrolled"], unit="h")
        placed = over_levels({"type": "AR1", "time_col": "since"}, data)
        np.testing.assert_array_equal(placed.positions, [3, 1, 2, 7])
        months = pd.PeriodIndex.from_ordinals(600 + data["enrolled"].astype(int), freq="M")
        data["month"] = months
        placed = over_levels({"type": "AR1", "time_col": "month"}, data)
        np.testing.assert_array_equal(placed.positions, 600 + np.array([3, 1, 2, 7]))
        for column in ("since", "month"):
            missing = data.assign(**{column: data[column].where(data["patient_id"] != "b")})
            with pytest.raises(PositionError, match=f"'{column}' is missing for level b"):
                over_levels({"type": "AR1", "time_col": column}, missing)


class TestKinship:
    def entry(self, K, levels=PATIENTS):
        return {"type": "K", "K_group": K, "train_levels": levels}

    def test_not_symmetric(self):
        K = np.eye(4)
        K[2, 0] = 0.5
        with pytest.raises(KinshipError, match=r"not symmetric: levels 'a' and 'c' have 0 and 0.5"):
            applied(self.entry(K))

    def test_not_positive_semidefinite(self):
        K = np.eye(4) - 0.9
        with pytest.raises(KinshipError, match=r"smallest eigenvalue is -2.6"):
            applied(self.entry(K))

    def test_a_singular_one_is_taken(self):
        blocks, _ = applied(self.entry(np.ones((4, 4))))
        assert blocks[0].over_levels.matrix(np.zeros(0)).sum() == 16

    def test_lacks_a_level(self):
        with pytest.raises(KinshipError, match=r"'patient_id': .* lacks 1 level: d"):
            applied(self.entry(np.eye(3), ["a", "b", "c"]))

    def test_has_a_level_twice(self):
        with pytest.raises(KinshipError, match="has level 'b' twice"):
            applied(self.entry(np.eye(5), [*PATIENTS, "b"]))

    def test_missing_values_and_shapes(self):
        K = np.eye(4)
        K[1, 1] = np.nan
        with pytest.raises(KinshipError, match="missing values at level 'b'"):
            applied(self.entry(K))
        with pytest.raises(KinshipError, match="must be square"):
            applied(self.entry(np.ones((4, 3))))
        with pytest.raises(KinshipError, match=r"3 levels were given for .* 4 rows"):
            applied(self.entry(np.eye(4), ["a", "b", "c"]))

    def test_genotypes_in_a_frame(self):
        genotypes = pd.DataFrame(
            [[0, 1, 2, 1], [1, 1, 0, 2], [2, 0, 1, 0], [0, 2, 2, 1]], index=PATIENTS
        )
        placed = over_levels({"type": "K", "genotypes": genotypes})
        p = genotypes.to_numpy().mean(axis=0) / 2
        Z = genotypes.to_numpy() - 2 * p
        np.testing.assert_allclose(placed.matrix(np.zeros(0)), Z @ Z.T / (2 * (p * (1 - p)).sum()))

    def test_a_frame_says_whose_rows_and_columns_are_which(self):
        root = np.random.default_rng(0).normal(size=(4, 9))
        K = pd.DataFrame(root @ root.T, index=PATIENTS, columns=PATIENTS)
        order = ["c", "a", "d", "b"]
        for source in (K, K.loc[order, order], K[order], K.loc[order]):
            placed = over_levels({"type": "K", "K_group": source})
            np.testing.assert_array_equal(placed.matrix(np.zeros(0)), K)
        same = over_levels({"type": "K", "K_group": K, "train_levels": PATIENTS})
        np.testing.assert_array_equal(same.matrix(np.zeros(0)), K)
        with pytest.raises(KinshipError, match="row 0 of the matrix is 'a' by its index and 'c'"):
            applied(self.entry(K, order))
        counted = pd.DataFrame(K.loc[order, order].to_numpy())
        placed = over_levels({"type": "K", "K_group": counted, "train_levels": order})
        np.testing.assert_array_equal(placed.matrix(np.zeros(0)), K)

    @pytest.mark.parametrize("key", ["K", "Kronecker"])
    def test_a_frame_over_the_effects_says_which_is_which(self, key):
        names = ["(Intercept)", "time"]
        slope = pd.DataFrame([[1.0, 0.3], [0.3, 9.0]], index=names, columns=names)
        turned = slope.loc[names[::-1], names[::-1]]

        def matrix(given):
            entry = {"type": "K", "over": "effects", "K_group": given}
            if key == "Kronecker":
                entry = {"type": "Kronecker", "K_slope": given}
            return applied(entry)[0][0].over_effects.matrix(np.zeros(0))

        for given in (slope, turned, slope.to_numpy(), pd.DataFrame(slope.to_numpy())):
            np.testing.assert_array_equal(matrix(given), slope)
        with pytest.raises(KinshipError, match=r"lacks 2 levels: .*; name the rows of the frame"):
            matrix(slope.set_axis(["a", "b"]))

    @pytest.mark.parametrize("kind", [float, np.float32, "float64", "Int64", object])
    def test_individuals_have_the_names_that_formulas_give_them(self, kind):
        data = patients().replace({"patient_id": dict(zip(PATIENTS, range(4), strict=True))})
        data["patient_id"] = data["patient_id"].astype(float)
        K = np.diag([1.0, 2.0, 3.0, 4.0])
        levels = pd.Series([3, 1, 0, 2]).astype(kind)
        expected = np.diag([3.0, 2.0, 4.0, 1.0])
        placed = over_levels({"type": "K", "K_group": pd.DataFrame(K, index=levels)}, data)
        np.testing.assert_array_equal(placed.matrix(np.zeros(0)), expected)
        placed = over_levels({"type": "K", "K_group": K, "train_levels": levels}, data)
        np.testing.assert_array_equal(placed.matrix(np.zeros(0)), expected)

    def test_impossible_genotypes(self):
        genotypes = np.array([[0.0, 1.0], [1.0, 3.0], [1.0, 2.0], [0.0, 0.0]])
        entry = {"type": "K", "genotypes": genotypes, "train_levels": PATIENTS}
        with pytest.raises(KinshipError, match="individual 1, marker 1 is 3"):
            applied(entry)
        entry["genotypes"] = np.ones((4, 2)) * 2
        with pytest.raises(KinshipError, match="no marker varies"):
            applied(entry)
