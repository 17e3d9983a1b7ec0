"""Long films: whole, resumed after a crash, and with nothing left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from PIL import Image, ImageSequence

import pybridge
from pybridge.animation import render
from pybridge.animation.errors import WorkerError
from pybridge.animation.frames import Frames
from pybridge.animation.renderer import Renderer
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError

from .made import LENGTH, behind_its_back, maker


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(params=["by workers", "alone"])
def executor(request, processes):
    return processes if request.param == "by workers" else None


def pictures(path):
    """Give the frames of a WebP without losses; equal ones in a row are one."""
    with Image.open(path) as film:
        return [np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(film)]


def are_right(path, count=LENGTH):
    frames = pybridge.Animation(maker()(), random_access=True)
    expected = [np.asarray(frames.frame(i).convert("RGBA")) for i in range(count)]
    found = pictures(path)
    return len(found) == count and all(map(np.array_equal, found, expected))


def test_a_film_has_every_frame_and_nothing_is_left_beside_it(executor, tmp_path):
    path = pybridge.render(maker(), to=tmp_path / "film.webp", executor=executor)
    assert are_right(path)
    assert os.listdir(tmp_path) == ["film.webp"]


def test_a_film_may_be_shorter_larger_and_faster(executor, tmp_path):
    path = pybridge.render(
        maker(), 5, to=tmp_path / "film.webp", executor=executor, scale=2, fps=10
    )
    with Image.open(path) as film:
        assert (film.size, film.n_frames) == ((200, 150), 5)
        film.load()
        assert film.info["duration"] == 100


def test_a_film_that_may_have_been_cut_short_is_a_warning(tmp_path):
    with pytest.warns(UserWarning, match="the first 100 frames") as warned:
        path = pybridge.render(lambda: endless, to=tmp_path / "film.webp")
    assert warned[0].filename == __file__
    with Image.open(path) as film:
        assert film.n_frames == 100


def endless(i):
    return np.full((4, 4, 3), i % 256, np.uint8)


def test_mp4_is_written_too(processes, tmp_path):
    path = pybridge.render(maker(), 10, to=str(tmp_path / "film.mp4"), executor=processes)
    assert path.read_bytes()[4:8] == b"ftyp"


def failing(at, folder):
    """Give a make() that fails at a frame as long as a file is there; it counts what it draws."""
    inner = maker()

    def make():
        animation = inner()
        update = animation._func

        def fail(i):
            with Path(folder, f"drawn {i}").open("a") as file:
                file.write("x")
            if i == at and Path(folder, "fail").exists():
                raise ZeroDivisionError
            return update(i)

        animation._func = fail
        return animation

    return make


def test_after_a_failure_it_goes_on_where_it_was(processes, tmp_path):
    (tmp_path / "fail").touch()
    make = failing(30, str(tmp_path))
    to = tmp_path / "film.webp"
    with pytest.raises(WorkerError, match="frame 30"):
        pybridge.render(make, to=to, executor=processes)
    assert not to.exists()
    assert (tmp_path / "film.webp.frames" / "000029.png").exists()
    (tmp_path / "fail").unlink()

    def drawn():
        return sum(len((tmp_path / f"drawn {i}").read_text()) for i in range(5, 30))

    before = drawn()
    pybridge.render(make, to=to, executor=processes)
    assert are_right(to)
    # But for one that each worker may draw again, to see whether it comes out the same.
    assert drawn() <= before + 2


def test_after_a_failure_alone_updates_run_again_and_drawings_do_not(tmp_path):
    (tmp_path / "fail").touch()
    to = tmp_path / "film.webp"
    with pytest.raises(ZeroDivisionError):
        pybridge.render(failing(30, str(tmp_path)), to=to)
    kept = tmp_path / "film.webp.frames" / "000012.png"
    when = kept.stat().st_mtime_ns
    (tmp_path / "fail").unlink()
    frames = []
    original = Image.open

    def opened(path, *args):
        if path == kept:
            frames.append(kept.stat().st_mtime_ns)
        return original(path, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pybridge.animation.render.Image.open", opened)
        pybridge.render(failing(30, str(tmp_path)), to=to)
    assert frames == [when]
    assert are_right(to)


@pytest.mark.parametrize("change", ["code", "size", "said so"])
def test_frames_of_something_else_are_not_used(change, tmp_path):
    folder = tmp_path / "film.webp.frames"
    (tmp_path / "fail").touch()
    to = tmp_path / "film.webp"
    with pytest.raises(ZeroDivisionError):
        pybridge.render(failing(30, str(tmp_path)), to=to)
    Image.new("RGBA", (100, 75), "red").save(folder / "000012.png")
    options = {"scale": 2} if change == "size" else {"resume": change != "said so"}
    (tmp_path / "fail").unlink()
    make = maker() if change == "code" else failing(30, str(tmp_path))
    pybridge.render(make, to=to, **options)
    red = [frame for frame in pictures(to) if tuple(frame[0, 0]) == (255, 0, 0, 255)]
    assert red == []


CRASHING = """
import pybridge
from tests.animation.made import maker
pybridge.render(maker(cost=0.05), to={to!r})
"""


def test_after_a_crash_it_goes_on_where_it_was(tmp_path):
    to = tmp_path / "film.webp"
    folder = tmp_path / "film.webp.frames"
    root = Path(__file__).parents[2]
    code = f"import sys; sys.path.append({str(root)!r})" + CRASHING.format(to=str(to))
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path) as process:
        while not (folder / "000010.png").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    assert not to.exists()
    assert json.loads((folder / "frames.json").read_text())["size"] == [100, 75]
    mark = Image.new("RGBA", (100, 75), "red")
    mark.save(folder / "000007.png")
    pybridge.render(maker(cost=0.05), to=to)
    # What was kept is what is in the film.
    assert tuple(pictures(to)[7][0, 0]) == (255, 0, 0, 255)
    assert not folder.exists()


def test_a_folder_of_the_users_is_left_alone(tmp_path):
    folder = tmp_path / "film.webp.frames"
    folder.mkdir()
    (folder / "thesis.txt").touch()
    with pytest.raises(BadArgumentError, match="holds something else"):
        pybridge.render(maker(), to=tmp_path / "film.webp")
    assert os.listdir(folder) == ["thesis.txt"]


def test_what_cannot_be_written_is_refused_before_anything_is_drawn(tmp_path):
    for wrong in ({"to": tmp_path / "film.avi"}, {"to": tmp_path / "film.gif", "frames": 0}):
        with pytest.raises(BadArgumentError):
            pybridge.render(lambda: pytest.fail("it was made"), **wrong)
    assert os.listdir(tmp_path) == []


def test_another_first_frame_on_a_worker_is_a_warning(processes, tmp_path):
    kernel = os.getpid()

    def make():
        value = 0 if os.getpid() == kernel else 200
        return lambda i: np.full((4, 6, 3), i + value, np.uint8)

    with pytest.warns(UserWarning, match="draws the first frame otherwise"):
        pybridge.render(make, 4, to=tmp_path / "film.gif", executor=processes)


def test_a_film_has_no_frames_that_turned_out_to_be_wrong(executor, tmp_path):
    inner = behind_its_back(since=5)

    def make():
        figure, update = inner()
        return FuncAnimation(figure, update, LENGTH, cache_frame_data=False)

    to = pybridge.render(make, to=tmp_path / "film.webp", executor=executor)
    source = as_source(make(), random_access=True)
    frames = Frames(source, renderer=Renderer())
    expected = [np.asarray(frames.frame(i).picture().convert("RGBA")) for i in range(LENGTH)]
    found = pictures(to)
    assert len(found) == LENGTH
    assert all(map(np.array_equal, found, expected))
    assert os.listdir(tmp_path) == ["film.webp"]


def test_a_frame_that_comes_when_all_is_over_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "film.webp.frames"
    kept = render._Kept(folder, {}, resume=True)
    frame = Frames(as_source(maker()())).frame(0)
    kept.put(frame)
    assert kept.has(0)
    kept.remove()
    kept.put(frame)
    assert not folder.exists()


FINGERPRINT = """
from pybridge.animation.render import _fingerprint
print(_fingerprint((lambda name: name in {"alpha", "beta", ("c", 1)}).__code__))
"""


def test_code_is_the_same_in_any_process():
    found = {
        subprocess.run(
            [sys.executable, "-c", FINGERPRINT],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in range(1, 5)
    }
    assert len(found) == 1
