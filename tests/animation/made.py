"""Animations for workers: made by functions that travel by value, as those of a notebook do."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

LENGTH = 40


def maker(length=LENGTH, cost=0.0, **options):
    """Give a make() whose frames take a worker `cost` seconds of work."""

    def make():
        figure = Figure((2, 1.5), dpi=50)
        axes = figure.add_subplot()
        axes.set(xlim=(0, 1), ylim=(0, length))
        (line,) = axes.plot([0, 1], [0, 0])

        def update(i, slope=1):
            end = time.perf_counter() + cost
            while time.perf_counter() < end:
                pass
            line.set_ydata([0, slope * i])
            return (line,)

        return FuncAnimation(figure, update, length, cache_frame_data=False, **options)

    return make


def misbehaving(name, at, folder):
    """Give a make() whose frame `at` does something to its worker, the first time that it runs.

    Parameters
    ----------
    name : str
        ``die``, ``hang``, or ``die always``.
    at : int
    folder : path-like
        Where it is noted that it ran.
    """
    inner = maker()

    def make():
        animation = inner()
        update = animation._func

        def misbehave(i):
            note = Path(folder, "ran")
            if i == at and (name == "die always" or not note.exists()):
                note.touch()
                if name == "hang":
                    while not Path(folder, "go on").exists():
                        time.sleep(0.01)
                else:
                    os.kill(os.getpid(), signal.SIGKILL)
            return update(i)

        animation._func = misbehave
        return animation

    return make


def behind_its_back(since):
    """Give a make() of a figure and an update that changes a text without anybody being told."""

    def make():
        figure = Figure((4, 3), dpi=80)
        (line,) = figure.add_subplot().plot([0, 1], [0, 1])
        other = figure.text(0.9, 0.01, "end")

        def update(i):
            line.set_ydata([0, 1 / (i + 1)])
            other.set_color(f"C{max(i + 1 - since, 0) % 10}")
            other.stale = False

        return figure, update

    return make
