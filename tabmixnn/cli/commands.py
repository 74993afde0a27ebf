"""What the commands do."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.cli.files import (
    DataFileError,
    check_format,
    check_output,
    check_streams,
    read_table,
    write_table,
)
from tabmixnn.cli.ids import id_columns, id_columns_of
from tabmixnn.cli.words import in_options
from tabmixnn.estimators.beside import beside_formula
from tabmixnn.formula.missing import keep_complete
from tabmixnn.streaming import Source


def fit(parsed: Namespace) -> None:
    """Fit a model, save it, and print its summary."""
    if parsed.output == "-":
        raise DataFileError("-: a model is not written to standard output; name a file.")
    check_output(parsed.output, parsed.data)
    if parsed.stream:
        data = check_streams(parsed.data)
    else:
        data = read_table(parsed.data, id_columns(parsed.formula))
    options: dict[str, Any] = {
        "family": parsed.family,
        "link": parsed.link,
        "inference": parsed.inference or _inference(parsed),
        "weights": parsed.weights,
        "reml": not parsed.ml,
        "na_action": "omit" if parsed.omit_missing else "raise",
        "random_state": parsed.seed,
        "verbose": not parsed.quiet,
    }
    if options["inference"] == "marginal":
        options["hidden_dims"] = []
    network = {"hidden_dims": parsed.hidden, "epochs": parsed.epochs, "lr": parsed.lr}
    options |= {name: value for name, value in network.items() if value is not None}
    model = TabMixNN(parsed.formula)
    model.set_params(**options | dict(map(_option, parsed.set)))
    model.fit(data)
    model.set_params(verbose=False)
    model.save(parsed.output)
    if parsed.omit_missing:
        if parsed.stream:
            total, left = Source.open(data).n_rows, model.engine_.n_left_out
        else:
            total, left = len(data), len(data) - _n_complete(model, data)
        print(f"{left} of {total} rows with missing values left out", file=sys.stderr)
    if not parsed.quiet:
        print(f"Saved to {parsed.output}")
        _print_summary(model, data, streamed=parsed.stream)


def _print_summary(model: Any, data: Any, *, streamed: bool) -> None:
    """Print the summary of a model that has been saved, or say why it has none."""
    is_network = model.inference_ == "variational"
    if is_network and streamed:
        # It would be summarised at its rows, which are not at hand.
        return
    try:
        text = _summaries(model, data if is_network else None)
    except ValueError as error:
        print(f"tabmixnn: note: no summary: {in_options(str(error))}", file=sys.stderr)
    else:
        print(f"\n{text}")


def _n_complete(model: Any, data: pd.DataFrame) -> int:
    """Return how many rows have all that a model needs of them."""
    beside = beside_formula(data, weight_column=model.weights, cov_struct_map=model.cov_struct_map)
    columns = {name: data[name] for name in sorted(model._design.formula.variables)}
    rows = keep_complete(columns, len(data), "omit", beside=beside)
    return len(data) if rows is None else len(rows)


def _inference(parsed: Namespace) -> str:
    """Choose what fits by what was asked of the fit."""
    if parsed.hidden:
        return "variational"
    return "marginal" if parsed.ml else "auto"


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--set needs OPTION=VALUE, such as --set dropout=0.2; got {text!r}.")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def predict(parsed: Namespace) -> None:
    """Predict the rows of a table."""
    check_format(parsed.output)
    check_output(parsed.output, parsed.data, parsed.model)
    model, data = _model_and_data(parsed)
    options: dict[str, Any] = {"re_form": parsed.re_form}
    if parsed.kind is not None:
        options["kind"] = parsed.kind
    if parsed.interval is not None:
        options["interval"] = parsed.interval
        if parsed.calibrate and isinstance(model, TabMixNNClassifier):
            raise ValueError(
                "Conformal intervals are for outcomes of one number, not for classes; leave "
                "--calibrate out."
            )
        if parsed.calibrate:
            options["calibrate"] = "conformal"
    elif parsed.calibrate:
        raise ValueError("--calibrate is for intervals; say how wide with --interval.")
    found = model.predict(data, **options)
    if not isinstance(found, pd.DataFrame):
        found = _table(np.asarray(found), model)
    write_table(found, parsed.output)
    if parsed.output != "-":
        print(f"{len(found)} rows written to {parsed.output}", file=sys.stderr)


def _table(values: np.ndarray, model: Any) -> pd.DataFrame:
    """Return predictions as columns, those of several classes named by them."""
    if values.ndim == 1:
        return pd.DataFrame({"prediction": values})
    known = getattr(model, "classes_", None)
    known = getattr(model, "levels_", None) if known is None else known
    width = values.shape[1]
    labels = known if known is not None and len(known) == width else range(width)
    return pd.DataFrame(values, columns=[f"prediction_{label}" for label in labels])


def summary(parsed: Namespace) -> None:
    """Print a model."""
    print(_summaries(*_model_and_data(parsed)))


def _model_and_data(parsed: Namespace) -> tuple[Any, Any]:
    """Return the saved model, and the table that is given for it, if there is one."""
    model = TabMixNN.load(parsed.model)
    if parsed.data is None:
        return model, None
    return model, read_table(parsed.data, id_columns_of(model))


def _summaries(model: Any, data: pd.DataFrame | None) -> str:
    """Return the summary of a model, or of that of each class."""
    if model.inference_ != "classwise":
        return str(model.summary(data))
    return "\n\n".join(
        f"Class {label!r} against the others\n\n{model.against_rest(label).summary()}"
        for label in model.modelled_classes_
    )


def explain(parsed: Namespace) -> None:
    """Print how much columns and groups move predictions; write what they do to each row."""
    if parsed.output is not None:
        check_format(parsed.output)
        check_output(parsed.output, parsed.data, parsed.model)
    model, data = _model_and_data(parsed)
    found = model.shapley_values(data)
    parts = [("column", found["features"]), ("group", found["random_effects"])]
    tables = [pd.DataFrame(part).rename_axis("name").reset_index() for _, part in parts]
    kinds = [
        kind for (kind, _), table in zip(parts, tables, strict=True) for _ in range(len(table))
    ]
    sizes = pd.concat(tables, ignore_index=True).set_axis(
        ["name", *tables[0].columns[1:].astype(str)], axis=1
    )
    sizes.insert(0, "kind", kinds)
    order = sizes.iloc[:, 2:].max(axis=1).sort_values(ascending=False).index
    print("Mean absolute Shapley values on the scale of the linear predictor:")
    print(sizes.loc[order].to_string(index=False))
    if parsed.output is not None:
        write_table(_values(found), parsed.output)
        print(f"{len(data)} rows written to {parsed.output}", file=sys.stderr)


def _values(found: dict[str, Any]) -> pd.DataFrame:
    """Return base value, values and prediction of every row; outcomes side by side."""
    values, prediction, base = found["values"], found["prediction"], found["base_value"]
    if not isinstance(values, dict):
        return values.assign(base_value=base, prediction=prediction)
    parts = {name: table.assign(base_value=base[name]) for name, table in values.items()}
    return pd.concat([table.add_prefix(f"{name}: ") for name, table in parts.items()], axis=1)
