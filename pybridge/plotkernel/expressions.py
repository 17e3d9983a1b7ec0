"""Expressions: words become Python's syntax tree, of which few kinds of nodes are allowed.

The words are written out as Python (``2x^2`` as ``2.*x**2.``) and parsed, never run, by Python. All
numbers become floats, so ``9**9**9`` is infinite instead of a whole number that fills the memory.
"""

from __future__ import annotations

import ast
import bisect
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .errors import Place, PlotError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .tokens import Token

__all__ = ["MAX_DEPTH", "Expression", "read_expression"]

MAX_DEPTH = 100
"""Levels of a syntax tree; a sum of n terms has n of them."""

_MAX_BRACKETS = 40

_NODES = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Name, ast.Constant),
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub),
    *(ast.And, ast.Or, ast.Not, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.Load),
)


@dataclass(frozen=True, eq=False)
class Expression:
    """An expression, and where its parts stand in the user's text.

    Attributes
    ----------
    tree : ast.expr
    text : str
        As the user wrote it.
    tokens : sequence of Token
    starts : sequence of int
        Where each token starts in the source that was parsed, in bytes of UTF-8.
    """

    tree: ast.expr
    text: str
    tokens: Sequence[Token]
    starts: Sequence[int]
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))
        object.__setattr__(self, "names", names)

    def place(self, node: ast.AST | None = None) -> Place:
        """Find a node, by default the whole expression, in the user's text."""
        if node is None:
            return _span(self.tokens[0], self.tokens[-1])
        first = bisect.bisect_right(self.starts, getattr(node, "col_offset", 0)) - 1
        last = bisect.bisect_left(self.starts, getattr(node, "end_col_offset", 1)) - 1
        return _span(self.tokens[first], self.tokens[max(first, last)])

    def error(
        self, message: str, node: ast.AST | None = None, suggestion: str | None = None
    ) -> PlotError:
        """Make the error for a node."""
        return PlotError(message, self.place(node), suggestion)


def read_expression(tokens: Sequence[Token], values: Collection[str], after: Place) -> Expression:
    """Read words as an expression.

    Parameters
    ----------
    tokens : sequence of Token
    values : collection of str
        Names of numbers: one before a bracket is multiplied by it, any other is called.
    after : Place
        Where the expression should stand if there are no words.

    Raises
    ------
    PlotError
        When it is none.
    """
    if not tokens:
        msg = "here an expression is missing"
        raise PlotError(msg, after)
    _check_brackets(tokens)
    pieces = list(_pieces(tokens, values))
    starts = []
    source = ""
    size = 0
    for piece, _ in pieces:
        starts.append(size)
        source += piece
        size += len(piece.encode())
    owners = [token for _, token in pieces]
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        column = len(source[: max((error.offset or 1) - 1, 0)].encode())
        raise _syntax_error(owners, starts, column) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep(tokens[0]) from None
    expression = Expression(tree, user_text(tokens), owners, starts)
    _check_tree(expression)
    return expression


def user_text(tokens: Sequence[Token]) -> str:
    """Give the user's own text from the first word to the last."""
    first, last = tokens[0].place, tokens[-1].place
    if first.line == last.line:
        return first.text[first.column : last.column + last.length]
    parts: dict[int, list[Token]] = {}
    for token in tokens:
        parts.setdefault(token.place.line, []).append(token)
    return " ".join(user_text(part) for part in parts.values())


def _span(first: Token, last: Token) -> Place:
    start, end = first.place, last.place
    if start.line != end.line:
        return start._replace(length=len(start.text) - start.column)
    return start._replace(length=end.column + end.length - start.column)


