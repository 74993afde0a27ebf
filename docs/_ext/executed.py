"""Pages whose code is run: what a block prints and draws stands below it, and is never typed.

The Python blocks of a page run one after the other in one namespace, and so do the lines of its
shell blocks that call ``tabmixnn``, in an empty folder. As a Sphinx extension this adds what they
print, and their figures, to the page; the tests run the same blocks and fail where one fails.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```\n", re.S | re.M)
FIGURES = "_figures"


@dataclass(frozen=True)
class Ran:
    """A block that was run.

    Attributes
    ----------
    end : int
        Where it ends in the text of its page.
    printed : str
    figures : list of bytes
        As SVG.
    """

    end: int
    printed: str
    figures: list[bytes]


def run_blocks(text: str, name: str) -> Iterator[Ran]:
    """Run the blocks of a page.

    Parameters
    ----------
    text : str
        Of the page, in Markdown.
    name : str
        Of the page, for tracebacks.

    Raises
    ------
    Exception
        Whatever a block raises.
    """
    import pandas as pd

    names: dict[str, Any] = {"__name__": "__main__"}
    width = pd.option_context("display.width", 100, "display.max_columns", None)
    with TemporaryDirectory() as folder, width:
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start(2))
            out = io.StringIO()
            with contextlib.chdir(folder), contextlib.redirect_stdout(out):
                if block[1] == "python":
                    # The empty lines make a traceback's line number that of the page.
                    exec(compile("\n" * line + block[2], name, "exec"), names)
                else:
                    with contextlib.redirect_stderr(out):
                        _run_commands(block[2])
            yield Ran(block.end(), out.getvalue(), _take_figures())


def _run_commands(text: str) -> None:
    from tabmixnn.cli import main

    for command in text.replace("\\\n", " ").splitlines():
        words = shlex.split(command, comments=True)
        if words[:1] == ["tabmixnn"]:
            code = main(words[1:])
            if code != 0:
                raise RuntimeError(f"exit code {code}: {command}")


def _take_figures() -> list[bytes]:
    from matplotlib import pyplot

    found = []
    for number in pyplot.get_fignums():
        file = io.BytesIO()
        pyplot.figure(number).savefig(file, format="svg", bbox_inches="tight")
        found.append(file.getvalue())
    pyplot.close("all")
    return found


def add_results(app: Any, name: str, source: list[str]) -> None:
    """Put what the blocks of a page print and draw below them (Sphinx's ``source-read``)."""
    text = source[0]
    if not BLOCK.search(text):
        return
    folder = Path(app.srcdir) / FIGURES
    folder.mkdir(exist_ok=True)
    parts, start, n_figures = [], 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for ran in run_blocks(text, name):
            parts.append(text[start : ran.end])
            start = ran.end
            if ran.printed.strip():
                parts.append(
                    f"\n```{{code-block}} text\n:class: output\n\n{ran.printed.rstrip()}\n```\n"
                )
            for figure in ran.figures:
                n_figures += 1
                path = folder / f"{name.replace('/', '-')}-{n_figures}.svg"
                path.write_bytes(figure)
                parts.append(f"\n```{{image}} /{FIGURES}/{path.name}\n:class: figure-light\n```\n")
    source[0] = "".join([*parts, text[start:]])


def setup(app: Any) -> dict[str, Any]:
    """Register with Sphinx."""
    import matplotlib

    matplotlib.use("agg")
    app.connect("source-read", add_results)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
