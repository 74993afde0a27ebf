"""What the page holds, before any browser sees it."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixbench.leaderboard import POOLS
from tabmixbench.report import read_classes, render
from tabmixbench.report.render import TALL, verdict_counts, verdict_parts
from tabmixbench.report.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "results/reference"

NO_BREAK = "\N{NO-BREAK SPACE}"
#: Elements that have no end tag.
VOID = {"meta", "link", "input", "br", "use", "path", "img", "wbr"}


class Outline(HTMLParser):
    """Headings, ids, references and balance of a page."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.ids, self.references, self.open = [], [], [], []
        self.tags = Counter()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags[tag] += 1
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for key in ("href", "src", "aria-labelledby", "for"):
            if key in attributes:
                self.references.append((key, attributes[key]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text(page):
    return page.read_text()


@pytest.fixture(scope="module")
def outline(text):
    outline = Outline(text)
    assert outline.open == []
    return outline


def test_every_section_is_there(outline):
    assert {section.id for section in SECTIONS} <= set(outline.ids)
    assert {"header", "nav", "main", "footer"} <= set(outline.tags)


def test_headings_are_in_order(outline):
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps)


def test_ids_are_unique_and_what_is_referred_to_exists(outline):
    assert [name for name, count in Counter(outline.ids).items() if count > 1] == []
    for kind, target in outline.references:
        if kind in ("aria-labelledby", "for"):
            assert target in outline.ids
        else:
            assert target == "data:," or target.removeprefix("#") in outline.ids, target


def test_nothing_is_fetched(text):
    assert not re.search(r"(src|href)=.https?:", text)
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_the_tables_say_what_their_files_say(text, contents):
    for table in contents.tables:
        assert f">{table.title.replace(chr(39), '&#39;')}</h3>" in text
    best = re.findall(r"\*\*(\d[^*]*)\*\*", (REFERENCE / "tables/table3.md").read_text())
    assert len(best) >= 19
    for cell in best:
        assert f"<strong>{cell.replace('± ', '<wbr>±' + NO_BREAK)}</strong>" in text


def test_only_long_tables_scroll_by_themselves(text, contents):
    rows = {table.title: len(table.rows) for table in contents.validation}
    assert max(rows.values()) > TALL
    assert text.count('class="scroll tall"') == 1 + sum(
        len(table.rows) > TALL
        for table in (*contents.tables, *contents.validation, *contents.timings, *contents.speed)
    )


def test_notes_of_a_wide_table_are_not_on_its_page(contents):
    (table,) = (table for table in contents.tables if table.title.startswith("Table 3."))
    assert table.is_wide
    page = render(contents)
    block = page[page.index('<div class="wide">') :]
    assert block.index("</table>\n</div>\n</div>\n") < block.index('<ul class="notes">')


def test_the_summary_names_what_speaks_against_the_model(contents):
    against, found = (
        " ".join(s.text for s in contents.findings if s.against == side) for side in (True, False)
    )
    assert re.search(r"XGBoost \(ids\) is better than .*VerbAgg", against)
    assert "there are no groups" in against
    assert re.search(r"CreditCard 0\.99\d against 0\.99\d", against)
    table = pd.read_csv(REFERENCE / "tables/table2.csv")
    assert set(table["datasets"]) == {18, 19, 15}
    for row in table.itertuples():
        assert f"wins on {row.wins} of {row.datasets} datasets" in against + found
    assert "37 of 39 fits agree" in found


def test_what_was_not_run_is_said(text):
    assert "Not run: <code>snakemake peers</code>" in text
    assert "Not run: <code>snakemake results/tables/coverage.md</code>" in text


def test_a_figure_beside_its_page_has_a_caption_of_its_own(contents):
    (figure,) = contents.speed_figures
    assert figure.caption.startswith("How time and memory grow")


def standing(**values):
    """The line of a board: the default first, before CatBoost, unless said otherwise."""
    from tabmixbench.leaderboard.standing import COLUMNS, HEADER
    from tabmixbench.tables.table import Table, Text

    line = {"board": "Regression", "datasets": 19, "models": 14, "best": "tabmixnn_auto"}
    line |= {"best_rank": 2.0, "best_ours": "tabmixnn_auto", "best_ours_rank": 2.0}
    line |= {"margin": 4.0, "critical": 3.0} | values
    row = [Text(str(line["board"])), *(Text("–") for _ in HEADER[1:])]
    return Table("Who leads", HEADER, [row], pd.DataFrame([line], columns=COLUMNS), [])


def said_of(contents, **values):
    shown = replace(contents, standings=standing(**values))
    return [(s.text, s.against) for s in shown.findings[:2]]


def test_a_leaderboard_is_led_clearly_or_not(contents):
    (clear, against), _ = said_of(contents)
    assert clear.endswith("critical difference on 1 of 1 leaderboards of one suite: Regression.")
    assert not against
    (first, _), (near, against) = said_of(contents, margin=2.5)
    assert first.endswith("on 0 of 1 leaderboards of one suite: none.")
    assert near.endswith("on 1 of 1 leaderboards of one suite.")
    assert against
    shown = replace(contents, standings=standing(margin=2.5))
    assert shown.findings[1].listed == ("Regression: 2.50 of 3.00",)


def test_a_place_that_is_shared_speaks_against_the_model(contents):
    (led, _), (said, against) = said_of(contents, second="catboost", margin_second=0.0)
    assert led.startswith(
        "TabMixNN has the best mean rank on 0 of 1 leaderboards of one suite, and shares it on 1 "
        "more (Regression). "
    )
    assert said == "Regression: CatBoost has the same mean rank, 2.00."
    assert against
    assert not any("same mean rank" in text for text, _ in said_of(contents, margin_second=1.0))


def test_joint_rankings_are_counted_apart(contents):
    joint = standing(board=POOLS["overall"].title)
    both = replace(joint, data=pd.concat([standing(margin=2.0).data, joint.data]))
    said = [s.text for s in replace(contents, standings=both).findings[:2]]
    assert said[0].startswith(
        "TabMixNN has the best mean rank on 1 of 1 leaderboards of one suite and 1 of 1 joint "
        "rankings; "
    )
    assert said[0].endswith(f"suite and 1 of 1 joint rankings: {POOLS['overall'].title}.")
    assert said[1].endswith("on 1 of 1 leaderboards of one suite and 0 of 1 joint rankings.")


def test_models_that_joint_rankings_lack_are_in_the_summary(contents):
    joint = standing(board=POOLS["overall"].title, absent="TabM (place 2 of 16 on A)")
    both = replace(joint, data=pd.concat([standing().data, joint.data]))
    (said,) = [s for s in replace(contents, standings=both).findings if "are without" in s.text]
    assert said.text.startswith("1 of the 1 joint rankings are without models")
    assert said.listed == (f"{POOLS['overall'].title}: without TabM (place 2 of 16 on A).",)
    assert said.against


def test_trees_that_lead_with_each_method_once_are_named(contents):
    values = {"best_trees": "catboost", "margin_once": -0.125}
    _, (said, against) = said_of(contents, **values)
    assert said.endswith(
        "ranked once, in the best of its configurations, CatBoost is ahead by 0.12."
    )
    assert against


@pytest.mark.parametrize("best", ["catboost", "tabmixnn"])
def test_outcomes_of_several_classes_are_in_the_summary_whoever_leads(contents, best):
    table = read_classes([REFERENCE / "tables/classes.md"])
    leads = {best: 0.1}
    table.data["logloss"] = table.data["model"].map(leads | {"paper": 0.3, "shares": 2.0}).fillna(1)
    if best == "catboost":
        table.data.loc[table.data["model"] == "tabmixnn", "logloss"] = 0.2
    (said,) = (
        s for s in replace(contents, classes=table).findings if s.text.startswith(table.title)
    )
    first, second = ("CatBoost", "TabMixNN (2.00)"), ("TabMixNN", "the paper's network (2.00)")
    label, other = first if best == "catboost" else second
    assert said.text == (
        f"Outcomes of three classes or more: {label} has the best mean rank by log-loss, 1.00 of "
        f"7 models on 15 sets, before {other}."
    )
    assert said.against == (best == "catboost")
    assert said.listed[0].startswith("Mean ranks over all 15 sets: ")


def test_no_table_of_classes_is_no_sentence(contents):
    assert read_classes([]) is None
    assert not any("three classes" in s.text for s in contents.findings)


def test_what_can_all_hold_is_shown_and_not_counted(contents, text):
    found = contents.contradictions
    assert f"disagree with each other in {len(found)} places." in text
    section = text[text.index('<section id="contradictions"') :].partition("</section>")[0]
    counted, beside = section.split("</ol>")
    assert counted.count("<li>") == len(found)
    assert beside.count("<li>") == len(contents.remarks) > 0


def test_the_bar_tells_undecided_claims_from_those_that_no_result_answers(contents, text):
    parts = verdict_parts(contents.claims)
    counts = verdict_counts(contents.claims)
    assert sum(number for *_, number in parts) == sum(counts.values())
    kinds = {words: number for said, words, number in parts if said == "cannot be tested"}
    assert set(kinds) == {
        "cannot be tested: tested, but undecided",
        "cannot be tested: true by construction",
        "cannot be tested at all",
    }
    assert kinds["cannot be tested: true by construction"] == 15
    assert sum(kinds.values()) == counts["cannot be tested"]
    for words, number in kinds.items():
        assert f"<b>{number}</b> <span>{words}</span>" in text


@pytest.mark.parametrize(("change", "against"), [(0.2, False), (-0.2, True)])
def test_without_groups_it_is_the_scores_that_speak(contents, change, against):
    frame = contents.results.metrics.copy()
    mine = (frame["model"] == "tabmixnn_auto") & (frame["metric"] == "AUROC")
    frame.loc[mine, "value"] += change
    shown = replace(contents, results=replace(contents.results, metrics=frame))
    (said,) = [s for s in shown.findings if s.text.startswith("Where there are no groups")]
    assert said.against is against
    assert f"on {0 if against else 4} of 4 datasets" in said.text


def test_new_groups_are_said_beyond_noise(contents):
    said = {s.text: s.against for s in contents.findings if "whole groups left out" in s.text}
    assert len(said) == 2
    for text, against in said.items():
        better, worse = map(int, re.search(r"better on (\d+) and worse on (\d+)\.$", text).groups())
        assert against == (better <= worse)


def test_a_leaderboard_led_by_another_speaks_against_the_model(contents):
    values = {"best": "catboost", "best_rank": 1.5, "margin": np.nan, "critical": np.nan}
    (said, against), _ = said_of(contents, **values)
    assert said == (
        "Regression: CatBoost has the best mean rank, 1.50 of 14 models on 19 datasets, 0.50 "
        "ahead of TabMixNN."
    )
    assert against
    (said, _), _ = said_of(contents, **values, best_ours=None, best_ours_rank=np.nan)
    assert said.endswith("on 19 datasets.")


def test_the_datasets_that_others_lead_on_are_named(contents):
    shown = replace(contents, standings=standing(others_lead=1, others="Pastes (XGBoost (ids))"))
    said = next(s for s in shown.findings if "Other models lead" in s.text)
    assert said.against
    assert "of 1 of the 1 leaderboards of one suite, on 5% to 5% of them" in said.text
    assert said.listed == ("Regression, 1 of 19: Pastes (XGBoost (ids)).",)
    page = render(shown)
    assert (
        "<summary>Which</summary><ul><li>Regression, 1 of 19: Pastes (XGBoost (ids)).</li>" in page
    )


def test_the_summary_begins_with_the_paper_and_ends_with_the_boards(contents):
    page = render(replace(contents, standings=standing()))
    summary = page[page.index('id="summary"') :]
    parts = (
        *("The paper's claims by verdict", "How to read it"),
        *("What was found", "What speaks against", "Who leads"),
    )
    places = [summary.index(part) for part in parts]
    assert places == sorted(places)


def test_the_two_models_of_the_name_are_told_apart_before_anything_else(text, contents):
    start = text.index("How to read it")
    default, paper = (contents.results.models[m].label for m in ("tabmixnn_auto", "tabmixnn_paper"))
    said = text[start : text.index("</p>", start)]
    assert f"<em>{default}</em> is this library's default" in said
    assert f"<em>{paper}</em> is the paper's network" in said


def test_what_is_said_of_the_papers_network_names_it(contents):
    label = contents.results.models["tabmixnn_paper"].label
    assert any(f"{label} wins on" in s.text for s in contents.findings)
    assert any(cell.value == f"Milk: RMSE of {label}" for cell, *_ in contents.claims.rows)
    assert not any("configuration of TabMixNN" in s.text for s in contents.findings)


def test_software_and_paper_are_cited_with_their_years_and_what_finds_the_paper(text, contents):
    paper = contents.citation["references"][0]
    entries = re.search(r'<pre class="cite"[^>]*>(.*?)</pre>', text, re.S)[1].split("\n\n")
    assert [entry.partition("{")[0] for entry in entries] == ["@software", "@misc"]
    for entry in entries:
        assert f"year    = {{{paper['year']}}}," in entry
        assert entry.count("{") == entry.count("}")
    assert "no DOI, arXiv id or other identifier known" in entries[1]
    assert f"(c) {paper['year']} " in (ROOT / "LICENSE").read_text()


def test_lines_of_several_boards_are_one_table(tmp_path):
    from tabmixbench.report import join_standings
    from tabmixbench.tables.files import write

    paths = []
    for name, table in {"a": standing(board="A"), "b": standing(board="B")}.items():
        files = {kind: tmp_path / f"{name}.{kind}" for kind in ("csv", "md", "tex")}
        write(table, files)
        paths.append(files["md"])
    joined = join_standings(paths)
    assert [row[0].value for row in joined.rows] == list(joined.data["board"]) == ["A", "B"]
    assert join_standings([]) is None


def test_what_ranks_do_not_say_is_said(contents):
    """Models that the test does not tell apart, sizes of errors, and the paper's own network."""
    values = {"better": 9, "alike": 3, "worse": 1, "nearest": "catboost", "nearest_above": 2.0}
    values |= {"default_above": 5.0, "paper": "tabmixnn_paper", "paper_place": 12}
    shown = replace(contents, standings=standing(**values, paper_rank=9.0))
    said = {s.text: (s.against, s.listed) for s in shown.findings[:5]}
    (listed,) = (v for k, v in said.items() if k.startswith("On 1 of 1 leaderboards of one"))
    assert listed == (True, ("Regression: not told apart from 3 of 13, worse than 1.",))
    (listed,) = (v for k, v in said.items() if k.startswith("By size of error"))
    expected = "Regression: CatBoost is 2.0% above the least error of a dataset, the default 5.0%."
    assert listed == (True, (expected,))
    (listed,) = (v for k, v in said.items() if "its best place is 12 of 14." in k)
    assert listed[1] == ("Regression: TabMixNN (paper), place 12 of 14, mean rank 9.00.",)
