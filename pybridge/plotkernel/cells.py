"""Read a cell: its lines as statements, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .errors import Place, PlotError
from .forms import Definition, Graph, Implicit, Parametric, Statement, Vertical
from .statements import assigned_names, read_statement, split_statements
from .tokens import ends_open, read_lines, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .tokens import Token

__all__ = ["MAX_LINES", "Cell", "is_unfinished", "read_cell", "read_words"]

MAX_LINES = 500
"""Lines of a cell."""

_MAX_CONTINUED = 20


@dataclass
class Cell:
    """What a cell says.

    Attributes
    ----------
    statements : list of Statement
    errors : list of PlotError
        About lines that are none.
    """

    statements: list[Statement] = field(default_factory=list)
    errors: list[PlotError] = field(default_factory=list)


def read_cell(source: str, values: set[str]) -> Cell:
    """Read a cell's source.

    Parameters
    ----------
    source : str
    values : set of str
        Names of parameters that are known already.
    """
    cell = Cell()
    lines = read_lines(source)
    if len(lines) > MAX_LINES:
        place = Place(MAX_LINES + 1, 0, 1, lines[MAX_LINES][:80])
        cell.errors.append(PlotError(f"a cell has at most {MAX_LINES} lines", place))
        del lines[MAX_LINES:]
    words = read_words(lines, cell.errors)
    groups = [split_statements(tokens) for tokens in _logical_lines(words)]
    # A parameter may be set below the line that uses it.
    known = values | {name for group in groups for part in group for name in assigned_names(part)}
    for group in groups:
        found: list[Statement] = []
        for part in group:
            try:
                statement = read_statement(part, known)
            except PlotError as error:
                cell.errors.append(error)
                continue
            if isinstance(statement, Definition):
                known.discard(statement.name)
            found.append(statement)
        cell.statements += _pair(found)
    return cell


def read_words(lines: Sequence[str], errors: list[PlotError]) -> list[list[Token]]:
    """Give the words of each line.

    Parameters
    ----------
    lines : sequence of str
    errors : list of PlotError
        Takes the errors of lines with signs that the language does not have; they have no words.
    """
    words: list[list[Token]] = []
    for number, line in enumerate(lines, 1):
        try:
            words.append(tokenize(line, number))
        except PlotError as error:
            errors.append(error)
            words.append([])
    return words


def is_unfinished(words: Sequence[list[Token]]) -> bool:
    """Whether the last line asks for more."""
    index = 0
    while index < len(words):
        joined, end = _join(words, index)
        if ends_open(joined):
            if end == len(words):
                return True
            end = index + 1
        index = end
    return False


def _logical_lines(words: Sequence[list[Token]]) -> Iterator[list[Token]]:
    """Join lines with the next ones where they ask for more.

    A line that never gets what it asks for stands alone, so that its error is the only one.
    """
    index = 0
    while index < len(words):
        joined, end = _join(words, index)
        if ends_open(joined):
            joined, end = words[index], index + 1
        if joined:
            yield joined
        index = end


def _join(words: Sequence[list[Token]], index: int) -> tuple[list[Token], int]:
    joined, end = words[index], index + 1
    while ends_open(joined) and end < min(len(words), index + _MAX_CONTINUED):
        # The next statement is no continuation.
        if any(token.text in ("=", "in") for token in words[end]):
            break
        joined = joined + words[end]
        end += 1
    return joined, end


def _pair(statements: Sequence[Statement]) -> list[Statement]:
    """Make a parametric curve of ``x = ...; y = ...`` if t is in them."""
    paired: list[Statement] = []
    for statement in statements:
        before = paired[-1] if paired else None
        parametric = _parametric(before, statement) or _parametric(statement, before)
        if parametric is not None and before is not None:
            text = f"{before.text}; {statement.text}"
            place = before.place._replace(length=len(text))
            paired[-1] = replace(parametric, text=text, place=place)
        else:
            paired.append(statement)
    return paired


def _parametric(x: Statement | None, y: Statement | None) -> Parametric | None:
    if not isinstance(x, (Vertical, Implicit)) or not isinstance(y, Graph):
        return None
    if isinstance(x, Implicit) or not y.text.lstrip().startswith("y"):
        return None
    if "t" not in x.body.names | y.body.names or "x" in y.body.names:
        return None
    return Parametric(x.text, x.place, x.body, y.body)
