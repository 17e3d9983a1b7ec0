"""Tasks under way: as many as keep the workers busy, each answered, given again or given up.

The executor's own scheduler decides which worker draws what. Here it is only decided how many
frames are given out, and when: a little more than the workers can have in hand, so that a view that
goes elsewhere waits for little. Executors call back in threads of their own, of which some may not
submit; what they say is handled in one thread, which ends when nothing is under way.
"""

from __future__ import annotations

import itertools
import logging
import math
import queue
import threading
import time
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pybridge.tracebacks import describe

from . import executors
from .workers import Task, draw

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Executor, Future
    from contextlib import AbstractContextManager

    from .recipe import Packed
    from .workers import Answer

__all__ = ["Job", "Plan", "Pool", "Wanted"]

_logger = logging.getLogger(__name__)

Wanted = tuple[int, float]
"""A frame that is wanted: its index and scale."""

# What a task should take, in seconds: the way there and back is little beside that, and a view that
# goes elsewhere does not wait for long.
_TASK = 0.1
_MOST_FRAMES = 32
# Tasks given out for each worker: the next one is there when one is done.
_DEPTH = 1.5
# How often a frame is given out before it is given up, when workers die over it, or hang.
_ATTEMPTS = 3
# How many pools in a row may break without having drawn anything.
_BARREN = 3
# How often the number of workers is asked for, in seconds: clusters grow and shrink.
_CENSUS = 5.0
# Weight of the newest measurement in the average.
_NEW = 0.3


@dataclass(frozen=True)
class Plan:
    """What is to be drawn next.

    Attributes
    ----------
    version : int
        Which frames they are, see `frames.Frames`.
    params : mapping
    composing : bool
        As for `Task`.
    wanted : iterable of Wanted
        The most urgent first.
    """

    version: int
    params: Mapping[str, Any]
    composing: bool
    wanted: Iterable[Wanted]


@dataclass(eq=False)
class Job:
    """A task that was given out.

    Attributes
    ----------
    since : float
        When a worker has taken it, as far as that can be told; 0 as long as none has.
    is_unwanted : bool
        It was taken back, or its frames were given to others.
    """

    version: int
    task: Task
    executor: Executor
    future: Future[Answer] = field(init=False)
    since: float = 0.0
    is_unwanted: bool = False

    @property
    def wanted(self) -> list[Wanted]:
        """The frames, as they were wanted."""
        return [(index, self.task.scale) for index in self.task.indices]


class Owner(Protocol):
    """Who wants frames. All but `flush` is called with the pool's lock held."""

    def plan(self) -> Plan:
        """Say what is wanted, leaving out nothing that is under way."""

    def took(self, job: Job, answer: Answer) -> None:
        """Take what a worker says."""

    def failed(self, job: Job, index: int, description: dict[str, Any]) -> None:
        """Hear that a frame was given up."""

    def abandoned(self, why: str) -> None:
        """Hear that there is nobody left to draw."""

    def flush(self) -> float | None:
        """Pass on what is new; gives when to be called again, in seconds."""


