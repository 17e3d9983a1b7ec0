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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_what_was_forked_is_not_forked_again():
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
    new = executors.renewed(pool)
    assert vars(new)["_mp_context"].get_start_method() == "spawn"


def test_all_processes_of_a_pool_are_started_by_whoever_prepares_it():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        executors.prepare(pool)
        assert len(vars(pool)["_processes"]) == 3
    with ThreadPoolExecutor(1) as threads:
        executors.prepare(threads)
        assert len(vars(threads)["_threads"]) == 0


def test_others_are_not():
    class Own(ProcessPoolExecutor):
        pass

    with ThreadPoolExecutor(1) as threads, Own(1) as own:
        assert executors.renewed(threads) is None
        assert executors.renewed(own) is None


def test_what_is_no_executor_is_refused():
    with pytest.raises(BadArgumentError, match="load_balanced_view"):
        executors.check(3)
