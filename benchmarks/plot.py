"""The picture of the frames a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import ScalarFormatter

from .frames import SCENES
from .peers import IPYMPL, IPYMPL_BEST, OLD, RFB, RFB_BEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes

SERVERS = ("stock", "low-latency")

# Okabe and Ito's colours, which everyone can tell apart: https://jfly.uni-koeln.de/color/
COLOURS = {
    "pybridge": "#0072B2",
    IPYMPL.name: "#009E73",
    RFB.name: "#E69F00",
    OLD.name: "#999999",
}
BEST = {RFB_BEST.name: RFB.name, IPYMPL_BEST.name: IPYMPL.name}
HEIGHT = 0.8 / len(COLOURS)


def plot(results: dict[str, Any], path: Path, titles: Mapping[str, str]) -> None:
    """Draw a panel for each server of each host.

    Parameters
    ----------
    results
        As in ``results.json``.
    path
        An SVG file to write.
    titles
        The hosts' names.
    """
    hosts = list(results["hosts"])
    # Ids that are the same each time, so that only figures change the file.
    with mpl.rc_context({"svg.hashsalt": "pybridge", "font.size": 9}):
        figure = Figure(figsize=(8.5, 6.4), facecolor="white", layout="constrained")
        panels = figure.subplots(len(hosts), len(SERVERS), sharex=True, sharey=True, squeeze=False)
        for host, row in zip(hosts, panels, strict=True):
            for server, axes in zip(SERVERS, row, strict=True):
                _panel(axes, results["hosts"][host]["figures"], server)
                axes.set_title(f"{titles[host]}, {server} server", fontsize=10)
        for axes in panels[-1]:
            axes.set_xlabel("frames drawn in the page (1/s, logarithmic)")
        handles, labels = panels[0, 0].get_legend_handles_labels()
        mark = Line2D([], [], color="black", marker="|", linestyle="", markersize=9, mew=2)
        figure.legend(
            [*handles, mark],
            [*labels, "at its best settings"],
            loc="outside lower center",
            ncols=len(labels) + 1,
            frameon=False,
        )
        figure.suptitle("Live animations at 640x480, none of the frames drawn before", fontsize=11)
        figure.savefig(path, metadata={"Date": None})


def _panel(axes: Axes, figures: list[dict[str, Any]], server: str) -> None:
    rates: dict[tuple[str, str], float] = {}
    for figure in figures:
        if figure["server"] == server and figure["unit"] == "frames/s":
            rates[figure["name"], "pybridge"] = figure["value"]
            rates[figure["name"], figure["base_name"]] = figure["base"]
    for order, (way, colour) in enumerate(COLOURS.items()):
        offset = (order - (len(COLOURS) - 1) / 2) * HEIGHT
        best = next((best for best, default in BEST.items() if default == way), None)
        axes.barh(0, 0, HEIGHT, color=colour, label=way)
        for number, scene in enumerate(SCENES):
            rate, y = rates.get((scene.name, way)), number + offset
            if rate is None:
                continue
            axes.barh(y, rate, HEIGHT, color=colour)
            at_best = rates.get((scene.name, best or way), rate)
            if best:
                axes.plot(at_best, y, "|k", markersize=6, mew=1.5)
            axes.text(1.08 * max(rate, at_best), y, f"{rate:.0f}", va="center", fontsize=7)
    axes.set_yticks(range(len(SCENES)), [scene.name for scene in SCENES])
    if not axes.yaxis_inverted():
        axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(3, 1000)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
