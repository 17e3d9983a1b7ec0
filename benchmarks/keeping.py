"""Animations that play without a kernel: how large they are, and how long they take to make.

``python -m benchmarks.keeping`` prints the tables of docs/saving.md. What is compared needs
``pip install panel imageio-ffmpeg``.
"""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg
import matplotlib as mpl
import numpy as np
from matplotlib.animation import FuncAnimation

import pybridge
from benchmarks.animations import scene as make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image

FRAMES = 100
NAMES = ("sine", "scatter", "image")


def animation(scene: str) -> FuncAnimation:
    """Make an animation anew: each way begins at its beginning."""
    figure, update = make(scene)
    return FuncAnimation(figure, update, frames=FRAMES, interval=40)


def baked(scene: str, **options: Any) -> str:
    """Bake it."""
    player = pybridge.Animation(animation(scene), **options)
    html: str = player._repr_html_()
    pybridge.release(player.name)
    return html


def jshtml(scene: str) -> str:
    """Do as matplotlib's documentation says."""
    with mpl.rc_context({"animation.embed_limit": 2**20}):
        html: str = animation(scene).to_jshtml()
    return html


def html5_video(scene: str) -> str:
    """Make a film, with imageio's ffmpeg."""
    with mpl.rc_context({"animation.ffmpeg_path": imageio_ffmpeg.get_ffmpeg_exe()}):
        video: str = animation(scene).to_html5_video(embed_limit=2**20)
    return video


def panel(scene: str) -> str:
    """Embed all states of a slider, the scripts included, which nothing else needs."""
    import panel as pn  # noqa: PLC0415 - takes seconds
    from bokeh.resources import INLINE  # noqa: PLC0415

    figure, update = make(scene)
    slider = pn.widgets.IntSlider(end=FRAMES - 1)

    def frame(i: int) -> Any:
        update(i)
        file = io.BytesIO()
        figure.savefig(file)
        return pn.pane.PNG(file.getvalue())

    file = io.StringIO()
    page = pn.Column(slider, pn.bind(frame, slider))
    page.save(file, embed=True, max_states=FRAMES, max_opts=FRAMES, resources=INLINE)
    return file.getvalue()


WAYS: dict[str, Callable[[str], str]] = {
    "`bake=100`": lambda scene: baked(scene, bake=FRAMES),
    "`bake=100, lossless=True`": lambda scene: baked(scene, bake=FRAMES, lossless=True),
    "`to_jshtml()`": jshtml,
    "`to_html5_video()`": html5_video,
    "Panel's embed": panel,
}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Have nobody write between the lines."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def compare_ways() -> None:
    """Print a line for each way, with its size and time for each scene."""
    print("| | " + " | ".join(NAMES) + " |\n|-|" + "-|" * len(NAMES))
    for name, way in WAYS.items():
        cells = []
        for scene in NAMES:
            began = time.perf_counter()
            with quiet():
                size = len(way(scene))
            cells.append(f"{size / 1e6:.2f} MB, {time.perf_counter() - began:.1f} s")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def pictures(scene: str, count: int = 20) -> list[Image.Image]:
    """Draw frames."""
    figure, update = make(scene)
    player = pybridge.Animation(FuncAnimation(figure, update, frames=FRAMES))
    return [player.frame(index).convert("RGBA") for index in range(count)]


def saved(frames: list[Image.Image], kind: str, **options: Any) -> int:
    """Give the size of each of them as a file, or of one file of all of them."""
    if options.pop("together", False):
        file = io.BytesIO()
        frames[0].save(file, kind, save_all=True, append_images=frames[1:], **options)
        return file.tell()
    total = 0
    for frame in frames:
        file = io.BytesIO()
        (frame.convert("RGB") if kind == "JPEG" else frame).save(file, kind, **options)
        total += file.tell()
    return total


def film(frames: list[Image.Image]) -> int:
    """Give the size of an H.264 film of them, of the default quality."""
    import tempfile  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        writer = imageio_ffmpeg.write_frames(str(path), frames[0].size, fps=25, pix_fmt_in="rgb24")
        writer.send(None)
        for frame in frames:
            writer.send(np.ascontiguousarray(frame.convert("RGB")))
        writer.close()
        return path.stat().st_size


def own(scene: str, count: int = 20, **options: Any) -> int:
    """Give the size of what is baked."""
    figure, update = make(scene)
    player = pybridge.Animation(FuncAnimation(figure, update, frames=count))
    return 3 * player.bake(count, **options).nbytes // 4


FORMS: dict[str, Callable[[str], int]] = {
    "PNG": lambda scene: saved(pictures(scene), "PNG"),
    "APNG": lambda scene: saved(pictures(scene), "PNG", together=True),
    "JPEG, quality 85": lambda scene: saved(pictures(scene), "JPEG", quality=85),
    "animated WebP, lossless": lambda scene: saved(
        pictures(scene), "WEBP", together=True, lossless=True, quality=50, method=2
    ),
    "H.264": lambda scene: film(pictures(scene)),
    "baked, lossless": lambda scene: own(scene, lossless=True),
    "baked": own,
}


def compare_forms() -> None:
    """Print what a frame takes in each form, before it is written as text."""
    print("| | " + " | ".join(NAMES) + " |\n|-|" + "-|" * len(NAMES))
    for name, form in FORMS.items():
        with quiet():
            sizes = [form(scene) / 20 for scene in NAMES]
        print(f"| {name} | " + " | ".join(f"{s / 1000:.1f} kB" for s in sizes) + " |", flush=True)


if __name__ == "__main__":
    compare_forms()
    print()
    compare_ways()
