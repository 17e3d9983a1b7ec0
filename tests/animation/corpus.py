"""Animations of every kind, one for each thing that has to work.

Each is made anew by calling it, the same every time, so that one copy can be played and another
one saved by matplotlib itself.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import ArtistAnimation, FuncAnimation
from matplotlib.figure import Figure
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

X = np.linspace(0, 2 * np.pi, 60)
FRAMES = 6


@dataclass
class Moving:
    """What `as_source` is given, and how many of its frames are compared."""

    animation: Any
    options: dict[str, Any] = field(default_factory=dict)
    count: int = FRAMES


ANIMATIONS: dict[str, Callable[[], Moving]] = {}
FUNCTIONS: dict[str, Callable[[], Moving]] = {}


def animation(make):
    ANIMATIONS[make.__name__] = lambda: _moving(make())
    return make


def function(make):
    FUNCTIONS[make.__name__] = lambda: _moving(make())
    return make


def _moving(made):
    return made if isinstance(made, Moving) else Moving(made)


def subplots(*args, **kwargs):
    kwargs.setdefault("figsize", (3.2, 2.4))
    return plt.subplots(*args, **kwargs)


def sine(figure_and_axes=None):
    fig, ax = figure_and_axes or subplots()
    (line,) = ax.plot(X, np.sin(X))

    def update(i):
        line.set_ydata(np.sin(X + i / 3))
        return (line,)

    return fig, update


# Frames of every kind


@animation
def frames_int():
    return FuncAnimation(*sine(), frames=FRAMES)


@animation
def frames_list():
    return FuncAnimation(*sine(), frames=[0.5, 3, 0.5, -1, 7, 2])


@animation
def frames_array():
    return FuncAnimation(*sine(), frames=np.linspace(0, 3, FRAMES))


@animation
def frames_range():
    return FuncAnimation(*sine(), frames=range(10, 10 + 2 * FRAMES, 2))


@animation
def frames_generator_function():
    def phases():
        for k in range(FRAMES):
            yield k**2

    return FuncAnimation(*sine(), frames=phases, cache_frame_data=False)


@animation
def frames_generator_object():
    phases = (k**2 for k in range(FRAMES))
    return FuncAnimation(*sine(), frames=phases, cache_frame_data=False)


@animation
def frames_generator_object_played_once():
    # matplotlib's save() spends the first item on its initial draw here, and so frame 0 is item 1.
    phases = (k**2 for k in range(FRAMES + 1))
    return FuncAnimation(*sine(), frames=phases, repeat=False, cache_frame_data=False)


@animation
def frames_none():
    return FuncAnimation(*sine(), frames=None, cache_frame_data=False)


@animation
def frames_are_states_of_a_simulation():
    def states():
        state = np.zeros(60)
        for k in range(FRAMES):
            state[10 * k % 60] = 1
            state += 0.2 * (np.roll(state, 1) + np.roll(state, -1) - 2 * state)
            yield state

    fig, ax = subplots()
    (line,) = ax.plot(X, np.zeros(60))
    ax.set_ylim(0, 1)

    def update(state):
        line.set_ydata(state)

    return FuncAnimation(fig, update, frames=states, cache_frame_data=False)


# Options


@animation
def init_func():
    fig, ax = subplots()
    (line,) = ax.plot([], [])
    ax.set(xlim=(0, FRAMES), ylim=(0, 1))
    points = []

    def clear():
        points.clear()
        line.set_data([], [])

    def update(i):
        points.append((i, (i % 3) / 3))
        line.set_data(*np.transpose(points))

    return FuncAnimation(fig, update, frames=FRAMES, init_func=clear)


@animation
def fargs():
    fig, ax = subplots()
    (line,) = ax.plot(X, np.sin(X))

    def update(i, factor, shift):
        line.set_ydata(np.sin(factor * X + shift * i))

    return FuncAnimation(fig, update, frames=FRAMES, fargs=(2, 0.4))


@animation
def blit():
    return FuncAnimation(*sine(), frames=FRAMES, blit=True)


@animation
def blit_with_init_func():
    fig, ax = subplots()
    line, dot = (*ax.plot(X, np.sin(X), "C1"), *ax.plot([0], [0], "ko", zorder=1.5))

    def clear():
        line.set_ydata(np.zeros_like(X))
        return line, dot

    def update(i):
        line.set_ydata(np.sin(X + i))
        dot.set_data([X[5 * i]], [0.2 * i])
        return line, dot

    return FuncAnimation(fig, update, frames=FRAMES, init_func=clear, blit=True)


@animation
def played_once():
    return FuncAnimation(*sine(), frames=FRAMES, repeat=False)


@animation
def cached_frame_data():
    return FuncAnimation(*sine(), frames=lambda: iter(range(20)), save_count=FRAMES)


@animation
def uncached_frame_data():
    return FuncAnimation(*sine(), frames=list(range(FRAMES)), cache_frame_data=False)


@animation
def random_walk():
    fig, ax = subplots()
    rng = np.random.default_rng(8)
    (line,) = ax.plot([0], [0])
    ax.set(xlim=(-4, 4), ylim=(-4, 4))

    def update(_):
        line.set_data(*np.c_[line.get_data(), rng.normal(size=2)])

    return FuncAnimation(fig, update, frames=FRAMES)


# ArtistAnimation


@animation
def artists():
    fig, ax = subplots()
    # Some artists belong to several frames.
    lines = [ax.plot(X, np.sin(X + k), f"C{k}")[0] for k in range(FRAMES)]
    return ArtistAnimation(fig, [lines[k : k + 2] for k in range(FRAMES)])


@animation
def artists_blit():
    fig, ax = subplots()
    images = [[ax.imshow(np.outer(X, np.sin(X + k)), animated=True)] for k in range(FRAMES)]
    return ArtistAnimation(fig, images, blit=True, interval=50)


# What is on the figure


@animation
def several_axes():
    fig, axes = subplots(2, 2, sharex=True)
    lines = [ax.plot(X, np.sin(X))[0] for ax in axes.flat]
    twin = axes[0, 0].twinx()
    (dashed,) = twin.plot(X, X, "r--")

    def update(i):
        for k, line in enumerate(lines):
            line.set_ydata(np.sin((k + 1) * X + i))
        dashed.set_ydata(X * i)
        twin.relim()
        twin.autoscale_view()

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def axes_3d():
    fig, ax = subplots(subplot_kw={"projection": "3d"})
    a, b = np.meshgrid(X[::6], X[::6])
    surface = [ax.plot_surface(a, b, np.sin(a) * b)]

    def update(i):
        surface.pop().remove()
        surface.append(ax.plot_surface(a, b, np.sin(a + i) * b, cmap="viridis"))
        ax.view_init(elev=20 + 5 * i, azim=30 * i)

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def image():
    fig, ax = subplots()
    rng = np.random.default_rng(1)
    shown = ax.imshow(rng.random((40, 50)), vmin=0, vmax=1)

    def update(_):
        shown.set_data(rng.random((40, 50)))
        return (shown,)

    return FuncAnimation(fig, update, frames=FRAMES, blit=True)


@animation
def colour_bar():
    fig, ax = subplots()
    shown = ax.imshow(np.outer(X, X))
    fig.colorbar(shown)

    def update(i):
        shown.set_data(np.outer(np.sin(X + i), X * (i + 1)))
        shown.autoscale()

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def title_and_limits_change():
    fig, update_line = sine()
    ax = fig.axes[0]

    def update(i):
        update_line(i)
        ax.set_title(f"$t = {i}$")
        ax.set_xlim(0, 10**i)

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def artists_added_and_removed():
    fig, ax = subplots()
    bars = []

    def update(i):
        if i % 3 == 2:
            bars.pop().remove()
        else:
            bars.append(ax.bar([i], [i + 1], label=f"bar {i}"))
        ax.legend()
        for text in list(ax.texts):
            text.remove()
        ax.text(0.5, 0.5, "x" * i, transform=ax.transAxes)

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def quiver_and_scatter():
    fig, ax = subplots()
    arrows = ax.quiver(X[::9], X[::9], np.cos(X[::9]), np.sin(X[::9]))
    dots = ax.scatter(X, np.sin(X), c=X)

    def update(i):
        arrows.set_UVC(np.cos(X[::9] + i) * (2 + i), np.sin(X[::9] + i))
        dots.set_offsets(np.c_[X, np.sin(X - i)])
        dots.set_array(np.sin(X * i))

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def constrained_layout():
    fig, axes = subplots(1, 2, layout="constrained")
    shown = axes[0].imshow(np.outer(X, X))
    fig.colorbar(shown, ax=axes[0])

    def update(i):
        axes[0].set_title("title " * (i % 3) + "\n" * (i % 2) + "end")
        axes[1].set_ylabel(f"label {10**i}")
        axes[1].set_ylim(0, 10**i)

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def compressed_layout():
    fig, axes = subplots(1, 2, layout="compressed")
    shown = [ax.imshow(np.outer(X, np.sin(X))) for ax in axes]
    fig.colorbar(shown[1], ax=axes)

    def update(i):
        fig.suptitle("\n".join(["title"] * (i % 3)))
        shown[0].set_data(np.outer(X, np.sin(X + i)))

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def tight_layout():
    fig, axes = subplots(2, 1, layout="tight")

    def update(i):
        axes[0].set_title("title\n" * (i % 3))
        axes[1].set_ylabel("label\n" * (i % 2 + 1))

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def subfigures():
    fig = plt.figure(figsize=(3.6, 2.4), layout="constrained")
    left, right = fig.subfigures(1, 2)
    (line,) = left.subplots().plot(X, np.sin(X))
    shown = right.subplots(2, 1)[1].imshow(np.outer(X, X))

    def update(i):
        left.suptitle(f"left {i}")
        right.set_facecolor((1, 1 - i / 10, 1))
        line.set_ydata(np.cos(X * i))
        shown.set_data(np.outer(X, X + 5 * i))

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def colours_of_the_figure():
    fig, update_line = sine(subplots(facecolor=(0.2, 0.4, 0.6, 0.5), edgecolor="r", linewidth=6))

    def update(i):
        update_line(i)
        fig.axes[0].set_facecolor((1, 1, 1, i / 10))

    return FuncAnimation(fig, update, frames=FRAMES)


# Where the figure comes from


@animation
def drawn_through_pyplot():
    fig = plt.figure(figsize=(3, 2))
    plt.plot(X, X)

    def update(i):
        plt.clf()
        plt.subplot(1, 2, 1)
        plt.plot(X, np.sin(X + i))
        plt.title(f"frame {i} of figure {plt.gcf().number}")

    return FuncAnimation(fig, update, frames=FRAMES)


@animation
def figure_without_pyplot():
    fig = Figure(figsize=(3, 2), dpi=72)
    return FuncAnimation(*sine((fig, fig.add_subplot())), frames=FRAMES, blit=True)


def _made_under(backend):
    before = plt.get_backend()
    plt.switch_backend(backend)
    try:
        return FuncAnimation(*sine(), frames=FRAMES, blit=True)
    finally:
        plt.switch_backend(before)


@animation
def made_under_svg_backend():
    return _made_under("svg")


@animation
def made_under_pdf_backend():
    return _made_under("pdf")


@animation
def made_under_inline_backend():
    return _made_under("module://matplotlib_inline.backend_inline")


# Plain functions of i


@function
def function_draws_on_given_figure():
    fig = Figure(figsize=(3, 2))
    _, update = sine((fig, fig.add_subplot()))
    return Moving(update, {"frames": FRAMES, "figure": fig})


@function
def function_draws_on_current_figure():
    _, update = sine()
    return Moving(update, {"frames": FRAMES})


@function
def function_draws_through_pyplot():
    def draw(i):
        plt.cla()
        plt.plot(X, np.cos(X * i))

    plt.figure(figsize=(3, 2))
    return Moving(draw)  # without end


@function
def function_makes_a_pyplot_figure_each_time():
    def draw(i):
        plt.figure(figsize=(3 + i / 10, 2))
        plt.plot(X, np.cos(X * i))

    return Moving(draw, {"frames": FRAMES})


@function
def function_returns_figure():
    def draw(i):
        fig, ax = subplots(layout="constrained")
        ax.plot(X, np.cos(X * i))
        return fig

    return Moving(draw, {"frames": FRAMES, "random_access": True})


@function
def function_returns_same_figure():
    fig, update = sine()
    return Moving(lambda i: (update(i), fig)[1], {"frames": FRAMES})


@function
def function_returns_rgb():
    def draw(i):
        return np.random.default_rng(i).integers(0, 256, (30, 40, 3), np.uint8)

    return Moving(draw, {"frames": FRAMES, "random_access": True})


@function
def function_returns_rgba_floats():
    picture = np.zeros((20, 30, 4))

    def draw(i):
        picture[i] = np.linspace(0, 1, 30)[:, None]
        return picture

    return Moving(draw, {"frames": FRAMES})


@function
def function_returns_pil_image():
    def draw(i):
        return Image.new("L", (50, 40), 20 * i)

    return Moving(draw, {"frames": FRAMES})


@function
def function_ends_by_itself():
    def draw(i):
        if i == FRAMES:
            raise StopIteration
        return np.full((10, 10, 3), i, np.uint8)

    return Moving(draw)


ALL = dict(itertools.chain(ANIMATIONS.items(), FUNCTIONS.items()))
