"""Frames that workers draw: of a pool of processes, of ipyparallel, of Dask."""

from __future__ import annotations

import itertools
import operator
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, SupportsIndex

from .errors import DependentFramesError, FrameRangeError, WorkerError
from .executors import prepare
from .frames import Frames
from .pool import Plan, Pool
from .store import DEFAULT_BUDGET
from .workers import surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from .base import Source
    from .frame import Backdrop, EncodedFrame
    from .pool import Job, Wanted
    from .recipe import Packed
    from .workers import Answer, Surroundings

__all__ = ["TIMEOUT", "ParallelFrames"]

TIMEOUT = 60.0
"""How long a worker may take for frames before others get them, in seconds, by default."""

# How far workers go ahead of who looks, in seconds of their work.
_AHEAD = 2.0
# Frames ahead may take so much of the store, as a share.
_AHEAD_SHARE = 8
# A view that waits asks again every few seconds; one that does not is gone, in seconds.
_PATIENCE = 15.0
# Least time between two messages about frames that have come, in seconds.
_INTERVAL = 0.03
# How often waiting looks for an interrupt, in seconds.
_LOOK = 0.1
_BACKDROPS = 8


@dataclass(frozen=True)
class _Wish:
    """What one view wants."""

    indices: tuple[int, ...]
    scale: float
    when: float

    def run(self, reach: int, length: int | None) -> Iterator[Wanted]:
        """Iterate over what it wants, then over what it will, if it plays: `reach` in all."""
        for index in self.indices:
            yield index, self.scale
        if len(self.indices) < 2:  # noqa: PLR2004 - at rest
            return
        step = 1 if self.indices[-1] > self.indices[-2] else -1
        last = self.indices[-1]
        for ahead in range(1, reach - len(self.indices) + 1):
            index = last + ahead * step
            yield (index if length is None else index % length), self.scale


