from __future__ import annotations

import gc
import itertools
import weakref

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import ArtistAnimation, FuncAnimation
from matplotlib.figure import Figure
from PIL import Image

from pybridge.animation.errors import FrameRangeError, NotRestartableError
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError

from .reference import saved_frames


class Recorder:
    """An update function that remembers what it was called with."""

    def __init__(self, fails_at=None):
        self.figure, self.axes = plt.subplots(figsize=(1, 1))
        (self.line,) = self.axes.plot([0, 1])
        self.calls = []
        self.fails_at = fails_at

    def __call__(self, item, *args, **params):
        if item == self.fails_at:
            raise ZeroDivisionError(item)
        self.calls.append((item, *args, params) if args or params else item)
        return (self.line,)

    def animate(self, frames, **options):
        options.setdefault("cache_frame_data", False)
        return FuncAnimation(self.figure, self, frames, **options)


def refused(animation):
    """Keep matplotlib from warning that this animation is never shown."""
    animation._draw_was_started = True
    return animation


def run_to_the_end(source):
    for _ in itertools.count():
        try:
            source.step()
        except FrameRangeError:
            return


def generate():
    yield from "abcd"


KINDS_OF_FRAMES = {
    "int": lambda: 4,
    "list": lambda: list("abcd"),
    "array": lambda: np.arange(4),
    "range": lambda: range(2, 10, 2),
    "set": lambda: {3, 1, 2},
    "generator function": lambda: generate,
    "generator object": generate,
}


@pytest.mark.parametrize("options", [{}, {"blit": True}, {"repeat": False}, {"fargs": (1,)}])
@pytest.mark.parametrize("kind", KINDS_OF_FRAMES)
def test_the_function_is_called_as_by_save(kind, options):
    make_frames = KINDS_OF_FRAMES[kind]
    saved = Recorder()
    saved_frames(saved.animate(make_frames(), **options), 99, 1)
    played = Recorder()
    run_to_the_end(as_source(played.animate(make_frames(), **options)))
    assert played.calls == saved.calls


@pytest.mark.parametrize(
    ("kind", "length"),
    list(zip(KINDS_OF_FRAMES, [4, 4, 4, 4, 3, None, None], strict=True)),
)
@pytest.mark.parametrize("repeat", [True, False])
def test_length_is_known_when_the_frames_have_one(kind, length, repeat):
    source = as_source(Recorder().animate(KINDS_OF_FRAMES[kind](), repeat=repeat))
    assert source.length == length
    assert source.repeat is repeat


def test_length_is_found_at_the_end():
    source = as_source(Recorder().animate(generate))
    for _ in range(4):
        source.step()
    assert (source.length, source.reached, source.complete) == (None, 4, False)
    with pytest.raises(FrameRangeError) as caught:
        source.step()
    assert (caught.value.index, caught.value.length) == (4, 4)
    assert (source.length, source.reached, source.complete) == (4, 4, True)
    assert source.shown == 3


def test_frames_without_end_go_on():
    source = as_source(Recorder().animate(None, save_count=3))
    for _ in range(10):
        source.step()
    assert source.length is None
    assert source.shown == 9


def test_a_sequence_shorter_than_it_says_ends_early():
    frames = list("abcd")
    source = as_source(Recorder().animate(frames))
    source.step()
    del frames[2:]
    run_to_the_end(source)
    assert source.length == 2


def test_interval_is_the_animation_s_own_in_milliseconds():
    assert as_source(Recorder().animate(2, interval=40)).interval == 40
    assert as_source(Recorder().animate(2, interval=40), interval=25).interval == 25
    assert as_source(lambda _: None).interval == 200


def test_nothing_of_the_animation_runs_before_the_first_step():
    recorder = Recorder()
    source = as_source(recorder.animate(3))
    assert recorder.calls == []
    assert (source.next, source.shown) == (0, None)


