"""Frames by an executor's workers: the same ones, whatever happens to a worker."""

from __future__ import annotations

import gc
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

import pybridge
from pybridge.animation import workers
from pybridge.animation.errors import (
    DependentFramesError,
    FrameRangeError,
    WorkerError,
)
from pybridge.animation.service import AnimationService

from .made import LENGTH, maker, misbehaving

CONTEXT = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=CONTEXT) as pool:
        yield pool


@pytest.fixture
def own_processes():
    """A pool that a test may break."""
    pools = [ProcessPoolExecutor(2, mp_context=CONTEXT)]
    yield pools[0]
    pools[0].shutdown(wait=False)


def shown(make, executor, **options):
    """Give the frames of a player."""
    return pybridge.Animation(make, executor=executor, **options)._frames


def digests(frames, indices=range(LENGTH), scale=1.0):
    return [frames.frame(i, scale).digest for i in indices]


def expected(make=None, scale=1.0, **options):
    made = pybridge.Animation((make or maker())(), random_access=True, **options)
    return digests(made._frames, scale=scale)


def wait_until(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


# The same frames


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_workers_draw_what_this_process_draws(processes, scale):
    frames = shown(maker(), processes)
    frames.expect(range(LENGTH), scale)
    assert digests(frames, scale=scale) == expected(scale=scale)
    assert frames.note is None
    assert "by 2 workers" in frames.drawing


def test_the_settings_of_the_notebook_count_for_the_workers(processes):
    with mpl.rc_context({"axes.facecolor": "black", "lines.linewidth": 5}):
        frames = shown(maker(), processes)
        assert digests(frames, range(5)) == expected()[:5]
    assert digests(frames, range(5, 10)) != expected()[5:10]
    assert frames.note is None


def test_a_function_of_the_frame_number_will_do(processes):
    def make():
        return lambda i: np.full((4, 6, 3), i, np.uint8)

    frames = shown(make, processes, frames=9)
    assert [np.asarray(frames.frame(i).picture())[0, 0, 0] for i in range(9)] == list(range(9))
    assert frames.frame(3, 2.0).scale == 1


def test_parameters_go_along(processes):
    player = pybridge.Animation(maker(), executor=processes, params={"slope": (0, 2)})
    frames = player._frames
    before = digests(frames, range(1, 4))
    player.set_params(slope=0.5)
    after = digests(frames, range(2, 8, 2))
    assert after[0] == before[0]
    assert digests(frames, range(1, 4)) != before
    assert frames.note is None


def test_the_end_is_found_when_nobody_knows_it_before(processes):
    def make():
        def draw(i):
            if i == 7:
                raise StopIteration
            return np.full((4, 6, 3), i, np.uint8)

        return draw

    frames = shown(make, processes)
    frames.expect(range(20))
    with pytest.raises(FrameRangeError):
        digests(frames, range(20))
    assert frames.length == 7


def test_beyond_an_end_that_was_found_there_is_nothing(processes):
    def make():
        def draw(i):
            if i >= 7:
                raise StopIteration
            return np.full((4, 6, 3), i, np.uint8)

        return draw

    frames = shown(make, processes)
    # From afar the end may be anywhere before.
    for index in (20, 30, 20, 25, 12, 15):
        with pytest.raises(FrameRangeError):
            frames.frame(index)
    assert frames.frame(6).index == 6


def test_frames_of_several_tasks_share_their_backdrop(processes):
    # Not what the workers have drawn at other scales, where its parts may have looked different.
    frames = shown(maker(cost=1e-6), processes)
    frames.expect(range(LENGTH))
    digests(frames)
    backdrops = {id(f.backdrop) for f in map(frames.frame, range(5, LENGTH)) if f.backdrop}
    assert len(backdrops) == 1


# Baking and saving


def test_what_is_saved_comes_from_the_workers(processes, tmp_path):
    player = pybridge.Animation(maker(), executor=processes)
    player.save(tmp_path / "film.gif")
    assert len(player._frames.store) == LENGTH
    assert (tmp_path / "film.gif").read_bytes().startswith(b"GIF")
    assert player.bake(10).indices == tuple(range(0, LENGTH, 4))


def test_baking_waits_for_workers(processes):
    player = pybridge.Animation(maker(), executor=processes, bake=True)
    html = player._repr_html_()
    assert "application/json" in html
    assert len(player._frames.store) == LENGTH


# The kernel stays free


def test_a_view_is_not_kept_waiting_but_told(processes):
    service = pybridge.Animation(maker(cost=0.2), executor=processes)._service
    service.show()
    told = threading.Event()
    ready = []

    def tell(what, **values):
        assert what == "ready"
        ready.extend(values["indices"])
        told.set()

    service.tell = tell
    wanted = list(range(1, 9))
    reply = service.frames(wanted, 1.0, 0, view="a", wanted=wanted)
    assert (reply["frames"], reply["pending"], reply["error"]) == ([], wanted, None)
    assert told.wait(60)
    # More of them may be ready at any time.
    drawn = list(ready)
    again = service.frames(drawn, 1.0, 0, view="a", wanted=wanted)
    assert [frame["index"] for frame in again["frames"]] == drawn
    assert again["pending"] == []


def test_a_view_that_waits_is_told_of_what_failed(processes):
    def make():
        return lambda i: np.full((4, 6, 3), 10 // (3 - i), np.uint8)

    service = pybridge.Animation(make, executor=processes, frames=9)._service
    service.show()
    told = threading.Event()
    service.tell = lambda _, indices: told.set() if 3 in indices else None
    assert service.frames([3], 1.0, 0)["pending"] == [3]
    assert told.wait(60)
    error = service.frames([3], 1.0, 0)["error"]
    assert (error["index"], error["code"], error["type"]) == (3, "python", "ZeroDivisionError")
    assert "10 // (3 - i)" in error["traceback"] or "<lambda>" in error["traceback"]
    # Asked for once more it is drawn once more, which may have happened already.
    again = service.frames([3], 1.0, 0)
    assert again["pending"] == [3] or again["error"]["index"] == 3


class Counting(ThreadPoolExecutor):
    """Notes the tasks that it was given, and holds them until it is let go."""

    def __init__(self):
        super().__init__(1)
        self.given = []
        self.gate = threading.Event()

    def submit(self, function, task):
        future = super().submit(self._held, function, task)
        self.given.append(future)
        return future

    def _held(self, function, task):
        self.gate.wait(60)
        return function(task)


def test_going_elsewhere_cancels_what_has_not_begun():
    with Counting() as executor:
        frames = shown(maker(1000), executor)
        frames.first()
        frames.want("a", range(1, 30), 1.0)
        wait_until(lambda: len(executor.given) == 2)
        frames.want("a", [500], 1.0)
        wait_until(executor.given[1].cancelled)
        executor.gate.set()
        frames.frame(500)
        # The one at work, and no other of those that were wanted before.
        assert set(frames.store) - {0} == {1, 500}


def test_a_view_that_plays_has_frames_drawn_ahead(processes):
    frames = shown(maker(1000), processes)
    frames.first()
    frames.want("a", [1, 2], 1.0)
    wait_until(lambda: set(range(20)) <= set(frames.store))
    frames.want("a", [999, 998, 997], 1.0)
    wait_until(lambda: 985 in set(frames.store))


def test_a_view_at_rest_has_not(processes):
    frames = shown(maker(1000), processes)
    frames.frame(700)
    frames.want("a", [300], 1.0)
    frames.frame(300)
    frames.frame(900)
    assert set(frames.store) == {0, 300, 700, 900}


FORKING = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
sys.path.append({root!r})
import pybridge
from tests.animation.made import maker

pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork"))
frames = pybridge.Animation(maker(), executor=pool)._frames
alone = pybridge.Animation(maker()(), random_access=True)._frames
frames.expect(range(40))
assert all(alone.frame(i).digest == frames.frame(i).digest for i in range(40))
pool.shutdown()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_processes_may_be_forked_while_the_kernel_draws():
    # In a process of its own: newer Pythons warn of it.
    code = FORKING.format(root=str(Path(__file__).parents[2]))
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)


# What can happen to workers


def test_a_worker_that_dies_has_its_frames_drawn_by_another(own_processes, tmp_path):
    frames = shown(misbehaving("die", 20, str(tmp_path)), own_processes)
    frames.expect(range(LENGTH))
    assert digests(frames) == expected()
    assert (tmp_path / "ran").exists()


def test_a_frame_that_kills_each_worker_is_given_up_and_no_other(own_processes, tmp_path):
    frames = shown(misbehaving("die always", 20, str(tmp_path)), own_processes)
    frames.expect(range(LENGTH))
    with pytest.raises(WorkerError, match="frame 20 failed on a worker"):
        digests(frames)
    others = [i for i in range(LENGTH) if i != 20]
    assert digests(frames, others) == [expected()[i] for i in others]


def test_a_worker_that_hangs_has_its_frames_drawn_by_another(own_processes, tmp_path):
    # Within that time the processes have to start, too.
    frames = shown(misbehaving("hang", 20, str(tmp_path)), own_processes, timeout=5.0)
    frames.expect(range(LENGTH))
    assert digests(frames) == expected()
    (tmp_path / "go on").touch()


class Hanging(Executor):
    """An executor whose workers never end what they have begun."""

    def __init__(self, workers):
        self._max_workers = workers

    def submit(self, *_):
        return Future()


def test_a_frame_over_which_three_hang_is_given_up():
    frames = shown(maker(), Hanging(4), timeout=0.05)
    with pytest.raises(WorkerError, match=r"more than 0\.05 s"):
        frames.frame(5)


def test_when_all_hang_the_kernel_draws_and_no_frame_is_blamed_that_none_has_begun():
    frames = shown(maker(), Hanging(2), timeout=0.05)
    frames.expect(range(LENGTH))
    assert digests(frames) == expected()
    assert "draws the frames itself" in frames.note and "all its workers hang" in frames.note


def test_workers_that_all_take_too_long_may_go_on_for_as_long_again():
    with Counting() as executor:
        frames = shown(maker(), executor, timeout=2.0)
        frames.first()
        frames.want("a", [5], 1.0)
        wait_until(lambda: frames.pool._hung)
        executor.gate.set()
        assert frames.frame(5).digest == expected()[5]
        assert frames.note is None


def test_when_all_processes_hang_they_are_ended_and_others_draw(tmp_path):
    executor = ProcessPoolExecutor(1, mp_context=CONTEXT)
    # Within that time the process has to start, too.
    frames = shown(misbehaving("hang", 20, str(tmp_path)), executor, timeout=5.0)
    (process,) = vars(executor)["_processes"].values()
    frames.expect(range(LENGTH))
    assert digests(frames) == expected()
    assert frames.note is None
    wait_until(lambda: not process.is_alive())


def test_an_executor_that_is_shut_down_leaves_the_frames_to_the_kernel():
    executor = ProcessPoolExecutor(1, mp_context=CONTEXT)
    frames = shown(maker(), executor)
    executor.shutdown()
    assert digests(frames) == expected()
    assert "draws the frames itself" in frames.note and "shutdown" in frames.note


def with_a_stand_in(executor, folder):
    """Give frames whose pool is broken, and the processes of the one that stands in for it."""
    frames = shown(misbehaving("die", 20, str(folder)), executor)
    frames.expect(range(LENGTH))
    assert digests(frames) == expected()
    assert frames.pool._executor is not executor
    return frames, list(vars(frames.pool._executor)["_processes"].values())


def test_the_pool_that_stands_in_for_a_broken_one_is_shut_down_with_it(own_processes, tmp_path):
    frames, processes = with_a_stand_in(own_processes, tmp_path)
    own_processes.shutdown()
    assert digests(frames, scale=1.5) == expected(scale=1.5)
    assert "draws the frames itself" in frames.note and "shutdown" in frames.note
    wait_until(lambda: not any(process.is_alive() for process in processes))


def test_the_pool_that_stands_in_ends_with_the_player(own_processes, tmp_path):
    frames, processes = with_a_stand_in(own_processes, tmp_path)

    def has_ended():
        gc.collect()
        return not any(process.is_alive() for process in processes)

    assert not has_ended()
    del frames
    wait_until(has_ended)


def test_a_make_that_fails_on_the_workers_is_tried_and_told(processes):
    kernel = os.getpid()
    inner = maker()

    def make():
        if os.getpid() != kernel:
            raise OSError("no such file here")
        return inner()

    frames = shown(make, processes)
    with pytest.raises(WorkerError, match="OSError: no such file here"):
        frames.frame(5)


# What cannot be shared out


@pytest.mark.parametrize("begins_again", [False, True])
def test_frames_that_depend_on_those_before_are_found_out(processes, begins_again):
    def make():
        figure = Figure((2, 2), dpi=50)
        text = figure.text(0.1, 0.5, "", size=20)

        def draw(i):
            before = "" if begins_again and i == 0 else text.get_text()
            text.set_text(before + "I")
            return figure

        return draw

    frames = shown(make, processes, frames=40)
    frames.expect(range(40))
    with pytest.raises(DependentFramesError, match="default_rng"):
        digests(frames)


def test_with_other_parameters_frames_may_not_depend_on_each_other_any_more(processes):
    def make():
        figure = Figure((2, 2), dpi=50)
        text = figure.text(0.1, 0.5, "", size=20)

        def draw(i, growing):
            text.set_text(text.get_text() + "I" if growing else str(i))
            return figure

        return draw

    animation = pybridge.Animation(make, executor=processes, frames=20, params={"growing": True})
    frames = animation._frames
    frames.expect(range(20))
    with pytest.raises(DependentFramesError):
        digests(frames, range(20))
    frames.set_params({"growing": False})
    assert len(set(digests(frames, range(20)))) == 20


def test_a_worker_that_draws_otherwise_is_named(processes):
    kernel = os.getpid()

    def make():
        value = 0 if os.getpid() == kernel else 200
        return lambda i: np.full((4, 6, 3), i + value, np.uint8)

    frames = shown(make, processes, frames=9)
    frames.frame(3)
    assert "draws the first frame otherwise" in frames.note and "process" in frames.note
    assert AnimationService(frames, {})._state()["note"] == frames.note


def test_the_recipe_is_sent_again_to_a_worker_that_has_lost_it():
    with ThreadPoolExecutor(1) as executor:
        frames = shown(maker(), executor)
        before = digests(frames, range(10))
        workers._made.clear()
        frames.expect(range(10, LENGTH))
        assert before + digests(frames, range(10, LENGTH)) == expected()
