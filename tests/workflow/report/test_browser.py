"""The report as readers use it, in a headless Chromium."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tabmixbench.report import render
from tabmixbench.report.sections import SECTIONS
from tabmixbench.tables.read import tables_of
from tabmixbench.tables.table import Table, Text
from tests.workflow.report.browser import Browser, chromium

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")
PHONE, DESK = 390, 1440
REFERENCE = Path(__file__).resolve().parents[3] / "results/reference"
TABLE = "[...document.querySelectorAll('table.sortable')].find(t => t.querySelector('th.paper'))"


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def desk(browser, page):
    browser.open(page.as_uri(), width=DESK)
    yield browser
    assert browser.errors == []
    assert browser.requests == [page.as_uri()]


def key(browser, name, text=""):
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, text=text)


def column(browser, index):
    return browser.run(
        f"[...{TABLE}.tBodies[0].rows].map(r => r.cells[{index}].textContent.trim())"
    )


def order(browser, index):
    return browser.run(f"{TABLE}.tHead.rows[0].cells[{index}].getAttribute('aria-sort')")


def test_every_section_shows_something(desk):
    for section in SECTIONS:
        height = desk.run(f"document.getElementById('{section.id}').offsetHeight")
        assert height > 60, section.id


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_never_scrolls_sideways(browser, page, width):
    browser.open(page.as_uri(), width=width)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run("parseFloat(getComputedStyle(document.body).fontSize)") >= 16
    assert browser.errors == []


def test_a_table_of_seven_models_fits_a_window_of_1280(browser, contents, tmp_path):
    study = tables_of([REFERENCE / "simulations/steps.md"])
    path = tmp_path / "report.html"
    path.write_text(render(replace(contents, studies=study)), encoding="utf-8")
    browser.open(path.as_uri(), width=1280)
    box = "document.querySelector('#studies .scroll')"
    assert browser.run(f"{box}.scrollWidth - {box}.clientWidth") <= 0
    assert browser.run(f"{box}.nextElementSibling.hidden")


@pytest.fixture
def printed(browser):
    """Open a page as it is printed, on paper of a width without its margins in pixels."""

    def printed(path, width):
        browser.open(path.as_uri(), width=width)
        browser.call("Emulation.setEmulatedMedia", media="print")
        return browser

    yield printed
    browser.call("Emulation.setEmulatedMedia", media="")


def pairs(table):
    """A table of wins, ties and losses between the models of a table of scores."""
    models, won = table.header[1:], len(table.rows) // 2 + 1
    cell = Text(f"{won}/{len(table.rows) - won}/0", True)
    rows = [[Text(model), *[cell] * len(models)] for model in models]
    return Table(f"Pairs. {table.title}", ["Model", *models], rows, pd.DataFrame())


@pytest.mark.parametrize(("width", "of"), [(703, "not(.wide > *)"), (1047, "is(.wide > *)")])
def test_no_table_is_wider_than_its_page_of_paper(contents, tmp_path, printed, width, of):
    """A4 upright and on its side: where one is wider, Chromium prints all pages smaller."""
    scores = tables_of(sorted((REFERENCE / "leaderboard").glob("*_scores.md")))
    assert max(len(table.header) for table in scores) > 20
    path = tmp_path / "report.html"
    shown = replace(contents, studies=[*scores, *map(pairs, scores)])
    path.write_text(render(shown), encoding="utf-8")
    boxes = f"[...document.querySelectorAll('.scroll:{of} > table')]"
    found = printed(path, width).run(
        f"{boxes}.map(t => [t.getAttribute('aria-labelledby'), t.getBoundingClientRect().width])"
    )
    assert len(found) > 5
    assert [(name, size) for name, size in found if size > width] == []


def test_print_is_not_larger_below_a_table_than_in_the_text(page, printed):
    size = "parseFloat(getComputedStyle(document.querySelector('{}')).fontSize)"
    browser = printed(page, 703)
    text, notes = (browser.run(size.format(what)) for what in ("#summary p", ".notes li"))
    assert notes <= text


def test_what_is_wider_than_the_page_says_so_and_fades_where_it_goes_on(browser, page):
    browser.open(page.as_uri(), width=PHONE)
    for name in ("#tables .scroll", "#figures .scroll"):
        box = f"document.querySelector('{name}')"
        hint = f"{box}.nextElementSibling"
        assert browser.run(f"{hint}.textContent").startswith("Wider than the page")
        assert not browser.run(f"{hint}.hidden")
        assert browser.run(f"getComputedStyle({box}).maskImage").startswith("linear-gradient")
        browser.run(
            f"{box}.scrollLeft = {box}.scrollWidth; {box}.dispatchEvent(new Event('scroll'))"
        )
        assert not browser.run(f"{box}.classList.contains('more-right')")


def test_on_a_phone_a_drawing_follows_what_it_shows(browser, page):
    browser.open(page.as_uri(), width=PHONE)
    top = "document.querySelector('#figures {}').getBoundingClientRect().top"
    assert browser.run(top.format("figcaption")) < browser.run(top.format(".drawing"))


def test_on_a_phone_the_first_column_stays(browser, page):
    browser.open(page.as_uri(), width=PHONE)
    moved = browser.run(
        "(() => { const box = document.querySelector('#tables .scroll');"
        "const cell = box.querySelector('tbody th'); const before = cell.getBoundingClientRect().x;"
        "box.scrollLeft = 200;"
        "return [box.scrollLeft, cell.getBoundingClientRect().x - before, cell.offsetWidth]; })()"
    )
    assert moved[0] > 0
    assert abs(moved[1]) < 2
    assert moved[2] > 60


def test_on_a_phone_claims_are_low(browser, page):
    browser.open(page.as_uri(), width=PHONE)
    rows = "[...document.querySelectorAll('#claims-table tbody tr')]"
    assert browser.run(f"Math.max(...{rows}.map(row => row.offsetHeight))") < 220


def test_the_head_of_a_long_table_stays(browser, page):
    browser.open(page.as_uri(), width=DESK)
    moved = browser.run(
        "(() => { const box = document.querySelector('#validation .scroll.tall');"
        "const head = box.querySelector('thead th'); const top = head.getBoundingClientRect().y;"
        "box.scrollTop = 200; return [box.scrollTop, head.getBoundingClientRect().y - top]; })()"
    )
    assert moved[0] > 0
    assert abs(moved[1]) < 2


def test_a_click_sorts_and_a_second_turns_round(desk):
    desk.run(f"{TABLE}.tHead.rows[0].cells[2].querySelector('button').click()")
    values = [int(text.replace(",", "")) for text in column(desk, 2)]
    assert values == sorted(values)
    assert order(desk, 2) == "ascending"
    desk.run(f"{TABLE}.tHead.rows[0].cells[2].querySelector('button').click()")
    assert [int(text.replace(",", "")) for text in column(desk, 2)] == values[::-1]
    assert order(desk, 2) == "descending"


def test_what_is_missing_comes_last_either_way(desk):
    for _ in range(2):
        desk.run(f"{TABLE}.tHead.rows[0].cells[6].querySelector('button').click()")
        shown = [text == "–" for text in column(desk, 6)]
        assert shown == sorted(shown)


def test_the_keyboard_sorts(desk):
    desk.run(f"{TABLE}.tHead.rows[0].cells[0].querySelector('button').focus()")
    key(desk, "Enter", "\r")
    names = column(desk, 0)
    assert names == sorted(names, key=str.lower)
    assert order(desk, 0) == "ascending"


def test_claims_are_filtered_by_verdict_and_words(desk):
    shown = "[...document.querySelectorAll('#claims-table tbody tr')].filter(r => !r.hidden)"
    everything = desk.run(f"{shown}.length")
    desk.run("document.querySelector('#claims-filter [value=\"not-reproduced\"]').click()")
    some = desk.run(f"{shown}.length")
    assert 0 < some < everything
    assert desk.run(f"{shown}.every(r => r.dataset.verdict === 'not-reproduced')")
    desk.run(
        "(() => { const box = document.querySelector('#claims-filter [type=\"search\"]');"
        "box.value = 'loblolly'; box.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert 0 < desk.run(f"{shown}.length") < some
    assert desk.run(f"{shown}.every(r => r.textContent.toLowerCase().includes('loblolly'))")
    status = desk.run("document.getElementById('claims-shown').textContent")
    assert status.endswith(f"of {everything} claims shown")


def test_dark_and_light_follow_the_system_and_the_button(browser, page):
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = {}
    for dark in (False, True):
        browser.open(page.as_uri(), width=DESK, dark=dark)
        grounds[dark] = browser.run(ground)
    assert grounds[False] != grounds[True]
    browser.run("document.getElementById('theme').click()")
    assert browser.run(ground) == grounds[False]
    assert "dark" in browser.run("document.getElementById('theme').getAttribute('aria-label')")
    browser.run("document.getElementById('theme').click()")
    browser.run("localStorage.clear()")
    assert browser.errors == []


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser, page, dark):
    """Contrast of 4.5 to 1, WCAG's level AA, for every verdict, link and note."""
    browser.open(page.as_uri(), width=DESK, dark=dark)
    pairs = browser.run(
        """(() => {
          const ground = (e) => {
            for (; e; e = e.parentElement) {
              const c = getComputedStyle(e).backgroundColor;
              if (!c.endsWith(', 0)') && c !== 'transparent') return c;
            }
            return 'rgb(255, 255, 255)';
          };
          const chosen = '.verdict, nav a, .notes li, .findings > li, td.paper, th button, .bar a';
          return [...document.querySelectorAll(chosen)].map(
            (e) => [getComputedStyle(e).color, ground(e)]);
        })()"""
    )
    assert len(pairs) > 300
    low = {(a, b) for a, b in pairs if contrast(rgb(a), rgb(b)) < 4.5}
    assert low == set()


def rgb(text):
    return [int(part) for part in text[text.index("(") + 1 : -1].split(",")[:3]]


def luminance(colour):
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
