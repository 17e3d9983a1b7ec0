"""What a page may do with a Python object that it holds; twin of nbext/proxy.js.

Every function takes the object and gives what the page gets. The page may ask for any attribute, as
Python code may: what is exported, and what is private, matters for handles alone.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from . import buffers, tables
from .codec import Deep, Whole
from .errors import BadArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "attribute",
    "buffer",
    "call",
    "contains",
    "copy",
    "delete_item",
    "get_item",
    "iterate",
    "length",
    "send",
    "set_item",
    "take",
    "text",
]

# Going through these asks nothing of the user's code, so many items may come at a time. Known by
# their `__iter__`: a subclass may have another.
_VIEWS: tuple[Any, ...] = ({}.keys(), {}.values(), {}.items())
_PLAIN: tuple[Any, ...] = (
    *(list, tuple, dict, set, frozenset, range, str, bytes, bytearray, np.ndarray),
    *map(type, _VIEWS),
)
_PLAIN_ITERS = {cls.__iter__ for cls in _PLAIN}
_AT_A_TIME = 256


def attribute(obj: Any, path: Sequence[str]) -> Any:
    """Give an attribute, or one of an attribute, and so on."""
    for name in path:
        obj = getattr(obj, name)
    return obj


def call(obj: Any, path: Sequence[str], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call the object, or a method of it."""
    return attribute(obj, path)(*args, **kwargs)


def get_item(obj: Any, key: Any) -> Any:
    """Give ``obj[key]``."""
    return obj[key]


def set_item(obj: Any, key: Any, value: Any) -> None:
    """Set ``obj[key]``."""
    obj[key] = value


def delete_item(obj: Any, key: Any) -> None:
    """Delete ``obj[key]``."""
    del obj[key]


def contains(obj: Any, key: Any) -> bool:
    """Tell whether ``key in obj``."""
    return key in obj


def length(obj: Any) -> int:
    """Give ``len(obj)``."""
    return len(obj)


def text(obj: Any) -> str:
    """Give ``str(obj)``."""
    return str(obj)


def copy(obj: Any, depth: int) -> Deep:
    """Give the object by value as far as possible; a table as its columns."""
    return Deep(tables.columns(obj) if tables.is_table(obj) else obj, depth)


def iterate(obj: Any) -> dict[str, Any]:
    """Begin to iterate: give the first items and, unless they are all, what has the others."""
    iterator = iter(obj)
    if getattr(type(obj), "__iter__", None) not in _PLAIN_ITERS:
        return {"iterator": Whole(iterator), "many": 1, "values": [], "done": False}
    return {"many": _AT_A_TIME, **take(iterator, _AT_A_TIME)}


def take(iterator: Iterator[Any], many: int) -> dict[str, Any]:
    """Give the next items, and whether these were the last."""
    values = [Whole(value) for value in itertools.islice(iterator, many)]
    done = len(values) < many
    return {"iterator": None if done else Whole(iterator), "values": values, "done": done}


def send(iterator: Any, value: Any) -> dict[str, Any]:
    """Give the next item, sending a value into a generator; at the end, what it returned."""
    try:
        item = next(iterator) if value is None else iterator.send(value)
    except StopIteration as stop:
        return {"done": True, "value": Whole(stop.value)}
    return {"done": False, "value": Whole(item)}


def buffer(obj: Any, kind: object) -> Iterator[Any]:
    """Give an object's memory: first what describes it, then its bytes, piece by piece.

    Of a table, the names of its columns and then each of them.
    """
    if kind is not None and not isinstance(kind, str):
        raise BadArgumentError(
            f"a buffer's type is a string, not a {type(kind).__name__}", "$.type"
        )
    if tables.is_table(obj):
        columns = tables.columns(obj)
        yield {"columns": list(columns), "length": len(obj)}
        yield from columns.values()
        return
    reading = buffers.Reading.of(obj, kind)
    yield reading.header
    yield from reading.chunks()
