"""Messages of the library in the words of the command line."""

from __future__ import annotations

import re

OPTIONS = {
    r"na_action='omit'": "--omit-missing",
    r"reml=False": "--ml",
    r"calibrate='conformal'": "--calibrate",
    r"inference='(auto|marginal|variational)'": r"--inference \1",
    # That is without hidden layers unless --hidden says which.
    r"(--inference marginal)(?:,| and) hidden_dims=\[\]": r"\1",
    r"(kind|family|link|weights)='([^']*)'": r"--\1 \2",
    r"re_form='(\w+)'": r"--re-form \1",
    r"(epochs|lr|interval)=([\w.]+)": r"--\1 \2",
}
"""Options of Python as the messages write them, and those of the command line."""


def in_options(message: str) -> str:
    """Return a message with the options of Python as those of the command line."""
    for python, option in OPTIONS.items():
        message = re.sub(python, option, message)
    return message
