"""A plain function of the frame number as a `Source`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from PIL import Image

from pybridge.errors import BadArgumentError

from .base import DEFAULT_INTERVAL, Picture, Source
from .figures import active_figure, adopt
from .renderer import to_rgba

__all__ = ["FunctionSource"]


class FunctionSource(Source):
    """The frames that a plain function makes.

    The function is called as ``f(i, **params)``, for i from 0. It returns a Figure, an array of
    shape (height, width, 3 or 4) with uint8 in 0..255 or floats in 0..1, or a PIL image; or it
    draws on a figure and returns None or the artists it changed, as an update function does. Then
    the picture is `figure`, or where none was given, whatever figure is pyplot's current one as the
    function returns. Raising StopIteration says that there is no frame i.

    Raises
    ------
    BadArgumentError
        When the function returns something else, or draws on no figure; when `frames` is negative.
    """

    layout_passes = 0  # the picture is what savefig gives as the function returns

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        frames: int | None = None,
        figure: Figure | None = None,
        interval: float | None = None,
        random_access: bool = False,
        params: Mapping[str, Any] | None = None,
        setter: Callable[..., object] | None = None,
    ) -> None:
        if frames is not None and frames < 0:
            raise BadArgumentError(f"frames={frames}: a number of frames is 0 or more")
        super().__init__(
            length=frames,
            interval=DEFAULT_INTERVAL if interval is None else float(interval),
            repeat=True,
            random_access=random_access,
            params=params,
            setter=setter,
        )
        self._function = function
        self._given = figure
        if figure is not None:
            adopt(figure)
            self.picture = figure

    def _begin(self) -> Iterator[Any]:
        return itertools.count() if self.length is None else iter(range(self.length))

    def _update(self, item: Any) -> Picture:
        result = self._function(item, **({} if self._setter else self.params))
        if isinstance(result, Image.Image):
            return np.asarray(result.convert("RGBA"))
        if isinstance(result, Figure):
            adopt(result)
            return result
        if hasattr(result, "__array__"):
            return to_rgba(np.asarray(result))
        if result is not None and not _are_artists(result):
            raise BadArgumentError(
                f"the function of the frame number returned {type(result).__name__}; it may return"
                " a Figure, an RGB(A) array, a PIL image, or nothing after drawing on a figure"
            )
        figure = self._given or active_figure()
        if figure is None:
            raise BadArgumentError(
                "the function of the frame number returned nothing, and pyplot has no figure:"
                " return the figure it drew on, or pass figure="
            )
        adopt(figure)
        return figure

    def _item_at(self, index: int) -> int:
        return index


def _are_artists(result: object) -> bool:
    if isinstance(result, Artist):
        return True
    return isinstance(result, Iterable) and all(isinstance(item, Artist) for item in result)
