"""What a job leaves behind where it fails."""

import pytest

from tabmixbench.collect import read_records
from tabmixbench.job import job


def test_an_expected_failure_is_one_sentence_with_its_traceback_in_the_log(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(SystemExit, match=r"error: no such column \(details: .*job.log\)"), job(log):
        raise ValueError("no such column")
    assert "Traceback" in log.read_text()


def test_the_log_has_the_traceback_of_any_other_failure(tmp_path):
    log = tmp_path / "job.log"
    with pytest.raises(KeyError), job(log):
        {}["missing"]
    assert "KeyError: 'missing'" in log.read_text()


def test_a_damaged_record_is_named(tmp_path):
    path = tmp_path / "forest.json"
    path.write_text('{"dataset": "Pas')
    with pytest.raises(ValueError, match=r"forest\.json is damaged .* delete it"):
        read_records(path)
