"""The pipeline as its users run it: whole, again, interrupted, and with wrong input."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
ONE_NODE = ROOT / "tests/slurm/one_node.sh"
SMALL = """
datasets: [sleepstudy, cbpp]
models: [tabmixnn_paper, xgboost_ids, constant]
splits: {rows: 2, groups: 2}
targets: [core]
validation: false
trials: false
interpretation: false
"""


class Checkout:
    """A copy of the sources in a folder of its own, and Snakemake in it."""

    def __init__(self, folder):
        self.folder = folder
        listing = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in listing.stdout.split():
            if (ROOT / name).exists() and not name.startswith(("tests/", "results/")):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        (folder / "small.yaml").write_text(SMALL)

    def command(self, *options, targets=(), cores=1):
        command = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
        return [*command, "--configfile", "small.yaml", *options, "--", *targets]

    def start(self):
        """Start Snakemake in a process group of its own, so that all of it can be killed."""
        return subprocess.Popen(
            self.command(),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *targets, cores=1):
        command = self.command("--rerun-incomplete", targets=targets, cores=cores)
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def dry_run(self, *targets):
        command = self.command("--dry-run", targets=targets)
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def metrics(self):
        """The scores without the seconds, which no two runs share."""
        frame = pd.read_csv(self.folder / "results/metrics.csv")
        return frame.drop(columns=["fit_seconds", "predict_seconds"])

    def tables(self):
        folder = self.folder / "results/tables"
        return {p.name: p.read_text() for p in sorted(folder.glob("table*"))}

    def tracked(self):
        """The runs in MLflow: experiment, name and every score but the seconds."""
        from mlflow.tracking import MlflowClient

        store = self.folder / "results/mlflow/mlflow.db"
        client = MlflowClient(tracking_uri=f"sqlite:///{store}")
        return sorted(
            (
                experiment.name,
                run.info.run_name,
                sorted((k, v) for k, v in run.data.metrics.items() if "seconds" not in k),
            )
            for experiment in client.search_experiments()
            for run in client.search_runs([experiment.experiment_id])
        )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("finished"))
    result = checkout.run()
    assert result.returncode == 0, result.stdout + result.stderr
    return checkout


@pytest.fixture
def fresh(tmp_path):
    return Checkout(tmp_path)


def test_everything_promised_is_there(finished):
    results = finished.folder / "results"
    assert "What was found" in (results / "report.html").read_text()
    assert "| Verdict |" in (results / "claims.md").read_text()
    for name in ("table1", "table2", "table3", "table4", "table6", "timings"):
        for kind in ("csv", "md", "tex"):
            assert (results / "tables" / f"{name}.{kind}").stat().st_size > 0
    assert (results / "figures/improvement.png").stat().st_size > 10_000
    assert (results / "regression/sleepstudy.csv").exists()
    metrics = finished.metrics()
    assert set(metrics["model"]) == {"tabmixnn_paper", "xgboost_ids", "constant"}
    assert set(metrics["protocol"]) == {"rows", "groups"}
    assert metrics.notna().all(axis=None)


def test_every_run_is_in_mlflow(finished):
    pairs = finished.metrics()[["model", "dataset"]].drop_duplicates()
    names = [name for _, name, _ in finished.tracked() if name != "figures"]
    assert sorted(names) == sorted(f"{model}/{dataset}" for model, dataset in pairs.to_numpy())


def test_snakemakes_own_report_has_captions(finished, tmp_path):
    page = tmp_path / "report.html"
    command = finished.command("--report", str(page))
    result = subprocess.run(command, cwd=finished.folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    text = page.read_text()
    for part in (
        "results/claims.csv",
        "results/figures/improvement.svg",
        "Every number and testable",
    ):
        assert part in text


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.dry_run().stdout


def test_a_change_of_the_library_reruns_tabmixnn_and_no_baseline(finished):
    source = finished.folder / "tabmixnn/objective.py"
    before = source.read_text()
    try:
        source.write_text(before + "\n# changed\n")
        plan = finished.dry_run().stdout
    finally:
        source.write_text(before)
    fitted = {line.strip() for line in plan.splitlines() if line.strip().startswith("model=")}
    assert "dataset=sleepstudy, model=tabmixnn_paper" in plan
    assert "model=xgboost_ids" not in plan
    assert "model=constant" not in plan
    assert fitted <= {"model=tabmixnn_paper"}


@pytest.mark.parametrize(
    ("source", "old", "new", "reran"),
    [
        ("recipes.py", "y=(position", "y=(0 + position", {"cbpp": "prepare"}),
        ("splits.py", '"""', '# changed\n"""', {"cbpp": "split", "sleepstudy": "split"}),
        ("simulate.py", '"""', '# changed\n"""', {}),
        ("sources.py", '"""', '# changed\n"""', {}),
    ],
)
def test_a_change_of_how_data_are_made_reruns_the_datasets_it_makes(
    finished, source, old, new, reran
):
    path = finished.folder / "workflow/tabmixbench" / source
    before = path.read_text()
    assert old in before
    try:
        path.write_text(before.replace(old, new, 1))
        plan = finished.dry_run().stdout
    finally:
        path.write_text(before)
    made = re.findall(r"rule (fetch|prepare|split):.*?dataset=(\w+)", plan, re.DOTALL)
    first = {dataset: rule for rule, dataset in reversed(made)}
    assert first == reran
    assert ("Nothing to be done" in plan) == (not reran)


