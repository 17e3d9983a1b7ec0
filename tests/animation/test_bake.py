"""Frames that a notebook holds: which, how exact, and how large."""

from __future__ import annotations

import base64
import io
import itertools
import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from pybridge.animation.bake import DEFAULT, Limit, draw, pack
from pybridge.animation.frames import Frames
from pybridge.animation.likeness import ssim
from pybridge.animation.service import AnimationService
from pybridge.animation.source import as_source
from pybridge.errors import BadArgumentError


def line(count=40, size=(4, 3), **options):
    """Frames that differ from each other; `drawn` collects their numbers."""
    figure = Figure(size, dpi=100)
    axes = figure.add_subplot()
    x = np.linspace(0, 6, 100)
    (curve,) = axes.plot(x, np.sin(x))
    drawn = []

    def update(i):
        drawn.append(i)
        curve.set_ydata(np.sin(x + i / 5))

    frames = Frames(as_source(update, figure=figure, frames=count, **options))
    return frames, drawn


def noise(count=12):
    """Frames that no format makes small."""

    def update(i):
        return np.random.default_rng(i).integers(0, 255, (60, 80, 3), dtype=np.uint8)

    return Frames(as_source(update, frames=count))


def baked(frames, count, limit=DEFAULT, **options):
    held = draw(frames.frame, count, limit)
    more = {"version": frames.version, "length": frames.length, "params": []}
    return pack(held, limit, more, **options)


def pictures(result):
    """What the page makes of it: the frames' pixels by their numbers."""
    document = json.loads(str(result.document))
    data = io.BytesIO(base64.b64decode(document["data"]))
    backdrops, found, last = {None: None}, {}, None
    for frame in document["frames"]:
        if frame["size"]:
            if frame["backdrop"] and frame["backdropSize"]:
                backdrops[frame["backdrop"]] = opened(data.read(frame["backdropSize"]))
            assert frame["mime"] == frame.get("backdropMime", "image/webp") == "image/webp"
            part = opened(data.read(frame["size"]))
            last = part
            if frame["backdrop"]:
                last = backdrops[frame["backdrop"]].copy()
                last.paste(part, (frame["x"], frame["y"]))
        found[frame["index"]] = np.asarray(last)
    assert data.read() == b""
    return found


def opened(data):
    return Image.open(io.BytesIO(data)).convert("RGBA")


@pytest.mark.parametrize(
    ("given", "limit"),
    [
        (True, Limit(nbytes=2_000_000)),
        (30, Limit(frames=30)),
        ("2 MB", Limit(nbytes=2_000_000)),
        ("1.5MiB", Limit(nbytes=1_572_864)),
        (" 800 kB ", Limit(nbytes=800_000)),
        ("12345 B", Limit(nbytes=12_345)),
        ("500 KB", Limit(nbytes=500_000)),
    ],
)
def test_how_much_can_be_said_in_three_ways(given, limit):
    assert Limit.of(given) == limit


@pytest.mark.parametrize("given", [0, -3, "much", "2", "2 TB", "MB", 1.5, None, "", "-2 MB"])
def test_what_says_no_amount_is_refused(given):
    with pytest.raises(BadArgumentError, match="expected True, a number of frames, or a size"):
        Limit.of(given)


def test_all_frames_are_kept_where_they_fit():
    frames, _ = line()
    result = baked(frames, 40)
    assert result.indices == tuple(range(40))
    assert result.text == "all 40 frames"
    assert json.loads(str(result.document))["partial"] is False
    assert len(str(result.document)) == result.nbytes <= 2_000_000


def test_lossless_frames_are_the_live_ones_to_the_pixel():
    frames, _ = line(count=8)
    result = baked(frames, 8, lossless=True)
    assert result.lossless
    for index, pixels in pictures(result).items():
        assert np.array_equal(pixels, np.asarray(frames.frame(index).picture().convert("RGBA")))


