"""Transforms have R's values, on training data and beyond (values from R 4.2.2, splines)."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.formula import Design, FormulaError, MissingValueError
from tabmixnn.formula.transforms import TRANSFORMS

X = [1.0, 2, 4, 7, 11, 12, 15, 20]
NEW = [0.0, 5, 25]

R_VALUES = {
    # call: (rows 1, 4 and 8 of the training data, the three new rows)
    "poly(x, 3)": (
        [
            [-0.452910813658, 0.404884573739, -0.423948145439],
            [-0.113227703414, -0.313921022277, 0.488502823771],
            [0.622752368780, 0.614487821042, 0.300587132120],
        ],
        [
            [-0.509524665365, 0.595133873923, -0.946313523363],
            [-0.226455406829, -0.154831576956, 0.519273611037],
            [0.905821627316, 1.877332870586, 4.205940786420],
        ],
    ),
    "bs(x, df = 5)": (
        [
            [0, 0, 0, 0, 0],
            [0.133984375, 0.61956825657895, 0.24111403508772, 0.00533333333333, 0],
            [0, 0, 0, 0, 1],
        ],
        [
            [-1.03149414062500, 0.07960269325658, -0.00123355263158, 0, 0],
            [0.390625, 0.5304276315789, 0.0789473684211, 0, 0],
            [0, -0.0526315789474, 0.8392982456140, -3.8826666666667, 4.096],
        ],
    ),
    "bs(x, knots = c(5, 10), degree = 2)": (
        [[0, 0, 0, 0], [0.2, 0.7466666666667, 0.0533333333333, 0], [0, 0, 0, 1]],
        [
            [-0.5902777777778, 0.0277777777778, 0, 0],
            [0.555555555556, 0.444444444444, 0, 0],
            [0, 0.166666666667, -1.416666666667, 2.25],
        ],
    ),
    "ns(x, df = 3)": (
        [
            [0, 0, 0],
            [0.0402678700074, 0.5677025955583, -0.3615230971446],
            [-0.149006622517, 0.417218543046, 0.731788079470],
        ],
        [
            [0.0567776449662, -0.1589774059053, 0.1021997609391],
            [-0.104395588382, 0.513360279049, -0.330017322246],
            [-0.834437086093, 0.536423841060, 1.298013245033],
        ],
    ),
    "ns(x, knots = c(5, 10), intercept = TRUE)": (
        [
            [-0.245255735794, -0.258607271006, 0.646518177516, -0.387910906509],
            [0.627638479102, 0.215093859618, 0.174405701832, -0.100376754433],
            [0, -0.157894736842, 0.394736842105, 0.763157894737],
        ],
        [
            [-0.523677587283, -0.308854064056, 0.772135160140, -0.463281096084],
            [0.613500456431, 0.000146293761, 0.233552394252, -0.140131436551],
            [0, -0.789473684211, 0.473684210526, 1.315789473684],
        ],
    ),
    "scale(x)": (
        [[-1.198289379031], [-0.299572344758], [1.647647896167]],
        [[-1.348075551455], [-0.599144689516], [2.396578758061]],
    ),
    "scale(x, center = FALSE)": (
        [[0.085391256383], [0.597738794681], [1.707825127660]],
        [[0], [0.426956281915], [2.134781409575]],
    ),
    "center(x)": ([[-8], [-2], [11]], [[-9], [-4], [16]]),
    "poly(x, 2, raw = TRUE)": ([[1, 1], [7, 49], [20, 400]], [[0, 0], [5, 25], [25, 625]]),
}


@pytest.mark.filterwarnings("ignore:bs")
@pytest.mark.parametrize("call", R_VALUES)
def test_values_of_r(call):
    train, new = R_VALUES[call]
    design, frame = Design.fit_frame(f"~ 0 + {call}", pd.DataFrame({"x": X}))
    np.testing.assert_allclose(frame.X[[0, 3, 7]], train, atol=2e-11)
    again = design.frame(pd.DataFrame({"x": NEW}))
    np.testing.assert_allclose(again.X, new, atol=2e-11)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("log", np.log),
        ("exp", np.exp),
        ("sqrt", np.sqrt),
        ("abs", np.abs),
        ("log2", np.log2),
        ("log10", np.log10),
        ("log1p", np.log1p),
        ("expm1", np.expm1),
        ("sin", np.sin),
        ("cos", np.cos),
        ("tan", np.tan),
    ],
)
def test_elementwise(name, function):
    _, frame = Design.fit_frame(f"~ 0 + {name}(x)", pd.DataFrame({"x": X}))
    np.testing.assert_allclose(frame.X[:, 0], function(np.array(X)), rtol=1e-15)


def test_a_polynomial_that_goes_on_beyond_its_knots_warns(recwarn):
    design, _ = Design.fit_frame("~ bs(x, df = 4)", pd.DataFrame({"x": X}))
    design.frame(pd.DataFrame({"x": X}))
    assert not recwarn
    with pytest.warns(UserWarning, match=r"2 values beyond .* 1 and 20, up to 25"):
        design.frame(pd.DataFrame({"x": NEW}))


def test_transforms_nest():
    data = pd.DataFrame({"x": X})
    design, frame = Design.fit_frame("~ 0 + poly(log(x + 1), 2) + log(scale(x) + 3)", data)
    logs = np.log1p(X)
    np.testing.assert_allclose(frame.X[:, :2].T @ frame.X[:, :2], np.eye(2), atol=1e-12)
    np.testing.assert_allclose(frame.X[:, 0] @ (logs - logs.mean()), np.sqrt(7) * logs.std(ddof=1))
    np.testing.assert_allclose(design.frame(data.iloc[[2]]).X, frame.X[[2]], rtol=1e-13)


def test_state_comes_from_the_training_rows_alone():
    design = Design.fit("~ 0 + scale(x)", pd.DataFrame({"x": [0.0, 2.0]}))
    np.testing.assert_allclose(design.frame(pd.DataFrame({"x": [1.0]})).X, [[0.0]])


@pytest.mark.parametrize("unit", [1e-30, 1e-15, 1.0, 1e30])
def test_a_column_is_scaled_in_any_unit(unit):
    x = np.array(X)
    expected = Design.fit_frame("~ 0 + scale(x)", pd.DataFrame({"x": x}))[1].X
    _, frame = Design.fit_frame("~ 0 + scale(x)", pd.DataFrame({"x": unit * x}))
    np.testing.assert_allclose(frame.X, expected, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-20, -3e20])
def test_a_constant_has_nothing_to_divide_by(value):
    with pytest.raises(FormulaError, match="constant"):
        Design.fit("~ scale(c)", pd.DataFrame({"c": np.full(7, value)}))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("scale(c)", "constant"),
        ("poly(c, 2)", "constant"),
        ("bs(c)", "varies"),
        ("poly(x, 8)", "from 1 to 7"),
        ("bs(x, df = 2)", "from 3 to 8"),
        ("bs(x, knots = 30)", "between the boundary"),
        ("ns(x, Boundary.knots = 3)", "two different"),
        ("bs(x, degree = 0)", "from 1"),
        ("ns(x, intercept = 1)", "TRUE or FALSE"),
        ("log(x, 1)", "not 1"),
    ],
)
def test_options_that_do_not_fit_the_column(call, words):
    with pytest.raises(FormulaError, match=words) as caught:
        Design.fit(f"~ {call}", pd.DataFrame({"x": X, "c": 1.0}))
    assert call.split("(")[0] in str(caught.value)


@pytest.mark.parametrize(
    "call", ["log(x)", "sqrt(x)", "I(1 / (x + 1))", "log1p(x)", "exp(1e6 * x)"]
)
def test_a_result_that_is_not_finite_is_named(call):
    data = pd.DataFrame({"x": [-1.0, 1.0]}, index=["first", "second"])
    if call.startswith("exp"):
        call = "exp(I(1e6 * x))"
        data = data[::-1]
    with pytest.raises(MissingValueError, match="1 row"):
        Design.fit(f"~ {call}", data)


def test_every_transform_documents_itself():
    for transform in TRANSFORMS.values():
        assert type(transform).__doc__
        assert isinstance(transform.parameters, dict)
