"""JavaScript objects in Python: what a page refers to instead of sending it.

A reference that a page sends names one of its objects, ``{"$": "js", "id": 7, "type": "Array",
"can": "..."}``; ``can`` tells what Python's protocols mean for it, a letter each:

====  ========================  ====  ===================================
a     has ``then``              l     has ``length`` or ``size``
c     a function                g     items can be got: array, Map and like
i     has ``Symbol.iterator``   s     items can be set and deleted
n     has ``next``              h     has ``includes`` or ``has``
====  ========================  ====  ===================================

Each access is a question to the page, and waits for its answer.
"""

from __future__ import annotations

import keyword
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .codec import Deep, Foreign, Whole
from .errors import DestroyedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .page import Page

__all__ = [
    "JsProxy",
    "Kept",
    "create_once_callable",
    "create_proxy",
    "is_gone",
    "proxy_class",
    "to_js",
]


# How IPython asks an object to show itself, and our own where it is not set.
_NOT_ASKED = ("_repr_", "_ipython_", "_pybridge_")


class JsProxy(Foreign):
    """An object of a page.

    Attributes and items are the object's own, got and set at once; a name that is a keyword in
    Python takes an underscore behind it, such as ``finally_``. Arrays, plain objects, Maps and Sets
    that belong to it are proxies, so that changes reach them, and `to_py` copies them; what a
    function returns is copied where it can be. `pybridge.js` gives the first proxies.

    Raises
    ------
    JsError
        What JavaScript throws.
    AttributeError, KeyError, IndexError, TypeError
        As of a Python object.
    NoPageError
        When the page is gone, or cannot be asked from here.
    """

    __slots__ = ("__weakref__", "_pybridge_key", "_pybridge_page", "_pybridge_type")

    _pybridge_page: Page
    _pybridge_key: int
    _pybridge_type: str

    def __init__(self, page: Page, key: int, type_name: str) -> None:
        set_own = object.__setattr__
        set_own(self, "_pybridge_page", page)
        set_own(self, "_pybridge_key", key)
        set_own(self, "_pybridge_type", type_name)
        # Of what the process holds at its end nobody has to be told.
        weakref.finalize(self, page.drop, key).atexit = False

    @property
    def typeof(self) -> str:
        """What JavaScript's ``typeof`` says."""
        return "function" if callable(self) else "object"

    def to_py(self, depth: int = -1) -> Any:
        """Copy the object as far as that can be done.

        Parameters
        ----------
        depth : int
            So many containers inside of one another are copied; -1 for all.

        Returns
        -------
        object
            Arrays as lists, plain objects as dicts, Maps and Sets; what cannot be copied stays a
            proxy.
        """
        return _ask(self, "copy", depth=depth)

    def object_keys(self) -> list[str]:
        """List what ``Object.keys`` gives."""
        return list(_ask(self, "keys"))

    def object_values(self) -> list[Any]:
        """List what ``Object.values`` gives."""
        return [value for _, value in self.object_entries()]

    def object_entries(self) -> list[tuple[str, Any]]:
        """List what ``Object.entries`` gives."""
        return [(key, value) for key, value in _ask(self, "entries")]

    def __getattr__(self, name: str) -> Any:
        # What Python and its tools look up on any object means nothing to JavaScript.
        if (name.startswith("__") and name.endswith("__")) or name.startswith(_NOT_ASKED):
            raise AttributeError(name)
        value = _ask(self, "get", name=_plain(name))
        return JsMethod(value, self) if isinstance(value, JsCallable) else value

    def __setattr__(self, name: str, value: object) -> None:
        _ask(self, "set", name=_plain(name), value=Whole(value))

    def __delattr__(self, name: str) -> None:
        _ask(self, "delete", name=_plain(name))

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *_ask(self, "dir")})

    def __eq__(self, other: object) -> bool:
        # One proxy for one object, but a method is a new one each time.
        return self is _unbound(other)

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __str__(self) -> str:
        return str(_ask(self, "string"))

    def __repr__(self) -> str:
        return f"<JsProxy of {self._pybridge_type}>"

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError(f"{self!r} lives in a page: it cannot be pickled; to_py() copies it")


class JsCallable(JsProxy):
    """A function of a page."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; keyword arguments become an object behind the others."""
        return _call(self, None, args, kwargs)

    def new(self, *args: Any, **kwargs: Any) -> Any:
        """Make an object with it, as JavaScript's ``new`` does."""
        return _ask(self, "new", args=_passed(args, kwargs))


class JsMethod(Foreign):
    """A function of a page together with the object that it was got from, its ``this``."""

    __slots__ = ("_pybridge_function", "_pybridge_this")

    def __init__(self, function: JsCallable, this: JsProxy) -> None:
        object.__setattr__(self, "_pybridge_function", function)
        object.__setattr__(self, "_pybridge_this", this)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it; keyword arguments become an object behind the others."""
        return _call(self._pybridge_function, self._pybridge_this, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(_NOT_ASKED):
            raise AttributeError(name)
        return getattr(self._pybridge_function, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._pybridge_function, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._pybridge_function, name)

    def __dir__(self) -> list[str]:
        return dir(self._pybridge_function)

    def __str__(self) -> str:
        return str(self._pybridge_function)

    def __eq__(self, other: object) -> bool:
        return bool(self._pybridge_function == other)

    def __hash__(self) -> int:
        return hash(self._pybridge_function)

    def __repr__(self) -> str:
        return repr(self._pybridge_function)

    def __reduce_ex__(self, protocol: object) -> Any:
        return self._pybridge_function.__reduce_ex__(protocol)


class JsAwaitable(JsProxy):
    """A promise of a page."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._pybridge_page.settled(self).__await__()


