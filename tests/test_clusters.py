"""The same on real clusters, whose workers die in mid-play."""

from __future__ import annotations

import os
import signal
import warnings

import distributed
import ipyparallel
import pytest

import pybridge
from pybridge.animation import executors
from tests.animation.made import LENGTH, maker, misbehaving

# They warn of what is theirs: loops, sockets, workers that are gone.
pytestmark = [
    pytest.mark.timeout(180),
    *(
        pytest.mark.filterwarnings(f"ignore::{kind}")
        for kind in ("DeprecationWarning", "ResourceWarning", "UserWarning", "RuntimeWarning")
    ),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Engines:
    """Two engines of ipyparallel."""

    def __init__(self):
        self.cluster = ipyparallel.Cluster(n=2, log_level=40)
        self.client = self.cluster.start_and_connect_sync()
        self.client.wait_for_engines(2, timeout=60)
        self.executor = self.client.load_balanced_view().executor

    def processes(self):
        return self.client[:].apply_sync(os.getpid)

    def close(self):
        self.client.close()
        self.cluster.stop_cluster_sync()


class Workers:
    """Two workers of Dask."""

    def __init__(self):
        self.cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, dashboard_address=None
        )
        self.client = distributed.Client(self.cluster)
        self.executor = self.client.get_executor()

    def processes(self):
        return list(self.client.run(os.getpid).values())

    def close(self):
        self.client.close()
        self.cluster.close()


@pytest.fixture(scope="module", params=[Engines, Workers])
def cluster(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = request.param()
        yield started
        started.close()


def expected():
    frames = pybridge.Animation(maker()(), random_access=True)._frames
    return [frames.frame(i).digest for i in range(LENGTH)]


def test_a_cluster_draws_what_this_process_draws(cluster):
    frames = pybridge.Animation(maker(), executor=cluster.executor)._frames
    frames.expect(range(LENGTH))
    assert [frames.frame(i).digest for i in range(LENGTH)] == expected()
    assert frames.note is None
    assert executors.workers_of(cluster.executor) == 2
    # Both had their share.
    assert len(frames._known) == 2


def test_going_elsewhere_cancels_what_has_not_begun(cluster):
    frames = pybridge.Animation(maker(1000, cost=0.1), executor=cluster.executor)._frames
    frames.frame(1)
    frames.want("a", range(1, 40), 1.0)
    frames.frame(2)
    with frames.lock:
        before = set(frames.store)
        frames.want("a", [500], 1.0)
    frames.frame(500)
    frames.frame(501)
    # What had been given out, at most.
    assert len(set(frames.store) - before - {500, 501}) <= frames.pool._depth


def test_a_film_is_rendered_by_a_cluster(cluster, tmp_path):
    path = pybridge.render(maker(), to=tmp_path / "film.gif", executor=cluster.executor)
    assert path.read_bytes().startswith(b"GIF")


def test_a_worker_that_hangs_has_its_frames_drawn_elsewhere(cluster, tmp_path):
    make = misbehaving("hang", 20, str(tmp_path))
    frames = pybridge.Animation(make, executor=cluster.executor, timeout=2)._frames
    frames.expect(range(LENGTH))
    assert [frames.frame(i).digest for i in range(LENGTH)] == expected()
    (tmp_path / "go on").touch()


# The last one: it leaves a cluster with fewer workers.
def test_a_worker_that_is_killed_in_mid_play_has_its_frames_drawn_elsewhere(cluster):
    frames = pybridge.Animation(maker(cost=0.05), executor=cluster.executor)._frames
    frames.expect(range(LENGTH))
    for index in range(5):
        frames.frame(index)
    os.kill(cluster.processes()[0], signal.SIGKILL)
    assert [frames.frame(i).digest for i in range(LENGTH)] == expected()
