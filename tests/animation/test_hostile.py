"""What asks for absurdly much is refused, and the next frame is drawn."""

import contextlib
import itertools
import tracemalloc

import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

import pybridge
from pybridge.animation.frames import Frames
from pybridge.animation.service import _MAX_LEAP, AnimationService
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError, TooLargeError


def moving(**options):
    figure = Figure((1, 1), dpi=50)
    (line,) = figure.add_subplot().plot([0, 1])
    return as_source(lambda i: line.set_ydata([i % 2, 1]), figure=figure, **options)


@pytest.fixture
def service():
    return AnimationService(Frames(moving(frames=5, random_access=True)), {})


def code(service, *indices, scale=1.0, **wishes):
    """What stopped a view's call; None for nothing."""
    error = service.frames(list(indices), scale, 0, **wishes)["error"]
    return error and error["code"]


@pytest.mark.parametrize("scale", [1e3, 1e9, 1e300, 1.7e308])
def test_frames_of_absurd_size_are_refused_before_they_are_drawn(service, scale):
    assert code(service, 0) is None
    tracemalloc.start()
    try:
        assert code(service, 0, 1, scale=scale) == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    assert code(service, 1) is None


@pytest.mark.parametrize("scale", [0, -1, -1e300, float("nan"), float("inf"), 1e-9, 5e-324])
def test_a_scale_that_shows_nothing_is_a_bad_argument(service, scale):
    # Drawing a view that plays elsewhere is none of its business.
    try:
        assert code(service, 0, scale=scale) == "bad-argument"
    except BadArgumentError:
        assert not 0 < scale < float("inf")
    assert code(service, 1) is None


def test_no_more_frames_are_drawn_at_a_time_than_a_view_may_ask_for(service):
    assert code(service, *itertools.repeat(0, 10_000)) is None
    assert len(service.frames([0] * 10_000, 1.0, 0)["frames"]) <= 64


@pytest.mark.parametrize("index", [-1, 10**6, 2**80, True, "0", None, 0.5, [], "__proto__"])
def test_an_index_that_is_none_draws_nothing(service, index):
    reply = service.frames([index], 1.0, 0)
    assert reply["frames"] == [] or index is True
    assert code(service, 1) is None


@pytest.mark.parametrize("index", [_MAX_LEAP + 2, 10**12, 2**80])
def test_an_animation_without_an_end_does_not_run_to_wherever_it_is_asked_for(index):
    service = AnimationService(Frames(moving()), {})
    assert code(service, 0, index) == "bad-argument"
    assert service._frames.source.reached == 1
    with pytest.raises(BadArgumentError, match="too far ahead"):
        service.export("png", index, 1.0)
    assert code(service, 3) is None


def test_frames_that_depend_on_nothing_may_be_anywhere():
    service = AnimationService(Frames(moving(random_access=True)), {})
    assert code(service, 2**40) is None


@pytest.mark.parametrize("link", [{}, {"rate": 0, "decode": {}}, {"rate": "x"}, {"a": 1}, 5, []])
def test_a_link_that_makes_no_sense_changes_nothing(service, link):
    with contextlib.suppress(TypeError):
        code(service, 0, link=link)
    assert code(service, 0) is None


@pytest.mark.parametrize("file_format", ["exe", "../x", "png/../../x", "", "PNG", "__class__"])
def test_a_view_names_a_format_and_no_file(service, file_format):
    with pytest.raises(BadArgumentError, match="no such format"):
        service.export(file_format, 0, 1.0)


@pytest.mark.parametrize("index", ["../x", "/etc/x", "..", "a\0b", "C:\\x", None])
def test_a_view_names_a_frame_by_its_number(service, index):
    for file_format in ("png", "svg"):
        with pytest.raises(TypeError):
            service.export(file_format, index, 1.0)
    assert service.export("png", 1, 1.0)["name"] == "frame-1.png"


@pytest.mark.parametrize("size", [(1e4, 1e4), (1e6, 1e6), (1e6, 1e-3)])
def test_a_figure_of_absurd_size_is_refused_before_it_is_drawn(size):
    figure = Figure((1, 1), dpi=100)
    (line,) = figure.add_subplot().plot([0, 1])
    animation = FuncAnimation(figure, lambda i: line.set_ydata([i, 1]), frames=3)
    player = pybridge.Animation(animation)
    figure.set_size_inches(*size)
    tracemalloc.start()
    try:
        with pytest.raises((TooLargeError, BadArgumentError)):
            player._repr_mimebundle_()
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["u1", "f8"])
def test_pixels_of_absurd_size_are_refused_before_they_are_copied(dtype):
    pixels = np.broadcast_to(np.zeros(1, dtype), (10**6, 10**6, 3))
    frames = Frames(as_source(lambda _: pixels, frames=2))
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            frames.frame(0)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


def test_what_has_no_pixels_is_no_picture():
    with pytest.raises(BadArgumentError):
        Frames(as_source(lambda _: np.zeros((0, 5, 3), "u1"), frames=1)).frame(0)
