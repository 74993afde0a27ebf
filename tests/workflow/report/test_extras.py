"""Files of other targets: shown where they exist, in a stated order, and never twice."""

from tabmixbench.report.extras import digests, extras


def test_only_what_the_core_run_does_not_make(tmp_path):
    for name in (
        "tables/table2.md",
        "tables/table10.md",
        "tables/extra.md",
        "tables/coverage.md",
        "leaderboard/another.md",
        "leaderboard/classification_ranking.md",
        "leaderboard/regression_scores.md",
        "leaderboard/regression_ranking.md",
        "benchmarks/growth.md",
        "benchmarks/speed.md",
        "benchmarks/another.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    found = extras(tmp_path, [tmp_path / "tables/table2.md"])
    assert found["tables"] == [
        str(tmp_path / "tables/extra.md"),
        str(tmp_path / "tables/table10.md"),
    ]
    assert [path.rpartition("/")[2] for path in found["leaderboards"]] == [
        "regression_ranking.md",
        "regression_scores.md",
        "classification_ranking.md",
        "another.md",
    ]
    assert found["intervals"] == [str(tmp_path / "tables/coverage.md")]
    assert [path.rpartition("/")[2] for path in found["speed"]] == ["speed.md", "growth.md"]


def test_a_changed_file_changes_its_digest(tmp_path):
    path = tmp_path / "spatial.md"
    path.write_text("a")
    before = digests(extras(tmp_path, []))
    path.write_text("b")
    assert digests(extras(tmp_path, [])) != before
