"""The command line, as its users call it."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.cli import main
from tabmixnn.cli.files import read_table
from tabmixnn.cli.parser import make_parser
from tabmixnn.inference import ENGINES, PUBLIC

FORMULA = "y ~ x + (x | g)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"g": np.repeat(list("abcdefgh"), 10), "x": rng.normal(size=80)})
    effect = data["g"].map(dict(zip("abcdefgh", rng.normal(size=8), strict=True)))
    data["y"] = data["x"] * (1 + effect) + effect + 0.3 * rng.normal(size=80)
    data["ill"] = np.where(data["y"] > 0, "yes", "no")
    data.to_csv(folder / "data.csv", index=False)
    data.to_parquet(folder / "data.parquet")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    assert main(["fit", f"{folder}/data.csv", FORMULA, "-o", f"{folder}/model.tmx", "-q"]) == 0
    return folder / "model.tmx"


def test_help_comes_without_torch_or_pandas():
    code = (
        "import sys\nfrom tabmixnn.cli import main\n"
        "for words in (['--help'], ['fit', '--help'], ['--version']):\n"
        "    try: main(words)\n    except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'pandas', 'sklearn'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "(x | g)" in done.stdout


def test_the_command_line_takes_what_the_library_takes():
    """Its choices are written out, so that help comes without torch."""
    kinds = {kind for entry in ENGINES.values() for kind in entry.kinds}
    forms = {form for entry in ENGINES.values() for form in entry.re_forms}
    fit = make_parser().parse_args(["fit", "d.csv", "y ~ x", "-o", "m"])
    predict = make_parser().parse_args(["predict", "m", "d.csv"])
    for command, option, names in (
        (["fit", "d.csv", "y ~ x", "-o", "m"], "inference", PUBLIC),
        (["predict", "m", "d.csv"], "kind", kinds),
        (["predict", "m", "d.csv"], "re_form", forms),
    ):
        for name in names:
            words = [*command, f"--{option.replace('_', '-')}", name]
            assert getattr(make_parser().parse_args(words), option) == name
    assert (fit.inference, predict.re_form) == (None, "all")


def test_the_module_is_the_command(model):
    done = subprocess.run(
        [sys.executable, "-m", "tabmixnn", "summary", str(model)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Random effects:" in done.stdout


def test_fit_prints_a_summary_and_saves_what_python_fits(folder, model, capsys):
    words = ["fit", f"{folder}/data.parquet", FORMULA, "-o", f"{folder}/again.tmx"]
    assert main(words) == 0
    assert "Random effects:" in capsys.readouterr().out
    data = pd.read_csv(folder / "data.csv")
    expected = TabMixNN(FORMULA, inference="auto", random_state=0).fit(data).predict(data)
    for name in ("model.tmx", "again.tmx"):
        np.testing.assert_array_equal(TabMixNN.load(folder / name).predict(data), expected)


def test_each_class_has_a_summary(folder, capsys):
    data = pd.read_csv(folder / "data.csv")
    kinds = pd.cut(data["y"], 3, labels=["low", "middle", "high"])
    data.assign(kind=kinds).to_csv(folder / "kinds.csv", index=False)
    words = ["fit", f"{folder}/kinds.csv", "kind ~ x", "--family", "multinomial"]
    assert main([*words, "-o", f"{folder}/kinds.tmx"]) == 0
    fitted = capsys.readouterr().out
    assert main(["summary", f"{folder}/kinds.tmx"]) == 0
    for text in (fitted, capsys.readouterr().out):
        parts = [text.index(f"Class '{label}' against the others") for label in ("high", "low")]
        assert parts == sorted(parts)
        assert text.count("Fixed effects:") == 3
    model, table = f"{folder}/kinds.tmx", f"{folder}/kinds.csv"
    assert main(["predict", model, table, "-o", f"{folder}/out.csv"]) == 0
    found = pd.read_csv(folder / "out.csv")
    assert list(found) == ["prediction_high", "prediction_low", "prediction_middle"]
    capsys.readouterr()
    assert main(["explain", model, table]) == 0
    assert "high" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize("estimator", [TabMixNN, TabMixNNClassifier])
def test_classes_of_two(folder, estimator):
    options = {"family": "binomial", "inference": "auto"} if estimator is TabMixNN else {}
    data = pd.read_csv(folder / "data.csv")
    model = estimator("ill ~ x + (1 | g)", **options).fit(data)
    model.save(folder / "two.tmx")
    words = ["predict", f"{folder}/two.tmx", f"{folder}/data.csv", "-o", f"{folder}/out.csv"]
    assert main([*words, "--kind", "class"]) == 0
    classes = pd.read_csv(folder / "out.csv")["prediction"]
    assert main([*words, "--kind", "probability"]) == 0
    shares = pd.read_csv(folder / "out.csv")
    assert list(shares) == ["prediction_no", "prediction_yes"]
    assert (classes == np.where(shares["prediction_yes"] > 0.5, "yes", "no")).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    if estimator is TabMixNN:
        np.testing.assert_allclose(shares["prediction_yes"], model.predict(data))
        with pytest.raises(ValueError, match="kind='probability' gives those of all classes"):
            model.predict(data, kind="probability", interval=0.9)


def test_the_formula_alone_is_fitted_as_lme4_does(folder, capsys):
    words = ["fit", f"{folder}/data.csv", FORMULA, "-o", f"{folder}/exact.tmx"]
    assert main([*words, "--inference", "marginal"]) == 0
    assert "Linear mixed model fit by REML" in capsys.readouterr().out
    data = pd.read_csv(folder / "data.csv")
    expected = TabMixNN(FORMULA, inference="marginal", hidden_dims=[]).fit(data).predict(data)
    found = TabMixNN.load(folder / "exact.tmx").predict(data)
    np.testing.assert_array_equal(found, expected)
    assert main([*words, "--inference", "marginal", "--hidden", "8"]) == 0
    assert "f(x)" in capsys.readouterr().out


def test_plain_likelihood_is_for_the_formula_alone(folder, capsys):
    words = ["fit", f"{folder}/data.csv", FORMULA, "-o", f"{folder}/ml.tmx", "--ml"]
    assert main(words) == 0
    assert "Linear mixed model fit by maximum likelihood" in capsys.readouterr().out
    assert main([*words, "--inference", "auto"]) == 4
    assert "--ml needs the formula's mixed model alone" in capsys.readouterr().err
    assert main([*words, "--inference", "variational"]) == 4
    assert "--ml needs the formula's mixed model alone" in capsys.readouterr().err
    for layers in (["--hidden", "4"], ["--hidden", "4", "--inference", "marginal"]):
        with pytest.raises(SystemExit, match="2"):
            main([*words, *layers])
        assert "--hidden: not allowed with argument --ml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("estimator", "options"),
    [(TabMixNN, {"family": "binomial", "inference": "auto"}), (TabMixNNClassifier, {})],
)
def test_intervals_of_probabilities(folder, estimator, options, capsys):
    data = pd.read_csv(folder / "data.csv")
    estimator("ill ~ x + (1 | g)", **options).fit(data).save(folder / "ill.tmx")
    words = ["predict", f"{folder}/ill.tmx", f"{folder}/data.csv", "--interval", "0.9"]
    assert main([*words, "-o", f"{folder}/ill.csv"]) == 0
    found = pd.read_csv(folder / "ill.csv")
    assert found[["lower", "prediction", "upper"]].diff(axis=1).iloc[:, 1:].ge(0).all(axis=None)
    capsys.readouterr()
    assert main([*words, "--calibrate"]) == 4
    assert "Conformal intervals are for outcomes of one number" in capsys.readouterr().err


def test_a_traceback_is_shown_where_it_is_asked_for(folder):
    with pytest.raises(ValueError, match="no column"):
        main(["fit", f"{folder}/data.csv", "y ~ nothing", "-o", f"{folder}/no.tmx", "--traceback"])


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_a_file_can_be_read_in_batches(folder, inference, capsys):
    words = [FORMULA, "--inference", inference]
    words += ["--epochs", "3"] if inference == "variational" else []
    fit = ["fit", f"{folder}/data.parquet", *words, "--stream", "-o", f"{folder}/batches.tmx"]
    assert main(fit) == 0
    printed = capsys.readouterr().out
    assert "Saved to" in printed
    assert ("Fixed effects" in printed) == (inference == "marginal")
    data = pd.read_csv(folder / "data.csv")
    found = TabMixNN.load(folder / "batches.tmx").predict(data)
    assert np.isfinite(found).all()
    if inference == "marginal":
        expected = TabMixNN(FORMULA, inference="marginal", hidden_dims=[]).fit(data).predict(data)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    fit[1] = f"{folder}/data.csv"
    assert main(fit) == 3
    assert "--stream reads Parquet" in capsys.readouterr().err


def test_predictions_in_files_and_on_standard_output(folder, model, capsys):
    data = pd.read_csv(folder / "data.csv")
    expected = TabMixNN.load(model).predict(data, interval=0.9)
    words = ["predict", str(model), f"{folder}/data.csv", "--interval", "0.9"]
    for name, read in (("out.csv", pd.read_csv), ("out.parquet", pd.read_parquet)):
        assert main([*words, "-o", f"{folder}/{name}"]) == 0
        pd.testing.assert_frame_equal(read(folder / name), expected.reset_index(drop=True))
    capsys.readouterr()
    assert main(["predict", str(model), f"{folder}/data.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prediction"
    assert len(lines) == 81


def test_a_network_of_two_classes(folder, capsys):
    words = ["fit", f"{folder}/data.csv", "ill ~ x + (1 | g)", "-o", f"{folder}/net.tmx"]
    more = ["--family", "binomial", "--hidden", "4", "--epochs", "3", "--set", "dropout=0.0"]
    assert main([*words, *more]) == 0
    model = TabMixNN.load(folder / "net.tmx")
    assert (model.hidden_dims, model.epochs, model.dropout) == ([4], 3, 0.0)
    assert main(["predict", f"{folder}/net.tmx", f"{folder}/data.csv"]) == 0
    capsys.readouterr()
    assert main(["summary", f"{folder}/net.tmx"]) == 4
    assert "pass data" in capsys.readouterr().err
    assert main(["summary", f"{folder}/net.tmx", f"{folder}/data.csv"]) == 0


def test_explanations_add_up(folder, model, capsys):
    words = ["explain", str(model), f"{folder}/data.csv", "-o", f"{folder}/why.csv"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "column" in printed
    assert "group" in printed
    table = pd.read_csv(folder / "why.csv")
    parts = table.drop(columns="prediction").sum(axis=1)
    np.testing.assert_allclose(parts, table["prediction"])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["fit", "absent.csv", "y ~ x", "-o", "m.tmx"], 3, "absent.csv: there is no such file"),
        (["fit", "data.xlsx", "y ~ x", "-o", "m.tmx"], 3, "has to end in .csv"),
        (["fit", "data.csv", "y ~ x", "-o", "no/where/m.tmx"], 3, "there is no folder"),
        (["fit", "data.csv", "y ~ z", "-o", "m.tmx"], 4, "z"),
        (["fit", "data.csv", "y ~ (x", "-o", "m.tmx"], 4, "tabmixnn:"),
        (["fit", "data.csv", "y ~ x", "-o", "m.tmx", "--family", "cauchy"], 4, "family 'cauchy'"),
        (["fit", "data.csv", "y ~ x", "-o", "m.tmx", "--set", "nonsense=1"], 4, "nonsense"),
        (["summary", "data.csv"], 4, "not a model file"),
        (["predict", "model.tmx", "data.csv", "--interval", "90"], 4, "between 0 and 1"),
        (["predict", "model.tmx", "data.csv", "--calibrate"], 4, "--interval"),
        (["predict", "model.tmx", "data.csv", "-o", "out.xlsx"], 3, "has to end in"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_exit_codes_and_messages(folder, model, monkeypatch, capsys, words, code, message):
    monkeypatch.chdir(folder)
    assert main(words) == code
    found = capsys.readouterr().err
    assert message in found
    assert "Traceback" not in found


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("d.csv", "f;y\n1;2\n", "separated by semicolons, and those of a .csv file by commas"),
        ("d.csv", "f\ty\n1\t2\n", "Write it with commas, or let its name end in .tsv."),
        ("d.tsv", "f,y\n1,2\n", "Write it with tabs, or let its name end in .csv."),
    ],
)
def test_columns_separated_by_another_character(tmp_path, capsys, name, text, message):
    (tmp_path / name).write_text(text)
    assert main(["fit", f"{tmp_path}/{name}", "y ~ f", "-o", f"{tmp_path}/m.tmx"]) == 3
    assert message in capsys.readouterr().err


def test_missing_values_in_the_words_of_the_command_line(folder, capsys):
    data = pd.read_csv(folder / "data.csv")
    data.loc[[3, 5, 8], "x"] = np.nan
    data.to_csv(folder / "holes.csv", index=False)
    words = ["fit", f"{folder}/holes.csv", "y ~ x + (1 | g)", "-o", f"{folder}/holes.tmx", "-q"]
    assert main(words) == 4
    found = capsys.readouterr().err
    assert "leave these rows out with --omit-missing" in found
    assert main([*words, "--omit-missing"]) == 0
    assert "3 of 80 rows with missing values left out" in capsys.readouterr().err


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_missing_values_of_a_file_read_in_batches(folder, inference, capsys):
    data = pd.read_csv(folder / "data.csv")
    data.loc[[3, 5, 8], "x"] = np.nan
    data.to_parquet(folder / "holes.parquet", row_group_size=20)
    words = ["fit", f"{folder}/holes.parquet", "y ~ x + (1 | g)", "-o", f"{folder}/holes.tmx"]
    words += ["--stream", "--inference", inference, "--omit-missing", "-q"]
    assert main([*words, "--epochs", "1"][: None if inference == "variational" else -2]) == 0
    assert "3 of 80 rows with missing values left out" in capsys.readouterr().err


def test_what_is_not_read_in_batches_in_the_words_of_the_command_line(folder, capsys):
    words = ["fit", f"{folder}/data.parquet", FORMULA, "-o", f"{folder}/no.tmx", "--stream"]
    assert main(words) == 4
    wanted = "A file is fitted with --inference marginal (the exact mixed model) or --inference"
    found = capsys.readouterr().err
    assert wanted in found
    assert "hidden_dims" not in found


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_nothing_is_computed_for_a_folder_that_is_not_there(folder, model, capsys, command):
    words = [command, str(model), f"{folder}/data.csv", "-o", f"{folder}/no/out.csv"]
    assert main(words) == 3
    found = capsys.readouterr().err
    assert found.startswith(f"tabmixnn: {folder}/no/out.csv: there is no folder")


@pytest.mark.parametrize("command", ["fit", "predict", "explain"])
def test_nothing_is_computed_for_a_file_that_cannot_be_written(folder, model, capsys, command):
    data = f"{folder}/data.csv"
    before = (folder / "data.csv").read_text(), model.read_bytes()
    words = [command, data, "y ~ x"] if command == "fit" else [command, str(model), data]
    (folder / "taken.csv").mkdir(exist_ok=True)
    assert main([*words, "-o", f"{folder}/taken.csv"]) == 3
    assert (
        capsys.readouterr().err == f"tabmixnn: {folder}/taken.csv is a folder; name a file in it.\n"
    )
    for name in (data, f"{folder}/../{folder.name}/data.csv"):
        assert main([*words, "-o", name]) == 3
        assert f"{name} is read, and writing would replace it" in capsys.readouterr().err
    assert ((folder / "data.csv").read_text(), model.read_bytes()) == before


def test_a_model_is_not_replaced_by_what_it_predicts_nor_printed(folder, model, capsys):
    copy = folder / "copy.csv"
    copy.write_bytes(model.read_bytes())
    assert main(["predict", str(copy), f"{folder}/data.csv", "-o", str(copy)]) == 3
    assert "copy.csv is read, and writing would replace it" in capsys.readouterr().err
    assert main(["fit", f"{folder}/data.csv", "y ~ x", "-o", "-"]) == 3
    assert "a model is not written to standard output" in capsys.readouterr().err
    assert not Path("-").exists()


def test_a_model_that_has_no_summary_is_fitted(folder, capsys):
    words = ["fit", f"{folder}/data.csv", "g ~ x", "--family", "multinomial", "--hidden", "4"]
    assert main([*words, "--epochs", "1", "-o", f"{folder}/classes.tmx"]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"Saved to {folder}/classes.tmx\n"
    assert "note: no summary: A network of the multinomial family has 8 linear" in printed.err
    assert TabMixNN.load(folder / "classes.tmx").levels_ == list("abcdefgh")


@pytest.mark.parametrize("name", ["001", "1"])
def test_ids_are_what_stands_in_the_file(folder, monkeypatch, name):
    data = pd.read_csv(folder / "data.csv")
    number = data.groupby("g").ngroup() + 1
    data["g"] = number.astype(str).str.zfill(len(name))
    data.to_csv(folder / "ids.csv", index=False)
    words = [f"{folder}/ids.csv", "y ~ x + (1 | g)", "-o", f"{folder}/ids.tmx", "-q"]
    assert main(["fit", *words]) == 0
    found = TabMixNN.load(folder / "ids.tmx")
    assert found.ranef()["g"].index[0] == name
    again = ["predict", f"{folder}/ids.tmx", "-", "-o", f"{folder}/out.csv"]
    with open(folder / "ids.csv") as opened:
        monkeypatch.setattr("sys.stdin", opened)
        assert main(again) == 0
    np.testing.assert_allclose(pd.read_csv(folder / "out.csv")["prediction"], found.predict(data))


def test_booleans_as_ids_have_the_names_that_they_have_anywhere(folder):
    data = pd.read_csv(folder / "data.csv")
    data["late"] = data["g"] > "d"
    model = TabMixNN("y ~ x + (1 | late)", inference="marginal", hidden_dims=[]).fit(data)
    model.save(folder / "python.tmx")
    data.to_csv(folder / "late.csv", index=False)
    words = [f"{folder}/late.csv", "y ~ x + (1 | late)", "-o", f"{folder}/late.tmx", "-q"]
    assert main(["fit", *words, "--inference", "marginal"]) == 0
    found = TabMixNN.load(folder / "late.tmx")
    assert found.ranef()["late"].index.tolist() == model.ranef()["late"].index.tolist()
    for name in ("python", "late"):
        words = ["predict", f"{folder}/{name}.tmx", f"{folder}/late.csv"]
        assert main([*words, "-o", f"{folder}/out.csv"]) == 0
        written = pd.read_csv(folder / "out.csv")["prediction"]
        np.testing.assert_allclose(written, model.predict(data))


def test_ids_whose_letters_come_late_are_text(tmp_path):
    """Pandas would read the first 262,144 rows as numbers, if it read them by themselves."""
    ids = np.char.zfill((np.arange(300_000) % 40).astype(str), 4).astype(object)
    ids[-500:] = "A1"
    data = pd.DataFrame({"g": ids, "y": np.arange(300_000) % 7})
    data.to_csv(tmp_path / "late.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_table(f"{tmp_path}/late.csv", ["g"])
    pd.testing.assert_frame_equal(read, data.astype({"g": "str"}))


def test_a_name_of_two_columns(tmp_path, capsys):
    (tmp_path / "d.csv").write_text("x,y,y,,\n1,2,3,,\n2,3,4,,\n")
    assert main(["fit", f"{tmp_path}/d.csv", "y ~ x", "-o", f"{tmp_path}/m.tmx"]) == 3
    assert "d.csv has more than one column 'y'" in capsys.readouterr().err
    (tmp_path / "d.csv").write_text("x,y,,\n1,2,,\n2,3,,\n")
    assert list(read_table(f"{tmp_path}/d.csv")[["x", "y"]]) == ["x", "y"]


def test_a_model_of_numbers_takes_ids_as_numbers(folder):
    data = pd.read_csv(folder / "data.csv")
    data["g"] = data.groupby("g").ngroup() + 1
    model = TabMixNN("y ~ x + (1 | g)", inference="auto").fit(data)
    model.save(folder / "numbers.tmx")
    data.assign(g=data["g"].map("{:03d}".format)).to_csv(folder / "ids.csv", index=False)
    words = ["predict", f"{folder}/numbers.tmx", f"{folder}/ids.csv", "-o", f"{folder}/out.csv"]
    assert main(words) == 0
    np.testing.assert_allclose(pd.read_csv(folder / "out.csv")["prediction"], model.predict(data))


def test_a_grouping_column_that_is_a_predictor_too_stays_a_number(folder):
    data = pd.read_csv(folder / "data.csv")
    data["g"] = (data.groupby("g").ngroup() + 1).map("{:03d}".format)
    data.to_csv(folder / "ids.csv", index=False)
    words = [f"{folder}/ids.csv", "y ~ x + g + (1 | g)", "-o", f"{folder}/both.tmx", "-q"]
    assert main(["fit", *words]) == 0
    assert list(TabMixNN.load(folder / "both.tmx").fixef().index) == ["(Intercept)", "x", "g"]
    again = ["predict", f"{folder}/both.tmx", f"{folder}/ids.csv", "-o", f"{folder}/out.csv"]
    assert main(again) == 0


def test_wrong_arguments_are_two():
    for words in ([], ["fit"], ["predict", "m.tmx", "d.csv", "--re-form", "some"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2


@pytest.mark.parametrize("inference", ["marginal", "auto"])
def test_categories_are_what_stands_in_the_file(folder, inference):
    """A file in which 007 is alone would be read as one of sevens."""
    data = pd.read_csv(folder / "data.csv")
    data["code"] = np.where(data["g"] > "d", "007", "A1")
    data["y"] += 5 * (data["g"] > "d")
    data.to_csv(folder / "codes.csv", index=False)
    words = [f"{folder}/codes.csv", "y ~ x + code + (1 | g)", "-o", f"{folder}/codes.tmx", "-q"]
    assert main(["fit", *words, "--inference", inference]) == 0
    sevens = data[data["code"] == "007"]
    sevens.to_csv(folder / "sevens.csv", index=False)
    words = ["predict", f"{folder}/codes.tmx", f"{folder}/sevens.csv"]
    assert main([*words, "-o", f"{folder}/out.csv"]) == 0
    written = pd.read_csv(folder / "out.csv")["prediction"]
    expected = TabMixNN.load(folder / "codes.tmx").predict(sevens)
    np.testing.assert_allclose(written, expected)
