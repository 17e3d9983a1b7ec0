"""`PlotError`: what is wrong with a line, and where."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Place", "PlotError", "nearest"]

# A line of a million characters is an error too, but nobody wants to read it again.
_SHOWN = 2000


class Place(NamedTuple):
    """A stretch of a line, as the user wrote it.

    Attributes
    ----------
    line : int
        1-based.
    column : int
        0-based.
    length : int
    text : str
        The whole line.
    """

    line: int
    column: int
    length: int
    text: str


class PlotError(Exception):
    """A line cannot be understood, or not be worked out.

    As a string it has three lines: the message, the line, and carets below the place.

    Attributes
    ----------
    message : str
    line : int
        1-based.
    column : int
        0-based, in the user's own text.
    length : int
        How many characters are meant.
    text : str
        The line.
    suggestion : str or None
        What may have been meant.
    """

    def __init__(self, message: str, place: Place, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = place.line
        self.column = place.column
        self.length = max(place.length, 1)
        self.text = place.text if len(place.text) <= _SHOWN else f"{place.text[:_SHOWN]}…"
        self.suggestion = suggestion

    def __str__(self) -> str:
        question = f", did you mean {self.suggestion}?" if self.suggestion else ""
        # A tab stays a tab, or the carets would point beside the place.
        margin = "".join("\t" if char == "\t" else " " for char in self.text[: self.column])
        room = max(len(self.text) - self.column, 1)
        carets = "^" * min(self.length, room)
        return f"line {self.line}: {self.message}{question}\n{self.text}\n{margin}{carets}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Find the name that was probably meant, if there is one."""
    known = sorted(set(names))
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if found:
        return found[0]
    lower = {each.lower(): each for each in known}
    return lower.get(name.lower())
