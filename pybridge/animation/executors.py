"""What executors do not tell alike: how many workers they have, and how to take a task back.

They are used as they are. Of the executors of other packages, which are never imported here, the
attributes say which they are: ipyparallel's ``view.executor`` has a ``view``, and Dask's
``client.get_executor()`` a ``_client``.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from pybridge.errors import BadArgumentError

from .workers import draw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

__all__ = ["cancel", "check", "is_shut_down", "kill", "prepare", "renewed", "workers_of"]

# How long a process has something to do while the others of its pool are started, in seconds.
_BUSY = 0.05


def check(executor: object) -> Executor:
    """Give back an executor.

    Raises
    ------
    BadArgumentError
        When it is none; the message says how to get one.
    """
    if isinstance(executor, Executor):
        return executor
    raise BadArgumentError(
        f"executor= takes a concurrent.futures.Executor, got {type(executor).__name__}:"
        " ProcessPoolExecutor(), or of ipyparallel client.load_balanced_view().executor, or of Dask"
        " client.get_executor()"
    )


def workers_of(executor: Any) -> int:
    """Count the processes that work for an executor, at this moment; at least 1."""
    if hasattr(executor, "view"):
        count = len(executor.view)
    elif hasattr(executor, "_client"):
        # One process draws one frame at a time, however many threads it has.
        count = len(executor._client.nthreads())  # noqa: SLF001 - there is no other way to it
    else:
        count = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
    return max(1, count)


def prepare(executor: Executor) -> None:
    """Have a pool start its processes now, in the thread that calls this.

    A pool starts one whenever it is given something and none is idle. A forked process has a copy
    of each lock that another thread holds at that moment, for ever: the kernel's thread may be
    drawing then.
    """
    if type(executor) is ProcessPoolExecutor:
        # What is shut down or broken is found out, and told, when there are frames to draw.
        with contextlib.suppress(RuntimeError):
            for _ in range(workers_of(executor)):
                executor.submit(time.sleep, _BUSY)


def cancel(executor: Any, futures: Sequence[Future[Any]]) -> None:
    """Take tasks back, if they have not begun. Does not wait."""
    if hasattr(executor, "view"):
        # An AsyncResult's own `cancel` would only forget the answer; `abort` waits for engines.
        executor.view.client.abort(list(futures), block=False)
        return
    for future in futures:
        future.cancel()


def kill(executor: Executor) -> None:
    """End the processes of a pool, unless the user has it do something else as well."""
    if type(executor) is not ProcessPoolExecutor:
        return
    # Before Python 3.14 there is no public way, and that one takes no account of others.
    pool = vars(executor)
    tasks = list(pool["_pending_work_items"].values())
    if all(task.fn in (draw, time.sleep) for task in tasks):
        for process in list((pool["_processes"] or {}).values()):
            process.kill()


def is_shut_down(executor: Executor) -> bool:
    """Whether `shutdown` was called of a pool of processes, which may be broken as well."""
    # The flag that is meant for it is also set where a pool breaks.
    return vars(executor)["_processes"] is None


def renewed(executor: Executor) -> ProcessPoolExecutor | None:
    """Give a new pool in the place of a broken one; None where nobody knows how it was made.

    One process that dies takes its whole pool with it. The new one forks none of its processes: see
    `prepare`.
    """
    if type(executor) is not ProcessPoolExecutor:
        return None
    # There is no public way to what it was made with.
    old = vars(executor)
    context = old["_mp_context"]
    if context.get_start_method() == "fork":
        context = multiprocessing.get_context("spawn")
    # Only Python 3.11 and newer have it.
    tasks = old.get("_max_tasks_per_child")
    return ProcessPoolExecutor(
        old["_max_workers"],
        mp_context=context,
        initializer=old["_initializer"],
        initargs=old["_initargs"],
        **({} if tasks is None else {"max_tasks_per_child": tasks}),
    )