class JsIterable(JsProxy):
    """An object of a page that can be iterated over."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        found = _ask(self, "iterate")
        if found["iterator"] is None:
            return iter(found["values"])
        return iter(found["iterator"])


class JsIterator(JsProxy):
    """An iterator of a page."""

    __slots__ = ()

    def __iter__(self) -> JsIterator:
        return self

    def __next__(self) -> Any:
        return _ask(self, "next")


class JsSized(JsProxy):
    """An object of a page with a length or a size."""

    __slots__ = ()

    def __len__(self) -> int:
        return int(_ask(self, "length"))


class JsGetItem(JsProxy):
    """An array, a Map or the like of a page."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return _ask(self, "item", key=Whole(key))


class JsSetItem(JsProxy):
    """An array, a Map or the like of a page, as it can be changed."""

    __slots__ = ()

    def __setitem__(self, key: Any, value: object) -> None:
        _ask(self, "setItem", key=Whole(key), value=Whole(value))

    def __delitem__(self, key: Any) -> None:
        _ask(self, "deleteItem", key=Whole(key))


class JsContainer(JsProxy):
    """An object of a page that tells what it contains."""

    __slots__ = ()

    def __contains__(self, key: object) -> bool:
        return bool(_ask(self, "contains", key=Whole(key)))


_MIXINS: dict[str, type[JsProxy]] = {
    "c": JsCallable,
    "a": JsAwaitable,
    "n": JsIterator,
    "i": JsIterable,
    "l": JsSized,
    "g": JsGetItem,
    "s": JsSetItem,
    "h": JsContainer,
}


@lru_cache(maxsize=256)
def proxy_class(can: str) -> type[JsProxy]:
    """Give the class of proxies with these abilities, so that Python's own checks are right."""
    bases = tuple(cls for letter, cls in _MIXINS.items() if letter in can)
    if len(bases) < 2:  # noqa: PLR2004 - nothing to put together
        return bases[0] if bases else JsProxy
    return type("JsProxy", bases, {"__slots__": (), "__module__": JsProxy.__module__})


class Kept:
    """A Python object for JavaScript that lives until it is destroyed; see `create_proxy`."""

    def __init__(self, obj: Any, *, once: bool = False) -> None:
        self._obj = obj
        self._once = once
        self._destroyed = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object."""
        obj = self.unwrap()
        if self._once:
            self.destroy()
        return obj(*args, **kwargs)

    def unwrap(self) -> Any:
        """Give the object. Raises DestroyedError."""
        if self._destroyed:
            raise DestroyedError(
                "this function could be called once, and was"
                if self._once
                else "this proxy was destroyed"
            )
        return self._obj

    def destroy(self) -> None:
        """Let go of the object; whoever still calls it in a page gets an error."""
        self._destroyed = True
        self._obj = None


def create_proxy(obj: Any) -> Kept:
    """Make something of a Python callable that JavaScript may keep, such as an event handler.

    A function that is passed as it is works as well, as long as JavaScript holds it; this one can
    be destroyed from Python.

    Parameters
    ----------
    obj : callable

    Returns
    -------
    Kept
        To pass to JavaScript; its ``destroy()`` ends it.

    Raises
    ------
    TypeError
        When it cannot be called.
    """
    return Kept(_callable(obj))


def create_once_callable(obj: Any) -> Kept:
    """Make something of a Python callable that JavaScript may call once. As `create_proxy`."""
    return Kept(_callable(obj), once=True)


def to_js(obj: Any, depth: int = -1) -> Deep:
    """Have an object copied when it is passed to JavaScript, with references inside.

    Without it a container goes by value only if all that it holds does.

    Parameters
    ----------
    obj : object
    depth : int
        So many containers inside of one another are copied; -1 for all.
    """
    return Deep(obj, depth)


def is_gone(proxy: JsProxy) -> bool:
    """Tell whether the page of an object is closed or was loaded again."""
    return proxy._pybridge_page.gone


def _callable(obj: Any) -> Any:
    if not callable(obj):
        raise TypeError(f"JavaScript can call functions, not a {type(obj).__name__}")
    return obj


def _ask(proxy: JsProxy, op: str, **fields: Any) -> Any:
    return proxy._pybridge_page.ask(op, on=Whole(proxy), **fields)


def _call(
    function: JsCallable, this: JsProxy | None, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    return _ask(function, "call", this=Whole(this), args=_passed(args, kwargs))


def _passed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[object]:
    passed: list[object] = [Whole(arg) for arg in args]
    if kwargs:
        passed.append({name: Whole(value) for name, value in kwargs.items()})
    return passed


def _unbound(value: object) -> object:
    return value._pybridge_function if isinstance(value, JsMethod) else value


def _plain(name: str) -> str:
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name