def _pieces(tokens: Sequence[Token], values: Collection[str]) -> Iterator[tuple[str, Token]]:
    """Write words as Python, with the multiplication signs that one leaves out."""
    before: Token | None = None
    for token in tokens:
        if before is not None and _multiplies(before, token, values):
            yield "*", token
        if token.kind == "number":
            number = f"{token.text}." if token.text.isdecimal() else token.text
            # Side by side they must stay two, to be refused.
            yield (f" {number}" if before is not None else number), token
        elif token.kind == "raised":
            yield f"**{token.text}.", token
        elif token.kind == "word":
            # Python would take a blank before it all for an indent.
            yield (f" {token.text} " if before is not None else f"{token.text} "), token
        else:
            yield token.text, token
        before = token


def _multiplies(before: Token, token: Token, values: Collection[str]) -> bool:
    if before.kind == "word" or (before.kind == "sign" and before.text != ")"):
        return False
    if token.kind == "sign":
        is_call = before.kind == "name" and before.text not in values
        return token.text == "(" and not is_call
    # Two numbers side by side are rather a slip.
    return token.kind == "name" or (token.kind == "number" and before.kind != "number")


def _check_brackets(tokens: Sequence[Token]) -> None:
    opened: list[Token] = []
    for token in tokens:
        if token.text in ("[", "]"):
            msg = "square brackets only hold ranges, as in x in [-5, 5]"
            raise PlotError(msg, token.place)
        if token.text == "(":
            opened.append(token)
            if len(opened) > _MAX_BRACKETS:
                msg = f"more than {_MAX_BRACKETS} brackets inside of each other"
                raise PlotError(msg, token.place)
        elif token.text == ")":
            if not opened:
                msg = "this bracket was never opened"
                raise PlotError(msg, token.place)
            opened.pop()
    if opened:
        msg = "this bracket is never closed"
        raise PlotError(msg, opened[-1].place)


def _syntax_error(tokens: Sequence[Token], starts: Sequence[int], column: int) -> PlotError:
    last = tokens[-1]
    if last.kind == "word" or (last.kind == "sign" and last.text != ")"):
        return PlotError(f"something is missing after {_shown(last)}", last.place)
    # Python points at places of its own choice; a sign beside a sign is what a person would see.
    for before, token in itertools.pairwise(tokens):
        if before is token:
            continue
        if before.kind == token.kind == "number":
            msg = "between two numbers an operator is missing"
            return PlotError(msg, token.place)
        if token.kind == "sign" and token.text not in "(+-" and before.kind in ("sign", "word"):
            if before.text == ")" or (before.text == "(" and token.text == ")"):
                continue
            msg = f"between {_shown(before)} and {_shown(token)} something is missing"
            return PlotError(msg, token.place)
    found = tokens[max(bisect.bisect_right(starts, column) - 1, 0)]
    return PlotError(f"{_shown(found)} does not belong here", found.place)


def _shown(token: Token) -> str:
    place = token.place
    return place.text[place.column : place.column + place.length]


def _too_deep(token: Token) -> PlotError:
    return PlotError("the expression is too deep: split it up by definitions", token.place)


def _check_tree(expression: Expression) -> None:
    level: list[ast.AST] = [expression.tree]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep(expression.tokens[0])
        for node in level:
            _check_node(expression, node)
        level = [child for node in level for child in ast.iter_child_nodes(node)]


def _check_node(expression: Expression, node: ast.AST) -> None:
    if isinstance(node, ast.Tuple):
        msg = "a comma only separates the arguments of a function; numbers have a decimal point"
        raise expression.error(msg, node)
    if isinstance(node, ast.Compare) and not all(isinstance(op, _NODES) for op in node.ops):
        msg = "`in` only belongs into ranges, as in x in [-5, 5]"
        raise expression.error(msg, node)
    if not isinstance(node, _NODES):
        msg = "this is not part of the language"
        raise expression.error(msg, node)
    if isinstance(node, ast.Constant) and not isinstance(node.value, float):
        msg = f"{node.value!r} is not part of the language"
        raise expression.error(msg, node)
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
        msg = "only a function's name can be called"
        raise expression.error(msg, node)
    if isinstance(node, ast.Call) and (node.keywords or not node.args):
        msg = "this is not part of the language" if node.keywords else "the argument is missing"
        raise expression.error(msg, node)
