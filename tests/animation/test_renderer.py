from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from pybridge.animation.figures import adopt
from pybridge.animation.renderer import Renderer, pixel_size
from pybridge.errors import TooLargeError

from .reference import differing, savefig


@pytest.fixture
def figure():
    figure, axes = plt.subplots(figsize=(3, 2), facecolor="#eef", edgecolor="r", linewidth=5)
    axes.plot([1, 3, 2], label="line")
    axes.legend()
    adopt(figure)
    return figure


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"savefig.facecolor": "green"},
        {"savefig.facecolor": "none"},
        {"savefig.edgecolor": "blue"},
        {"savefig.transparent": True},
        {"savefig.dpi": 333},
    ],
)
def test_settings_of_savefig_are_followed(figure, settings):
    mpl.rcParams.update(settings)
    dpi = figure.get_dpi()
    assert differing(Renderer().render(figure), savefig(figure, dpi=dpi)) == 0


def test_a_tight_box_would_change_the_size_from_frame_to_frame_and_is_not_followed(figure):
    expected = savefig(figure)
    mpl.rcParams["savefig.bbox"] = "tight"
    assert differing(Renderer().render(figure), expected) == 0
    assert mpl.rcParams["savefig.bbox"] == "tight"


@pytest.mark.parametrize("scale", [0.5, 1, 1.1, 1.5, 2, 3])
def test_a_scale_multiplies_the_dpi_for_the_drawing_only(figure, scale):
    dpi = figure.get_dpi()
    rendered = Renderer().render(figure, scale)
    assert differing(rendered, savefig(figure, dpi=dpi * scale)) == 0
    assert rendered.shape[1::-1] == pixel_size(figure, scale)
    assert figure.get_dpi() == dpi


def test_animated_artists_are_drawn(figure):
    figure.axes[0].lines[0].set_animated(True)
    assert differing(Renderer().render(figure), savefig(figure)) == 0


def test_a_frame_is_drawn_once(figure):
    drawn = []
    figure.canvas.mpl_connect("draw_event", drawn.append)
    Renderer().render(figure)
    assert len(drawn) == 1


def test_a_figure_that_was_given_another_canvas_is_drawn_all_the_same(figure):
    expected = savefig(figure)
    FigureCanvasSVG(figure)
    assert differing(Renderer().render(figure, layout_passes=1), expected) == 0


@pytest.mark.parametrize("size_and_dpi", [(200, 100), (10, 2000)])
def test_too_many_pixels_are_refused_before_anything_is_drawn(size_and_dpi):
    size, dpi = size_and_dpi
    figure = Figure(figsize=(size, size), dpi=dpi, layout="constrained")
    adopt(figure)
    drawn = []
    figure.canvas.mpl_connect("draw_event", drawn.append)
    for scale in (1, 0.5):
        with pytest.raises(TooLargeError, match="20000 x 20000" if scale == 1 else "10000"):
            Renderer().render(figure, scale, layout_passes=1)
    assert not drawn
    assert Renderer().render(figure, 0.01).shape == (200, 200, 4)


def test_pixels_pass_unchanged_whatever_the_scale():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    assert Renderer().render(pixels, 2) is pixels
    assert Renderer().render_again(pixels, 2) is pixels
    too_large = np.broadcast_to(np.uint8(0), (20_000, 20_000, 4))
    with pytest.raises(TooLargeError):
        Renderer().render(too_large)


def test_drawing_again_leaves_the_layout_alone():
    figure, axes = plt.subplots(2, 2, layout="tight", figsize=(3, 2))
    adopt(figure)
    renderer = Renderer()
    axes[0, 0].set_title("two\nlines")
    first = renderer.render(figure).copy()
    place = axes[0, 0].get_position().bounds
    assert differing(renderer.render_again(figure), first) == 0
    renderer.render_again(figure, 2)
    assert axes[0, 0].get_position().bounds == place
    assert figure.get_layout_engine().__class__.__name__ == "TightLayoutEngine"


def test_an_error_in_drawing_passes_and_leaves_the_figure_usable(figure):
    figure.suptitle(r"$\nonsense$")
    for scale in (1, 2):
        with pytest.raises(ValueError, match="nonsense"):
            Renderer().render(figure, scale)
    figure.suptitle("sense")
    assert differing(Renderer().render(figure), savefig(figure)) == 0
