"""The page: one self-contained HTML file."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tabmixbench.claims.verdict import GIVEN, UNDECIDED, UNTESTABLE, VERDICTS
from tabmixbench.leaderboard.roles import DEFAULT
from tabmixbench.report.contents import Contents
from tabmixbench.report.sections import SECTIONS
from tabmixbench.report.svg import inline
from tabmixbench.tables.comparison import OURS
from tabmixbench.tables.table import IN_HEAD, Table

#: Rows beyond which a table scrolls by itself, so that its head and its scroll bar stay in sight.
TALL = 20
#: Columns beyond which a table scrolls sideways anyhow, and a number keeps to one line.
MANY = 10
#: What is said of claims that were tested without a decision.
UNDECIDED_SAID = "cannot be tested: tested, but undecided"
#: What is said of claims whose value we gave ourselves.
GIVEN_SAID = "cannot be tested: true by construction"
TEMPLATES = Path(__file__).with_name("templates")


def render(contents: Contents) -> str:
    """Put the report together."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "prose": prose,
        "slug": slug,
        "numeric": Table.is_numeric,
        "breakable": breakable,
    }
    environment.tests |= {
        "wide": lambda table: table.is_wide,
        "tall": lambda table: len(table.rows) > TALL,
        "of_many_columns": lambda table: len(table.header) > MANY,
    }
    environment.globals |= {
        "drawing": inline,
        "verdict_counts": verdict_counts,
        "verdict_parts": verdict_parts,
    }
    environment.globals |= {"DEFAULT": DEFAULT, "OURS": OURS}
    return environment.get_template("page.html").render(
        contents=contents,
        sections=SECTIONS,
        style=Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
        script=Markup((TEMPLATES / "report.js").read_text(encoding="utf-8")),
    )


def prose(text: str) -> Markup:
    """A sentence with its `code` marked as such; a line may end before a ±, and not after it."""
    kept = str(escape(text)).replace(" ± ", " <wbr>±\N{NO-BREAK SPACE}")
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", kept))


def breakable(text: str) -> Markup:
    """The head of a column, with the places inside its words where paper may break it."""
    words = text.split(" ")
    parts = ('<wbr class="inside">'.join(map(escape, IN_HEAD.split(word))) for word in words)
    return Markup(" ".join(parts))


def slug(text: str) -> str:
    """A name for an anchor or a class."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def verdict_counts(table: Table) -> dict[str, int]:
    """How many claims have each verdict, in the order of the verdicts."""
    column = table.header.index("Verdict")
    said = [row[column].value for row in table.rows]
    return {verdict: said.count(verdict) for verdict in VERDICTS if verdict in said}


def verdict_parts(table: Table) -> list[tuple[str, str, int]]:
    """The same as (verdict, words, number); claims that cannot be tested are of three kinds."""
    column = table.header.index("Verdict")
    notes = [row[-1].value for row in table.rows if row[column].value == UNTESTABLE]
    undecided, given = (sum(note.startswith(why) for note in notes) for why in (UNDECIDED, GIVEN))
    parts = []
    for verdict, number in verdict_counts(table).items():
        if verdict == UNTESTABLE:
            rest = number - undecided - given
            kinds = {UNDECIDED_SAID: undecided, GIVEN_SAID: given, f"{verdict} at all": rest}
            parts += [(verdict, words, count) for words, count in kinds.items() if count]
        else:
            parts.append((verdict, verdict, number))
    return parts
