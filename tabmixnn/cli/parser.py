"""The arguments of every command."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tabmixnn import __version__

DESCRIPTION = """\
Mixed-effects models of tables whose rows come in groups: linear and generalised linear ones,
fitted exactly as lme4 does, such models grown by smooth curves, and neural networks with random
effects.

  tabmixnn fit sleep.csv "Reaction ~ Days + (Days | Subject)" -o sleep.tmx
  tabmixnn summary sleep.tmx
  tabmixnn predict sleep.tmx new.csv --interval 0.9 -o predictions.csv
  tabmixnn explain sleep.tmx sleep.csv
"""

FIT = """\
Fit a model and save it. FORMULA is an R formula: the outcome, a tilde, the predictors, and in
parentheses what varies between groups, (1 | g) a level of its own for each group, (x | g) a
level and a slope of x. Put it in quotes.

The formula's mixed model is grown by smooth curves, interactions and groups' own curves where they
predict better on rows left out. With --inference marginal it is fitted as it stands, as lme4 does;
with --hidden it is a network.

  tabmixnn fit data.csv "y ~ x + (x | g)" -o model.tmx
  tabmixnn fit data.csv "y ~ x + (x | g)" --inference marginal -o model.tmx
  tabmixnn fit data.csv "ill ~ age * sex + (1 | clinic)" --family binomial -o model.tmx
  tabmixnn fit data.parquet "y ~ x1 + x2 + (1 | g)" --hidden 64 32 --epochs 300 -o model.tmx
"""

PREDICT = """\
Predict the rows of DATA, one row of output each, in their order. Groups that the model was not
fitted to are predicted without effects of their own.

  tabmixnn predict model.tmx new.csv -o predictions.csv
  tabmixnn predict model.tmx new.csv --interval 0.9 --calibrate
"""

SUMMARY = """\
Print the model as lme4 does: variances between groups, coefficients with standard errors, how
well it fits. A network is linearised at the mean of DATA, which it therefore needs.
"""

EXPLAIN = """\
Say how much every column and every group moves the predictions of DATA (Shapley values):
printed, the mean size by column and group; with -o, the value of every row.
"""

EPILOG = """\
Files end in .csv, .tsv or .parquet; "-" is CSV from standard input or to standard output.
Exit codes: 0 done, 2 wrong arguments, 3 a file cannot be read or written, 4 data, formula,
options or model file cannot be used, 1 a defect of tabmixnn.
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        "tabmixnn",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tabmixnn {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _fit(_command(commands, "fit", "fit a model and save it", FIT))
    _predict(_command(commands, "predict", "predict rows with a saved model", PREDICT))
    _summary(_command(commands, "summary", "print a saved model", SUMMARY))
    _explain(_command(commands, "explain", "say what moves predictions", EXPLAIN))
    return parser


def _command(commands: Any, name: str, text: str, description: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=description,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--traceback", action="store_true", help="show where a defect is")
    parser.set_defaults(run=_later(name))
    return parser


def _later(name: str) -> Callable[[argparse.Namespace], None]:
    """Return the function of a command, whose imports wait until it is called."""
    return lambda parsed: getattr(import_module("tabmixnn.cli.commands"), name)(parsed)


def _fit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="table with the rows to learn from")
    parser.add_argument("formula", metavar="FORMULA", help='such as "y ~ x + (x | g)"')
    parser.add_argument("-o", "--output", metavar="MODEL", required=True, help="file to save to")
    parser.add_argument(
        "--family", default="gaussian", help="distribution of the outcome (default: gaussian)"
    )
    parser.add_argument("--link", help="another link than the family's own, such as probit")
    parser.add_argument(
        "--inference",
        choices=("auto", "marginal", "variational"),
        help="how to fit: a mixed model that grows, the formula's alone, or a network "
        "(default: auto; variational with --hidden)",
    )
    alone_or_layers = parser.add_mutually_exclusive_group()
    alone_or_layers.add_argument(
        "--hidden", type=int, nargs="+", metavar="WIDTH", help="widths of a network's layers"
    )
    parser.add_argument("--epochs", type=int, help="passes over the data (networks; default: 100)")
    parser.add_argument("--lr", type=float, help="learning rate (networks; default: 0.001)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: 0)")
    parser.add_argument("--weights", metavar="COLUMN", help="column of weights (no networks)")
    alone_or_layers.add_argument(
        "--ml",
        action="store_true",
        help="the formula's model by plain likelihood, without --hidden",
    )
    parser.add_argument(
        "--omit-missing", action="store_true", help="leave rows with missing values out"
    )
    parser.add_argument(
        "--set",
        metavar="OPTION=VALUE",
        action="append",
        default=[],
        help="any other option of tabmixnn.TabMixNN, its value in JSON; may be repeated",
    )
    parser.add_argument(
        "--stream",
        action="store_true",
        help="read a Parquet file in batches, for more rows than memory holds (with --inference "
        "marginal or variational)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no summary")


def _predict(parser: argparse.ArgumentParser) -> None:
    _model_and_data(parser, "rows to predict")
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="default: print")
    parser.add_argument("--interval", type=float, metavar="SHARE", help="intervals, such as 0.9")
    parser.add_argument(
        "--calibrate", action="store_true", help="make intervals hold on rows left out (conformal)"
    )
    parser.add_argument(
        "--re-form",
        choices=("all", "none", "marginal"),
        default="all",
        help="given the groups, for effects of zero, or averaged over groups (default: all)",
    )
    parser.add_argument(
        "--kind",
        choices=("response", "link", "probability", "class"),
        help="what to predict (default: the mean, or the class of a classifier)",
    )


def _summary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="file of a saved model")
    parser.add_argument("data", metavar="DATA", nargs="?", help="rows to describe a network at")


def _explain(parser: argparse.ArgumentParser) -> None:
    _model_and_data(parser, "rows to explain")
    parser.add_argument("-o", "--output", metavar="FILE", help="table of every row's values")


def _model_and_data(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("model", metavar="MODEL", help="file of a saved model")
    parser.add_argument("data", metavar="DATA", help=text)
