"""The runs behind the leaderboards: those asked for, those that ran, those that were published."""

from pathlib import Path

from tabmixbench.configuration import read_plan
from tabmixbench.members import Members
from tabmixbench.selection import Selection

ROOT = Path(__file__).resolve().parents[2]


def test_a_suite_with_a_target_of_its_own_has_the_chosen_models_and_the_peers_that_ran(
    config, tmp_path, monkeypatch
):
    plan = read_plan(config | {"models": ["constant", "gpboost"]}, ROOT)
    members, chosen = Members(plan), Selection(plan)
    monkeypatch.chdir(tmp_path)
    ran = Path("results/runs/Ovary/catboost.json")
    ran.parent.mkdir(parents=True)
    ran.touch()
    found = members.of_suite("beyond")
    assert {suite for suite, _ in found} == {"beyond"}
    paths = [path for _, path in found]
    own = [path for path in paths if path.startswith("results/runs/Ovary/")]
    assert own == [
        f"results/runs/Ovary/{name}.json" for name in ("constant", "catboost", "gpboost")
    ]
    assert len(paths) == 2 * len(chosen.suite("beyond")) + 1
    assert not {path for _, path in chosen.members()} & set(paths)
    again = members.again(["beyond"])
    assert [path.replace("/again", "") for _, path in again] == [p for p in paths if p != str(ran)]


def test_published_scores_come_with_the_constant_predictor_that_checks_them(
    config, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for published in (False, True):
        asked = {
            "models": ["xgboost", "catboost"],
            "datasets": ["sleepstudy"],
            "published": published,
        }
        members = Members(read_plan(config | asked, ROOT))
        fitted = [Path(path).stem for _, path in members.of_boards(["regression"])]
        assert fitted == (["xgboost", "constant", "catboost"] if published else ["catboost"])
        for path in members.published("beyond_").values():
            assert (ROOT / path).exists()
        assert bool(members.published()) == published
