"""What matplotlib itself makes of a frame."""

from __future__ import annotations

import contextlib
import io

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import AbstractMovieWriter
from matplotlib.figure import Figure
from PIL import Image


class _EnoughError(Exception):
    pass


class Collector(AbstractMovieWriter):
    """A movie writer that keeps each frame as an array."""

    supported_formats = ("png",)

    def __init__(self, count):
        super().__init__()
        self.count = count
        self.frames = []

    def setup(self, fig, outfile, dpi=None):
        super().setup(fig, outfile, dpi)

    def _supports_transparency(self):
        return True

    def grab_frame(self, **_):
        # Older versions ask every writer for an opaque background, whatever its format can do.
        self.frames.append(savefig(self.fig, dpi=self.dpi))
        if len(self.frames) == self.count:
            raise _EnoughError

    def finish(self):
        pass


def savefig(figure, **options):
    """Save as PNG and read that with Pillow."""
    file = io.BytesIO()
    figure.savefig(file, format="png", **options)
    return decode(file.getvalue())


def decode(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def saved_frames(animation, count, scale):
    """Give the first `count` frames that ``animation.save`` writes."""
    writer = Collector(count)
    with contextlib.suppress(_EnoughError):
        animation.save("not-written", writer=writer, dpi=scale * animation._fig.figure.get_dpi())
    return writer.frames


def function_frames(function, figure, count, scale):
    """Call a function and save what it returns, or the figure it drew on."""
    frames = []
    for i in range(count):
        result = function(i)
        if isinstance(result, np.ndarray):
            # imsave turns an image to RGBA in the way matplotlib does everywhere.
            file = io.BytesIO()
            plt.imsave(file, result, format="png")
            frames.append(decode(file.getvalue()))
        elif isinstance(result, Image.Image):
            frames.append(np.asarray(result.convert("RGBA")))
        else:
            drawn_on = result if isinstance(result, Figure) else figure or plt.gcf()
            frames.append(savefig(drawn_on, dpi=scale * drawn_on.get_dpi()))
    return frames


def differing(one, other):
    """How many pixels differ; all of them when the sizes do."""
    if one.shape != other.shape:
        return max(one[..., 0].size, other[..., 0].size)
    return int((one != other).any(axis=-1).sum())
