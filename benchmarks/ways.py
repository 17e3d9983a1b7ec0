"""The kernel's half of each way to play an animation, run as a cell after ``animations.py``."""
# ruff: noqa: SLF001, TC004 - the product is timed inside; the cell before brings the scenes

from __future__ import annotations

import asyncio
import gc
import hashlib
import io
import time
from base64 import b64encode
from itertools import count
from typing import TYPE_CHECKING, Any

from matplotlib.animation import FuncAnimation

import pybridge

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from .animations import SCENES, SIZE, Update, scene


class Film:
    """An animation played by pybridge, without a player: the page asks as the player does."""

    def __init__(self, name: str, frames: int, **options: float) -> None:
        self.figure, update = scene(name, **options)
        self._update, self._updating = update, 0.0
        self.animation = pybridge.Animation(FuncAnimation(self.figure, self._step, frames=frames))
        self.frames = self.animation._frames
        self.animation._repr_html_()  # registers it, as showing it does

    def _step(self, i: int) -> object:
        begin = time.perf_counter()
        try:
            return self._update(i)
        finally:
            self._updating += time.perf_counter() - begin

    def cost(self, frames: int, *, limit: float = 3) -> dict[str, float]:
        """Make frames for nobody; fewer, where they take longer than `limit` seconds.

        Returns
        -------
        dict
            Milliseconds a frame: ``update``, ``draw``, ``encode`` and ``total``.
        """
        writer, encoding = self.frames._png, 0.0
        write = writer.write

        def timed(*args: Any, **options: Any) -> Any:
            nonlocal encoding
            begin = time.perf_counter()
            try:
                return write(*args, **options)
            finally:
                encoding += time.perf_counter() - begin

        writer.write = timed
        try:
            self.animation.restart()
            self._updating = 0.0
            begin = time.perf_counter()
            made, total = 0, 0.0
            while made < frames and total < limit:
                self.frames.frame(made)
                made, total = made + 1, time.perf_counter() - begin
        finally:
            del writer.write
        spent = {"update": self._updating, "encode": encoding, "total": total}
        spent["draw"] = total - self._updating - encoding
        return {name: 1000 * seconds / made for name, seconds in spent.items()}

    def cached(self) -> int:
        """Collect garbage, and give the bytes of frames that are kept."""
        gc.collect()
        return self.frames.store.nbytes


def savefig_cost(name: str, frames: int, **options: float) -> float:
    """Give the time that ``savefig`` takes for a frame's pixels, milliseconds."""
    figure, update = scene(name, **options)
    begin = time.perf_counter()
    for i in range(frames):
        update(i)
        figure.savefig(io.BytesIO(), format="rgba", dpi=figure.dpi)
    return 1000 * (time.perf_counter() - begin) / frames


def digest(name: str, index: int) -> str:
    """Give the SHA-256 of what ``savefig`` makes of a frame, as RGBA."""
    figure, update = scene(name)
    for i in range(index + 1):
        update(i)
    pixels = io.BytesIO()
    figure.savefig(pixels, format="rgba", dpi=figure.dpi)
    return hashlib.sha256(pixels.getvalue()).hexdigest()


class Old:
    """The way of 2013: a PNG as text, asked for by ``kernel.execute``."""

    def __init__(self, name: str) -> None:
        self.figure, self.update = scene(name)

    def png(self, index: int) -> str:
        """Give a frame as base64."""
        self.update(index)
        file = io.BytesIO()
        self.figure.savefig(file, format="png", dpi=self.figure.dpi)
        return b64encode(file.getvalue()).decode("ascii")


def rfb(name: str, **settings: int) -> Any:
    """Make a widget of jupyter_rfb that draws as many frames as it is told to."""
    import numpy as np  # noqa: PLC0415
    from jupyter_rfb import RemoteFrameBuffer  # noqa: PLC0415

    figure, update = scene(name)

    class Player(RemoteFrameBuffer):
        left = 0
        indices = count()

        def get_frame(self) -> Any:
            if not self.left:
                return None
            self.left -= 1
            update(next(self.indices))
            figure.canvas.draw()
            if self.left:
                self.request_draw()
            return np.asarray(figure.canvas.buffer_rgba())

        def film(self, frames: int) -> None:
            self.left = frames
            self.request_draw()

    return Player(css_width="640px", css_height="480px", **settings)


class Ipympl:
    """A figure of ipympl, which asks for the next frame when one has been drawn."""

    def __init__(self, name: str) -> None:
        import matplotlib.pyplot as plt  # noqa: PLC0415

        plt.close("all")
        self.figure: Figure = plt.figure(**SIZE)
        self.update: Update = SCENES[name](self.figure)
        self.indices = count()
        self.left = 0
        self.next: Callable[[], object] = self.figure.canvas.draw_idle
        self.figure.canvas.mpl_connect("draw_event", self._drawn)

    def film(self, frames: int, *, push: int = 0) -> None:
        """Draw so many frames; with `push`, without being asked, so many ahead of the page."""
        self.left = frames
        if push:
            self.next = self.figure.canvas.draw
            # The page says when it has drawn one.
            self.figure.canvas.handle_ack = lambda _: self._step()
        for _ in range(push or 1):
            self._step()

    def _drawn(self, _: object) -> None:
        # What is drawn now is sent after this event; only then does the page ask for another.
        if self.next == self.figure.canvas.draw_idle:
            asyncio.get_running_loop().call_soon(self._step)

    def _step(self) -> None:
        if self.left:
            self.left -= 1
            self.update(next(self.indices))
            self.next()
