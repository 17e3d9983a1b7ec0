"""Put both hosts' figures together: ``python -m benchmarks.results``, after they were measured.

It reads ``build/bench/<host>.json`` and writes ``results.json``, ``results.md`` and ``results.svg``
here, and the short table in the README.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .__main__ import BUILD
from .plot import plot

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- speed: written by make bench -->", "<!-- /speed -->"

TITLES = {"notebook6": "notebook 6.5", "nbclassic": "nbclassic"}
SERVERS = ("stock", "low-latency")

# The README's rows: what it is called, and the figure's name and base. A stock kernel.execute is
# what the low-latency server is compared with in the last one.
HEADLINES = (
    ("a live sine animation, frames a second, against the 2013 method", "sine", "2013 method"),
    ("… against jupyter_rfb", "sine", "jupyter_rfb"),
    ("… against ipympl", "sine", "ipympl"),
    (
        "the first of 100 frames, sooner than with `to_jshtml`",
        "first frame of 100 frames",
        "to_jshtml",
    ),
    ("the notebook saved with it, smaller", "saved notebook of 100 frames", "to_jshtml"),
    ("a call's round trip, faster than `kernel.execute`", "trivial call, median", "kernel.execute"),
    (
        "… than `kernel.execute` on a stock server",
        "trivial call, median",
        "kernel.execute, stock",
    ),
)
ABOUT = (
    "Written by `make bench`. Each ratio is of figures measured in turn in one run; absolute ones"
    " depend on the machine. The raw figures are in [results.json](results.json)."
)
# Where small is good and the figure's ratio says how much is left.
INVERTED = {"kB", "ms"}


def load(folder: Path = BUILD) -> dict[str, Any]:
    """Read what each host's run has written.

    Raises
    ------
    FileNotFoundError
        When none has.
    """
    runs = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    runs = [run for run in runs if run["host"] in TITLES]
    if not runs:
        raise FileNotFoundError(f"no figures in {folder}: run `make bench`")
    runs.sort(key=lambda run: list(TITLES).index(run["host"]))
    return {
        "hosts": {run["host"]: {k: v for k, v in run.items() if k != "goals"} for run in runs},
        "goals": [goal for run in runs for goal in run["goals"]],
    }


def markdown(results: dict[str, Any]) -> str:
    """Lay all figures out as tables."""
    lines = ["# Speed", ""]
    lines += [
        ABOUT,
        "",
        "![Frames a second of five animations](results.svg)",
        "",
        "## Goals",
        "",
        "| | host | server | figure | goal | met |",
        "|-|-|-|-:|-:|-|",
    ]
    for goal in results["goals"]:
        cells = goal["name"], TITLES[goal["host"]], goal["server"], f"{goal['figure']:.3g}"
        lines.append(f"| {' | '.join(cells)} | {goal['goal']} | {'yes' if goal['met'] else 'no'} |")
    for host, run in results["hosts"].items():
        lines += ["", f"## {TITLES[host]}", "", _about(run), ""]
        lines += ["| server | | pybridge | against | | ratio | |", "|-|-|-:|-|-:|-:|-|"]
        lines += map(_row, run["figures"])
    return "\n".join(lines) + "\n"


def _about(run: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    return f"{run['cores']} cores of {run['processor']}, Python {run['python']}, {versions}."


def _row(figure: dict[str, Any]) -> str:
    unit, base = figure["unit"], figure["base"]
    ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.3g}"
    cells = (
        figure["server"],
        figure["name"],
        f"{figure['value']:.3g} {unit}",
        figure["base_name"],
        "" if base is None else f"{base:.3g} {unit}",
        f"{ratio} x faster" if figure["faster"] else ratio,
        figure["note"],
    )
    return f"| {' | '.join(cells)} |"


def headlines(results: dict[str, Any]) -> Iterator[str]:
    """Lay the README's table out: how many times better, on each host and server."""
    columns = [(host, server) for host in results["hosts"] for server in SERVERS]
    yield "| times | " + " | ".join(f"{TITLES[host]}, {server}" for host, server in columns) + " |"
    yield "|-|" + "-:|" * len(columns)
    for title, name, base in HEADLINES:
        cells = (_better(results["hosts"][host], server, name, base) for host, server in columns)
        yield f"| {title} | {' | '.join(cells)} |"


def _better(run: dict[str, Any], server: str, name: str, base: str) -> str:
    for figure in run["figures"]:
        if (figure["server"], figure["name"], figure["base_name"]) == (server, name, base):
            inverted = figure["unit"] in INVERTED and not figure["faster"]
            ratio = 1 / figure["ratio"] if inverted else figure["ratio"]
            return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"
    return ""


def write_readme(table: str) -> None:
    """Put the table between its two marks."""
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")


def main() -> int:
    """Write everything and return the exit status."""
    try:
        results = load()
    except FileNotFoundError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    raw = json.dumps(results, indent=1, ensure_ascii=False)
    (HERE / "results.json").write_text(raw + "\n", "utf-8")
    (HERE / "results.md").write_text(markdown(results), "utf-8")
    plot(results, HERE / "results.svg", TITLES)
    write_readme("\n".join(headlines(results)))
    missed = [goal for goal in results["goals"] if not goal["met"]]
    print(f"{len(results['goals']) - len(missed)} of {len(results['goals'])} goals met; not met:")
    for goal in missed:
        print(f"    {goal['host']}, {goal['server']}: {goal['name']}: {goal['figure']:.3g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
