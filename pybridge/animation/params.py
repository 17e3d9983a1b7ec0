"""Live parameters: what the page shows a control for, in ipywidgets' shorthand.

The abbreviations are those of ``ipywidgets.interact``:

=========================  ======================================
``True``, ``False``        a check box
``"text"``                 a text field
``3``, ``0.5``             a slider from -v to 3 v (0 to 1 for 0)
``(low, high)``            a slider; whole numbers stay whole
``(low, high, step)``      a slider with that step
``["a", "b"]``             a choice
``{"label": value}``       a choice by its labels
=========================  ======================================
"""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from pybridge.errors import BadArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Choice", "Control", "Slider", "TextField", "Toggle", "controls"]


_NO_DEFAULT = object()


@dataclass(frozen=True, slots=True)
class Control(ABC):
    """A parameter as the page shows it.

    Attributes
    ----------
    name : str
    value : object
        What it is at first.
    """

    name: str
    value: Any

    kind = ""

    @abstractmethod
    def check(self, value: object) -> Any:
        """Give the parameter's value for what the page sent.

        Raises
        ------
        BadArgumentError
            When the control could not have been set to this.
        """

    def describe(self, value: object) -> dict[str, Any]:
        """Tell the page what to show for a value."""
        return {"kind": self.kind, "name": self.name, "value": value}

    def _reject(self, value: object) -> BadArgumentError:
        msg = f"parameter {self.name!r} cannot be {value!r:.80}"
        return BadArgumentError(msg)


@dataclass(frozen=True, slots=True)
class Slider(Control):
    """A number between `low` and `high`; without a step, any."""

    low: float
    high: float
    step: float | None

    kind = "slider"

    @property
    def whole(self) -> bool:
        """Whether its values are integers."""
        return all(isinstance(number, int) for number in (self.low, self.high, self.step))

    def check(self, value: object) -> Any:
        """Take a number in the range."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._reject(value)
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            raise self._reject(value)
        return int(value) if self.whole else float(value)

    def describe(self, value: object) -> dict[str, Any]:
        """Add the range."""
        # From Python it may have become something that is no number.
        number = float(value) if isinstance(value, Real) and not self.whole else value
        shown = Control.describe(self, number if isinstance(number, (int, float)) else None)
        return {**shown, "low": self.low, "high": self.high, "step": self.step}


@dataclass(frozen=True, slots=True)
class Choice(Control):
    """One of several values; the page knows them by their labels."""

    options: Mapping[str, Any]

    kind = "choice"

    def check(self, value: object) -> Any:
        """Take a label."""
        if not isinstance(value, str) or value not in self.options:
            raise self._reject(value)
        return self.options[value]

    def describe(self, value: object) -> dict[str, Any]:
        """Add the labels."""
        # From Python it may have become something that is no option.
        return {**Control.describe(self, self.label(value)), "options": list(self.options)}

    def label(self, value: object) -> str | None:
        """Give the label of an option, None for something else."""
        labels = list(self.options)
        place = _place(value, list(self.options.values()))
        return None if place is None else labels[place]


@dataclass(frozen=True, slots=True)
class Toggle(Control):
    """Yes or no."""

    kind = "toggle"

    def check(self, value: object) -> bool:
        """Take a bool."""
        if not isinstance(value, bool):
            raise self._reject(value)
        return value

    def describe(self, value: object) -> dict[str, Any]:
        """Tell whether it counts as true."""
        return Control.describe(self, bool(value))


@dataclass(frozen=True, slots=True)
class TextField(Control):
    """Any text."""

    kind = "text"

    def check(self, value: object) -> str:
        """Take a string."""
        if not isinstance(value, str):
            raise self._reject(value)
        return value

    def describe(self, value: object) -> dict[str, Any]:
        """Show it as text."""
        return Control.describe(self, str(value))


def controls(params: Mapping[str, object], function: object = None) -> dict[str, Control]:
    """Read the shorthand for each parameter.

    Parameters
    ----------
    params : mapping
        From a parameter's name to its abbreviation.
    function : object, optional
        Where it is a callable with a default for a parameter, that is the first value.

    Raises
    ------
    BadArgumentError
        For an abbreviation with no meaning.
    """
    defaults = _defaults(function)
    return {
        name: _control(name, short, defaults.get(name, _NO_DEFAULT))
        for name, short in params.items()
    }


def _place(value: object, options: list[Any]) -> int | None:
    """Find a value among options: itself, or one of its type that is equal to it."""
    for place, option in enumerate(options):
        if option is value:
            return place
    for place, option in enumerate(options):
        if type(option) is type(value) and _is_equal(option, value):
            return place
    return None


def _is_equal(one: object, other: object) -> bool:
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - arrays, for one, do not tell with one word
        return False


def _defaults(function: object) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters if callable(function) else {}
    except ValueError:  # some callables of C have none
        return {}
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }


def _control(name: str, short: object, default: Any) -> Control:
    short = tuple(map(_plain, short)) if isinstance(short, tuple) else _plain(short)
    if isinstance(short, bool):
        return Toggle(name, short)
    if isinstance(short, str):
        return TextField(name, short)
    if isinstance(short, (int, float)):
        low, high = sorted((-short, 3 * short)) if short else (0, 1)
        return _slider(name, low, high, None, short)
    if isinstance(short, tuple) and len(short) in (2, 3) and all(map(_is_number, short)):
        low, high, step = short if len(short) == 3 else (*short, None)  # noqa: PLR2004
        return _slider(name, low, high, step, default)
    options = _options(short)
    if options:
        place = _place(default, list(options.values())) or 0
        return Choice(name, list(options.values())[place], options)
    msg = (
        f"parameter {name!r}: {short!r:.80} is none of True, 'text', a number, (low, high),"
        " (low, high, step), a list or a dict of choices"
    )
    raise BadArgumentError(msg)


def _plain(value: object) -> object:
    """Give Python's own number for one of NumPy's."""
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _options(short: object) -> dict[str, Any]:
    if isinstance(short, dict):
        return {str(label): value for label, value in short.items()}
    if isinstance(short, (list, tuple)):
        return {str(value): value for value in short}
    return {}


def _slider(name: str, low: Any, high: Any, step: Any, value: Any) -> Slider:
    isfinite = all(each is None or math.isfinite(each) for each in (low, high, step))
    if not (isfinite and low < high and (step is None or step > 0)):
        msg = f"parameter {name!r}: expected low < high and a step above 0, all of them finite"
        raise BadArgumentError(msg)
    value = _plain(value)
    whole = isinstance(low, int) and isinstance(high, int)
    if step is None:
        step = 1 if whole else None
    if not (_is_number(value) and low <= value <= high):
        # The middle, on one of the steps, as ipywidgets has it.
        value = (low + high) / 2 if step is None else low + int((high - low) / step / 2) * step
    return Slider(name, value, low, high, step)
