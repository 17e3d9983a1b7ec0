"""Frames by other processes: the page waits for what it wants, and the kernel for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

POOL = '''
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))


def slowly(cost=0.1, frames=40, failing=None, gate=None):
    """A make() whose frames take long; those from 5 on as long as a file is not there."""

    def make():
        import os
        import time
        from matplotlib.animation import FuncAnimation
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4, 2), dpi=100)
        text = figure.text(0.3, 0.4, "", size=24)

        def update(i):
            end = time.perf_counter() + cost
            while time.perf_counter() < end:
                pass
            while gate and i >= 5 and not os.path.exists(gate):
                time.sleep(0.01)
            if i == failing:
                raise ZeroDivisionError
            text.set_text(f"frame {i}")

        return FuncAnimation(figure, update, frames, interval=50, cache_frame_data=False)

    return make
'''

Parallel = Callable[..., Player]


@pytest.fixture
def parallel(page: Notebook, show: Show) -> Iterator[Parallel]:
    """Shows an animation that two processes draw."""
    page.run(POOL)
    yield lambda source="slowly()", more="": show(f"{source}, executor=pool{more}")
    page.run("pool.shutdown(wait=False, cancel_futures=True)")


def test_it_plays_in_order_to_the_end_and_the_kernel_is_free_meanwhile(
    page: Notebook, parallel: Parallel
) -> None:
    player = parallel("slowly(0.02, 24, gate=os.path.abspath('gate'))")
    player.choose("At the end", "Once")
    player.record()
    player.click("play")
    player.wait(lambda: player.frame == 4, "it plays", timeout=60)
    # Both processes are at their frames, and none of that holds the kernel up.
    assert page.run("6 * 7").data() == ["42"]
    assert page.py("return await py.runPython('6 * 7')") == 42
    assert player.frame == 4
    page.run("open('gate', 'w').close()")
    player.wait(lambda: player.frame == 23 and player.direction == 0, "the end", timeout=60)
    frames = [frame for _, frame in player.recorded]
    # A page that is busy passes over some.
    assert frames == sorted(set(frames))


def test_a_frame_far_away_comes_before_what_was_wanted_until_then(parallel: Parallel) -> None:
    player = parallel("slowly(0.3, 200)")
    player.click("play")
    player.wait(lambda: player.frame > 1, "it plays", timeout=60)
    player.click("last")
    player.at(199)
    assert player.note == ""


def test_what_a_worker_raises_is_shown_where_it_was_raised(parallel: Parallel) -> None:
    player = parallel("slowly(0.01, failing=9)")
    player.click("play")
    player.wait(lambda: "ZeroDivisionError" in player.trace, "the traceback", timeout=60)
    player.click("first")
    player.at(0)
    player.click("next")
    player.at(1)


def test_a_pool_that_is_shut_down_leaves_the_drawing_to_the_kernel(
    page: Notebook, parallel: Parallel
) -> None:
    player = parallel("slowly(0.01)")
    page.run("pool.shutdown()")
    player.click("last")
    player.at(39)
    player.wait(lambda: "draws the frames itself" in player.note, "what has happened")


def test_parameters_reach_the_workers(page: Notebook, show: Show, parallel: Parallel) -> None:
    parallel()
    player = show(
        "make, executor=pool, params={'size': (10, 40)}",
        before="""
def make():
    from matplotlib.figure import Figure
    figure = Figure(figsize=(4, 2), dpi=100)
    text = figure.text(0.3, 0.4, "")
    def update(i, size=12):
        text.set(text=f"frame {i}", size=size)
        return figure
    return update
""",
    )
    player.click("next")
    player.at(1)
    before = player.pixels()
    page.run("shown.set_params(size=40)")
    player.wait(lambda: np.any(player.pixels() != before), "another picture")
    player.click("next")
    player.at(2)


CLUSTERS = {
    "ipyparallel": """
import ipyparallel

cluster = ipyparallel.Cluster(n=2, log_level=40)
client = cluster.start_and_connect_sync()
client.wait_for_engines(2)
pool = client.load_balanced_view().executor
processes = client[:].apply_sync(os.getpid)
""",
    "Dask": """
import distributed

cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
client = distributed.Client(cluster)
pool = client.get_executor()
processes = list(client.run(os.getpid).values())
""",
}

STOP = """
client.close()
cluster.stop_cluster_sync() if hasattr(cluster, "stop_cluster_sync") else cluster.close()
"""


@pytest.mark.parametrize("kind", CLUSTERS)
def test_a_worker_of_a_cluster_that_dies_while_it_plays_is_not_missed(
    page: Notebook, show: Show, kind: str
) -> None:
    page.run(POOL + CLUSTERS[kind], timeout=90)
    try:
        player = show("slowly(0.05, 60), executor=pool")
        player.choose("At the end", "Once")
        player.record()
        player.click("play")
        player.wait(lambda: player.frame > 3, "it plays", timeout=60)
        page.run("import signal; os.kill(processes[0], signal.SIGKILL)")
        player.wait(lambda: player.frame == 59 and player.direction == 0, "the end", timeout=90)
        seen = [frame for _, frame in player.recorded]
        # In order; a page that is busy shows fewer.
        assert seen == sorted(set(seen))
        assert player.js("return root.querySelector('.pybridge-trace').hidden;")
    finally:
        page.run(STOP, timeout=60)