def test_frames_with_losses_look_like_the_live_ones():
    figure = Figure((4, 3), dpi=100)
    places = np.random.default_rng(0).normal(size=(500, 2))
    dots = figure.add_subplot().scatter(*places.T, c=np.arange(500), s=8)
    moving = as_source(lambda i: dots.set_offsets(places * (1 - i / 9)), figure=figure, frames=4)
    frames = Frames(moving)
    result = baked(frames, 4, Limit(frames=4))
    assert not result.lossless
    assert "with losses" in str(result)
    exact = baked(frames, 4, Limit(frames=4), lossless=True)
    assert result.nbytes < exact.nbytes
    for index, pixels in pictures(result).items():
        live = np.asarray(frames.frame(index).picture().convert("RGBA"))
        # The first one is what the others are put on.
        assert np.array_equal(pixels, live) == (index == 0)
        assert ssim(pixels[..., :3], live[..., :3]) >= 0.98


def test_frames_are_chosen_evenly():
    frames, _ = line(count=100)
    result = baked(frames, 100, Limit(frames=30))
    gaps = set(np.diff(result.indices))
    assert len(result.indices) == 30
    assert result.indices[0] == 0
    assert gaps <= {3, 4}
    assert result.text == "30 of 100 frames"


@pytest.mark.parametrize("nbytes", [45_000, 60_000, 200_000])
def test_as_many_are_kept_as_fit(nbytes):
    frames = noise(30)
    result = baked(frames, 30, Limit(nbytes=nbytes), lossless=True)
    one = len(str(baked(frames, 1, Limit(frames=1), lossless=True).document))
    assert result.nbytes <= nbytes
    assert result.nbytes > 0.8 * nbytes - one
    assert len(set(np.diff(result.indices))) <= 2
    assert result.text.endswith("of 30 frames")


def test_frames_that_grow_are_chosen_evenly_and_never_drawn_twice():
    drawn = []

    def update(i):
        drawn.append(i)
        size = 8 + 2 * i
        pixels = np.zeros((80, 80, 3), dtype=np.uint8)
        pixels[:size, :size] = np.random.default_rng(i).integers(0, 255, (size, size, 3))
        return pixels

    frames = Frames(as_source(update, frames=32))
    result = baked(frames, 32, Limit(nbytes=60_000), lossless=True)
    assert 45_000 <= result.nbytes <= 60_000
    assert np.ptp(np.diff(result.indices)) <= 1
    assert drawn == list(range(32))


def test_not_one_frame_may_fit():
    with pytest.raises(BadArgumentError, match="not one frame fits into 1200 bytes"):
        baked(noise(), 12, Limit(nbytes=1200))


def test_an_animation_that_ends_early_is_kept_to_its_end():
    def update(i):
        if i == 5:
            raise StopIteration
        return np.full((10, 10, 3), 40 * i, dtype=np.uint8)

    frames = Frames(as_source(update))
    result = baked(frames, 100)
    assert result.indices == (0, 1, 2, 3, 4)
    assert result.text == "all 5 frames"


def test_of_an_animation_without_an_end_the_first_are_kept():
    frames = Frames(as_source(lambda i: np.full((10, 10, 3), i, dtype=np.uint8)))
    result = baked(frames, 20)
    assert result.text == "the first 20 frames"
    assert json.loads(str(result.document))["partial"] is True
    assert baked(frames, 20, Limit(frames=5)).text == "5 of the first 17 frames"


def test_no_frames_at_all():
    def update(_):
        raise StopIteration

    with pytest.raises(BadArgumentError, match="no frames"):
        baked(Frames(as_source(update)), 10)


def test_frames_that_look_alike_are_kept_once():
    def same(i):
        return np.full((50, 50, 3), 200 * (i > 5), dtype=np.uint8)

    result = baked(Frames(as_source(same, frames=12)), 12)
    sizes = [frame["size"] for frame in json.loads(str(result.document))["frames"]]
    assert [size > 0 for size in sizes] == [i in (0, 6) for i in range(12)]
    assert [int(pixels[0, 0, 0]) for pixels in pictures(result).values()] == [0] * 6 + [200] * 6


def test_the_same_frames_give_the_same_text():
    first, second = (baked(line(count=10)[0], 10).document for _ in range(2))
    assert first == second


def test_nothing_in_it_ends_the_script_element():
    frames, _ = line(count=2)
    hostile = "</script><img src=x onerror=alert(1)><!--"
    more = {"version": 0, "length": 2, "params": [{"name": hostile}]}
    result = pack(draw(frames.frame, 2, DEFAULT), DEFAULT, more)
    assert "<" not in str(result.document)
    assert json.loads(str(result.document))["params"][0]["name"] == hostile