class Pool:
    """Gives frames out to an executor's workers.

    Parameters
    ----------
    executor : Executor
    packed : Packed
        The recipe of the animation.
    owner : Owner
    lock : RLock
        Held while anything here is looked at or changed.
    timeout : float
        How long a worker may take for one task, in seconds.

    Attributes
    ----------
    workers : int
        How many there are.
    cost : float
        What a frame takes a worker, in seconds; 0 until the first is there.
    """

    def __init__(
        self,
        executor: Executor,
        packed: Packed,
        owner: Owner,
        lock: AbstractContextManager[bool],
        *,
        timeout: float,
    ) -> None:
        self.workers = executors.workers_of(executor)
        self.cost = 0.0
        self._executor = executor
        # The user's own, when another has taken its place.
        self._given = executor
        self._packed = packed
        self._owner = owner
        self._lock = lock
        self._timeout = timeout
        self._jobs: list[Job] = []
        # Those who took too long, and may be at it still.
        self._hung: list[Job] = []
        self._attempts: dict[tuple[int, Wanted], int] = {}
        # Workers that have made the animation, as far as is known.
        self._prepared: set[str] = set()
        self._barren = 0
        self._counted = time.monotonic()
        self._said: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def chunk(self) -> int:
        """How many frames a task should have."""
        if self.cost == 0:
            return 1
        return max(1, min(_MOST_FRAMES, round(_TASK / self.cost)))

    @property
    def reach(self) -> int:
        """How many frames the workers can have in hand."""
        return self._depth * self.chunk

    @property
    def _depth(self) -> int:
        return int(_DEPTH * self.workers) + 1

    def wake(self) -> None:
        """Have another look at what is wanted; returns at once."""
        with self._lock:
            self._said.put(None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pybridge-pool", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - of whatever kind the executor is
            with self._lock:
                self._thread = None
                self._jobs.clear()
                _logger.warning("the executor has failed: %s", type(error).__name__)
                self._owner.abandoned(f"the executor has failed ({error!r})")
            while (again := self._owner.flush()) is not None:
                time.sleep(again)

    def _work(self) -> None:
        again = self._owner.flush()
        while True:
            self._census()
            with self._lock:
                self._follow()
                self._expire()
                self._fill()
                if not self._jobs and again is None and self._said.empty():
                    self._thread = None
                    return
                wait = min(self._next_look(), 3600.0 if again is None else again)
            said = [self._next(wait)]
            while said[-1] is not None:
                said.append(self._next(0))
            with self._lock:
                for job in filter(None, said):
                    self._finish(job)
            again = self._owner.flush()

    def _next(self, wait: float) -> Job | None:
        try:
            return self._said.get(timeout=wait) if wait > 0 else self._said.get_nowait()
        except queue.Empty:
            return None

    def _census(self) -> None:
        now = time.monotonic()
        if now - self._counted > _CENSUS:
            self._counted = now
            self.workers = executors.workers_of(self._executor)

    def _at_work(self) -> list[Job]:
        """Give the jobs that workers have taken: executors give them out in the order they came."""
        return self._jobs[: max(0, self.workers - len(self._hung))]

    def _next_look(self) -> float:
        now = time.monotonic()
        for job in self._at_work():
            job.since = job.since or now
        ends = [job.since + self._timeout for job in self._jobs if job.since]
        return max(0.01, min([*ends, self._last_chance(), now + self._timeout]) - now)

    def _last_chance(self) -> float:
        """Say until when an executor may go on if all of its workers hang."""
        if len(self._hung) < self.workers:
            return math.inf
        # A frame that only takes longer still counts when it comes.
        return max(job.since for job in self._hung) + 2 * self._timeout

    def _follow(self) -> None:
        """Shut down what stands in for the user's executor, once that is shut down."""
        if self._executor is not self._given and executors.is_shut_down(self._given):
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _expire(self) -> None:
        now = time.monotonic()
        if now > self._last_chance():
            self._withdraw(list(self._jobs))
            executors.kill(self._executor)
            self._replace(self._executor, TimeoutError("all its workers hang"))
        for job in [job for job in self._jobs if job.since and now > job.since + self._timeout]:
            self._jobs.remove(job)
            self._hung.append(job)
            job.is_unwanted = True
            _logger.warning("a worker has been at its frames for %g s", self._timeout)
            late = TimeoutError(
                f"a worker was at it for more than {self._timeout:g} s (timeout=): it hangs, or the"
                " frame takes longer"
            )
            self._lost(job, describe(late))

    def _fill(self) -> None:
        plan = self._owner.plan()
        # What was given out when frames were cheaper is soon wanted, too.
        soon = list(itertools.islice(plan.wanted, self.reach + _MOST_FRAMES * self._depth))
        self._take_back(plan, set(soon))
        wanted = soon[: self.reach]
        under_way = {frame for job in self._jobs for frame in job.wanted}
        left = [frame for frame in wanted if frame not in under_way]
        # A few frames are shared out, too.
        chunk = min(self.chunk, -(-len(wanted) // self.workers))
        while left and len(self._jobs) < self._depth:
            frames = self._choose(plan, left, chunk)
            if not frames or not self._submit(plan, frames):
                return

    def _choose(self, plan: Plan, left: list[Wanted], chunk: int) -> list[Wanted]:
        """Take the frames of one task out of a list.

        A frame over which a worker has died may do so again: it goes alone, and no other such with
        it, so that none is blamed for another's fault.
        """
        suspects = {frame for version, frame in self._attempts if version == plan.version}
        tried = any(frame in suspects for job in self._jobs for frame in job.wanted)
        chosen: list[Wanted] = []
        for frame in list(left):
            if frame in suspects:
                if tried:
                    continue
                if not chosen:
                    left.remove(frame)
                    return [frame]
                break
            if chosen and (len(chosen) == chunk or frame[1] != chosen[0][1]):
                break
            left.remove(frame)
            chosen.append(frame)
        return chosen

    def _submit(self, plan: Plan, frames: list[Wanted]) -> bool:
        # As long as some workers have not been heard of, any may be new.
        recipe = self._packed.data if len(self._prepared) < self.workers else None
        indices, scale = tuple(index for index, _ in frames), frames[0][1]
        task = Task(self._packed.token, indices, scale, plan.params, plan.composing, recipe)
        job = Job(plan.version, task, self._executor)
        try:
            job.future = self._executor.submit(draw, task)
            _logger.debug("frames %s: given out", indices)
        except BrokenExecutor as error:
            self._replace(job.executor, error)
            return False
        except Exception as error:  # noqa: BLE001 - of whatever kind the executor is
            self._owner.abandoned(f"the executor takes no more tasks ({error})")
            return False
        self._jobs.append(job)
        job.future.add_done_callback(lambda _: self._said.put(job))
        return True

    def _take_back(self, plan: Plan, wanted: set[Wanted]) -> None:
        """Cancel what has not begun and is no longer wanted."""
        at_work = self._at_work()
        unwanted = [
            job
            for job in self._jobs
            if job not in at_work and (job.version != plan.version or wanted.isdisjoint(job.wanted))
        ]
        self._withdraw(unwanted)

    def _withdraw(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.is_unwanted = True
            self._jobs.remove(job)
        if jobs:
            executors.cancel(self._executor, [job.future for job in jobs])

    def _finish(self, job: Job) -> None:
        for jobs in (self._jobs, self._hung):
            if job in jobs:
                jobs.remove(job)
        future = job.future
        # It calls back with the job: a circle, which would keep the answer in memory.
        del job.future
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._take(job, future.result())
        elif not job.is_unwanted:
            if isinstance(error, BrokenExecutor):
                self._replace(job.executor, error)
            # With one process of a pool all are lost: to blame is one that had begun.
            if job.since or not isinstance(error, BrokenExecutor):
                self._lost(job, describe(error))

    def _take(self, job: Job, answer: Answer) -> None:
        self._barren = 0
        worker = answer.about.worker
        if answer.is_unknown:
            self._prepared.discard(worker)
            # Someone new: until all are known again, the recipe goes along.
            while len(self._prepared) >= self.workers:
                self._prepared.pop()
            return
        if answer.broken is not None:
            self._lost(job, answer.broken)
            return
        self._prepared.add(worker)
        for frame in job.wanted:
            self._attempts.pop((job.version, frame), None)
        if answer.frames:
            cost = answer.seconds / len(answer.frames)
            self.cost += (cost - self.cost) * (_NEW if self.cost else 1)
        self._owner.took(job, answer)

    def _lost(self, job: Job, description: dict[str, Any]) -> None:
        """Have a job's frames drawn by others, unless that was tried often enough."""
        _logger.debug("frames %s: lost (%s)", job.task.indices, description["type"])
        for frame in job.wanted:
            key = job.version, frame
            self._attempts[key] = self._attempts.get(key, 0) + 1
            if self._attempts[key] >= _ATTEMPTS:
                del self._attempts[key]
                self._owner.failed(job, frame[0], description)

    def _replace(self, broken: Executor, error: BaseException) -> None:
        if broken is not self._executor:
            return
        self._barren += 1
        self._hung.clear()
        new = None if self._barren > _BARREN else executors.renewed(broken)
        _logger.warning("the executor is broken, %s", "given up" if new is None else "replaced")
        if new is None:
            self._owner.abandoned(f"the executor is broken ({error})")
        else:
            self._executor = new
            self._prepared.clear()
            self._said.put(None)
