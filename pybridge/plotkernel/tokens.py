"""The words of a cell: numbers, names and signs, each with its place in the user's text."""

from __future__ import annotations

import keyword
import re
import unicodedata
from dataclasses import dataclass

from .errors import Place, PlotError

__all__ = ["MAX_LINE", "Token", "ends_open", "read_lines", "tokenize"]

MAX_LINE = 2000
"""Characters in a line."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

_PATTERN = re.compile(
    r"""
    (?P<space>[^\S\n]+ | \ufeff)
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<raised>[⁰¹²³⁴-⁹]+)
  | (?P<name>π|(?:(?![⁰¹²³⁴-⁹π])[^\W\d])(?:(?![⁰¹²³⁴-⁹π])\w)*)
  | (?P<comment>\#.*)
  | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%^()\[\],;=<>\u00b7\u00d7\u00f7\u2212\u22c5\u2217≤≥≠])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_MEANING = {
    "^": "**",
    "\u00b7": "*",  # middle dot
    "\u22c5": "*",  # dot operator
    "\u2217": "*",  # asterisk operator
    "\u00d7": "*",  # multiplication sign
    "\u00f7": "/",  # division sign
    "\u2212": "-",  # minus sign
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
}

_WORDS = frozenset({"in", "and", "or", "not"})

_NOT_HERE = {
    '"': "text in quotes is not part of the language",
    "'": "text in quotes is not part of the language",
    ".": "a dot only belongs into numbers: x.y is not part of the language",
    "|": "| is not part of the language: write abs(x) for |x|, and `or` between conditions",
    "&": "& is not part of the language: write `and` between conditions",
    "!": "! is not part of the language",
    "√": "√ is not part of the language: write sqrt(x)",
    "{": "curly brackets are not part of the language: write ( and )",
    "}": "curly brackets are not part of the language: write ( and )",
    ":": "a colon is not part of the language",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word.

    Attributes
    ----------
    kind : str
        ``"number"``, ``"raised"`` (a power such as ²), ``"name"``, ``"word"`` (in, and, or, not)
        or ``"sign"``.
    text : str
        What it means: ``**`` for ``^``, ``pi`` for π.
    place : Place
        Where the user wrote it.
    """

    kind: str
    text: str
    place: Place


def read_lines(source: str) -> list[str]:
    """Split a cell's source into lines."""
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def tokenize(text: str, line: int = 1) -> list[Token]:
    """Split a line into its words, without comments.

    Raises
    ------
    PlotError
        For what has no place in the language.
    """
    if len(text) > MAX_LINE:
        msg = f"the line has {len(text)} characters, at most {MAX_LINE} are read"
        raise PlotError(msg, Place(line, 0, 1, text[:80] + "…"))
    tokens = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in ("space", "comment"):
            place = Place(line, match.start(), len(match[0]), text)
            tokens.append(_token(kind, match[0], place))
    return tokens


def ends_open(tokens: list[Token]) -> bool:
    """Whether the words ask for more: a bracket is open, or the last one is an operator."""
    if not tokens:
        return False
    depth = 0
    for token in tokens:
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
    last = tokens[-1]
    return depth > 0 or last.kind == "word" or (last.kind == "sign" and last.text not in ")];")


def _token(kind: str, text: str, place: Place) -> Token:
    if kind == "name":
        return _name(text, place)
    if kind == "number":
        return Token(kind, text, place)
    if kind == "raised":
        return Token(kind, text.translate(_SUPERSCRIPTS), place)
    if kind == "sign":
        return Token(kind, _MEANING.get(text, text), place)
    if text in _NOT_HERE:
        raise PlotError(_NOT_HERE[text], place)
    shown = text if text.isprintable() else f"U+{ord(text):04X}"
    msg = f"the character {shown} is not part of the language"
    raise PlotError(msg, place)


def _name(text: str, place: Place) -> Token:
    # Python's parser reads identifiers in this form, so names must be compared in it.
    name = "pi" if text == "π" else unicodedata.normalize("NFKC", text)
    if name in _WORDS:
        return Token("word", name, place)
    if keyword.iskeyword(name):
        hint = ": write where(condition, x, y)" if name in ("if", "else") else ""
        msg = f"{name} is not part of the language{hint}"
        raise PlotError(msg, place)
    if not name.isidentifier():
        msg = f"{text} cannot be a name"
        raise PlotError(msg, place)
    return Token("name", name, place)
