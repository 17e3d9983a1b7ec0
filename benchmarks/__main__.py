"""Measure the bridge on the installed host: ``python -m benchmarks`` in a checkout.

It starts a notebook server and headless Chromium, measures the bridge beside what the notebook
itself offers, prints a table and writes the figures to ``build/bench/<host>.json``. The exit
status says only whether the measuring went well, because a busy machine may miss any goal.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.host import installed_host

from . import (
    arrays,
    calls,
    first_frame,
    frames,
    growth,
    lanes,
    leaks,
    models,
    parallel,
    plots,
    proxies,
    report,
)
from .page import SERVERS, Page, Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .figures import Figure

BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(f"    {text}", flush=True)


def everywhere(measure: Callable[[Page], Iterator[Figure]]) -> Callable[[Pages], Iterator[Figure]]:
    """Measure on each kind of server, one after the other."""
    return lambda pages: chain.from_iterable(map(measure, pages.values()))


def once(measure: Callable[[Page], Iterator[Figure]]) -> Callable[[Pages], Iterator[Figure]]:
    """Measure on the server as pybridge sets it up, what depends little on when it sends."""
    return lambda pages: measure(pages["low-latency"])


MEASURES: dict[str, Callable[[Pages], Iterator[Figure]]] = {
    "calls": calls.round_trips,
    "rates": everywhere(calls.rates),
    "lanes": everywhere(lanes.lanes),
    "downloads": once(arrays.downloads),
    "uploads": everywhere(arrays.uploads),
    "sizes": once(arrays.sizes),
    "proxies": once(proxies.proxies),
    "models": everywhere(models.models),
    "plots": once(plots.plots),
    "frames": lambda pages: frames.films(pages, say),
    "first": everywhere(first_frame.first_frames),
    "growth": once(lambda page: growth.growth(page, say)),
    "leaks": once(lambda page: leaks.leaks(page, say)),
    "parallel": lambda _: parallel.parallel(say),
}


def measure(names: Sequence[str], host: str, path: Path) -> None:
    """Measure, print and write.

    Parameters
    ----------
    names : sequence of str
        Keys of `MEASURES`.
    host : str
    path : Path
        The file to write.
    """
    started = time.monotonic()
    figures: list[Figure] = []
    with ExitStack() as stack:
        say(f"starting {host}, a browser and a kernel, for each of {', '.join(SERVERS)}")
        pages = {kind: stack.enter_context(Page(kind)) for kind in SERVERS}
        for name in names:
            begun = time.monotonic()
            say(name)
            figures += MEASURES[name](pages)
            say(f"{name} took {time.monotonic() - begun:.0f} s")
        versions = pages["low-latency"].versions()
    print(f"\n{report.table(figures)}\n")
    seconds = time.monotonic() - started
    report.write(path, host, versions, figures, seconds)
    say(f"{seconds:.0f} s; the figures are in {path}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "only", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}; by default all"
    )
    parser.add_argument("--output", type=Path, help="the file to write")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(MEASURES)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    try:
        host = installed_host()
        path = options.output or BUILD / f"{host}.json"
        measure(options.only or list(MEASURES), host, path)
    except (RuntimeError, TimeoutError) as error:
        print(f"benchmarks: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
