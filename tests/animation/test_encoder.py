"""Which format is chosen for a view that lossless frames come too slowly to."""

from __future__ import annotations

import importlib.util
import io

import numpy as np
import pytest
from PIL import Image

from pybridge.animation import encoder
from pybridge.animation.encoder import LOSSLESS, Encoded, Encoder, Link
from pybridge.animation.png import PngWriter

FAST = Link(1e6, {})  # bytes a ms
SLOW = Link(10, {})


@pytest.fixture
def noise():
    # Of a photograph, say: smooth, but for a little.
    pixels = np.random.default_rng(1).integers(0, 16, (120, 160, 4), np.uint8)
    pixels[..., :3] += np.arange(160, dtype=np.uint8)[:, None]
    pixels[..., 3] = 255
    return pixels


@pytest.fixture
def drawing():
    pixels = np.full((120, 160, 4), 255, np.uint8)
    pixels[40:60, :, :3] = (31, 119, 180)
    return pixels


def encode(pixels, link, with_=None):
    return (with_ or Encoder()).encode(pixels, PngWriter().write(pixels), link)


def decoded(encoded):
    return Image.open(io.BytesIO(encoded.data))


def test_what_compresses_well_stays_lossless(drawing):
    # A few hundred bytes: there is less to be saved of sending them than encoding takes.
    encoded = encode(drawing, Link(1000, {}))
    assert encoded == Encoded(PngWriter().write(drawing), LOSSLESS)


def test_on_a_slow_link_the_smallest_is_chosen(noise):
    encoded = encode(noise, SLOW)
    assert encoded.mime in {"image/jpeg", "image/webp"}
    assert len(encoded.data) < 0.7 * len(PngWriter().write(noise))
    image = decoded(encoded)
    assert Image.MIME[image.format] == encoded.mime
    difference = np.asarray(image.convert("RGB"), int) - noise[..., :3]
    assert np.abs(difference).mean() < 10


def test_on_a_fast_link_losses_are_not_worth_the_encoding(noise):
    assert encode(noise, FAST).mime == LOSSLESS


def test_what_the_view_decodes_slowly_is_avoided(noise):
    slowly = {"image/jpeg": 1e6, "image/webp": 1e6}
    assert encode(noise, Link(10, slowly)).mime == LOSSLESS
    assert encode(noise, Link(10, {"image/webp": 1e6})).mime == "image/jpeg"
    assert encode(noise, Link(10, {"image/jpeg": 1e6})).mime == "image/webp"


def test_transparent_frames_keep_their_alpha(noise):
    noise[:60, :, 3] = 0
    encoded = encode(noise, SLOW)
    assert encoded.mime == "image/webp"
    alpha = np.asarray(decoded(encoded).convert("RGBA"))[..., 3]
    assert (alpha == noise[..., 3]).all()


def test_what_is_drawn_may_change_and_the_choice_with_it(noise, drawing):
    reused = Encoder()
    assert encode(noise, SLOW, reused).mime != LOSSLESS
    assert encode(drawing, SLOW, reused).mime == LOSSLESS
    assert encode(noise, SLOW, reused).mime != LOSSLESS


def test_formats_are_measured_now_and_then_only(noise, monkeypatch):
    calls = []
    for mime, original in encoder._FORMATS.items():

        def counted(pixels, mime=mime, original=original):
            calls.append(mime)
            return original(pixels)

        monkeypatch.setitem(encoder._FORMATS, mime, counted)
    reused = Encoder()
    chosen = {encode(noise, SLOW, reused).mime for _ in range(50)}
    assert len(chosen) == 1
    assert len(calls) == 51


@pytest.mark.parametrize("with_simplejpeg", [True, False])
def test_jpeg_of_either_library_is_of_full_colour_resolution(noise, with_simplejpeg, monkeypatch):
    if not with_simplejpeg:
        monkeypatch.setitem(__import__("sys").modules, "simplejpeg", None)
    elif importlib.util.find_spec("simplejpeg") is None:
        pytest.skip("simplejpeg is not installed")
    noise[:] = (0, 0, 0, 255)
    noise[:, ::2, 0] = 255
    image = np.asarray(Image.open(io.BytesIO(encoder._jpeg(noise))).convert("RGB"), int)
    assert np.abs(image - noise[..., :3]).max() < 60
