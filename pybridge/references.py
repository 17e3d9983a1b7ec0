"""Python objects that a page holds; twin of nbext/references.js.

What cannot travel by value stays here, and the page gets a reference::

    {"$": "py", "id": "3f9c-12", "type": "range", "can": "ilg"}

``id`` names the object in the lease of that page, the same one as long as the page holds it, and
``can`` tells what can be done with it, a letter each:

====  ===========================  ====  ============================
a     awaitable                    i     iterable
b     has a buffer, or is a table  l     has a length
c     callable                     n     an iterator, or a generator
d     items can be deleted         s     items can be set
g     items can be got             h     tells what it contains
====  ===========================  ====  ============================

Each sending of a reference counts. The page counts, too, and gives back as many as it has got, when
it needs the object no more: one that is sent while its release is on the way is not lost.
"""

from __future__ import annotations

import inspect
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from . import tables
from .errors import DestroyedError

__all__ = ["Held", "Lease"]

# A page may outlive the kernel: what it held of another process must not be taken for ours.
_PROCESS = uuid.uuid4().hex[:8]

# Py_TPFLAGS_HEAPTYPE: a class made by a class statement.
_HEAP_TYPE = 1 << 9


@dataclass
class Held:
    """An object that a page holds.

    Attributes
    ----------
    obj : object
    count : int
        How often a reference to it was sent.
    since : float
        When the first one was, by `time.monotonic`.
    """

    obj: object
    count: int = 0
    since: float = field(default_factory=time.monotonic)


class Lease:
    """What one page holds. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._ids: dict[int, str] = {}
        self._made = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def held(self) -> list[Held]:
        """List what the page holds, the oldest first."""
        with self._lock:
            return list(self._held.values())

    def grant(self, obj: object) -> dict[str, Any]:
        """Give the tree of a reference to an object, which is held from now on."""
        with self._lock:
            key = self._ids.get(id(obj))
            if key is None:
                self._made += 1
                key = f"{_PROCESS}-{self._made}"
                # An interrupt may come at any call, but not between the two that belong together.
                held, own = Held(obj), id(obj)
                self._held[key] = held
                self._ids[own] = key
            self._held[key].count += 1
        return {"$": "py", "id": key, "type": type_name(obj), "can": abilities(obj)}

    def get(self, key: str) -> object:
        """Give the object behind a reference's id.

        Raises
        ------
        DestroyedError
            When the page does not hold it.
        """
        held = self._held.get(key)
        if held is None:
            process = str(key).partition("-")[0]
            raise DestroyedError(
                "this Python object was given back, or the page was thought to be gone;"
                " ask for it again"
                if process == _PROCESS
                else "the kernel was restarted: this Python object is gone with the old one"
            )
        return held.obj

    def release(self, counts: dict[str, int]) -> None:
        """Take back references: so many of each id."""
        dropped = []
        with self._lock:
            for key, count in counts.items():
                held = self._held.get(key)
                if held is None:
                    continue
                held.count -= count
                if held.count <= 0:
                    del self._held[key]
                    del self._ids[id(held.obj)]
                    dropped.append(held)
        # Not under the lock: an object's end may run any code.
        dropped.clear()

    def end(self) -> None:
        """Let go of everything."""
        with self._lock:
            dropped = list(self._held.values())
            self._held.clear()
            self._ids.clear()
        dropped.clear()


def type_name(obj: object) -> str:
    """Name an object's class as Pyodide does: with its module where C code made it."""
    cls = type(obj)
    if cls.__module__ == "builtins" or cls.__flags__ & _HEAP_TYPE:
        return cls.__name__
    return f"{cls.__module__}.{cls.__name__}"


def abilities(obj: object) -> str:
    """Tell what can be done with an object, in the letters of this module's table."""
    can = _abilities_of(type(obj))  # type: ignore[arg-type]
    if inspect.isawaitable(obj):
        can += "a"
    if tables.is_table(obj) or tables.is_series(obj) or _has_buffer(obj):
        can += "b"
    return can


@lru_cache(maxsize=1024)
def _abilities_of(cls: type) -> str:
    return "".join(
        letter
        for letter, name in (
            ("c", "__call__"),
            ("i", "__iter__"),
            ("n", "__next__"),
            ("l", "__len__"),
            ("g", "__getitem__"),
            ("s", "__setitem__"),
            ("d", "__delitem__"),
            ("h", "__contains__"),
        )
        if _has(cls, name)
    )


def _has(cls: type, name: str) -> bool:
    # Not by getattr: that would find what the class's own class has, such as a __call__.
    found = (vars(base)[name] for base in cls.__mro__ if name in vars(base))
    return next(found, None) is not None


def _has_buffer(obj: object) -> bool:
    # Arrays of dates have memory, too, though they show it to nobody.
    if isinstance(obj, np.ndarray):
        return not obj.dtype.hasobject
    try:
        memoryview(obj).release()  # type: ignore[arg-type]
    except (TypeError, BufferError, ValueError):
        return False
    return True
