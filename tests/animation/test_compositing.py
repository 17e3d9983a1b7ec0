"""Figures drawn by what moves in them, compared with matplotlib's own drawing of all of them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from pybridge.animation import compositing
from pybridge.animation.compositing import CompositingRenderer
from pybridge.animation.frames import Frames
from pybridge.animation.source import as_source

from .corpus import ALL
from .made import behind_its_back
from .reference import decode, differing, savefig
from .test_corpus import saved_by_matplotlib

X = np.linspace(0, 2 * np.pi, 100)
COUNT = 6


class Unchecked(CompositingRenderer):
    """Composes whatever can be composed, and has nobody look at it."""

    def _is_to_be_checked(self):
        return False


@pytest.mark.parametrize("scale", [1, 1.5])
@pytest.mark.parametrize("name", ALL)
def test_composed_frames_are_those_that_matplotlib_saves(name, scale):
    expected = saved_by_matplotlib(name, scale)
    moving = ALL[name]()
    frames = Frames(as_source(moving.animation, **moving.options), renderer=Unchecked())
    found = [
        differing(decode(frames.frame(i, scale).file()), expected[i]) for i in range(moving.count)
    ]
    assert found == [0] * moving.count


# -- figures that make it difficult ---------------------------------------------------------------
# Each gives a figure and its update; frame i is what the figure shows after update(i).


def sine():
    figure = Figure((4, 3), dpi=80)
    (line,) = figure.add_subplot(title="a sine").plot(X, np.sin(X))
    return figure, lambda i: line.set_ydata(np.sin(X + i / 5))


def under_a_grid_and_a_legend():
    figure = Figure((4, 3), dpi=80)
    axes = figure.add_subplot()
    points = axes.scatter(X, np.sin(X), s=80, label="points")
    axes.plot(X, np.cos(X), label="a line above")
    axes.grid(visible=True, alpha=0.5)
    axes.legend()
    return figure, lambda i: points.set_offsets(np.c_[X, np.sin(X + i / 5)])


def between_two_axes():
    figure = Figure((4, 3), dpi=80)
    figure.add_subplot(121).plot(X, X)
    figure.add_subplot(122, facecolor="none").plot(X, X)
    disc = Circle((100, 120), 30, color="C3")
    figure.add_artist(disc)
    return figure, lambda i: disc.set_center((100 + 20 * i, 120))


def text_that_grows_over_what_comes_later():
    figure = Figure((4, 3), dpi=80)
    axes = figure.add_subplot()
    text = axes.text(0.1, 0.5, "a", zorder=2)
    axes.text(0.6, 0.5, "later", zorder=3, alpha=0.7, color="C1", fontsize=30)
    return figure, lambda i: text.set_text("word " * i)


def title_of_more_lines():
    figure, update = sine()
    title = figure.axes[0].title

    def also(i):
        update(i)
        title.set_text("frame\n" * (i // 3) + str(i))

    return figure, also


def something_else_changes_late():
    figure, update = sine()
    axes = figure.axes[0]

    def also(i):
        update(i)
        if i == 3:
            axes.set_xlabel("new", fontsize=20)
        if i == 4:
            axes.set_facecolor("lightyellow")
            axes.spines["top"].set_visible(False)

    return figure, also


def order_changes():
    figure, update = sine()
    axes = figure.axes[0]
    band = axes.axhspan(-0.5, 0.5, color="C2", zorder=1)

    def also(i):
        update(i)
        band.set_zorder(1 + 2 * (i % 2))

    return figure, also


def moving_line_changes_its_order():
    figure, update = sine()
    axes = figure.axes[0]
    axes.axhspan(-0.5, 0.5, color="C2", zorder=4)
    (line,) = axes.lines

    def also(i):
        update(i)
        line.set_zorder(2 + 3 * (i % 2))

    return figure, also


def artists_come_and_go():
    figure, update = sine()
    axes = figure.axes[0]

    def also(i):
        update(i)
        if len(axes.texts) > 2:
            axes.texts[0].remove()
        axes.text(i, 0, f"note {i}")

    return figure, also


def other_colours_late():
    figure, update = sine()
    axes = figure.axes[0]
    points = axes.scatter([1, 3, 5], [0.5, 0.5, 0.5], c=[0, 0.5, 1], s=200, zorder=1)
    mesh = axes.pcolormesh([[0, 4], [0, 4]], [[-0.9, -0.9], [-0.5, -0.5]], [[0.0]], vmin=0, vmax=1)

    def also(i):
        update(i)
        if i == 3:
            points.set_array([1, 0.5, 0])
        if i == 5:
            mesh.set_array([[1.0]])

    return figure, also


def axes_change_their_order():
    figure, update = sine()
    axes = figure.axes[0]
    axes.axhspan(-0.5, 0.5, color="C2")
    other = axes.twinx()
    other.axhspan(0.3, 0.7, color="C3")

    def also(i):
        update(i)
        axes.patch.set_visible(False)
        axes.set_zorder(5 * (i // 3 % 2))

    return figure, also


def ticks_above():
    figure, update = sine()
    axes = figure.axes[0]
    axes.set_title("over what is at the top")

    def also(i):
        update(i)
        if i == 3:
            axes.xaxis.tick_top()

    return figure, also


def label_above():
    figure, update = sine()
    axes = figure.axes[0]
    axes.set_title("over what is at the top")
    axes.xaxis.set_label_position("top")

    def also(i):
        update(i)
        if i == 3:
            axes.set_xlabel("new")

    return figure, also


def table_with_a_score():
    figure, update = sine()
    table = figure.axes[0].table([["score", "0"]], loc="center")

    def also(i):
        update(i)
        table[0, 1].get_text().set_text(str(i // 3))

    return figure, also


def clipped_or_not():
    figure = Figure((4, 3), dpi=80)
    axes = figure.add_subplot(title="over the edge")
    (line,) = axes.plot(X, np.sin(X), clip_on=False, lw=5)
    axes.set_ylim(-1.2, 0.5)
    return figure, lambda i: line.set_ydata(np.sin(X + i / 5))


def hidden_and_shown():
    figure, update = sine()
    axes = figure.axes[0]
    band = axes.axhspan(-0.5, 0.5, color="C2", visible=False)

    def also(i):
        update(i)
        band.set_visible(i % 2 == 1)

    return figure, also


def inset_axes():
    figure, update = sine()
    inset = figure.axes[0].inset_axes((0.6, 0.6, 0.3, 0.3))
    (line,) = inset.plot(X, X)

    def also(i):
        update(i)
        line.set_ydata(X * (10 - i) / 10)

    return figure, also


def polar_beside_plain():
    figure = Figure((4, 3), dpi=80)
    figure.add_subplot(121).plot(X, X)
    (line,) = figure.add_subplot(122, projection="polar").plot(X, X)
    return figure, lambda i: line.set_ydata(X * (10 - i) / 10)


def camera_goes_round():
    figure = Figure((4, 3), dpi=80)
    figure.add_subplot(121).plot(X, X)
    axes = figure.add_subplot(122, projection="3d")
    axes.plot(X, np.sin(X), np.cos(X))
    return figure, lambda i: axes.view_init(30, 10 * i)


def limits_of_one_of_two_axes():
    figure = Figure((4, 3), dpi=80)
    figure.add_subplot(121).plot(X, X)
    axes = figure.add_subplot(122)
    axes.plot(X, X)

    def update(i):
        axes.set_xlim(0, 10 + i)

    return figure, update


def aspect_follows_limits():
    figure, update = limits_of_one_of_two_axes()
    figure.axes[1].set_aspect("equal")
    return figure, update


def subfigure_with_axes():
    figure = Figure((4, 3), dpi=80)
    left, right = figure.subfigures(1, 2)
    left.add_subplot().plot(X, X)
    axes = right.add_subplot()
    (line,) = axes.plot(X, X)

    def update(i):
        line.set_ydata(X * i)
        axes.set_ylim(0, 10 + i)

    return figure, update


def without_axis():
    figure, update = sine()
    figure.axes[0].set_axis_off()
    return figure, update


def transparent():
    figure, update = sine()
    figure.patch.set_alpha(0)
    figure.axes[0].patch.set_alpha(0.5)
    return figure, update


def with_shadows():
    from matplotlib.patheffects import Stroke, withStroke  # noqa: PLC0415

    figure, update = sine()
    axes = figure.axes[0]
    axes.lines[0].set_path_effects([Stroke(linewidth=8, alpha=0.3), withStroke(linewidth=3)])
    axes.text(3, 0, "over it", path_effects=[withStroke(linewidth=6, foreground="w")])
    return figure, update


DIFFICULT = [
    sine,
    under_a_grid_and_a_legend,
    between_two_axes,
    text_that_grows_over_what_comes_later,
    title_of_more_lines,
    something_else_changes_late,
    order_changes,
    moving_line_changes_its_order,
    artists_come_and_go,
    other_colours_late,
    axes_change_their_order,
    ticks_above,
    label_above,
    table_with_a_score,
    clipped_or_not,
    hidden_and_shown,
    inset_axes,
    polar_beside_plain,
    camera_goes_round,
    limits_of_one_of_two_axes,
    aspect_follows_limits,
    subfigure_with_axes,
    without_axis,
    transparent,
    with_shadows,
]


def play(make, renderer, count=COUNT):
    """Give the pixels of each frame."""
    figure, update = make()
    frames = Frames(as_source(update, figure=figure), renderer=renderer)
    return [decode(frames.frame(i).file()) for i in range(count)]


def expect(make, count=COUNT):
    """Give what matplotlib saves of each frame."""
    figure, update = make()
    pictures = []
    for i in range(count):
        update(i)
        pictures.append(savefig(figure, dpi=figure.get_dpi()))
    return pictures


@pytest.mark.parametrize("make", DIFFICULT, ids=lambda make: make.__name__)
def test_composed_pixels_are_those_of_the_whole_figure(make):
    played, expected = play(make, Unchecked()), expect(make)
    assert [differing(*pair) for pair in zip(played, expected, strict=True)] == [0] * COUNT


# -- what it draws --------------------------------------------------------------------------------


@pytest.fixture
def drawn(monkeypatch):
    """Names of what is drawn, as it happens."""
    names = []
    for kind in (Axis, Figure):

        def draw(self, *args, kind=kind, original=kind.draw):
            names.append(kind.__name__)
            return original(self, *args)

        # Told by the function whether an axis may be taken apart.
        monkeypatch.setattr(kind, "draw", draw)
    return names


def test_only_what_moves_is_drawn(drawn):
    play(sine, Unchecked(), count=3)
    drawn.clear()
    figure, update = sine()
    frames = Frames(as_source(update, figure=figure), renderer=Unchecked())
    frames.frame(2)
    drawn.clear()
    frames.frame(3)
    frames.frame(4)
    assert drawn == []


def test_what_is_hardly_faster_is_given_up_for_one_draw_a_frame(drawn, monkeypatch):
    # However fast or busy the machine.
    monkeypatch.setattr(compositing, "_WORTH", 0.01)
    figure, update = sine()

    def scroll(i):
        update(i)
        figure.axes[0].set_xlim(i, i + 5)

    renderer = CompositingRenderer()
    frames = Frames(as_source(scroll, figure=figure), renderer=renderer)
    for i in range(30):
        frames.frame(i)
    assert renderer.whole == "nearly all of it changes from frame to frame"
    assert renderer.method == f"whole figures: {renderer.whole}"
    drawn.clear()
    for i in range(30, 35):
        frames.frame(i)
    assert drawn.count("Figure") == 5


def test_the_first_frames_are_compared_with_whole_ones(drawn):
    figure, update = sine()
    renderer = CompositingRenderer()
    frames = Frames(as_source(update, figure=figure), renderer=renderer)
    for i in range(14):
        frames.frame(i)
    # The first one, to begin with; then those composed as the 1st, 2nd, 3rd and 12th.
    assert drawn.count("Figure") == 5
    assert renderer.whole is None
    assert renderer.method == "what moves"


# -- what goes wrong ------------------------------------------------------------------------------


def test_a_difference_in_the_first_frames_ends_it_before_anybody_sees_it():
    make = behind_its_back(since=1)
    renderer = CompositingRenderer()
    played, expected = play(make, renderer), expect(make)
    assert [differing(*pair) for pair in zip(played, expected, strict=True)] == [0] * COUNT
    assert renderer.whole == "its parts drawn one by one looked different"
    assert renderer.doubtful == 0


def test_the_first_frames_at_another_scale_are_looked_at_as_well():
    figure, update = behind_its_back(since=6)()
    renderer = CompositingRenderer()
    frames = Frames(as_source(update, figure=figure, random_access=True), renderer=renderer)
    for i in range(6):
        frames.frame(i)
    for i in range(6, 9):
        frames.frame(i, 1.5)
    assert renderer.whole == "its parts drawn one by one looked different"
    assert renderer.doubtful == 0


def test_a_difference_found_later_takes_the_frames_back_that_may_have_it():
    make = behind_its_back(since=6)
    figure, update = make()
    frames = Frames(as_source(update, figure=figure, random_access=True))
    for i in range(12):
        frames.frame(i)
    assert frames.version == 0
    assert frames.drawing == "what moves"
    frames.frame(12)
    assert frames.version == 1
    assert frames.drawing == "whole figures: its parts drawn one by one looked different"
    expected = expect(make, 13)
    # Only what was found to be right is kept; the others are drawn again.
    assert list(frames.store) == [12]
    assert differing(decode(frames.frame(12).file()), expected[12]) == 0
    assert differing(decode(frames.frame(8).file()), expected[8]) == 0


@pytest.mark.parametrize("begin_again", [Frames.restart, lambda f: f.set_params({"k": 3})])
def test_with_a_new_pass_anything_may_be_new(begin_again):
    figure = Figure((4, 3), dpi=80)
    axes = figure.add_subplot()
    values = np.linspace(0, 1, 12).reshape(3, 4)
    image = axes.imshow(values.copy(), extent=(0, 6, -1, 1), aspect="auto", vmin=0, vmax=3)
    (line,) = axes.plot(X, np.sin(X))
    factor = [1]

    def update(i):
        # Behind matplotlib's back, before each pass.
        if i == 0:
            image._A[...] = factor[-1] * values
            image._imcache = None
        line.set_ydata(np.sin(X + i / 5))

    def change(k):
        factor.append(k)

    source = as_source(update, figure=figure, frames=30, params={"k": 1}, setter=change)
    frames = Frames(source)
    for i in range(14):
        frames.frame(i)
    factor.append(3)
    begin_again(frames)
    for i in range(5):
        update(i)
        assert differing(decode(frames.frame(i).file()), savefig(figure, dpi=80)) == 0


def test_what_others_draw_in_between_hides_no_change():
    def make():
        figure, update = sine()

        def also(i):
            update(i)
            figure.axes[0].set_title(f"changed {i // 3}")
            if i % 2:
                figure.draw_without_rendering()

        return figure, also

    played, expected = play(make, Unchecked()), expect(make)
    assert [differing(*pair) for pair in zip(played, expected, strict=True)] == [0] * COUNT


def test_saving_the_figure_in_between_hides_no_change(tmp_path):
    figure, update = sine()
    frames = Frames(as_source(update, figure=figure), renderer=Unchecked())
    for i in range(3):
        frames.frame(i)
    figure.axes[0].set_title("another")
    figure.savefig(tmp_path / "figure.svg")
    shown = decode(frames.frame(3).file())
    assert differing(shown, savefig(figure, dpi=figure.get_dpi())) == 0


def test_a_picture_at_another_scale_in_between_hides_no_change():
    figure, update = sine()
    frames = Frames(as_source(update, figure=figure), renderer=Unchecked())
    for i in range(3):
        frames.frame(i)
        frames.frame(i, 2)
    figure.axes[0].set_title("another")
    frames.frame(2, 3)
    shown = decode(frames.frame(3).file())
    assert differing(shown, savefig(figure, dpi=figure.get_dpi())) == 0


def test_after_an_artist_that_fails_the_next_frame_is_right():
    def make():
        figure, update = sine()
        title = figure.axes[0].title

        def also(i):
            update(i)
            title.set_text(r"$\nonsense{$" if i == 3 else f"frame {i}")

        return figure, also

    figure, update = make()
    frames = Frames(as_source(update, figure=figure), renderer=Unchecked())
    for i in range(3):
        frames.frame(i)
    with pytest.raises(ValueError, match="nonsense"):
        frames.frame(3)
    shown = decode(frames.frame(4).file())
    assert differing(shown, savefig(figure, dpi=figure.get_dpi())) == 0


def test_a_layout_engine_is_a_hindrance():
    renderer = CompositingRenderer()
    figure = Figure((4, 3), layout="constrained")
    figure.add_subplot()
    renderer.render(figure)
    assert renderer.whole == "its layout is made anew for each frame"


def test_a_layout_that_was_made_once_is_none():
    figure, update = sine()
    figure.tight_layout()
    renderer = CompositingRenderer()
    frames = Frames(as_source(update, figure=figure), renderer=renderer)
    shown = [decode(frames.frame(i).file()) for i in range(3)]
    assert renderer.whole is None
    assert differing(shown[2], savefig(figure, dpi=figure.get_dpi())) == 0


def test_colours_of_saved_figures_are_a_hindrance():
    renderer = CompositingRenderer()
    figure, update = sine()
    with mpl.rc_context({"savefig.facecolor": "yellow"}):
        frames = Frames(as_source(update, figure=figure), renderer=renderer)
        shown = [decode(frames.frame(i).file()) for i in range(3)]
        assert differing(shown[2], savefig(figure, dpi=figure.get_dpi())) == 0
    assert renderer.whole == "rcParams give saved figures other colours"
