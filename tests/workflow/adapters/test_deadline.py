"""The time that a fit may take is that of the processor."""

import time

import pytest

from tabmixbench.adapters.base import TimedOut
from tabmixbench.adapters.deadline import Deadline, time_limit


def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_waiting_does_not_count():
    deadline = Deadline(0.05, "A model")
    with time_limit(0.05, "A model"):
        time.sleep(0.1)
    assert not deadline.passed


def test_what_works_for_too_long_is_stopped():
    deadline = Deadline(0.05, "A model")
    with (
        pytest.raises(TimedOut, match=r"A model did not finish within 0\.1 s of processor time"),
        time_limit(0.1, "A model"),
    ):
        work(5.0)
    assert deadline.passed
    with pytest.raises(TimedOut):
        deadline.check()


def test_nothing_is_stopped_afterwards():
    with time_limit(0.05, "A model"):
        pass
    work(0.1)
