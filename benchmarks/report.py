"""The table that is printed, and the file that is written for one host."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .figures import Figure

HEAD = ("server", "", "bridge", "against", "", "ratio", "goal", "")
_LEFT = {0, 1, 3, 7}


def table(figures: Sequence[Figure]) -> str:
    """Lay out the figures for a terminal."""
    rows = [HEAD, *map(_row, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if column in _LEFT else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def write(
    path: Path, host: str, versions: dict[str, str], figures: Sequence[Figure], seconds: float
) -> None:
    """Write the raw figures and the goals as JSON."""
    content: dict[str, Any] = {
        "host": host,
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "seconds": round(seconds),
        "versions": versions,
        "figures": [figure.as_json() for figure in figures],
        "goals": [
            {
                "name": _name(figure),
                "host": host,
                "server": figure.server,
                "figure": figure.judged,
                "goal": str(figure.goal),
                "met": figure.met,
            }
            for figure in figures
            if figure.goal is not None
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _processor() -> str:
    """Name the processor's model, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _row(figure: Figure) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
    against = "" if figure.base is None else _quantity(figure.base, figure.unit)
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    if figure.faster:
        ratio = f"{ratio} x faster"
    return (
        figure.server,
        figure.name,
        _quantity(figure.value, figure.unit),
        figure.base_name,
        against,
        ratio,
        str(figure.goal or ""),
        verdict,
    )


def _quantity(value: float, unit: str) -> str:
    number = f"{value:.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def _name(figure: Figure) -> str:
    return f"{figure.name} against {figure.base_name}" if figure.base_name else figure.name