def test_a_killed_run_resumes_on_more_cores_than_there_are_to_the_same_results(finished, fresh):
    run = fresh.start()
    try:
        deadline = time.monotonic() + 120
        while not list(fresh.folder.glob("results/runs/*/*.json")):
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    unlock = [sys.executable, "workflow/scripts/unlock.py"]
    assert subprocess.run(unlock, cwd=fresh.folder, capture_output=True).returncode == 0
    result = fresh.run(cores=8)
    assert result.returncode == 0, result.stdout + result.stderr
    assert fresh.tracked() == finished.tracked()
    pd.testing.assert_frame_equal(fresh.metrics(), finished.metrics(), check_exact=True)
    assert fresh.tables() == finished.tables()


def test_no_rule_is_asked_for_what_another_makes(fresh):
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run"]
    result = subprocess.run(command, cwd=fresh.folder, capture_output=True, text=True)
    assert result.returncode == 0
    assert "unknown" not in result.stdout + result.stderr


def test_a_wrong_checksum_stops_with_a_sentence_and_leaves_nothing(fresh):
    registry = fresh.folder / "config/datasets.yaml"
    head, key, tail = registry.read_text().partition("sha256: ")
    registry.write_text(head + key + "f" * 64 + tail[64:])
    name = head.rstrip().split("\n\n")[-1].split(":")[0].strip()
    result = fresh.run(f"data/raw/{name}.parquet")
    assert result.returncode != 0
    assert f"dataset {name!r}: the SHA-256" in result.stdout + result.stderr
    assert not list((fresh.folder / "data").rglob("*.parquet"))


def test_the_papers_figures_are_targets(finished):
    result = finished.run("results/interpretation/exact/figure1.png")
    assert result.returncode == 0, result.stdout + result.stderr
    folder = finished.folder / "results/interpretation/exact"
    for name in ("figure1", "figure2", "figure3"):
        assert (folder / f"{name}.png").stat().st_size > 10_000
        assert (folder / f"{name}.svg").read_text().startswith("<?xml")
        assert "the linear mixed model (REML)" in (folder / f"{name}.md").read_text()


@pytest.mark.parametrize("target", ["peers", "simulations", "confirmation"])
def test_targets_of_their_own_plan_without_fitting_the_core_again(finished, target):
    result = finished.dry_run(target)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "model=tabmixnn_paper" not in result.stdout
    made = {
        "peers": "leaderboard/regression_groups_ranking.md",
        "simulations": "curve.md",
        "confirmation": "leaderboard/confirmation_groups_ranking.md",
    }
    assert made[target] in result.stdout
    if target != "simulations":
        assert f"results/mlflow/{target}.json" in result.stdout


def test_models_meet_other_splits_in_runs_of_their_own(finished):
    plan = finished.dry_run("again").stdout
    assert "rule track_again:" in plan
    assert "rule split_again:" in plan
    assert "rule fit_again:" in plan
    assert "rule fit:" not in plan
    assert "rule split:" not in plan


