from __future__ import annotations

import numpy as np
import pytest

from pybridge.animation.frame import Backdrop, Box, EncodedFrame, differing, digest_of
from pybridge.animation.png import PngWriter

from .reference import decode


@pytest.fixture
def pixels():
    return np.random.default_rng(2).integers(0, 256, (90, 120, 4), np.uint8)


@pytest.mark.parametrize(
    "places",
    [[(0, 0)], [(89, 119)], [(5, 7), (80, 9)], [(17, 31), (18, 32)], [(0, 119), (89, 0)]],
)
def test_outside_of_the_differing_part_pictures_are_the_same(pixels, places):
    others = pixels.copy()
    for place in places:
        others[place] ^= 255
    box = differing(pixels, others)
    mended = others.copy()
    box.cut(mended)[:] = box.cut(pixels)
    assert (mended == pixels).all()
    assert 0 <= box.left < box.right <= 120
    assert 0 <= box.top < box.bottom <= 90


def test_what_differs_little_is_a_small_part(pixels):
    others = pixels.copy()
    others[40:44, 50:53] ^= 1
    box = differing(pixels, others)
    assert box.cut(pixels).shape[0] <= 32
    assert box.cut(pixels).shape[1] <= 32


def test_equal_pictures_have_a_part_nevertheless(pixels):
    assert differing(pixels, pixels) == Box(0, 0, 1, 1)


def test_a_frame_is_its_part_on_its_backdrop(pixels):
    backdrop = np.full_like(pixels, 200)
    png = PngWriter()
    whole = backdrop.copy()
    whole[20:50, 30:70] = pixels[20:50, 30:70]
    part = png.write(pixels[20:50, 30:70])
    frame = EncodedFrame(3, part, 120, 90, 1.0, "", 30, 20, Backdrop("key", png.write(backdrop)))
    assert (np.asarray(frame.picture()) == whole).all()
    assert (decode(frame.file()) == whole).all()


def test_transparent_parts_take_the_place_of_what_is_below(pixels):
    png = PngWriter()
    part = np.zeros((10, 10, 4), np.uint8)
    frame = EncodedFrame(
        0, png.write(part), 120, 90, 1.0, "", 5, 6, Backdrop("", png.write(pixels))
    )
    assert (decode(frame.file())[6:16, 5:15] == 0).all()


def test_a_frame_of_its_own_is_its_file(pixels):
    data = PngWriter().write(pixels)
    frame = EncodedFrame(0, data, 120, 90, 1.0, "")
    assert frame.file() is data
    assert (np.asarray(frame.picture()) == pixels).all()


def test_digests_tell_pixels_and_shapes_apart(pixels):
    assert digest_of(pixels) == digest_of(pixels.copy())
    other = pixels.copy()
    other[3, 4, 2] ^= 1
    turned = pixels.reshape(120, 90, 4)
    assert len({digest_of(pixels), digest_of(other), digest_of(turned)}) == 3
    assert digest_of(pixels[:, ::-1]) == digest_of(pixels[:, ::-1].copy())
