"""What a view is given for what it asks."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from PIL import Image, ImageSequence

import pybridge
from pybridge.animation.errors import FrameRangeError
from pybridge.animation.frames import Frames
from pybridge.animation.params import controls
from pybridge.animation.renderer import Renderer
from pybridge.animation.service import AnimationService
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError

from .made import behind_its_back
from .reference import differing

COUNT = 12


@pytest.fixture
def frames():
    figure = Figure((3, 2), dpi=100)
    (line,) = figure.add_subplot().plot([0, 1, 2], [0, 0.5, 1])
    moving = as_source(
        lambda i: line.set_ydata([0, (i // 2) / 6, 1]),
        figure=figure,
        frames=COUNT,
        random_access=True,
    )
    return Frames(moving)


class View:
    """Puts together what it is given, as the page does."""

    def __init__(self, frames):
        self.service = AnimationService(frames, {})
        self.backdrops = {}
        self.pictures = {}
        self.last = None

    def ask(self, *indices, version=0, **wishes):
        known = {"known": self.last and self.last[0], "backdrops": list(self.backdrops)}
        reply = self.service.frames(list(indices), 1.0, version, **{**known, **wishes})
        data = io.BytesIO(reply["data"])
        for frame in reply["frames"]:
            if frame["size"]:
                self.last = frame["digest"], self.put(frame, data)
            else:
                assert frame["digest"] == self.last[0]
            self.pictures[frame["index"]] = self.last[1]
        assert data.read() == b""
        return reply

    def put(self, frame, data):
        if frame["backdrop"] is None:
            return self.read(data, frame["size"])
        if frame["backdropSize"]:
            backdrop = self.read(data, frame["backdropSize"])
            self.backdrops[frame["backdrop"]] = backdrop
        picture = self.backdrops[frame["backdrop"]].copy()
        part = self.read(data, frame["size"])
        picture.paste(part, (frame["x"], frame["y"]))
        return picture

    def read(self, data, size):
        return Image.open(io.BytesIO(data.read(size))).convert("RGBA")


def test_a_view_gets_the_pixels_of_every_frame(frames):
    view = View(frames)
    view.ask(0)
    view.ask(1, 2, 3)
    view.ask(*range(4, COUNT))
    assert sorted(view.pictures) == list(range(COUNT))
    for index, picture in view.pictures.items():
        expected = np.asarray(frames.frame(index).picture())
        assert differing(np.asarray(picture), expected) == 0


def test_what_many_frames_share_is_sent_once(frames):
    view = View(frames)
    replies = [view.ask(0, 1, 2, 3, 4), view.ask(5, 6), view.ask(7, 8, 9)]
    sizes = [f.get("backdropSize", 0) for reply in replies for f in reply["frames"]]
    assert sum(size > 0 for size in sizes) == 1
    parts = [f["size"] for reply in replies[1:] for f in reply["frames"] if f["size"]]
    assert max(parts) < len(frames.frame(6).file()) / 2


def test_frames_that_look_alike_are_sent_once(frames):
    view = View(frames)
    assert [bool(f["size"]) for f in view.ask(0, 1)["frames"]] == [True, False]
    view.ask(2)
    assert [bool(f["size"]) for f in view.ask(3, 4)["frames"]] == [False, True]
    # A view that does not have it any more.
    assert view.ask(5, known=None)["frames"][0]["size"] > 0


def test_a_reply_says_how_it_was_made(frames):
    reply = View(frames).ask(0, 1)
    assert reply["took"] > 0
    assert reply["drawing"] == "what moves"
    assert (reply["length"], reply["error"]) == (COUNT, None)


def test_frames_of_another_version_are_not_given(frames):
    view = View(frames)
    frames.restart()
    assert view.ask(0, version=0)["frames"] == []
    assert len(view.ask(0, version=1)["frames"]) == 1


def test_a_slow_link_may_have_losses(frames):
    view = View(frames)
    view.ask(*range(4))
    slow = {"rate": 1e-3, "decode": {}}
    reply = view.ask(6, link=slow)
    assert reply["frames"][0]["mime"] in {"image/png", "image/jpeg", "image/webp"}
    assert np.asarray(view.pictures[6]).shape == (200, 300, 4)
    # What the kernel keeps is exact all the same.
    view.ask(6, known=None)
    expected = np.asarray(frames.frame(6).picture())
    assert differing(np.asarray(view.pictures[6]), expected) == 0


def test_frames_in_doubt_are_taken_back(frames, monkeypatch):
    view = View(frames)
    view.ask(0, 1, 2)
    renderer = frames._renderer

    def render(*args, original=renderer.render, **options):
        renderer.doubtful = 1
        return original(*args, **options)

    monkeypatch.setattr(renderer, "render", render)
    reply = view.ask(3, 4)
    assert (reply["frames"], reply["error"]) == ([], None)
    assert reply["version"] > 0


def growing(count=COUNT, **options):
    """Give frames that may be drawn in their order only, unless the options say otherwise."""
    figure = Figure((3, 2), dpi=100)
    (line,) = figure.add_subplot().plot([0, 1, 2], [0, 0.5, 1])
    update = lambda i: line.set_ydata([0, i / count, 1])  # noqa: E731 - one line
    return Frames(as_source(update, figure=figure, frames=count, **options))


def pictures(path):
    with Image.open(path) as film:
        return [np.asarray(each.convert("RGBA")) for each in ImageSequence.Iterator(film)]


def are_equal(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


def at_scale_1(frames, count=COUNT):
    return [np.asarray(frames.frame(i).picture().convert("RGBA")) for i in range(count)]


@pytest.mark.parametrize("scale", [0.75, 2])
def test_a_film_has_one_size_whatever_was_watched(tmp_path, scale):
    frames = growing()
    service = AnimationService(frames, {})
    for index in range(3):
        frames.frame(index, scale)
    service.save(tmp_path / "film.webp")
    assert are_equal(pictures(tmp_path / "film.webp"), at_scale_1(growing()))


def test_a_film_of_what_cannot_be_drawn_again_has_one_size_too(tmp_path):
    figure = Figure((3, 2), dpi=100)
    (line,) = figure.add_subplot().plot([0, 1], [0, 1])
    moving = FuncAnimation(
        figure, lambda i: line.set_ydata([0, i]), iter(range(5)), repeat=False, save_count=4
    )
    frames = Frames(as_source(moving))
    for index in range(4):
        frames.frame(index, 2 if index == 2 else 1)
    with pytest.raises(FrameRangeError):
        frames.frame(4)
    AnimationService(frames, {}).save(tmp_path / "film.webp")
    assert [each.shape for each in pictures(tmp_path / "film.webp")] == [(200, 300, 4)] * 4


def of_unknown_length(frames, **options):
    figure = Figure((1, 1), dpi=40)
    return FuncAnimation(figure, figure.suptitle, frames, cache_frame_data=False, **options)


@pytest.mark.parametrize(
    "animation",
    [
        of_unknown_length(itertools.count, save_count=7),
        of_unknown_length(lambda: iter(range(7))),
    ],
    ids=["save_count", "its end"],
)
def test_a_film_ends_where_the_animation_says(animation, tmp_path):
    pybridge.Animation(animation).save(tmp_path / "film.webp")
    assert len(pictures(tmp_path / "film.webp")) == 7


def test_that_a_film_may_have_been_cut_short_is_a_warning_unless_it_was_to_be(tmp_path):
    path = tmp_path / "film.webp"
    player = pybridge.Animation(of_unknown_length(itertools.count))
    with pytest.warns(UserWarning, match="the first 100 frames") as warned:
        player.save(path)
    assert warned[0].filename == __file__
    assert len(pictures(path)) == 100
    player.save(path, frames=101)
    assert len(pictures(path)) == 101


def test_a_film_has_no_frames_that_turned_out_to_be_wrong(tmp_path):
    def made():
        figure, update = behind_its_back(since=5)()
        return as_source(update, figure=figure, frames=14)

    frames = Frames(made())
    AnimationService(frames, {}).save(tmp_path / "film.webp")
    assert frames.version > 0
    expected = at_scale_1(Frames(made(), renderer=Renderer()), 14)
    assert are_equal(pictures(tmp_path / "film.webp"), expected)


def test_a_film_is_of_one_set_of_parameters(tmp_path, monkeypatch):
    figure = Figure((1, 1), dpi=50)
    (line,) = figure.add_subplot().plot([0, 1], [0, 1])
    moving = as_source(
        lambda i, slope: line.set_ydata([0, slope * i / 10]),
        figure=figure,
        frames=6,
        params={"slope": 1},
    )
    frames = Frames(moving)
    give, asked = frames.frame, []

    def frame(index, *scale):
        asked.append(index)
        if len(asked) == 4:
            frames.set_params({"slope": 2})
        return give(index, *scale)

    monkeypatch.setattr(frames, "frame", frame)
    AnimationService(frames, {}).save(tmp_path / "film.webp")
    assert are_equal(pictures(tmp_path / "film.webp"), at_scale_1(frames, 6))


def test_an_animation_whose_first_frame_is_gone_can_be_shown_again():
    frames = growing()
    service = AnimationService(frames, {})
    service.show()
    for index in range(5):
        frames.frame(index)
    frames.store.clear()
    data, _ = service.show()
    assert "text/html" in data


@pytest.mark.parametrize(
    ("short", "described"),
    [
        ((0, np.int64(10)), {"kind": "slider", "low": 0, "high": 10, "step": 1, "value": 7}),
        ((0.0, np.float32(2)), {"kind": "slider", "low": 0, "high": 2, "step": None, "value": 1}),
        (np.int64(3), {"kind": "slider", "low": -3, "high": 9, "step": 1, "value": 3}),
        (np.bool_(True), {"kind": "toggle", "value": True}),
    ],
    ids=repr,
)
def test_numbers_of_numpy_are_numbers(short, described):
    seven = np.int64(7)

    def function(i, n=seven): ...

    said = controls({"n": short}, function)["n"]
    assert said.describe(said.value).items() >= {**described, "name": "n"}.items()


def test_a_slider_without_an_end_is_refused():
    with pytest.raises(BadArgumentError, match="finite"):
        controls({"n": (0, float("inf"))})


def test_what_is_transparent_is_white_in_a_gif(tmp_path):
    path = tmp_path / "film.gif"
    for color, shown in [((0, 0, 0, 0), (255, 255, 255)), ((255, 0, 0, 128), (255, 127, 127))]:
        frame = np.full((4, 4, 4), color, np.uint8)
        pybridge.Animation(lambda _, frame=frame: frame, frames=1).save(path)
        with Image.open(path) as film:
            pixel = np.asarray(film.convert("RGB"))[0, 0].astype(int)
        assert np.abs(pixel - shown).max() <= 8


@pytest.mark.parametrize("fps", [float("inf"), float("nan"), -1])
def test_a_speed_that_is_none_is_refused(fps, tmp_path):
    player = pybridge.Animation(lambda _: np.zeros((4, 4, 3), np.uint8), frames=2)
    for name in ("film.gif", "film.webp"):
        with pytest.raises(BadArgumentError, match="fps"):
            player.save(tmp_path / name, fps=fps)
