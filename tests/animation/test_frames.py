from __future__ import annotations

import io
import threading

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.animation import ArtistAnimation, FuncAnimation
from PIL import Image

from pybridge.animation.errors import ForwardOnlyError, FrameRangeError, NotRestartableError
from pybridge.animation.frames import Frames
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError, TooLargeError

from .reference import decode, differing, saved_frames

LENGTH = 12


class Scene:
    """A small animation that counts its updates and its drawings."""

    def __init__(self):
        self.figure, self.axes = plt.subplots(figsize=(1, 1))
        (self.line,) = self.axes.plot([0, 1])
        self.axes.set_ylim(-LENGTH, LENGTH)
        self.calls = []
        self.drawings = 0
        self.broken_at = None
        self.figure.canvas.mpl_connect("draw_event", self._count)

    def _count(self, _):
        self.drawings += 1

    def independent(self, i, slope=1):
        self.calls.append(i)
        if i == self.broken_at:
            raise ZeroDivisionError
        self.line.set_ydata([0, slope * i])

    def stateful(self, i):
        self.calls.append(i)
        if i == self.broken_at:
            raise ZeroDivisionError
        self.line.set_ydata([0, self.line.get_ydata()[1] + 0.5])

    def animate(self, update, frames=LENGTH, **options):
        options.setdefault("init_func", lambda: None)
        options.setdefault("cache_frame_data", False)
        return FuncAnimation(self.figure, update, frames, **options)


@pytest.fixture
def scene():
    return Scene()


def saved(name, **options):
    """Give all frames that matplotlib saves of a scene of its own."""
    copy = Scene()
    return saved_frames(copy.animate(getattr(copy, name), **options), LENGTH, 1)


def play(frames, indexes=range(LENGTH), scale=1.0):
    return [decode(frames.frame(i, scale).file()) for i in indexes]


def all_equal(some, others):
    return all(differing(one, other) == 0 for one, other in zip(some, others, strict=True))


def room_for(frames, count):
    """Make the store hold about so many frames."""
    frames.store.budget = int(len(frames.frame(0).data) * (count + 0.5))


# In order


@pytest.mark.parametrize("name", ["independent", "stateful"])
def test_whatever_is_asked_for_the_function_sees_each_frame_once_in_order(scene, name):
    frames = Frames(as_source(scene.animate(getattr(scene, name))))
    expected = saved(name)
    asked = [0, 1, 5, 1, 0, 5, 6, 11, 6, 0, 11]
    assert all_equal(play(frames, asked), [expected[i] for i in asked])
    assert scene.calls == list(range(LENGTH))


