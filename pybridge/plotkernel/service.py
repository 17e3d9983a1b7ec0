"""What a page calls: pictures of one plot, and the values under the pointer."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from pybridge import __version__, registry
from pybridge._templates import render
from pybridge.errors import BadArgumentError
from pybridge.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .drawing import Drawing
    from .plot import Plot

__all__ = ["DPI", "HEIGHT", "WIDTH", "PlotService"]

DPI = 100
"""Pixels of the page per inch of a figure."""

WIDTH, HEIGHT = 640, 480
"""Of a plot at first, in pixels of the page."""

# Nobody's screen is larger, and a page could ask for any number, in pixels.
_SMALLEST, _LARGEST = 16, 8192


class PlotService(Shown):
    """Serves the views of one plot, in any number of cells and windows.

    Parameters
    ----------
    plot : Plot
    """

    def __init__(self, plot: Plot) -> None:
        super().__init__("plot")
        self._plot = plot

    def show(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give what a cell is to show: the plot as markup, as SVG, and as PNG."""
        size = (WIDTH / DPI, HEIGHT / DPI)
        # Twice the pixels, for sharp screens.
        png = self._plot.draw(size=size, dpi=2 * DPI).png()
        self.register(png)
        encoded = base64.b64encode(png).decode("ascii")
        label = ", ".join(line.label for line in self._plot.lines)
        html = render(
            "plot.html", handle=self.name, width=WIDTH, height=HEIGHT, label=label, png=encoded
        )
        data = {
            "text/plain": f"<plot of {label}>",
            "text/html": html,
            "image/svg+xml": self._plot.draw(size=size, dpi=DPI).svg(),
            "image/png": encoded,
        }
        noted = {"version": __version__, "handle": self.name}
        return data, {"image/png": {"width": WIDTH, "height": HEIGHT}, "pybridge": noted}

    @registry.export
    def attach(self, view: str) -> dict[str, Any]:
        """Tell a new view which parameters it has sliders for.

        Parameters
        ----------
        view : str
            The page's name for the view.
        """
        self.join(view)
        return {
            "parameters": [
                {
                    "kind": "slider",
                    "name": parameter.name,
                    "value": parameter.value,
                    "low": parameter.low,
                    "high": parameter.high,
                    "step": None,
                }
                for parameter in self._plot.parameters.values()
            ]
        }

    @registry.export
    def draw(self, view: Mapping[str, Any], parameters: Mapping[str, float]) -> dict[str, Any]:
        """Draw what a view wants to see.

        Parameters
        ----------
        view : mapping
            ``x`` and ``y``, the ranges, or None for those that the cell has set; ``width`` and
            ``height`` in pixels of the page; ``scale``, pixels of the picture per pixel of it.
        parameters : mapping of str to float
            Values for those that have sliders.

        Returns
        -------
        dict
            ``png`` (bytes), the ranges ``x`` and ``y``, and ``box``: left, top, right and bottom
            of the axes in pixels of the page.
        """
        scale = float(view["scale"])
        width, height = (_size(view[name] * scale, name) / scale for name in ("width", "height"))
        self._plot.set_parameters(dict(parameters))
        drawing = self._plot.draw(
            x=_range(view["x"]),
            y=_range(view["y"]),
            size=(width / DPI, height / DPI),
            dpi=DPI * scale,
        )
        return {**_where(drawing, scale), "png": drawing.png()}

    @registry.export
    def trace(self, x: float, parameters: Mapping[str, float]) -> list[dict[str, Any]]:
        """Give the value of each curve at a place; see `Plot.trace`."""
        self._plot.set_parameters(dict(parameters))
        return self._plot.trace(float(x))


def _where(drawing: Drawing, scale: float) -> dict[str, Any]:
    box = [edge / scale for edge in drawing.axes_box]
    return {"x": list(drawing.x), "y": list(drawing.y), "box": box}


def _size(pixels: float, name: str) -> float:
    if not _SMALLEST <= pixels <= _LARGEST:
        limits = f"{_SMALLEST} to {_LARGEST}"
        raise BadArgumentError(f"a picture's {name} is {limits} pixels, not {pixels!r:.30}")
    return pixels


def _range(given: list[float] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    low, high = map(float, given)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise BadArgumentError(f"a range goes from a number to a larger one, not {given!r:.60}")
    return low, high
