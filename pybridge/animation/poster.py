"""What a notebook keeps of a player: a picture, a line of text, and the frames that were baked."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from PIL import Image

from pybridge import __version__
from pybridge._templates import render
from pybridge.errors import TooLargeError

from .encoder import LOSSLESS, Encoded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .bake import Baked
    from .frame import EncodedFrame
    from .frames import Frames

__all__ = ["bundle", "label", "scale"]

# A notebook of twenty players is to stay below 2 MB, and has each picture twice: in the markup, and
# as a picture for what shows no markup, LaTeX above all.
_MOST = 32 * 2**10  # bytes
_QUALITIES = (90, 75, 60)


def bundle(
    frames: Frames, handle: str, baked: Baked | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give what a cell is to show, as IPython's ``_repr_mimebundle_`` does.

    Parameters
    ----------
    frames : Frames
    handle : str
        The name of the handle that the player calls.
    baked : Baked or None
        Frames to keep in the notebook.

    Returns
    -------
    tuple of dict and dict
        The outputs by media type, and their metadata: ``pybridge`` has ``version`` and ``handle``.
    """
    first = frames.first()
    picture = _poster(frames, first)
    encoded = base64.b64encode(picture.data).decode("ascii")
    described = label(frames)
    html = render(
        "player.html",
        handle=handle,
        width=round(first.width / first.scale),
        height=round(first.height / first.scale),
        label=described,
        mime=picture.mime,
        poster=encoded,
        baked=baked,
    )
    data = {"text/html": html, picture.mime: encoded, "text/plain": described}
    return data, {"pybridge": {"version": __version__, "handle": handle}}


def label(frames: Frames) -> str:
    """Describe the picture in words, for those who do not see it."""
    figure = frames.source.figure
    titles = [] if figure is None else [figure.get_suptitle(), *map(_title, figure.axes)]
    what = ", ".join(filter(None, titles))
    return f"Animation: {what}" if what else "Animation"


def _title(axes: Axes) -> str:
    return axes.get_title()


def scale() -> float:
    """Give the scale of what a notebook keeps: 2 where its figures are sharp on such screens, too.

    That is, after ``%config InlineBackend.figure_format = "retina"``.
    """
    shell = get_ipython()
    formats: set[str] = set()
    # The configuration counts until `%matplotlib inline`, or the first figure, has made it.
    configured = getattr(getattr(shell, "config", None), "InlineBackend", {})
    for given in (configured.get("figure_format"), configured.get("figure_formats")):
        if isinstance(given, str):
            formats.add(given)
        elif isinstance(given, set | list | tuple):
            formats.update(given)
    for each in getattr(shell, "configurables", ()):
        if type(each).__name__ == "InlineBackend":
            formats |= set(each.figure_formats)
    return 2.0 if formats & {"retina", "png2x"} else 1.0


def _poster(frames: Frames, first: EncodedFrame) -> Encoded:
    """Give the first frame as a file that every viewer shows, small enough to be kept."""
    wanted = scale()
    if wanted != first.scale:
        try:
            sharp = Encoded(frames.first(wanted).file(), LOSSLESS)
        except TooLargeError:
            sharp = None
        if sharp is not None and len(sharp.data) <= _MOST:
            return sharp
    file = first.file()
    if len(file) <= _MOST:
        return Encoded(file, LOSSLESS)
    return _reduced(first.picture())


def _reduced(picture: Image.Image) -> Encoded:
    sheet = Image.new("RGB", picture.size, "white")
    sheet.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    while True:
        for quality in _QUALITIES:
            file = io.BytesIO()
            sheet.save(file, "JPEG", quality=quality, subsampling=0)
            if file.tell() <= _MOST:
                return Encoded(file.getvalue(), "image/jpeg")
        sheet = sheet.resize((max(1, sheet.width // 2), max(1, sheet.height // 2)))