def test_skipped_frames_are_not_drawn(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    frames.frame(0)
    frames.frame(9)
    assert scene.drawings == 2
    frames.frame(0)
    frames.frame(9)
    assert scene.drawings == 2


def test_the_first_frame_is_drawn_even_when_a_later_one_is_asked_for_first(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    frames.frame(9)
    assert sorted(frames.store) == [0, 9]
    assert scene.drawings == 2


def test_a_frame_says_what_it_is(scene):
    frames = Frames(as_source(scene.animate(scene.independent, interval=50)))
    frame = frames.frame(np.int64(3), scale=2)
    assert (frame.index, frame.scale) == (3, 2)
    assert (frame.width, frame.height) == (200, 200)
    assert (frames.length, frames.interval, frames.version) == (LENGTH, 50, 0)
    assert frames.first().index == 0


def test_equal_pixels_have_equal_digests(scene):
    frames = Frames(as_source(scene.animate(lambda i: scene.independent(i % 2))))
    digests = [frames.frame(i).digest for i in range(LENGTH)]
    assert digests == digests[:2] * (LENGTH // 2)
    assert digests[0] != digests[1]


@pytest.mark.parametrize("index", [-1, LENGTH, 10**9])
def test_no_such_frame(scene, index):
    frames = Frames(as_source(scene.animate(scene.independent)))
    with pytest.raises(FrameRangeError):
        frames.frame(index)
    assert scene.calls == []


@pytest.mark.parametrize("index", [1.0, "1", None])
def test_an_index_is_an_integer(scene, index):
    frames = Frames(as_source(scene.animate(scene.independent)))
    with pytest.raises(TypeError):
        frames.frame(index)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_a_scale_is_positive(scene, scale):
    with pytest.raises(BadArgumentError, match="scale"):
        Frames(as_source(scene.animate(scene.independent))).frame(0, scale)


def test_unknown_length_is_known_after_asking_too_far(scene):
    frames = Frames(as_source(scene.animate(scene.stateful, lambda: iter(range(5)))))
    frames.frame(0)
    assert frames.length is None
    with pytest.raises(FrameRangeError):
        frames.frame(99)
    assert frames.length == 5
    # Updates have run to the end, so the last frame is what the figure shows.
    assert frames.frame(4).index == 4
    assert scene.calls == list(range(5))


def test_many_threads_still_run_each_update_once(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    expected = saved("stateful")
    found, wrong = [], []

    def view():
        try:
            found.append(play(frames))
        except Exception as error:  # noqa: BLE001 - told to the main thread
            wrong.append(error)

    threads = [threading.Thread(target=view) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(all_equal(played, expected) for played in found)
    assert scene.calls == list(range(LENGTH))


# Out of order


def test_evicted_frames_are_drawn_again_after_the_pass_when_they_come_out_the_same(scene):
    frames = Frames(as_source(scene.animate(scene.independent)))
    room_for(frames, 3)
    expected = play(frames)
    assert len(frames.store) < LENGTH
    asked = [3, 7, 5, 0, 11, 4]
    assert all_equal(play(frames, asked), [expected[i] for i in asked])
    assert frames.forward_only is None


def test_evicted_frames_of_a_simulation_are_refused_and_never_wrong(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    room_for(frames, 3)
    expected = play(frames)
    gone = next(i for i in range(LENGTH) if i not in set(frames.store))
    with pytest.raises(ForwardOnlyError, match="looked different") as caught:
        frames.frame(gone)
    assert caught.value.index == gone
    assert caught.value.code == "forward-only"
    assert frames.forward_only == caught.value.reason
    # It was found out once; the function is not called for others.
    calls = len(scene.calls)
    for i in range(LENGTH):
        if i in set(frames.store):
            assert differing(decode(frames.frame(i).file()), expected[i]) == 0
        else:
            with pytest.raises(ForwardOnlyError):
                frames.frame(i)
    assert len(scene.calls) == calls


@pytest.mark.parametrize("name", ["independent", "stateful"])
def test_during_the_pass_nothing_is_drawn_out_of_order(scene, name):
    frames = Frames(as_source(scene.animate(getattr(scene, name))))
    room_for(frames, 3)
    play(frames, range(8))
    gone = next(i for i in range(8) if i not in set(frames.store))
    with pytest.raises(ForwardOnlyError, match="no longer kept"):
        frames.frame(gone)
    assert scene.calls == list(range(8))
    # and it plays on
    assert all_equal(play(frames, range(8, LENGTH)), saved(name)[8:])


@pytest.mark.parametrize("last", [5, LENGTH - 1])
def test_a_frame_passed_over_is_not_drawn_later(scene, last):
    # Its picture was never seen, so nothing could tell whether it came out right.
    frames = Frames(as_source(scene.animate(scene.independent)))
    frames.frame(last)
    with pytest.raises(ForwardOnlyError, match="passed over"):
        frames.frame(3)
    assert scene.calls == list(range(last + 1))


def test_a_leftover_of_a_later_frame_is_noticed(scene):
    def update(i):
        scene.independent(i)
        if i == 6:
            scene.axes.set_title("half time")

    frames = Frames(as_source(scene.animate(update)))
    room_for(frames, 1)
    play(frames)
    gone = next(i for i in range(6) if i not in set(frames.store))
    for _ in range(2):
        with pytest.raises(ForwardOnlyError):
            frames.frame(gone)


def test_promised_random_access_draws_what_is_asked_for_only(scene):
    frames = Frames(as_source(scene.animate(scene.independent), random_access=True))
    expected = saved("independent")
    asked = [7, 2, 11, 0]
    assert all_equal(play(frames, asked), [expected[i] for i in asked])
    assert scene.calls == asked
    assert scene.drawings == len(asked)


def test_artist_animations_need_no_promise(scene):
    artists = [scene.axes.plot([0, i]) for i in range(6)]
    frames = Frames(as_source(ArtistAnimation(scene.figure, artists)), budget=0)
    forward = play(frames, range(6))
    assert all_equal(play(frames, reversed(range(6))), forward[::-1])


def test_frames_of_an_iterator_read_once_are_not_drawn_again(scene):
    source = as_source(scene.animate(scene.independent, iter(range(LENGTH)), repeat=False))
    frames = Frames(source, budget=1)
    play(frames)
    with pytest.raises(FrameRangeError):
        frames.frame(LENGTH)
    with pytest.raises(ForwardOnlyError, match="read only once"):
        frames.frame(3)
    with pytest.raises(NotRestartableError):
        frames.restart()
    assert frames.version == 0


def test_the_frame_the_figure_shows_needs_no_store(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)), budget=0)
    expected = saved("stateful")
    for i in range(LENGTH):
        assert all_equal(play(frames, [i, i]), [expected[i]] * 2)
    assert scene.calls == list(range(LENGTH))


def test_another_player_on_the_same_figure_is_noticed(scene):
    one = Frames(as_source(scene.animate(scene.stateful)), budget=0)
    other = Frames(as_source(scene.animate(scene.stateful)))
    one.frame(1)
    other.frame(0)
    for index in (1, 2):
        with pytest.raises(ForwardOnlyError, match=r"another player|no longer kept"):
            one.frame(index)
    one.restart()
    assert one.frame(0)


# Scales


def test_views_at_two_scales_share_one_pass(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    for i in range(LENGTH):
        assert frames.frame(i, 2).width == 200
        assert frames.frame(i, 1).width == 100
    assert scene.calls == list(range(LENGTH))
    assert all_equal(play(frames), saved("stateful"))


def test_a_frame_that_cannot_be_drawn_at_this_scale_comes_at_another(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    play(frames, scale=2)
    assert frames.frame(3, 1).scale == 2
    assert frames.image(3).size == (100, 100)


def test_an_independent_frame_is_checked_at_its_first_scale_and_drawn_at_the_new_one(scene):
    frames = Frames(as_source(scene.animate(scene.independent)))
    play(frames, scale=2)
    assert all_equal(play(frames, range(LENGTH - 1), scale=1), saved("independent")[:-1])


def test_pixels_have_one_scale():
    frames = Frames(as_source(lambda i: np.full((2, 3, 3), i, np.uint8), frames=3))
    for scale in (1, 2):
        frame = frames.frame(1, scale)
        assert (frame.width, frame.height, frame.scale) == (3, 2, 1)
    assert frames.source.next == 2


def test_layout_is_the_same_whatever_else_was_drawn():
    def animate():
        figure, axes = plt.subplots(2, 1, layout="tight", figsize=(2, 2))

        def update(i):
            axes[1].set_title("title\n" * (i % 4))

        return FuncAnimation(figure, update, LENGTH)

    expected = saved_frames(animate(), LENGTH, 1)
    frames = Frames(as_source(animate()), budget=0)
    for i in range(LENGTH):
        found = decode(frames.frame(i).file())
        frames.frame(i, 2)
        frames.export(i, "svg")
        assert differing(found, expected[i]) == 0


# Errors


@pytest.mark.parametrize("name", ["independent", "stateful"])
def test_a_function_that_raises_keeps_the_frames_before_and_plays_on_when_mended(scene, name):
    scene.broken_at = 5
    expected = saved(name)
    frames = Frames(as_source(scene.animate(getattr(scene, name))))
    play(frames, range(5))
    for index in (5, 5, 9):
        with pytest.raises(ZeroDivisionError):
            frames.frame(index)
    assert all_equal(play(frames, range(5)), expected[:5])
    scene.broken_at = None
    assert all_equal(play(frames, range(5, LENGTH)), expected[5:])
    assert [i for i in scene.calls if i != 5] == [*range(5), *range(6, LENGTH)]


def test_a_drawing_that_fails_is_done_again_without_the_update(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    frames.frame(0)
    scene.axes.set_title(r"$\nonsense$")
    with pytest.raises(ValueError, match="nonsense"):
        frames.frame(1)
    scene.axes.set_title("")
    assert differing(decode(frames.frame(1).file()), saved("stateful")[1]) == 0
    assert scene.calls == [0, 1]


def test_a_size_that_is_refused_can_be_asked_for_smaller(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    with pytest.raises(TooLargeError):
        frames.frame(0, 200)
    assert scene.drawings == 0
    assert differing(decode(frames.frame(0).file()), saved("stateful")[0]) == 0


# New versions


def test_restarting_drops_everything_and_runs_a_new_pass(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    first = play(frames)
    frames.restart()
    assert (frames.version, len(frames.store), frames.forward_only) == (1, 0, None)
    # as a second call of save() would, from where the first has left the simulation
    assert differing(decode(frames.frame(0).file()), first[0]) > 0
    assert scene.calls == [*range(LENGTH), 0]


def test_new_parameters_make_new_frames(scene):
    frames = Frames(as_source(scene.animate(scene.independent), params={"slope": 1}))
    straight = play(frames)
    frames.set_params({"slope": -1})
    assert frames.version == 1
    mirrored = play(frames)
    assert differing(mirrored[0], straight[0]) == 0
    assert differing(mirrored[4], straight[4]) > 0
    frames.set_params({"slope": 1})
    assert all_equal(play(frames), straight)


def test_a_setter_that_raises_still_begins_a_new_version(scene):
    def setter(**_):
        raise ZeroDivisionError

    frames = Frames(as_source(scene.animate(scene.independent), setter=setter))
    frames.frame(3)
    with pytest.raises(ZeroDivisionError):
        frames.set_params({"slope": 2})
    assert frames.version == 1
    assert len(frames.store) == 0


def test_parameters_that_cannot_be_taken_change_nothing(scene):
    frames = Frames(as_source(ArtistAnimation(scene.figure, [scene.axes.plot([1])])))
    frames.frame(0)
    with pytest.raises(BadArgumentError):
        frames.set_params({"slope": 2})
    assert frames.version == 0
    assert len(frames.store) == 1


# Other forms


def test_image_is_what_matplotlib_saves(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    image = frames.image(4)
    assert isinstance(image, Image.Image)
    assert differing(np.asarray(image), saved("stateful")[4]) == 0


def test_export_as_vectors(scene):
    frames = Frames(as_source(scene.animate(scene.stateful)))
    assert b"<svg" in frames.export(2, "svg")
    assert frames.export(2, "pdf").startswith(b"%PDF")
    assert scene.calls == [0, 1, 2]
    assert Image.open(io.BytesIO(frames.export(3, "png", dpi=50))).size == (50, 50)
    with pytest.raises(ForwardOnlyError):
        frames.export(1, "svg")
    # Exporting runs the figure through other backends; the frames to come are the same.
    assert all_equal(play(frames, range(4, LENGTH)), saved("stateful")[4:])


def test_pixels_cannot_be_exported_as_vectors():
    frames = Frames(as_source(lambda _: np.zeros((2, 2, 3), np.uint8)))
    with pytest.raises(BadArgumentError, match="pixels"):
        frames.export(0, "svg")