def test_it_is_told_how_far_it_is():
    told = []
    frames, _ = line(count=10)
    held = draw(frames.frame, 10, DEFAULT, told.append)
    assert told == [place / 10 for place in range(10)]
    told.clear()
    pack(held, DEFAULT, {"version": 0, "length": 10}, told=told.append)
    assert told
    assert all(0 <= fraction <= 1 for fraction in told)


@pytest.mark.parametrize("period", [2, 8])
def test_a_loop_is_kept_once_and_exactly(period):
    figure = Figure((4, 3), dpi=100)
    x = np.linspace(0, 6, 100)
    (curve,) = figure.add_subplot().plot(x, np.sin(x))

    def update(i):
        curve.set_ydata(np.sin(x + (i % period) / period * 2 * np.pi))

    frames = Frames(as_source(update, figure=figure, frames=24))
    result = baked(frames, 24, lossless=True)
    written = json.loads(str(result.document))["frames"]
    assert sum(frame["size"] > 0 for frame in written) == period
    assert sorted(frame["index"] for frame in written) == list(range(24))
    for index, pixels in pictures(result).items():
        live = np.asarray(frames.frame(index).picture().convert("RGBA"))
        assert np.array_equal(pixels, live)


@pytest.mark.parametrize("nbytes", [100_000, 300_000, 1_000_000])
def test_a_large_picture_behind_small_changes_leaves_room_for_many(nbytes):
    figure = Figure((4, 3), dpi=100)
    axes = figure.add_subplot()
    axes.imshow(np.random.default_rng(0).normal(size=(60, 80)), extent=(0, 1, 0, 1), aspect="auto")
    (dot,) = axes.plot([0.5], [0.5], "wo")
    moving = as_source(
        lambda i: dot.set_data([0.5 + 0.3 * np.sin(i / 9)], [0.5]), figure=figure, frames=200
    )
    result = baked(Frames(moving), 200, Limit(nbytes=nbytes), lossless=True)
    assert result.nbytes <= nbytes
    assert len(result.indices) == 200 or result.nbytes > 0.8 * nbytes


@pytest.mark.parametrize("step", [1, -1])
def test_frames_of_other_sizes_stand_for_themselves(step):
    def update(i):
        return np.full((10 + step * i, 12, 3), 20 * i, dtype=np.uint8)

    frames = Frames(as_source(update, frames=4))
    shown = pictures(baked(frames, 4, lossless=True))
    assert [picture.shape[0] for picture in shown.values()] == [10 + step * i for i in range(4)]


@pytest.mark.parametrize("scale", [0.75, 2])
def test_frames_are_of_one_size_whatever_was_watched(scale):
    frames, _ = line(4)
    expected = [np.asarray(frames.frame(i).picture().convert("RGBA")) for i in range(4)]
    frames, _ = line(4)
    for index in range(3):
        frames.frame(index, scale)
    shown = pictures(AnimationService(frames, {}).bake(Limit(), lossless=True))
    assert all(map(np.array_equal, shown.values(), expected))


# How much two pictures look alike.


def test_a_picture_is_like_itself():
    pixels = np.random.default_rng(0).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    assert ssim(pixels, pixels) == pytest.approx(1)


def test_likeness_is_that_of_the_definition():
    generator = np.random.default_rng(1)
    one = generator.integers(0, 255, (12, 15, 2), dtype=np.uint8)
    other = np.clip(one + generator.normal(0, 20, one.shape), 0, 255).astype(np.uint8)
    values = []
    for row, column, channel in itertools.product(range(6), range(9), range(2)):
        x, y = (
            each[row : row + 7, column : column + 7, channel].astype(float).ravel()
            for each in (one, other)
        )
        covariance = np.cov(x, y)
        above = (2 * x.mean() * y.mean() + 6.5025) * (2 * covariance[0, 1] + 58.5225)
        below = (x.mean() ** 2 + y.mean() ** 2 + 6.5025) * (covariance.trace() + 58.5225)
        values.append(above / below)
    assert ssim(one, other) == pytest.approx(np.mean(values))


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 50, 3), (7, 7, 1)])
def test_small_pictures_have_a_likeness_too(shape):
    pixels = np.full(shape, 100, dtype=np.uint8)
    assert ssim(pixels, pixels) == pytest.approx(1)
    assert ssim(pixels, pixels // 4) < 0.9
