import io
import warnings

import matplotlib.image
import numpy as np
import pytest

from pybridge.plotkernel.session import Session


def plot(source):
    result = Session().run(source)
    assert not result.errors, str(result.errors[0])
    return result.plot


def curve(source, number=0, **draw):
    line = plot(source).draw(**draw).figure.axes[0].lines[number]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


def pieces(x, y):
    """Split a curve where it is interrupted."""
    where = np.flatnonzero(np.isnan(x) | np.isnan(y))
    parts = [
        np.delete(part, np.isnan(part[:, 0]) | np.isnan(part[:, 1]), axis=0)
        for part in np.split(np.column_stack([x, y]), where)
    ]
    return [part for part in parts if len(part) > 1]


def test_no_segment_of_tan_spans_a_pole():
    parts = pieces(*curve("y = tan(x)"))
    assert len(parts) == 7
    for part in parts:
        assert (np.diff(part[:, 1]) >= 0).all()
        poles = np.floor(part[:, 0] / np.pi + 0.5)
        assert poles.min() == poles.max()


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("y = 1/x", 2),
        ("y = floor(x)", 21),
        ("y = sign(x)", 2),
        ("y = 1/(x - 0.3)", 2),
        ("y = sqrt(x)", 1),
        ("y = log(x)", 1),
        ("y = sqrt(x^2 - 4)", 2),
        ("y = 100x^3", 1),
        ("y = exp(x)", 1),
        ("y = x^9", 1),
        ("y = cbrt(x)", 1),
        ("y = abs(x)", 1),
        ("y = 1000*sin(20x)", 1),
        ("x = t; y = tan(t)", 3),
    ],
)
def test_curves_have_gaps_where_they_break_and_only_there(source, count):
    assert len(pieces(*curve(source))) == count


def test_a_curve_reaches_the_end_of_its_domain():
    x, y = curve("y = sqrt(x - 1/3)")
    assert x[~np.isnan(y)].min() == pytest.approx(1 / 3, abs=1e-9)
    x, y = curve("y = floor(x)")
    ends = [part[-1, 0] for part in pieces(x, y)][:-1]
    assert np.allclose(ends, np.arange(-9, 11), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("source", "low", "high"),
    [("y = tan(x)", 4, 20), ("y = 1/x", 1, 6), ("y = x^2", 99, 120), ("y = exp(x)", 5000, 25000)],
)
def test_poles_do_not_rule_the_picture(source, low, high):
    assert low <= plot(source).draw().y[1] <= high


def test_a_picture_is_made_of_points_close_enough():
    x, _ = curve("y = sin(x)")
    assert len(x) >= 1000


def test_an_equation_is_drawn_where_it_holds():
    x, y = curve("x^2 + y^2 = 4")
    assert np.nanmax(np.abs(np.hypot(x, y) - 2)) < 1e-3


@pytest.mark.parametrize("source", ["1/x = 0", "tan(x) = 1e9", "floor(x) = 0.5", "x^2 + y^2 = -1"])
def test_an_equation_that_never_holds_draws_nothing(source):
    x, _ = curve(source)
    assert not x.size


def test_circles_are_round():
    drawing = plot("x^2 + y^2 = 4").draw(size=(5, 3))
    left, top, right, bottom = drawing.axes_box
    across = (right - left) / (drawing.x[1] - drawing.x[0])
    assert across == pytest.approx((bottom - top) / (drawing.y[1] - drawing.y[0]))
    assert drawing.y[1] == pytest.approx(2.24, abs=0.02)


def test_limits_can_be_chosen_for_a_drawing():
    drawing = plot("y = x^2").draw(x=(0, 3), y=(-1, 4))
    assert (drawing.x, drawing.y) == ((0, 3), (-1, 4))
    assert plot("y = x^2").draw(x=(0, 3)).y == pytest.approx((-0.54, 9.54), abs=0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        {"x": (1, 1)},
        {"x": (2, 1)},
        {"y": (0, float("nan"))},
        {"x": (0, float("inf"))},
        {"size": (0, 1)},
        {"dpi": 1e9},
    ],
)
def test_impossible_pictures_are_refused(wrong):
    with pytest.raises(ValueError):
        plot("y = x").draw(**wrong)


@pytest.mark.parametrize("size", [(6.4, 4.8), (3.333, 2.777), (1, 1)])
def test_png_and_svg_come_out(size):
    drawing = plot("y = x^2\n_a(x) = x").draw(size=size)
    image = matplotlib.image.imread(io.BytesIO(drawing.png()))
    assert image.shape[:2] == (int(size[1] * 100), int(size[0] * 100))
    assert "<svg" in drawing.svg()
    assert drawing.figure.canvas.manager is None


def test_the_axes_box_leads_from_coordinates_to_pixels():
    drawing = plot("x in [0, 4]; y in [0, 4]\nx = 1; y = 3").draw(size=(5.015, 4.013))
    image = matplotlib.image.imread(io.BytesIO(drawing.png()))[..., :3]
    left, top, right, bottom = drawing.axes_box
    column = left + (1 - 0) / 4 * (right - left)
    row = top + (4 - 3) / 4 * (bottom - top)
    blue = np.abs(image - [0x1F / 255, 0x77 / 255, 0xB4 / 255]).sum(axis=2) < 0.2
    red = np.abs(image - [0xD6 / 255, 0x27 / 255, 0x28 / 255]).sum(axis=2) < 0.2
    beside = image.shape[0] - 60
    assert np.flatnonzero(blue[beside]).mean() == pytest.approx(column - 0.5, abs=1)
    assert np.flatnonzero(red[:, 100]).mean() == pytest.approx(row - 0.5, abs=1)


def test_sliders_change_the_curve_and_stay_in_their_range():
    shown = plot("a in [0, 2]\ny = a*x")
    shown.set_parameters({"a": 5})
    assert shown.parameters["a"].value == 2
    assert shown.draw().y[1] == pytest.approx(22.4)
    assert shown.trace(3) == [{"label": "y = a*x", "color": "#1f77b4", "x": 3.0, "y": 6.0}]


@pytest.mark.parametrize("values", [{"b": 1}, {"a": float("nan")}, {"a": "1"}, {"a": True}])
def test_wrong_values_of_sliders_are_refused(values):
    shown = plot("a in [0, 2]\ny = a*x")
    with pytest.raises(ValueError):
        shown.set_parameters(values)
    assert shown.parameters["a"].value == 1


def test_tracing_leaves_out_other_curves_and_undefined_places():
    shown = plot("y = sqrt(x)\nx = cos(t); y = sin(t)\nx*y = 1\nx = 2\ng(s) = 2s")
    assert [each["y"] for each in shown.trace(-1)] == [None, -2]


def test_the_legend_has_the_users_own_text():
    axes = plot("y = 2x  # twice\n_f(x) = x^2").draw().figure.axes[0]
    texts = [text.get_text().replace("\u200b", "") for text in axes.get_legend().get_texts()]
    assert texts == ["y = 2x", "_f(x) = x^2"]


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot("y = 1e99x\ny = 1/x").draw().png()
        plot("x in [0, 1e-9]\ny = x").draw().svg()
