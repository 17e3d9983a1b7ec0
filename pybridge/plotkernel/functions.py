"""The functions and constants that every cell knows.

Functions have NumPy's names and work on whole arrays; the names that schools use are there as
well. ``log`` is the natural logarithm, as in NumPy, and so is ``ln``; ``lg`` is the decimal one.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CONSTANTS", "FUNCTIONS", "Function"]

CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}


@dataclass(frozen=True, slots=True)
class Function:
    """A function that comes with the language.

    Attributes
    ----------
    name : str
    call : callable
        Takes and returns float64 arrays.
    arguments : tuple of str
        Their names; a last one of ``"..."`` stands for more.
    doc : str
        One sentence.
    """

    name: str
    call: Callable[..., Any]
    arguments: tuple[str, ...]
    doc: str

    @property
    def signature(self) -> str:
        """As one writes it, such as ``hypot(x1, x2)``."""
        return f"{self.name}({', '.join(self.arguments)})"

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        if self.arguments[-1] == "...":
            return count >= len(self.arguments) - 1
        return count == len(self.arguments)


_NUMPY_ONE = """
    sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp exp2 expm1
    log log2 log10 log1p sqrt cbrt abs absolute fabs sign floor ceil round rint trunc fix
    deg2rad rad2deg degrees radians sinc square reciprocal
""".split()

_NUMPY_TWO = """
    arctan2 mod fmod remainder minimum maximum fmin fmax hypot heaviside power copysign logaddexp
    floor_divide
""".split()

_SYNONYMS = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "ln": "log",
    "lg": "log10",
    "sgn": "sign",
}


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(np.asarray(condition) != 0, yes, no)


def _clip(x: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _largest(*values: Any) -> Any:
    return functools.reduce(np.maximum, values)


def _smallest(*values: Any) -> Any:
    return functools.reduce(np.minimum, values)


def _sec(x: Any) -> Any:
    return 1 / np.cos(x)


def _csc(x: Any) -> Any:
    return 1 / np.sin(x)


def _cot(x: Any) -> Any:
    return np.cos(x) / np.sin(x)


_OWN = (
    Function("where", _where, ("condition", "x", "y"), "x where the condition holds, else y."),
    Function("clip", _clip, ("x", "low", "high"), "x, but at least low and at most high."),
    Function("max", _largest, ("x1", "x2", "..."), "The largest of its arguments."),
    Function("min", _smallest, ("x1", "x2", "..."), "The smallest of its arguments."),
    Function("sec", _sec, ("x",), "Secant: 1/cos(x)."),
    Function("csc", _csc, ("x",), "Cosecant: 1/sin(x)."),
    Function("cot", _cot, ("x",), "Cotangent: cos(x)/sin(x)."),
)


def _summary(function: object) -> str:
    # NumPy's docstrings start with the signature where the function is written in C.
    paragraphs = (getattr(function, "__doc__", None) or "").strip().split("\n\n")
    texts = [" ".join(text.split()) for text in paragraphs]
    return next((text for text in texts if text and "(x" not in text.split(" ", 1)[0]), "")


def _from_numpy() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for names, arguments in ((_NUMPY_ONE, ("x",)), (_NUMPY_TWO, ("x1", "x2"))):
        for name in names:
            call = getattr(np, name)
            found[name] = Function(name, call, arguments, _summary(call))
    for name, same in _SYNONYMS.items():
        known = found[same]
        found[name] = Function(name, known.call, known.arguments, f"{known.doc} Same as {same}.")
    return found


FUNCTIONS: dict[str, Function] = {**_from_numpy(), **{each.name: each for each in _OWN}}