def test_the_animation_never_runs_by_itself():
    recorder = Recorder()
    animation = recorder.animate(3)
    started = []
    animation.event_source.start = lambda: started.append(True)
    source = as_source(animation)
    recorder.figure.canvas.draw()
    recorder.figure.savefig("/dev/null", format="png")
    assert not started
    assert recorder.calls == []
    assert not animation.event_source.callbacks
    del source, animation
    gc.collect()  # a warning that it was never shown would be an error here


def test_the_animation_can_still_be_saved():
    recorder = Recorder()
    animation = recorder.animate(3)
    run_to_the_end(as_source(animation))
    assert len(saved_frames(animation, 9, 1)) == 3


# Errors


def test_a_frame_whose_update_raised_is_tried_again_with_the_same_data():
    recorder = Recorder(fails_at="c")
    source = as_source(recorder.animate(generate))
    source.step()
    source.step()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            source.step()
        assert (source.next, source.shown) == (2, None)
    recorder.fails_at = None
    source.step()
    assert recorder.calls == ["a", "a", "b", "c"]
    assert source.shown == 2


def test_an_init_func_that_raised_is_tried_again():
    recorder = Recorder()
    outcomes = iter([ZeroDivisionError("first"), None])

    def clear():
        outcome = next(outcomes)
        if outcome:
            raise outcome

    source = as_source(recorder.animate(3, init_func=clear))
    with pytest.raises(ZeroDivisionError):
        source.step()
    source.step()
    assert recorder.calls == [0]


@pytest.mark.parametrize(
    ("error", "later"), [(ValueError, ValueError), (KeyboardInterrupt, RuntimeError)]
)
def test_a_generator_that_raised_does_not_look_like_the_end(error, later):
    outcomes = iter([error, None, None])

    def fails_once():
        yield 0
        outcome = next(outcomes)
        if outcome:
            raise outcome
        yield 1

    recorder = Recorder()
    source = as_source(recorder.animate(fails_once))
    source.step()
    with pytest.raises(error):
        source.step()
    for _ in range(2):
        with pytest.raises(later):
            source.step()
    assert source.length is None
    source.restart()
    run_to_the_end(source)
    assert source.length == 2


def test_a_function_that_raises_stop_iteration_is_not_the_end():
    recorder = Recorder()

    def update(_):
        raise StopIteration

    animation = FuncAnimation(recorder.figure, update, 3, init_func=lambda: None)
    source = as_source(animation)
    with pytest.raises(RuntimeError, match="StopIteration"):
        source.step()
    assert source.length == 3


def test_no_frames_at_all():
    source = as_source(Recorder().animate(0))
    with pytest.raises(FrameRangeError):
        source.step()


# Beginning again


@pytest.mark.parametrize("kind", KINDS_OF_FRAMES)
def test_a_second_pass_runs_everything_again(kind):
    recorder = Recorder()
    source = as_source(recorder.animate(KINDS_OF_FRAMES[kind]()))
    run_to_the_end(source)
    first_pass = recorder.calls[:]
    source.restart()
    assert (source.next, source.reached, source.shown) == (0, 0, None)
    run_to_the_end(source)
    assert recorder.calls == first_pass * 2


def test_an_iterator_read_once_cannot_begin_again():
    recorder = Recorder()
    source = as_source(recorder.animate(generate(), repeat=False))
    source.restart()  # not begun yet
    source.step()
    for begin_again in (source.restart, lambda: source.set_params({"speed": 2})):
        with pytest.raises(NotRestartableError, match="generator function"):
            begin_again()
    source.step()
    assert recorder.calls == ["a", "b", "c"]  # "a" was spent on the initial draw, as by save()
    assert source.params == {}


def test_random_access_over_an_iterator_read_once_is_refused():
    with pytest.raises(BadArgumentError, match="list"):
        as_source(refused(Recorder().animate(generate(), repeat=False)), random_access=True)


# Parameters


