"""``pybridge.debug()``: what the bridge of this kernel is at; twin of nbext/debug.js."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import journal, pages, registry, running, subshells, uploads
from ._templates import render
from ._version import __version__
from .state import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .histogram import Latency
    from .page import Page

__all__ = ["CallRow", "PageRow", "Snapshot", "debug"]

# How wide names and the longest bar of the histogram are, in characters.
_NAMES, _BAR = 26, 30


@dataclass(frozen=True)
class CallRow:
    """A call that runs, or waits for something in the midst of its code.

    Attributes
    ----------
    what : str
        What is asked for, such as ``"call sim.step"``; never a value.
    lane : str
    age : float
        Seconds since it has begun.
    """

    what: str
    lane: str
    age: float


@dataclass(frozen=True)
class PageRow:
    """A page, as the kernel sees it.

    Attributes
    ----------
    page : str
        The beginning of its session.
    py_proxies, js_proxies : int
        How many of Python's objects it holds, and Python of its.
    seen : float
        Seconds since it was last heard of.
    """

    page: str
    py_proxies: int
    js_proxies: int
    seen: float


@dataclass(frozen=True)
class Snapshot:
    """What the bridge of this kernel is at, and what it has done since it began.

    Attributes
    ----------
    version : str
    calls : tuple of CallRow
        Those in flight.
    answered : int
        How many are over.
    latency : Latency
        For how long Python was at them.
    errors : dict of str to int
        How many ended with an error, by its code; ``"python"`` for what the user's code raised.
    pages : tuple of PageRow
    handles, models, subshells, uploads : int
        How many there are: of the uploads, those whose call has not come yet.
    """

    version: str
    calls: tuple[CallRow, ...]
    answered: int
    latency: Latency
    errors: dict[str, int]
    pages: tuple[PageRow, ...]
    handles: int
    models: int
    subshells: int
    uploads: int

    @property
    def in_flight(self) -> int:
        """How many calls run."""
        return len(self.calls)

    @property
    def py_proxies(self) -> int:
        """How many of Python's objects pages hold."""
        return sum(page.py_proxies for page in self.pages)

    @property
    def js_proxies(self) -> int:
        """How many objects of pages Python holds."""
        return sum(page.js_proxies for page in self.pages)

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as values that JSON can hold."""
        names = ("in_flight", "py_proxies", "js_proxies")
        return asdict(self) | {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        lines = (f"{name:{_NAMES}}{value}" for name, value in self._rows())
        return "\n".join([f"pybridge {self.version}", *lines])

    def _repr_html_(self) -> str:
        return render("debug.html", now=self, spread=_spread(self.latency), bars=self._bars())

    def _rows(self) -> Iterator[tuple[str, object]]:
        yield "in flight", self.in_flight
        for call in self.calls:
            yield "", f"{call.what} ({call.lane} lane), {call.age:.1f} s"
        yield "answered", self.answered
        yield "errors", ", ".join(f"{code} {n}" for code, n in self.errors.items()) or "none"
        yield "handles", self.handles
        yield "models", self.models
        yield "subshells", self.subshells
        yield "unfinished uploads", self.uploads
        yield "objects held by pages", self.py_proxies
        yield "objects held of pages", self.js_proxies
        yield "pages", len(self.pages)
        for page in self.pages:
            held = f"holds {page.py_proxies}, is held {page.js_proxies} times"
            yield f"  {page.page}", f"{held}, heard of {page.seen:.0f} s ago"
        yield "latency", _spread(self.latency)
        for name, count, share in self._bars():
            yield f"  {name}", f"{'#' * max(1, round(_BAR * share))} {count}"

    def _bars(self) -> list[tuple[str, int, float]]:
        """Give the places of the histogram that hold any: name, count, share of the fullest."""
        most = max(count for _, count in self.latency.histogram)
        return [
            ("longer" if bound is None else f"up to {bound:g} ms", count, count / most)
            for bound, count in self.latency.histogram
            if count
        ]


def _spread(latency: Latency) -> str:
    if not latency.count:
        return "no calls"
    return (
        f"median {latency.median:.3g} ms, 95 % within {latency.p95:.3g} ms,"
        f" longest {latency.longest:.3g} ms"
    )


def debug() -> Snapshot:
    """Tell what the bridge is at: calls in flight, latency, errors, and who holds what.

    Returns
    -------
    Snapshot
        As it is now; a notebook shows it as tables, ``print`` as text.
    """
    latency, errors = journal.counts()
    now = time.monotonic()
    return Snapshot(
        __version__,
        tuple(CallRow(call.what, call.lane, now - call.began) for call in running.calls()),
        latency.count,
        latency,
        errors,
        tuple(_row(page, now) for page in pages.pages()),
        len(registry.handles()),
        sync.count(),
        subshells.count(),
        uploads.count(),
    )


def _row(page: Page, now: float) -> PageRow:
    return PageRow(page.session[:8], len(page.lease), page.js_proxies, now - page.seen)
