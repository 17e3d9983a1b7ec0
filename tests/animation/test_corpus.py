"""Every frame of every animation in the corpus, pixel for pixel."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure

from pybridge.animation.frames import Frames
from pybridge.animation.source import as_source

from .corpus import ALL, ANIMATIONS
from .reference import decode, differing, function_frames, saved_frames, savefig

# A layout engine moves the axes a little each time it runs, so that even two calls of savefig in a
# row differ.
MOVED_BY_SAVEFIG = {"constrained_layout", "compressed_layout", "tight_layout"}


def open_frames(moving):
    return Frames(as_source(moving.animation, **moving.options))


def saved_by_matplotlib(name, scale):
    """Give the frames of a copy that pybridge never sees."""
    moving = ALL[name]()
    if name in ANIMATIONS:
        frames = saved_frames(moving.animation, moving.count, scale)
    else:
        figure = moving.options.get("figure")
        frames = function_frames(moving.animation, figure, moving.count, scale)
    plt.close("all")
    assert len(frames) == moving.count
    return frames


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", ALL)
def test_frames_are_those_that_matplotlib_saves(name, scale):
    expected = saved_by_matplotlib(name, scale)
    assert len({frame.tobytes() for frame in expected}) > len(expected) // 2
    moving = ALL[name]()
    played = open_frames(moving)
    in_order = [
        differing(decode(played.frame(i, scale).file()), expected[i]) for i in range(moving.count)
    ]
    assert in_order == [0] * moving.count
    assert plt.get_fignums() == []

    jumped = open_frames(ALL[name]())
    after_jumps = [
        differing(decode(jumped.frame(i, scale).file()), expected[i]) for i in (2, moving.count - 1)
    ]
    assert after_jumps == [0, 0]


@pytest.mark.parametrize("name", sorted(ALL.keys() - MOVED_BY_SAVEFIG))
def test_savefig_of_the_figure_as_it_is_shown_gives_the_same_pixels(name):
    scale = 1.25
    moving = ALL[name]()
    frames = open_frames(moving)
    for i in range(moving.count):
        shown = decode(frames.frame(i, scale).file())
        figure = frames.source.picture
        if isinstance(figure, Figure):
            assert differing(shown, savefig(figure, dpi=figure.get_dpi() * scale)) == 0


def test_the_corpus_is_large():
    assert len(ALL) >= 20