def test_a_model_is_ranked_among_published_scores_of_the_same_splits(fresh):
    reference, ranking = (
        "results/reference/leaderboard",
        "results/leaderboard/regression_ranking.md",
    )
    shutil.copytree(ROOT / reference, fresh.folder / reference)
    asked = ["--config", "published=True", "datasets=[sleepstudy]", "models=[linear]"]
    small = fresh.folder / "small.yaml"

    def rank(folds):
        small.write_text(SMALL.replace("{rows: 2, groups: 2}", f"{{rows: 5, groups: {folds}}}"))
        command = fresh.command(*asked, targets=(ranking,))
        return subprocess.run(command, cwd=fresh.folder, capture_output=True, text=True)

    refused = rank(folds=2)
    assert refused.returncode != 0
    assert "the published scores of sleepstudy (groups) are of other" in refused.stderr
    ranked = rank(folds=5)
    assert ranked.returncode == 0, ranked.stdout + ranked.stderr
    fitted = {path.stem for path in fresh.folder.glob("results/runs/sleepstudy/*.json")}
    assert fitted == {"constant", "linear"}
    page = (fresh.folder / ranking).read_text()
    assert "| CatBoost |" in page
    assert "Not of this run but of the committed reference run" in page


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/regression/slepstudy.csv", "unknown dataset 'slepstudy': did you mean 'sleep"),
        ("results/regresion/sleepstudy.csv", "unknown suite 'regresion': did you mean 'regres"),
        ("results/runs/sleepstudy/xgbost.json", "unknown model 'xgbost': did you mean 'xgboost"),
        ("results/interpretation/exakt/figure1.png", "unknown explained model 'exakt': did you m"),
        ("results/tables/tabel3.md", "unknown table 'tabel3': did you mean 'table3'"),
    ],
)
def test_a_wrong_target_is_answered_with_the_nearest(finished, target, message):
    result = finished.dry_run(target)
    assert result.returncode != 0
    assert message in result.stdout + result.stderr


def why_no_slurm():
    """Say what this machine lacks to start a Slurm of its own; None if nothing."""
    daemons = ("slurmctld", "slurmd", "munged")
    missing = [name for name in daemons if shutil.which(name) is None]
    if missing:
        return f"needs {', '.join(missing)} (Debian's slurm-wlm and munge)"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "needs Snakemake's executor for Slurm: pip install '.[slurm]'"
    if Path("/etc/slurm/slurm.conf").exists():
        return "this machine belongs to a Slurm cluster already"
    return None if os.geteuid() == 0 else "only root can start Slurm's daemons"


@pytest.fixture
def slurm(tmp_path_factory):
    """A running Slurm of one node."""
    if reason := why_no_slurm():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm") / "node"
    subprocess.run([ONE_NODE, "start", folder], check=True)
    yield
    subprocess.run([ONE_NODE, "stop", folder], check=True)


@pytest.mark.slow
@pytest.mark.usefixtures("slurm")
def test_the_smoke_reproduction_on_slurm_has_every_run_in_mlflow(fresh):
    command = [sys.executable, "-m", "snakemake", "--configfile", "config/smoke.yaml"]
    command += ["--workflow-profile", "workflow/profiles/slurm"]
    command += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "10"]
    command += ["--slurm-no-account"]
    path = os.pathsep.join([str(ONE_NODE.parent), os.environ["PATH"]])
    options = {"cwd": fresh.folder, "capture_output": True, "text": True, "timeout": 1800}
    result = subprocess.run(command, env=os.environ | {"PATH": path}, **options)
    assert result.returncode == 0, result.stdout + result.stderr

    queue = ["squeue", "--states=all", "--noheader", "--format=%T %k"]
    jobs = subprocess.run(queue, capture_output=True, text=True, check=True).stdout
    states = [line.split()[0] for line in jobs.splitlines()]
    records = list((fresh.folder / "results/runs").glob("*/*.json"))
    assert len(records) > 20
    assert set(states) == {"COMPLETED"}
    assert len(states) > len(records)
    names = [name for _, name, _ in fresh.tracked() if name != "figures"]
    assert sorted(names) == sorted(f"{path.stem}/{path.parent.name}" for path in records)
