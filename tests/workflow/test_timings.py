import pytest

from tabmixbench.timings import job_seconds, timing_table


@pytest.fixture
def benchmarks(tmp_path):
    for name, seconds in {
        "fit/sleepstudy/xgboost": 3.0,
        "fit/sleepstudy/gone": 50.0,
        "fetch/sleepstudy": 0.5,
        "metrics": 0.5,
    }.items():
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:03\n")
    return tmp_path


def test_only_the_jobs_of_this_run_count(benchmarks):
    jobs = job_seconds(benchmarks, {"sleepstudy/xgboost"})
    assert jobs["seconds"].sum() == 4.0


def test_fitting_is_told_from_what_surrounds_it(benchmarks):
    table = timing_table(job_seconds(benchmarks, {"sleepstudy/xgboost"}), fitting={"fit": 2.0})
    data = table.data.set_index("part")
    assert data.loc["fit: inside the models", "percent"] == pytest.approx(50.0)
    assert data.loc["fit: start, imports, reading, scoring", "seconds"] == pytest.approx(1.0)
    assert data["percent"].sum() == pytest.approx(100.0)
    assert table.notes[-1].startswith("50.0% of the time was spent outside")
