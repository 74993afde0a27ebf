"""Jobs in copies of a process that has done the imports: as jobs by themselves, only sooner."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tabmixbench.warm import ADDRESS, WarmProcess, imports_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
SCRIPT = """
import sys
from tabmixbench.warm import in_warm_copy

in_warm_copy("script")
import os, subprocess, time

print("imported", "colorsys" in sys.modules, os.getcwd(), os.environ["LABEL"], flush=True)
{body}
"""


@pytest.fixture
def warm(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(WORKFLOW))
    process = WarmProcess(["colorsys", "no_such_module"], threads=1)
    yield process
    process.close()


def start(tmp_path, body="", threads="1", **options):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(body=body))
    env = os.environ | {"LABEL": "mine", "OMP_NUM_THREADS": threads}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, script], cwd=tmp_path, env=env, **pipes, **options)


def end(process):
    output, error = process.communicate(timeout=30)
    return process.returncode, output, error


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 10 s")


def test_it_imports_what_the_jobs_of_the_models_asked_for_do():
    modules = imports_of(["xgboost", "catboost", "xgboost"])
    assert {"tabmixbench.runs", "xgboost", "catboost"} <= set(modules)
    assert len(modules) == len(set(modules))
    assert "torch" not in modules


def test_a_script_has_the_imports_its_own_folder_and_environment(tmp_path, warm):
    for _ in range(2):
        status, output, error = end(start(tmp_path))
        assert (status, error) == (0, "")
        assert output == f"imported True {tmp_path} mine\n"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ("raise SystemExit('error: one sentence')", 1, "error: one sentence"),
        ("raise SystemExit(3)", 3, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("os.kill(os.getpid(), 9)", 1, "error: script was killed before it was done"),
        ("subprocess.run(['false'], check=True)", 1, "CalledProcessError"),
    ],
)
def test_it_ends_as_the_script_does(tmp_path, warm, body, status, sentence):
    found, _, error = end(start(tmp_path, body))
    assert found == status
    assert sentence in error


def test_without_one_or_with_other_threads_a_script_runs_by_itself(tmp_path, warm, monkeypatch):
    assert "imported False" in end(start(tmp_path, threads="2"))[1]
    monkeypatch.setenv(ADDRESS, f"1:{tmp_path}/nothing")
    assert "imported False" in end(start(tmp_path))[1]
    monkeypatch.delenv(ADDRESS)
    assert "imported False" in end(start(tmp_path))[1]


def test_a_copy_ends_with_the_job_that_asked(tmp_path, warm):
    job = start(tmp_path, "print(os.getpid(), flush=True)\ntime.sleep(60)")
    job.stdout.readline()
    copy = int(job.stdout.readline())
    assert copy != job.pid
    assert alive(copy)
    os.kill(job.pid, signal.SIGKILL)
    wait_until(lambda: not alive(copy))
    end(job)


def test_it_ends_with_the_process_that_started_it_and_leaves_nothing(tmp_path):
    code = (
        "import json, os, time\n"
        "from tabmixbench.warm import ADDRESS, WarmProcess\n"
        "warm = WarmProcess([], threads=1)\n"
        "print(json.dumps([warm._process.pid, os.environ[ADDRESS]]), flush=True)\n"
        "time.sleep(60)\n"
    )
    env = os.environ | {"PYTHONPATH": str(WORKFLOW), "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE)
    pid, address = json.loads(parent.stdout.readline())
    assert Path(address.partition(":")[2]).exists()
    parent.kill()
    parent.wait()
    wait_until(lambda: not alive(pid))
    assert not list(tmp_path.iterdir())