def test_parameters_reach_the_function_and_begin_a_new_pass():
    recorder = Recorder()
    source = as_source(recorder.animate(3, fargs=("x",)), params={"speed": 1, "mode": "sin"})
    source.step()
    source.set_params({"speed": 2})
    source.step()
    slow, fast = ({"speed": speed, "mode": "sin"} for speed in (1, 2))
    assert recorder.calls == [(0, "x", slow)] * 2 + [(0, "x", fast)] * 2
    assert source.params == fast


def test_parameters_reach_a_plain_function():
    calls = []

    def draw(i, speed):
        calls.append((i, speed))
        return np.zeros((1, 1, 3), np.uint8)

    source = as_source(draw, params={"speed": 1})
    source.step()
    source.set_params({"speed": 5})
    source.step()
    assert calls == [(0, 1), (0, 5)]


def test_a_setter_takes_the_parameters_instead_of_the_function():
    recorder = Recorder()
    taken = []
    source = as_source(recorder.animate(3), setter=lambda **params: taken.append(params))
    source.set_params({"speed": 2})
    source.step()
    assert taken == [{"speed": 2}]
    assert recorder.calls == [0, 0]


def test_parameters_of_an_animation_without_a_function_are_refused():
    figure, axes = plt.subplots()
    animation = ArtistAnimation(figure, [axes.plot([1])])
    with pytest.raises(BadArgumentError, match="ArtistAnimation"):
        as_source(refused(animation), params={"speed": 1})
    with pytest.raises(BadArgumentError, match="ArtistAnimation"):
        as_source(animation).set_params({"speed": 1})


# Frames out of order


@pytest.mark.parametrize("kind", KINDS_OF_FRAMES)
def test_data_of_any_frame_can_be_found_again(kind):
    recorder = Recorder()
    source = as_source(recorder.animate(KINDS_OF_FRAMES[kind]()))
    run_to_the_end(source)
    in_order = recorder.calls[1:]
    recorder.calls.clear()
    for index in (2, 0, 1, 2):
        source.jump(index)
        assert source.shown == index
    assert recorder.calls == [in_order[index] for index in (2, 0, 1, 2)]


def test_a_generator_that_raised_at_a_jump_is_read_again():
    outcomes = iter([OSError, None])

    def fails_once():
        yield from range(3)
        outcome = next(outcomes)
        if outcome:
            raise outcome
        yield from range(3, 6)

    source = as_source(Recorder().animate(fails_once), random_access=True)
    source.jump(2)
    with pytest.raises(OSError):
        source.jump(4)
    source.jump(5)
    assert source.shown == 5
    with pytest.raises(FrameRangeError):
        source.jump(6)
    assert source.length == 6


def test_a_jump_past_the_end_finds_the_length():
    source = as_source(Recorder().animate(generate), random_access=True)
    source.jump(3)
    with pytest.raises(FrameRangeError):
        source.jump(4)
    assert source.length == 4


def test_a_jump_far_past_the_end_of_a_function_does_not_guess_the_length():
    def draw(i):
        if i >= 5:
            raise StopIteration
        return np.zeros((1, 1, 3), np.uint8)

    source = as_source(draw, random_access=True)
    with pytest.raises(FrameRangeError, match="ends before"):
        source.jump(100)
    assert source.length is None


def test_artist_animations_are_independent_unless_a_layout_moves_the_axes():
    for layout, independent in ((None, True), ("once", True), ("constrained", False)):
        figure, axes = plt.subplots(layout=None if layout == "once" else layout)
        if layout == "once":
            figure.tight_layout()
        source = as_source(ArtistAnimation(figure, [axes.plot([1]), axes.plot([2])]))
        assert source.random_access is independent
        assert source.length == 2


def test_two_sources_on_one_figure_know_that_the_other_changed_it():
    recorder = Recorder()
    one, other = as_source(recorder.animate(5)), as_source(recorder.animate(5))
    one.step()
    assert one.shown == 0
    other.step()
    assert one.disturbed
    assert one.shown is None
    assert not other.disturbed
    one.restart()
    one.step()
    assert (one.shown, other.shown) == (0, None)