class ParallelFrames(Frames):
    """The frames of an animation whose frames do not depend on each other, drawn by workers.

    The first frame is drawn here, at once; and every frame, once there is nobody else to draw them.
    Frames come from the store, or as soon as a worker has drawn them; they are drawn ahead of who
    looks for as long as the workers need for that.

    Parameters
    ----------
    source : Source
        The same animation, made here.
    packed : Packed
        The recipe that the workers make it from.
    executor : Executor
    timeout : float
        How long a worker may take for a task, in seconds.
    budget : int
        Bytes of encoded frames to keep.

    Attributes
    ----------
    came : callable
        Told, in a thread of its own, of the frames that have come, several at once, and of the
        indexes that are worth asking for again; None for all.
    pool : Pool
    """

    def __init__(
        self,
        source: Source,
        packed: Packed,
        executor: Executor,
        *,
        timeout: float = TIMEOUT,
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        super().__init__(source, budget=budget)
        self.came: Callable[[list[EncodedFrame], list[int] | None], object] = lambda *_: None
        prepare(executor)
        self.pool = Pool(executor, packed, self, self.lock, timeout=timeout)
        self._arrived = threading.Condition(self.lock)
        # What is to be told.
        self._new: list[EncodedFrame] = []
        self._settled: list[int] = []
        self._all_settled = False
        self._flushed = 0.0
        self._wishes: dict[str | None, _Wish] = {}
        self._awaited: dict[Wanted, int] = {}
        self._expected: deque[Wanted] = deque()
        self._failures: dict[int, WorkerError] = {}
        self._backdrops: OrderedDict[str, Backdrop] = OrderedDict()
        self._method = ""
        self._composing = True
        self._end: int | None = None
        # The version and the digest of the frame 0 that was drawn here.
        self._own: tuple[int, str] | None = None
        self._known: set[str] = set()
        self._alone = False
        self._dependent: int | None = None

    @property
    def drawing(self) -> str:  # noqa: D102 - as in the base class
        if self._alone or not self._method:
            return super().drawing
        count = self.pool.workers
        return f"{self._method}, by {count} worker{'s' * (count != 1)}"

    def first(self, scale: float = 1.0) -> EncodedFrame:
        """Give frame 0, drawn here. Parameters and errors as for `frame`."""
        frame = super().frame(0, scale)
        if scale == 1:
            self._own = self.version, frame.digest
        return frame

    def frame(self, index: SupportsIndex, scale: float = 1.0) -> EncodedFrame:
        """Give frame `index`, waiting for it if need be. See `Frames.frame`.

        Raises
        ------
        WorkerError
            When drawing it has failed on a worker, or no worker has lived to draw it.
        DependentFramesError
            When frames turned out to depend on those drawn before.
        """
        index = operator.index(index)
        with self.lock:
            frame = self.take(index, scale)
            if frame is not None:
                return frame
            wanted = index, self._scale(scale)
            self._awaited[wanted] = self._awaited.get(wanted, 0) + 1
            try:
                while frame is None:
                    self.pool.wake()
                    # Lets go of the lock, and can be interrupted.
                    self._arrived.wait(_LOOK)
                    frame = self.take(index, scale)
            finally:
                self._awaited[wanted] -= 1
                if not self._awaited[wanted]:
                    del self._awaited[wanted]
            return frame

    def take(self, index: int, scale: float) -> EncodedFrame | None:
        """Give frame `index`, or None when workers are at it. Errors as for `frame`."""
        with self.lock:
            if self._own is None:
                self.first()
            scale = self._scale(scale)
            if self._expected and self._expected[0] == (index, scale):
                self._expected.popleft()
            stored = self.store.get(index, scale)
            if stored is not None:
                return stored
            if self._dependent is not None:
                raise DependentFramesError(_DEPENDENT.format(self._dependent))
            if self._alone:
                return super().frame(index, scale)
            if self.refusal(index) is None and self._end is not None and index >= self._end:
                raise FrameRangeError(index, self.length)
            failure = self._failures.pop(index, None)
            if failure is not None:
                raise failure
            return None

    def want(self, view: str | None, indices: Sequence[int], scale: float) -> None:
        """Have frames drawn for a view, before all that was wanted until now.

        Parameters
        ----------
        view : str or None
            Its name. What it wanted before is no longer wanted.
        indices : sequence of int
            The most urgent first. If there are several, it plays, and those after them are drawn
            ahead.
        scale : float
        """
        with self.lock:
            self._wishes.pop(view, None)
            self._wishes[view] = _Wish(tuple(indices), self._scale(scale), time.monotonic())
            self.pool.wake()

    def leave(self, view: str) -> None:  # noqa: D102 - as in the base class
        with self.lock:
            self._wishes.pop(view, None)

    def expect(self, indices: Iterable[int], scale: float = 1.0) -> None:
        """Have frames drawn ahead of `frame` being asked for them, in this order."""
        with self.lock:
            if self._own is None:
                self.first()
            scale = self._scale(scale)
            self._expected = deque((index, scale) for index in indices)
            self.pool.wake()

    # -- what the pool asks and says --------------------------------------------------------------

    def plan(self) -> Plan:
        """See `pool.Owner.plan`."""
        nothing = self._alone or self._dependent is not None
        wanted = () if nothing else self._wanted()
        return Plan(self.version, dict(self.source.params), self._composing, wanted)

    def took(self, job: Job, answer: Answer) -> None:
        """See `pool.Owner.took`."""
        if job.version != self.version:
            return
        self._method = answer.method
        self._compare(answer.about, answer.first)
        if answer.dependent is not None:
            self._dependent = answer.dependent
            self._new_version()
        elif answer.is_doubtful:
            # Whole figures from now on, by every worker.
            self._composing = False
            self._new_version()
        else:
            for frame in answer.frames:
                self._new.append(self._keep(self._sharing(frame)))
                self.source.reached = max(self.source.reached, frame.index + 1)
            self._settled += job.task.indices
            for index, description in answer.failures.items():
                self._failures[index] = WorkerError(index, description)
            if answer.end is not None:
                self._end = min(answer.end, self._end or answer.end)
            if self._end is not None and self.source.reached >= self._end:
                self.source.length = self._end
        self._arrived.notify_all()

    def failed(self, job: Job, index: int, description: dict[str, Any]) -> None:
        """See `pool.Owner.failed`."""
        if job.version == self.version:
            self._failures[index] = WorkerError(index, description)
            self._settled.append(index)
            self._arrived.notify_all()

    def abandoned(self, why: str) -> None:
        """See `pool.Owner.abandoned`."""
        self._alone = self._all_settled = True
        self.note = f"This kernel draws the frames itself: {why}."
        self._arrived.notify_all()

    def flush(self) -> float | None:
        """See `pool.Owner.flush`."""
        with self.lock:
            if not (self._settled or self._all_settled):
                return None
            waited = time.monotonic() - self._flushed
            if waited < _INTERVAL:
                return _INTERVAL - waited
            self._flushed = time.monotonic()
            # Who was to be told of them may not be who is by the time that they are told.
            came, new = self.came, self._new
            settled = None if self._all_settled else self._settled
            self._new, self._settled, self._all_settled = [], [], False
        came(new, settled)
        return None

    def _wanted(self) -> Iterator[Wanted]:
        """Iterate over the frames that are not here yet, the most urgent first."""
        seen: set[Wanted] = set()
        for wanted in itertools.chain(self._awaited, self._ahead()):
            index, scale = wanted
            beyond = index < 0 or (self.length is not None and index >= self.length)
            beyond = beyond or (self._end is not None and index >= self._end)
            if beyond or index in self._failures or wanted in seen:
                continue
            seen.add(wanted)
            if self.store.get(index, scale) is None:
                yield wanted

    def _ahead(self) -> Iterator[Wanted]:
        reach = self._reach()
        now = time.monotonic()
        for wish in reversed(self._wishes.values()):
            if now - wish.when < _PATIENCE:
                yield from wish.run(reach, self.length)
        yield from itertools.islice(self._expected, reach)

    def _reach(self) -> int:
        """Give how many frames to draw ahead: enough work for all, and no more than can be kept."""
        pool = self.pool
        reach = max(pool.reach, round(_AHEAD * pool.workers / pool.cost) if pool.cost else 0)
        if len(self.store):
            room = self.store.budget / _AHEAD_SHARE / (self.store.nbytes / len(self.store) + 1)
            reach = min(reach, max(round(room), pool.workers))
        return reach

    def _compare(self, about: Surroundings, first: str) -> None:
        """Compare a worker's first frame with the one that was drawn here."""
        if self._own is None or self._own[0] != self.version or about.worker in self._known:
            return
        self._known.add(about.worker)
        if first != self._own[1] and self.note is None:
            self.note = _difference(about)

    def _sharing(self, frame: EncodedFrame) -> EncodedFrame:
        """Have frames of several tasks share their backdrop in memory."""
        backdrop = frame.backdrop
        if backdrop is None:
            return frame
        shared = self._backdrops.setdefault(backdrop.key, backdrop)
        self._backdrops.move_to_end(backdrop.key)
        if len(self._backdrops) > _BACKDROPS:
            self._backdrops.popitem(last=False)
        return replace(frame, backdrop=shared)

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Change parameters; with others, frames may not depend on each other. See `Frames`."""
        with self.lock:
            self._dependent = None
            super().set_params(params)

    def restart(self) -> None:
        """Begin again, and find out again whether frames depend on each other. See `Frames`."""
        with self.lock:
            self._dependent = None
            super().restart()

    def _new_version(self) -> None:
        super()._new_version()
        self._wishes.clear()
        self._expected.clear()
        self._failures.clear()
        self._new.clear()
        self._all_settled = True
        self._end = None
        self._arrived.notify_all()
        self.pool.wake()


_DEPENDENT = (
    "frame {} looked different when a worker drew it again after others: frames depend on those"
    " drawn before them. With an executor, the update function has to set all that it shows from"
    " the frame number alone, random numbers too (np.random.default_rng(i))"
)


def _difference(there: Surroundings) -> str:
    """Say why a worker may draw other pixels than this process."""
    here = surroundings().versions
    differing = [
        f"{name} {version} there, {here.get(name)} here"
        for name, version in there.versions.items()
        if version != here.get(name)
    ]
    why = "; ".join(differing) or "the versions are the same: is it random, or does it read files?"
    return f"A worker ({there.worker}) draws the first frame otherwise than this kernel: {why}."
