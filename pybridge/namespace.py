"""The notebook's own names: ``py.runPython`` and ``py.globals``."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

from .errors import NotPythonError

if TYPE_CHECKING:
    from types import CodeType

__all__ = ["ABSENT", "delete", "get", "has", "keys", "run", "set_"]

ABSENT = object()
"""What `get` gives for a name that is not there; JavaScript sees ``undefined``."""

# Sources stay readable for tracebacks of functions defined in them; the oldest make room.
_MAX_SOURCES = 256
_sources: deque[str] = deque()
_numbers = count(1)


def run(code: str, names: dict[str, Any] | None = None) -> Any:
    """Run code in the notebook's namespace, or another, and give its last expression's value.

    Magics, ``!commands`` and ``?`` work as in a cell, as does a ``;`` at the end, which gives
    None. Code with ``await`` at its top level gives a coroutine to wait for.

    Raises
    ------
    SyntaxError
        When IPython cannot make sense of the code.
    NotPythonError
        When the kernel is one of another language.
    """
    shell = _shell()
    names = shell.user_ns if names is None else names
    source = shell.transform_cell(code)
    filename = _remember(source)
    flags = shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    tree = compile(source, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    tree = shell.transform_ast(tree)
    last = ast.Expression(ast.Constant(None))
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        expression = tree.body[-1]
        if not _ends_quietly(source, expression):
            tree.body.pop()
            last = ast.Expression(expression.value)
    ast.fix_missing_locations(last)
    body = compile(tree, filename, "exec", flags, dont_inherit=True)
    tail = compile(last, filename, "eval", flags, dont_inherit=True)
    if _is_async(body) or _is_async(tail):
        return _run_async(names, body, tail)
    exec(body, names)  # noqa: S102 - running the user's code is the point
    return eval(tail, names)  # noqa: S307 - as above


async def _run_async(names: dict[str, Any], *codes: CodeType) -> Any:
    """Run one code after the other; give the value of the last."""
    value = None
    for code in codes:
        value = eval(code, names)  # noqa: S307 - compiled from the user's code by `run`
        if _is_async(code):
            value = await value
    return value


def _is_async(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_COROUTINE)


def _ends_quietly(source: str, last: ast.Expr) -> bool:
    lines = source.encode().split(b"\n")[(last.end_lineno or 1) - 1 :]
    lines[0] = lines[0][last.end_col_offset or 0 :]
    return b"\n".join(lines).lstrip(b" \t\n)").startswith(b";")


def _remember(source: str) -> str:
    filename = f"<runPython {next(_numbers)}>"
    _sources.append(filename)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    if len(_sources) > _MAX_SOURCES:
        linecache.cache.pop(_sources.popleft(), None)
    return filename


def get(name: str) -> Any:
    """Give the value of a name, or `ABSENT`."""
    return _shell().user_ns.get(name, ABSENT)


def set_(name: str, value: object) -> None:
    """Set a name to a value; nothing of either is ever run as code."""
    _shell().user_ns[name] = value


def has(name: str) -> bool:
    """Tell whether there is such a name."""
    return name in _shell().user_ns


def delete(name: str) -> None:
    """Remove a name; raises KeyError when there is none."""
    del _shell().user_ns[name]


def keys() -> list[str]:
    """List the names that the notebook's author gave: no private ones, none of IPython's own."""
    shell = _shell()
    hidden = shell.user_ns_hidden
    return [
        name
        for name, value in list(shell.user_ns.items())
        if not name.startswith("_") and hidden.get(name, ABSENT) is not value
    ]


def _shell() -> Any:
    shell = get_ipython()
    if shell is None:
        raise NotPythonError(
            "this kernel's cells are not Python: it has no names to run code with; call a handle"
            " that the kernel has registered"
        )
    return shell
