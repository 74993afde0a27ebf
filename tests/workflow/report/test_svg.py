"""Two drawings of one program in one page."""

import re

from tabmixbench.report.svg import inline

DRAWING = """<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">
<svg width="10pt" height="5pt" viewBox="0 0 10 5" xmlns:xlink="http://x" version="1.1">
<metadata><x id="m"/></metadata><defs><style>*{stroke: red}</style><path id="a" d="M 0 0"/></defs>
<!-- text --><use xlink:href="#a"/><g clip-path="url(#b)"/><clipPath id="b"/></svg>"""


def test_ids_are_the_files_own_and_references_follow(tmp_path):
    texts = []
    for name in ("one", "two"):
        path = tmp_path / name / "figure.svg"
        path.parent.mkdir()
        path.write_text(DRAWING)
        texts.append(str(inline(path, 'A "drawing"')))
    ids = re.findall(r'id="([^"]+)"', "".join(texts))
    assert sorted(ids) == ["one-figure-a", "one-figure-b", "two-figure-a", "two-figure-b"]
    assert 'href="#one-figure-a"' in texts[0]
    assert "url(#one-figure-b)" in texts[0]


def test_only_the_drawing_is_left(tmp_path):
    path = tmp_path / "one.svg"
    path.write_text(DRAWING)
    text = str(inline(path, 'A "drawing"'))
    assert text.startswith('<svg viewBox="0 0 10 5" role="img" aria-label="A &#34;drawing&#34;"')
    for gone in ("metadata", "style", "DOCTYPE", "<!--", "xlink", "width="):
        assert gone not in text
