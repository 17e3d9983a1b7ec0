"""Help while a cell is written: completion, descriptions, and whether it is complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .cells import is_unfinished, read_cell, read_words
from .functions import CONSTANTS, FUNCTIONS
from .tokens import MAX_LINE, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .errors import PlotError

__all__ = ["complete", "inspect", "is_complete"]

_NAME = re.compile(r"[^\W\d]\w*")
_NAME_BEFORE = re.compile(r"[^\W\d]\w*\Z")


def complete(
    source: str, position: int, own: Mapping[str, str]
) -> tuple[list[tuple[str, str]], int, int]:
    """Find names for the one before a position; see `Session.complete`."""
    position = min(max(position, 0), len(source))
    line = _line_before(source, position)
    match = _NAME_BEFORE.search(line)
    start = position - (len(match[0]) if match else 0)
    if "#" in line:
        return [], position, position
    names = dict.fromkeys(FUNCTIONS, "function") | dict.fromkeys(CONSTANTS, "constant")
    names |= {name: kind for name, kind in own.items() if kind != "range"}
    prefix = source[start:position]
    found = sorted((name, kind) for name, kind in names.items() if name.startswith(prefix))
    return found, start, position


def inspect(source: str, position: int, own: Callable[[str], str | None]) -> str | None:
    """Describe the name at a position; see `Session.inspect`.

    Parameters
    ----------
    source : str
    position : int
    own : callable
        Describes one of the user's names, or gives None.
    """
    position = min(max(position, 0), len(source))
    before = _line_before(source, position)
    after = source[position : position + MAX_LINE].split("\n", 1)[0]
    line, column = before + after, len(before)
    for match in _NAME.finditer(line):
        if match.start() <= column <= match.end():
            text = _describe(match[0], own)
            if text is not None:
                return text
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        depth += (before[index] == ")") - (before[index] == "(")
        if depth < 0:
            called = _NAME_BEFORE.search(before[:index].rstrip())
            return _describe(called[0], own) if called else None
    return None


def is_complete(source: str, values: set[str]) -> str:
    """Tell whether a cell can be run; see `Session.is_complete`."""
    errors: list[PlotError] = []
    words = read_words(read_lines(source), errors)
    if not errors and is_unfinished(words):
        return "incomplete"
    return "invalid" if read_cell(source, values).errors else "complete"


def _line_before(source: str, position: int) -> str:
    return source[max(position - MAX_LINE, 0) : position].rsplit("\n", 1)[-1]


def _describe(name: str, own: Callable[[str], str | None]) -> str | None:
    text = own(name)
    if text is not None:
        return text
    if name in FUNCTIONS:
        function = FUNCTIONS[name]
        return f"{function.signature}\n\n{function.doc}"
    if name in CONSTANTS or name == "π":
        name = "pi" if name == "π" else name
        return f"{name} = {CONSTANTS[name]!r}"
    return None
