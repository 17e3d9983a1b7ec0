from __future__ import annotations

import importlib.util
import struct
import zlib

import numpy as np
import pytest

from pybridge.animation import png
from pybridge.animation.png import PngWriter

from .reference import decode


@pytest.fixture(params=["zlib", "isal.isal_zlib"])
def deflate(request, monkeypatch):
    if importlib.util.find_spec(request.param.partition(".")[0]) is None:
        pytest.skip(f"{request.param} is not installed")
    module = importlib.import_module(request.param)
    monkeypatch.setattr(png, "deflate", module)
    return module


@pytest.mark.usefixtures("deflate")
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (97, 61), (480, 640)])
@pytest.mark.parametrize("kind", ["noise", "empty", "full", "gradient"])
def test_decodes_to_the_same_pixels(shape, kind):
    size = (*shape, 4)
    pixels = {
        "noise": np.random.default_rng(3).integers(0, 256, size, np.uint8),
        "empty": np.zeros(size, np.uint8),
        "full": np.full(size, 255, np.uint8),
        "gradient": np.arange(np.prod(size), dtype=np.uint32).astype(np.uint8).reshape(size),
    }[kind]
    assert (decode(PngWriter().write(pixels)) == pixels).all()


def test_working_memory_is_used_again_for_other_sizes_and_contents():
    rng = np.random.default_rng(4)
    reused = PngWriter()
    for shape in [(5, 6, 4), (5, 6, 4), (6, 5, 4), (1, 30, 4), (5, 6, 4)]:
        pixels = rng.integers(0, 256, shape, np.uint8)
        assert reused.write(pixels) == PngWriter().write(pixels)


def test_views_of_any_stride():
    pixels = np.random.default_rng(5).integers(0, 256, (20, 30, 4), np.uint8)
    for view in (pixels[::-1], pixels[::2, ::3], pixels.swapaxes(0, 1), pixels[..., ::-1]):
        assert (decode(PngWriter().write(view)) == view).all()


@pytest.mark.usefixtures("deflate")
def test_the_file_is_four_parts_with_right_checksums():
    data = PngWriter().write(np.zeros((2, 3, 4), np.uint8))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    kinds, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (check,) = struct.unpack_from(">I", data, at + 8 + length)
        assert check == zlib.crc32(kind + body)
        kinds.append(kind)
        at += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_other_than_four_channels_is_refused():
    with pytest.raises(ValueError, match="3 channels"):
        PngWriter().write(np.zeros((2, 2, 3), np.uint8))
