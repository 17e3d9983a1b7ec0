"""What is told of executors."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from pybridge.animation import executors
from pybridge.errors import BadArgumentError


def test_workers_are_counted():
    with ThreadPoolExecutor(3) as threads:
        assert executors.workers_of(threads) == 3
    assert executors.workers_of(Executor()) == os.cpu_count()


def test_a_pool_of_processes_is_made_again_as_it_was():
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(3, mp_context=context, initializer=print, initargs=("begun",))
    new = executors.renewed(pool)
    assert isinstance(new, ProcessPoolExecutor)
    assert vars(new)["_max_workers"] == 3
    assert vars(new)["_mp_context"] is context
    assert (vars(new)["_initializer"], vars(new)["_initargs"]) == (print, ("begun",))


def test_others_are_not():
    class Own(ProcessPoolExecutor):
        pass

    with ThreadPoolExecutor(1) as threads, Own(1) as own:
        assert executors.renewed(threads) is None
        assert executors.renewed(own) is None


def test_what_is_no_executor_is_refused():
    with pytest.raises(BadArgumentError, match="load_balanced_view"):
        executors.check(3)
