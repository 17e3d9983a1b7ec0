"""Drawing in two threads: frames in one, what the user draws in the other."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

import pybridge
from pybridge.animation import drawing
from pybridge.animation.figures import active_figure, current
from pybridge.errors import BadArgumentError

FRAMES = 40
STRESS = 60.0  # seconds


def film(figure):
    """An animation whose title, limits and mathtext change as well."""
    axes = figure.subplots()
    x = np.linspace(0, 7, 200)
    (line,) = axes.plot(x, np.sin(x))

    def update(i):
        line.set_ydata((1 + i / 10) * np.sin(x + i / 5))
        axes.set_ylim(-1 - i / 10, 1 + i / 10)
        axes.set_title(rf"$\sin(x + \frac{{{i}}}{{5}})$")

    return FuncAnimation(figure, update, frames=FRAMES, interval=33, cache_frame_data=False)


def new_animation(**options):
    figure = Figure(figsize=(3, 2))
    return figure, pybridge.Animation(film(figure), random_access=True, **options)


def digests(animation, indices):
    frames = animation._frames
    with frames.lock:
        frames.store.clear()
        return [frames.frame(index).digest for index in indices]


def elsewhere(work):
    """Run something in another thread and give what comes of it."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(work).result()


@pytest.fixture(autouse=True)
def _guarded():
    drawing.guard()


def test_the_same_pixels_in_any_thread():
    _, here = new_animation()
    _, there = new_animation(lane="side")
    indices = range(0, FRAMES, 7)
    assert elsewhere(lambda: digests(there, indices)) == digests(here, indices)


def test_nothing_is_drawn_while_somebody_draws():
    figure = Figure(figsize=(1, 1))
    figure.text(0, 0, "$x$")
    begun = threading.Event()

    def draw():
        begun.set()
        figure.savefig(io.BytesIO())
        return time.monotonic()

    ended = []
    with drawing.DRAWING:
        thread = threading.Thread(target=lambda: ended.append(draw()))
        thread.start()
        begun.wait()
        thread.join(0.1)
        assert thread.is_alive()
    thread.join()
    assert ended


def test_a_figure_is_current_in_its_own_thread_alone():
    mine = plt.figure()
    figure, _ = new_animation()

    def look():
        with current(figure):
            plt.title("theirs")
            plt.sca(figure.axes[0])
            return plt.gcf(), active_figure()

    assert elsewhere(look) == (figure, figure)
    assert plt.gcf() is mine
    assert figure.axes[0].get_title() == "theirs"
    plt.close(mine)


def test_the_users_figure_is_not_taken_by_another_thread():
    mine = plt.figure()
    animation = pybridge.Animation(lambda _: None, frames=3, lane="side")
    with pytest.raises(BadArgumentError, match="pass figure="):
        elsewhere(lambda: animation.frame(0))
    assert plt.gcf() is mine
    plt.close(mine)


def test_frames_in_one_thread_and_the_user_in_the_other():
    """Both at once for a minute: no frame is torn, nobody waits for ever."""
    _, quiet = new_animation()
    expected = digests(quiet, range(FRAMES))
    figure, animation = new_animation(lane="side")
    over = threading.Event()
    wrong, rounds = [], []

    def watch():
        while not over.is_set():
            # As many as a view asks for at a time; its requests are a while apart.
            some = [(5 * len(rounds) + i) % FRAMES for i in range(5)]
            seen = digests(animation, some)
            rounds.append(1)
            wrong.extend(i for i, digest in zip(some, seen, strict=True) if digest != expected[i])
            over.wait(0.005)

    thread = threading.Thread(target=watch)
    thread.start()
    drawn = 0
    axes = figure.axes[0]
    try:
        deadline = time.monotonic() + STRESS
        while time.monotonic() < deadline and not wrong:
            # What is only drawn need not be guarded.
            figure.savefig(io.BytesIO())
            plt.figure(figsize=(1, 1))
            plt.title(rf"$\sqrt{{{drawn}}}$")
            plt.savefig(io.BytesIO())
            plt.close()
            with animation.lock:
                axes.set_facecolor("red")
                note = axes.text(0.5, 0.5, "mine", transform=axes.transAxes)
                figure.savefig(io.BytesIO())
                note.remove()
                axes.set_facecolor("white")
            drawn += 1
    finally:
        over.set()
        thread.join(30)
    assert not thread.is_alive()
    assert wrong == []
    assert len(rounds) * 5 > FRAMES
    assert drawn > 1
