from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from pybridge.animation.figures import Canvas, active_figure, adopt, current
from pybridge.animation.source import as_source

from .reference import savefig


def test_an_adopted_figure_is_unknown_to_pyplot_and_still_works():
    figure, axes = plt.subplots()
    other = plt.figure()
    adopt(figure)
    assert plt.get_fignums() == [other.number]
    axes.plot([1, 2])
    assert savefig(figure).shape == (480, 640, 4)
    adopt(figure)
    assert isinstance(figure.canvas, Canvas)


def test_adopting_undoes_the_device_pixel_ratio_of_a_window():
    figure = plt.figure(dpi=80)
    figure.canvas._set_device_pixel_ratio(2)
    assert figure.get_dpi() == 160
    adopt(figure)
    assert figure.get_dpi() == 80


def test_a_figure_whose_window_was_closed_can_be_adopted():
    figure = plt.figure()
    plt.close(figure)
    adopt(figure)
    assert savefig(figure).any()


@pytest.mark.parametrize("close_figures", [True, False])
def test_inline_shows_no_second_copy_after_the_cell(monkeypatch, close_figures):
    backend = pytest.importorskip("matplotlib_inline.backend_inline")
    shown = []
    monkeypatch.setattr(backend, "display", lambda figure, **_: shown.append(figure))
    plt.switch_backend("module://matplotlib_inline.backend_inline")
    monkeypatch.setattr(
        backend.InlineBackend.instance(), "close_figures", close_figures, raising=True
    )
    with plt.ion():
        figure, axes = plt.subplots()
        other = plt.figure()
        (line,) = axes.plot([0, 1])
        source = as_source(FuncAnimation(figure, lambda _: (line, plt.title("x")), 3))
        source.step()
        axes.set_title("after")
        backend.flush_figures()
    plt.switch_backend("agg")
    assert shown == [other]


def test_pyplot_reaches_the_figure_for_a_while():
    figure, mine = Figure(), plt.figure()
    adopt(figure)
    with current(figure):
        assert plt.gcf() is figure
        plt.title("reached")
        assert plt.figure(figure.number) is figure
        plt.sca(figure.axes[0])
        plt.figure(mine.number)
        assert active_figure() is mine
    assert figure.axes[0].get_title() == "reached"
    assert plt.gcf() is mine
    assert plt.get_fignums() == [mine.number]


def test_numbers_never_clash():
    figure = plt.figure(1)
    adopt(figure)
    mine = plt.figure(1)
    with current(figure):
        assert plt.gcf() is figure
        assert sorted(plt.get_fignums()) == [1, 2]
    assert plt.gcf() is mine


def test_an_update_may_close_any_figure():
    figure, mine = plt.figure(), plt.figure()
    adopt(figure)
    with current(figure):
        plt.close("all")
    assert plt.get_fignums() == []
    assert active_figure() is None
    with current(figure):
        assert plt.gcf() is figure
    assert mine.number


def test_pyplot_is_put_back_when_the_update_raises():
    figure = plt.figure()
    adopt(figure)
    with pytest.raises(ZeroDivisionError), current(figure):
        1 / 0  # noqa: B018
    assert plt.get_fignums() == []


def test_a_figure_that_the_user_took_back_stays_with_pyplot():
    figure = plt.figure()
    adopt(figure)
    plt.figure(figure)
    mine = plt.figure()
    with current(figure):
        assert plt.gcf() is figure
    assert plt.gcf() is mine
    assert len(plt.get_fignums()) == 2


def test_drawing_only_when_told():
    figure = plt.figure()
    adopt(figure)
    drawn = []
    figure.canvas.mpl_connect("draw_event", drawn.append)
    figure.canvas.draw_idle()
    with plt.ion(), current(figure):
        plt.title("a change")
        plt.draw()
    assert not drawn
    figure.canvas.draw()
    assert len(drawn) == 1
