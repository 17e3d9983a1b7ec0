"""What is told of executors."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

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


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 has no such limit")
def test_its_processes_do_as_many_tasks_as_they_did():
    new = executors.renewed(ProcessPoolExecutor(1, max_tasks_per_child=7))
    assert vars(new)["_max_tasks_per_child"] == 7


def test_a_pool_is_killed_unless_it_has_other_work_than_frames():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        hanging = pool.submit(time.sleep, 2)
        own = pool.submit(sum, range(20_000_000))
        executors.kill(pool)
        assert own.result(60) == 199_999_990_000_000
        assert hanging.result(60) is None
        hanging = pool.submit(time.sleep, 120)
        executors.kill(pool)
        assert isinstance(hanging.exception(60), BrokenProcessPool)
        assert not executors.is_shut_down(pool)
    assert executors.is_shut_down(pool)
    with ThreadPoolExecutor(1) as threads:
        executors.kill(threads)
        assert threads.submit(int).result(60) == 0


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
