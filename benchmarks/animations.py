"""The five animations, run as a cell of each notebook: whoever plays them draws the same pixels.

Frame i depends on i alone, and no two of the first `DISTINCT` frames are alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable

    Update = Callable[[int], object]

DISTINCT = 300
TURN = 2 * np.pi / DISTINCT
SIZE = {"figsize": (6.4, 4.8), "dpi": 100}  # 640x480


def sine(figure: Figure, points: int = 1000, turn: float = TURN) -> Update:
    """Let a wave travel: the animation that this way of showing frames began with, in 2013."""
    x = np.linspace(0, 2, points)
    axes = figure.add_subplot(xlim=(0, 2), ylim=(-2, 2))
    (line,) = axes.plot(x, np.sin(2 * np.pi * x), lw=2)

    def update(i: int) -> object:
        line.set_data(x, np.sin(2 * np.pi * x - turn * i))
        return (line,)

    return update


def three_axes(figure: Figure, count: int = 3) -> Update:
    """Let a wave travel in each of several axes, at its own speed."""
    x = np.linspace(0, 2 * np.pi, 500)
    lines = [
        axes.plot(x, np.sin(x))[0] for axes in np.ravel(figure.subplots(count, 1, sharex=True))
    ]

    def update(i: int) -> object:
        for speed, line in enumerate(lines, start=1):
            line.set_ydata(np.sin(speed * (x - TURN * i)))
        return lines

    return update


def image(figure: Figure) -> Update:
    """Let a picture of 512x512 pixels wander."""
    y, x = np.mgrid[:512, :512] * (2 * np.pi / 512)
    field = np.sin(3 * x + 2 * np.sin(2 * y)) + np.cos(5 * y + np.sin(x)) + np.sin(x)
    shown = figure.add_subplot().imshow(field)

    def update(i: int) -> object:
        shown.set_data(np.roll(field, i, axis=1))
        return (shown,)

    return update


def surface(figure: Figure) -> Update:
    """Let a surface swing, drawn anew for every frame as mplot3d needs it."""
    x, y = np.meshgrid(np.linspace(-3, 3, 40), np.linspace(-3, 3, 40))
    radius = np.hypot(x, y)
    axes = figure.add_subplot(projection="3d", zlim=(-1, 1))
    drawn = []

    def update(i: int) -> object:
        while drawn:
            drawn.pop().remove()
        height = np.cos(2 * radius - TURN * i) * np.exp(-radius / 3)
        drawn.append(axes.plot_surface(x, y, height, cmap="viridis", vmin=-1, vmax=1))
        return drawn

    return update


def scatter(figure: Figure, points: int = 10_000) -> Update:
    """Let points circle about the middle."""
    random = np.random.default_rng(0)
    radius, angle = random.random(points), random.random(points) * 2 * np.pi
    axes = figure.add_subplot(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    dots = axes.scatter(np.zeros(points), np.zeros(points), s=4, c=angle, cmap="viridis")

    def update(i: int) -> object:
        turned = angle + TURN * i
        dots.set_offsets(np.column_stack((radius * np.cos(turned), radius * np.sin(turned))))
        return (dots,)

    return update


SCENES = {
    "sine": sine,
    "3 axes": three_axes,
    "image": image,
    "3D surface": surface,
    "scatter": scatter,
}


def scene(name: str, **options: float) -> tuple[Figure, Update]:
    """Make one of the figures, unknown to pyplot, with the function that brings it to frame i."""
    figure = Figure(**SIZE)
    FigureCanvasAgg(figure)
    return figure, SCENES[name](figure, **options)