# Plain functions


@pytest.mark.parametrize(
    ("returned", "rgba"),
    [
        (np.uint8([[[1, 2, 3]]]), [1, 2, 3, 255]),
        (np.uint8([[[1, 2, 3, 4]]]), [1, 2, 3, 4]),
        (np.array([[[0, 0.5, 1]]]), [0, 127, 255, 255]),
        (np.float32([[[0, 1, 1, 0]]]), [0, 255, 255, 0]),
        (Image.new("RGB", (1, 1), (9, 8, 7)), [9, 8, 7, 255]),
        (Image.new("1", (1, 1), 1), [255, 255, 255, 255]),
    ],
)
def test_pixels_a_function_returns(returned, rgba):
    source = as_source(lambda _: returned)
    source.step()
    assert source.picture.dtype == np.uint8
    assert source.picture.tolist() == [[rgba]]
    assert source.figure is None


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("text", "returned str"),
        (7, "returned int"),
        ([1, 2], "returned list"),
        (np.zeros((2, 2)), "shape"),
        (np.zeros((2, 2, 2), np.uint8), "shape"),
        (np.zeros((0, 2, 3), np.uint8), "shape"),
        (np.zeros((2, 2, 3), np.int64), "int64"),
        (np.full((1, 1, 3), 1.5), "from 0 to 1"),
        (np.full((1, 1, 3), np.nan), "from 0 to 1"),
        (None, "no figure"),
    ],
)
def test_what_a_function_may_not_return(returned, message):
    source = as_source(lambda _: returned)
    with pytest.raises(BadArgumentError, match=message):
        source.step()


def test_pixels_are_copied():
    picture = np.zeros((1, 1, 4), np.uint8)
    source = as_source(lambda _: picture)
    source.step()
    picture[:] = 9
    assert source.picture.max() == 0


def test_an_image_read_backwards_or_transposed_is_taken_as_it_looks():
    picture = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)[::-1].swapaxes(0, 1)
    source = as_source(lambda _: picture)
    source.step()
    assert (source.picture[..., :3] == picture).all()


def test_a_function_ends_by_raising_stop_iteration():
    def draw(i):
        if i == 3:
            raise StopIteration
        return np.zeros((1, 1, 3), np.uint8)

    source = as_source(draw)
    run_to_the_end(source)
    assert source.length == 3


def test_a_function_s_new_figure_takes_the_place_of_the_last_one():
    def draw(_):
        plt.figure()

    source = as_source(draw, frames=3)
    source.step()
    first = source.picture
    source.step()
    assert isinstance(source.picture, Figure)
    assert source.picture is not first
    assert plt.get_fignums() == []


def test_figures_of_a_function_do_not_pile_up():
    made = weakref.WeakSet()

    def draw(_):
        figure, _ = plt.subplots()
        made.add(figure)
        return figure

    source = as_source(draw)
    for _ in range(5):
        source.step()
    gc.collect()
    assert list(made) == [source.picture]


def test_a_figure_made_by_a_function_without_pyplot_is_fine():
    source = as_source(lambda _: Figure())
    source.step()
    source.step()
    assert isinstance(source.figure, Figure)


def test_options_that_do_not_go_with_what_is_animated_are_refused():
    with pytest.raises(BadArgumentError, match="function"):
        as_source(refused(Recorder().animate(3)), frames=3)
    with pytest.raises(BadArgumentError, match="list"):
        as_source([1, 2, 3])
    with pytest.raises(BadArgumentError, match="-1"):
        as_source(print, frames=-1)


def test_an_animation_on_a_subfigure():
    figure = plt.figure()
    left, _ = figure.subfigures(1, 2)
    (line,) = left.subplots().plot([0, 1])
    source = as_source(FuncAnimation(left, lambda i: line.set_ydata([0, i]), 3))
    source.step()
    assert source.figure is figure
