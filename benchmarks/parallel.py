"""What other processes are worth: ``python -m benchmarks.parallel`` measures this alone.

Through each of the three kinds of executors, without a browser: frames of 200 ms each, drawn by two
processes and by one, and beside the same worker's function submitted to the bare executor; and
light frames with an executor and without. Of several runs the best counts: processes that are all
at work are slowed down by whatever else goes on.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import cloudpickle
from matplotlib.animation import FuncAnimation

import pybridge
from pybridge.animation import recipe, workers

from . import animations, report
from .figures import Figure, at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    Start = Callable[[int], contextlib.AbstractContextManager[Executor]]

HEAVY = 0.2  # seconds of processor time for a frame
HEAVY_FRAMES = 16
LIGHT_FRAMES = 600
REPEATS = 3
# Frames until all workers have made the animation, and checked it.
WARM = 8

AT_LEAST_TWICE = at_least(1.8)
OVERHEAD = at_most(5)
HALF = at_least(0.5)


@contextlib.contextmanager
def processes(count: int) -> Iterator[Executor]:
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextlib.contextmanager
def engines(count: int) -> Iterator[Executor]:
    import ipyparallel  # noqa: PLC0415 - slow to import, and only needed here

    with ipyparallel.Cluster(n=count, log_level=40) as client:
        client.wait_for_engines(count, timeout=60)
        yield client.load_balanced_view().executor


@contextlib.contextmanager
def dask_workers(count: int) -> Iterator[Executor]:
    import distributed  # noqa: PLC0415 - slow to import, and only needed here

    with (
        distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client.get_executor()


BACKENDS: dict[str, Start] = {
    "ProcessPoolExecutor": processes,
    "ipyparallel": engines,
    "Dask": dask_workers,
}


def maker(frames: int, cost: float = 0.0) -> Callable[[], FuncAnimation]:
    """Give what makes a travelling wave whose update takes so many seconds of processor time."""

    def make() -> FuncAnimation:
        figure, update = animations.scene("sine")

        def work(i: int) -> object:
            end = time.process_time() + cost
            while time.process_time() < end:
                pass
            return update(i)

        return FuncAnimation(figure, work, frames, cache_frame_data=False)

    return make


def parallel(say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure each kind of executor."""
    # The workers do not have this package.
    cloudpickle.register_pickle_by_value(animations)
    try:
        alone = max(
            _rate(pybridge.Animation(maker(LIGHT_FRAMES)(), random_access=True), LIGHT_FRAMES)
            for _ in range(REPEATS)
        )
        for name, start in BACKENDS.items():
            say(name)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield from _measure(name, start, alone)
    finally:
        cloudpickle.unregister_pickle_by_value(animations)


def _measure(name: str, start: Start, alone: float) -> Iterator[Figure]:
    count = HEAVY_FRAMES
    with start(1) as executor:
        one = max(_rate(_heavy(executor), count) for _ in range(REPEATS))
    with start(2) as executor:
        rates, bare = [], []
        for _ in range(REPEATS):
            rates.append(_rate(_heavy(executor), count))
            bare.append(_bare(executor, count))
        light = max(
            _rate(pybridge.Animation(maker(LIGHT_FRAMES), executor=executor), LIGHT_FRAMES)
            for _ in range(REPEATS)
        )
    two = max(rates)
    yield Figure(
        f"frames of {1000 * HEAVY:g} ms by 2 processes, {name}",
        "fps",
        two,
        one,
        "by one",
        goal=AT_LEAST_TWICE,
        server="none",
    )
    yield Figure(
        f"more than the bare executor takes for a frame, {name}",
        "ms",
        1000 * (1 / two - 1 / max(bare)),
        goal=OVERHEAD,
        server="none",
    )
    yield Figure(
        f"light frames by 2 processes, {name}",
        "fps",
        light,
        alone,
        "without",
        goal=HALF,
        server="none",
    )


def _heavy(executor: Executor) -> pybridge.Animation:
    return pybridge.Animation(maker(HEAVY_FRAMES + WARM, HEAVY), executor=executor)


def _rate(player: pybridge.Animation, count: int) -> float:
    """Give frames a second, as the views of a player get them from the kernel."""
    frames: Any = player._frames  # noqa: SLF001 - what views ask
    first = min(WARM, frames.length - 1)
    frames.expect(range(first))
    for index in range(first):
        frames.frame(index)
    last = min(first + count, frames.length)
    began = time.perf_counter()
    frames.expect(range(first, last))
    for index in range(first, last):
        frames.frame(index)
    return (last - first) / (time.perf_counter() - began)


def _bare(executor: Executor, count: int) -> float:
    """Give frames a second of what runs on a worker, submitted without anything around it."""
    packed = recipe.pack(recipe.Recipe(maker(count + WARM, HEAVY), settings=recipe.settings()))

    def task(index: int) -> workers.Task:
        return workers.Task(packed.token, (index,), 1.0, {}, True, packed.data)

    for future in [executor.submit(workers.draw, task(index)) for index in range(WARM)]:
        future.result()
    began = time.perf_counter()
    for future in [executor.submit(workers.draw, task(i)) for i in range(WARM, WARM + count)]:
        future.result()
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    print(report.table(list(parallel(lambda text: print(text, flush=True)))))
