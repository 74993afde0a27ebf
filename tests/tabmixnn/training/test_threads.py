"""Small steps take one thread, and leave the process as they found it."""

import threading

import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from tabmixnn.training.threads import SMALL_STEP, threads_for


def settings():
    blas = {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}
    return torch.get_num_threads(), blas


@pytest.fixture
def two():
    before = torch.get_num_threads()
    with threadpool_limits(2):
        torch.set_num_threads(2)
        yield settings()
    torch.set_num_threads(before)


def test_a_small_step_has_one_thread(two):
    with threads_for(10):
        assert settings() == (1, {1})
    assert settings() == two


def test_a_large_step_has_all(two):
    with threads_for(SMALL_STEP):
        assert settings() == two


def test_an_error_leaves_the_settings_as_they_were(two):
    with pytest.raises(KeyError), threads_for(10):
        raise KeyError
    assert settings() == two


def test_fits_in_several_threads_leave_them_too(two):
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def first():
        with threads_for(10):
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second():
        first_in.wait(10)
        with threads_for(10):
            second_in.set()
            first_out.wait(10)

    threads = [threading.Thread(target=each) for each in (first, second)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert settings() == two
