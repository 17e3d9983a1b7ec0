"""The statements of a line: which of the language's few forms it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import PlotError
from .expressions import read_expression, user_text
from .forms import (
    COORDINATES,
    Definition,
    Graph,
    Implicit,
    Range,
    Setting,
    Statement,
    Value,
    Vertical,
)
from .functions import CONSTANTS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .errors import Place
    from .expressions import Expression
    from .tokens import Token

__all__ = ["assigned_names", "read_statement", "split_statements"]


def split_statements(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split a line's words at semicolons."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def assigned_names(tokens: Sequence[Token]) -> Iterator[str]:
    """Tell which names a statement makes parameters."""
    if len(tokens) > 1 and tokens[0].kind == "name" and tokens[1].text in ("=", "in"):
        yield tokens[0].text


def read_statement(tokens: Sequence[Token], values: Collection[str]) -> Statement:
    """Read the words of one statement.

    Parameters
    ----------
    tokens : sequence of Token
        At least one.
    values : collection of str
        The names of parameters.

    Raises
    ------
    PlotError
        When it has none of the forms.
    """
    names = {*values, *COORDINATES, *CONSTANTS}
    text = user_text(tokens)
    place = tokens[0].place._replace(length=len(text))
    for index, token in enumerate(tokens):
        if token.text == "in" and token.kind == "word":
            return _range(tokens, index, names, Statement(text, place))
    signs = [index for index, token in enumerate(tokens) if token.text == "="]
    if not signs:
        return _bare(tokens, names, Statement(text, place))
    if len(signs) > 1:
        msg = "there is more than one = (compare with ==, separate statements by ;)"
        raise PlotError(msg, tokens[signs[1]].place)
    return _equation(tokens, signs[0], names, Statement(text, place))


def _bare(tokens: Sequence[Token], names: Collection[str], said: Statement) -> Statement:
    body = read_expression(tokens, names, said.place)
    if "y" in body.names:
        msg = "with y there must be an equation, such as x*y = 1"
        raise body.error(msg)
    if "x" in body.names:
        return Graph(said.text, said.place, body)
    return Value(said.text, said.place, body)


def _equation(
    tokens: Sequence[Token], sign: int, names: Collection[str], said: Statement
) -> Statement:
    left, right, place = tokens[:sign], tokens[sign + 1 :], tokens[sign].place
    if len(left) == 1 and left[0].kind == "name":
        name = left[0].text
        if name not in ("x", "y"):
            _check_name(left[0])
            return Setting(said.text, said.place, name, _number(right, names, left[0], place), None)
        body = read_expression(right, names, place)
        if name == "y" and "y" not in body.names:
            return Graph(said.text, said.place, body)
        if name == "x" and not body.names & {"x", "y"}:
            return Vertical(said.text, said.place, body)
    arguments = _arguments(left)
    if arguments is not None:
        return _definition(left, arguments, right, names, Statement(said.text, place))
    return Implicit(
        said.text,
        said.place,
        read_expression(left, names, place),
        read_expression(right, names, place),
    )


def _arguments(left: Sequence[Token]) -> tuple[str, ...] | None:
    """Give the arguments that are defined by ``f(x, y)``, None where it is something else."""
    texts = [token.text for token in left]
    if len(left) < 4 or texts[1] != "(" or texts[-1] != ")":  # noqa: PLR2004 - f ( x )
        return None
    # sin(x) = 0.5 is an equation, and so is x(y) = 1.
    if left[0].kind != "name" or texts[0] in (*FUNCTIONS, *CONSTANTS, *COORDINATES):
        return None
    inner = left[2:-1]
    if any(token.kind != "name" for token in inner[::2]) or len(inner) % 2 == 0:
        return None
    if any(token.text != "," for token in inner[1::2]):
        return None
    return tuple(token.text for token in inner[::2])


def _definition(
    left: Sequence[Token],
    arguments: tuple[str, ...],
    right: Sequence[Token],
    names: Collection[str],
    said: Statement,
) -> Definition:
    for index, name in enumerate(arguments):
        place = left[2 + 2 * index].place
        if name in FUNCTIONS:
            msg = f"{name} is a function, and no name for an argument"
            raise PlotError(msg, place)
        if name in arguments[:index]:
            msg = f"the argument {name} is there twice"
            raise PlotError(msg, place)
    function = left[0].text
    body = read_expression(right, {*names, *arguments} - {function}, said.place)
    for token in body.tokens:
        if token.text in COORDINATES and token.text not in arguments:
            msg = f"{token.text} is no argument of {function}"
            raise PlotError(msg, token.place)
    return Definition(said.text, left[0].place, function, arguments, body)


def _check_name(token: Token) -> None:
    name = token.text
    if name == "t":
        msg = "t is kept for parametric curves, such as x = cos(t); y = sin(t)"
        raise PlotError(msg, token.place)
    if name in CONSTANTS or name in FUNCTIONS:
        what = "constant" if name in CONSTANTS else "function"
        msg = f"{name} is a {what} of the language: take another name"
        raise PlotError(msg, token.place)


def _number(
    tokens: Sequence[Token], names: Collection[str], name: Token, after: Place
) -> Expression:
    """Read an expression that must not depend on the coordinates."""
    body = read_expression(tokens, names, after)
    for token in body.tokens:
        if token.text in COORDINATES:
            hint = f": write y = ..., or define {name.text}(x) = ..." if token.text == "x" else ""
            msg = f"{name.text} is a number and cannot depend on {token.text}{hint}"
            raise PlotError(msg, token.place)
    return body


def _range(
    tokens: Sequence[Token], index: int, names: Collection[str], said: Statement
) -> Range | Setting:
    word = tokens[index].place
    left, inner = tokens[:index], tokens[index + 1 :]
    if not left or left[0].kind != "name":
        msg = "before `in` a name must stand, as in a in [0, 2]"
        raise PlotError(msg, word if not left else left[0].place)
    name = left[0]
    if name.text not in COORDINATES:
        _check_name(name)
    if len(inner) < 2 or inner[0].text != "[" or inner[-1].text != "]":  # noqa: PLR2004 - [ ]
        msg = f"a range is written with square brackets: {name.text} in [0, 2]"
        raise PlotError(msg, inner[0].place if inner else word)
    low, high = _bounds(inner, name)
    found = Range(
        said.text,
        said.place,
        name.text,
        _number(low, names, name, inner[0].place),
        _number(high, names, name, inner[-1].place),
    )
    if len(left) == 1:
        return found
    if left[1].text != "=" or name.text in COORDINATES:
        msg = "before `in` a single name must stand, as in a in [0, 2]"
        raise PlotError(msg, left[1].place)
    body = _number(left[2:], names, name, left[1].place)
    return Setting(said.text, said.place, name.text, body, found)


def _bounds(inner: Sequence[Token], name: Token) -> tuple[Sequence[Token], Sequence[Token]]:
    depth = 0
    commas = []
    for index, token in enumerate(inner):
        depth += (token.text in ("(", "[")) - (token.text in (")", "]"))
        if token.text == "," and depth == 1:
            commas.append(index)
    if len(commas) != 1:
        msg = f"a range has two ends: {name.text} in [0, 2]"
        raise PlotError(msg, inner[0].place._replace(length=len(user_text(inner))))
    return inner[1 : commas[0]], inner[commas[0] + 1 : -1]
