"""Named handles: which Python objects a page may call, and what it may call on them."""

from __future__ import annotations

import inspect
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from . import reporting
from ._templates import render
from .errors import NoHandleError, NotExportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

__all__ = [
    "LANES",
    "Handle",
    "HandleList",
    "Lane",
    "export",
    "get",
    "handles",
    "on_change",
    "register",
    "release",
]

Lane = Literal["main", "side"]
"""Where a call is served: between the cells, or beside them; see `lanes`."""

LANES: tuple[Lane, ...] = ("main", "side")

_Exportable = TypeVar("_Exportable", bound="Callable[..., Any]")

# What `export` puts on a function: the lane that it was declared for.
_MARK = "_pybridge_exported"

_handles: dict[str, Handle] = {}
# The end of an object that was registered may come at any moment, and ask for handles.
_lock = threading.RLock()
_listeners: list[Callable[[str, Handle | None], object]] = []


class Handle:
    """A Python object under the name by which JavaScript calls it.

    Made by :func:`register`. As a context manager it releases itself at the end of the block.

    Attributes
    ----------
    name : str
        The name in ``py.handle(name)``.
    obj : object
        What was registered; the handle keeps it alive until it is released.
    methods : tuple of str
        Names of the exported methods, sorted. Empty for a plain function.
    answers_itself : bool
        Whether the object itself may be called, as plain functions may.
    side : frozenset of str or None
        What the side lane serves: names of methods, and None for the object itself.
    lock : threading.RLock
        Held while a method of `side` computes. Hold it where a cell changes what they read.
    calls : int
        How many calls it has answered or refused with an error of its own.
    """

    def __init__(
        self,
        name: str,
        obj: object,
        methods: Iterable[str] | None = None,
        lane: Lane = "main",
    ) -> None:
        self.name = name
        self.obj = obj
        exported = _exported(obj)
        self.methods = tuple(exported) if methods is None else _listed(name, obj, methods)
        self.answers_itself = not self.methods and callable(obj) and not inspect.isclass(obj)
        self.side = frozenset(
            method
            for method in ((None,) if self.answers_itself else self.methods)
            if lane == "side" or exported.get(method or "") == "side"
        )
        self.lock = threading.RLock()
        self.calls = 0
        self._created = time.monotonic()

    @property
    def type_name(self) -> str:
        """Name of the object's class."""
        return type(self.obj).__name__

    @property
    def age(self) -> float:
        """Seconds since it was registered."""
        return time.monotonic() - self._created

    def resolve(self, method: str | None) -> Callable[..., Any]:
        """Give the callable behind a method's name, or behind the handle itself for None.

        Raises
        ------
        NotExportedError
            When JavaScript may not call this.
        """
        if method is None and self.answers_itself:
            return self.obj  # type: ignore[return-value]
        if method is None or method not in self.methods:
            raise NotExportedError(self.name, method, list(self.methods))
        resolved: Callable[..., Any] = getattr(self.obj, method)
        return resolved

    def report(self, fraction: float | None, text: str = "") -> None:
        """Say how far the work is that was asked for.

        Called from a method that a page has called, it is that call's: the page gets it in its
        ``onProgress``, or shows a bar in the caller's element until the call is over. In a cell the
        bar stands below the cell until that has run. Elsewhere nothing is shown.

        Parameters
        ----------
        fraction : float or None
            From 0 to 1; what is beyond is taken for the nearer of them. None or NaN: nobody knows.
        text : str
            What is being done now.

        Raises
        ------
        TypeError
            When `fraction` is no number.
        """
        reporting.report(self.name, fraction, text)

    def release(self) -> None:
        """Forget the object. A newer handle under the same name stays; so does a second call."""
        with _lock:
            ours = _handles.get(self.name) is self
            if ours:
                del _handles[self.name]
        if ours:
            _tell(self.name, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<pybridge.Handle {self.name!r}: {self.type_name}>"


class HandleList(list[Handle]):
    """The registered handles; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        return render("handles.html", handles=self)


@overload
def export(function: _Exportable) -> _Exportable: ...
@overload
def export(*, lane: Lane = ...) -> Callable[[_Exportable], _Exportable]: ...
def export(
    function: _Exportable | None = None, *, lane: Lane = "main"
) -> _Exportable | Callable[[_Exportable], _Exportable]:
    """Let JavaScript call this method or function.

    On a method it is a mark: the method answers once its object is registered. On a function it
    also registers the function under its own name, as ``pybridge.register(function)`` would.
    An overriding method stays exported.

    Parameters
    ----------
    function : callable
    lane : {"main", "side"}
        ``"side"`` declares that it may run in another thread, also while a cell runs; see
        :func:`register`.

    Raises
    ------
    ValueError
        When there is no such lane.

    Examples
    --------
    >>> class Counter:
    ...     @export
    ...     def add(self, n=1): ...
    ...     @export(lane="side")
    ...     def status(self): ...
    """
    _check_lane(lane)
    if function is None:
        return lambda function: _export(function, lane)
    return _export(function, lane)


def _export(function: _Exportable, lane: Lane) -> _Exportable:
    target = getattr(function, "__func__", function)
    setattr(target, _MARK, lane)
    # `Class.method` and `f.<locals>.Class.method` are methods; `f` and `f.<locals>.g` are not.
    in_class = "." in getattr(target, "__qualname__", "").rpartition("<locals>.")[2]
    if not in_class:
        register(function, lane=lane)
    return function


def register(
    obj: object,
    name: str | None = None,
    *,
    methods: Iterable[str] | None = None,
    lane: Lane = "main",
) -> Handle:
    """Let JavaScript reach an object by name.

    Parameters
    ----------
    obj : object
        A plain function answers itself; any other object answers through its exported methods.
    name : str, optional
        Any text. A new object under an old name takes its place. By default a function's own
        name, and for other objects a fresh name that no other object has.
    methods : iterable of str, optional
        Names of the methods to export, instead of those marked with :func:`export`.
    lane : {"main", "side"}
        ``"main"``: calls wait for the cell that runs, and never meet another one. ``"side"``
        declares that all of the methods are safe beside it: where the kernel has subshells
        (ipykernel 7.4), another thread serves them, also while a cell runs, one at a time under the
        handle's `Handle.lock`. Elsewhere they wait as others do.

    Returns
    -------
    Handle

    Raises
    ------
    TypeError
        When `name` is not a string.
    ValueError
        When `methods` names something that begins with ``_``, when there is no such lane, or when
        it is known that the object is not safe in the side lane.
    AttributeError
        When `methods` names something that the object has not, or that cannot be called.
    """
    if name is None:
        own = getattr(obj, "__name__", "") if inspect.isroutine(obj) else ""
        # A lambda's own name is not one that anybody could ask for.
        name = own if own.isidentifier() else f"{type(obj).__name__}-{uuid.uuid4().hex[:12]}"
    if not isinstance(name, str):
        msg = f"a handle's name is a string, not {type(name).__name__}"
        raise TypeError(msg)
    _check_lane(lane)
    handle = Handle(name, obj, methods, lane)
    reason = getattr(obj, "_pybridge_main_lane_only", "") or _unsafe(obj)
    if handle.side and reason:
        msg = f"{type(obj).__name__} object cannot be served in the side lane: {reason}"
        raise ValueError(msg)
    with _lock:
        # Taken out first: the dict is in the order of age. It is let go of behind the lock: the end
        # of the old object may run any code.
        old = _handles.pop(name, None)
        _handles[name] = handle
    del old
    _tell(name, handle)
    return handle


def get(name: str) -> Handle:
    """Give the handle of this name.

    Raises
    ------
    NoHandleError
        When there is none.
    """
    try:
        return _handles[name]
    except (KeyError, TypeError):
        raise NoHandleError(name) from None


def release(name: str) -> None:
    """Forget the handle of this name.

    Raises
    ------
    NoHandleError
        When there is none.
    """
    get(name).release()


def handles() -> HandleList:
    """List the registered handles, oldest first; a notebook shows a table of them."""
    with _lock:
        return HandleList(_handles.values())


def on_change(listener: Callable[[str, Handle | None], object]) -> None:
    """Have something called with each name that gets a handle, or has none any more."""
    _listeners.append(listener)


def _tell(name: str, handle: Handle | None) -> None:
    for listener in _listeners:
        listener(name, handle)


def _check_lane(lane: str) -> None:
    if lane not in LANES:
        msg = f"lane={lane!r}: there are {' and '.join(map(repr, LANES))}"
        raise ValueError(msg)


def _unsafe(obj: object) -> str:
    """Say why an object of another library is not safe in the side lane; empty if it may be."""
    if type(obj).__module__.partition(".")[0] == "matplotlib":
        return (
            "matplotlib draws in one thread at a time; pybridge.Animation(..., lane='side') sees"
            " to that"
        )
    return ""


def _exported(obj: object) -> dict[str, Lane]:
    """Give the methods marked with `export`, in the object's class or a base of it: their lanes."""
    lanes = {
        name: getattr(getattr(member, "__func__", member), _MARK)
        for cls in reversed(type(obj).__mro__)
        for name, member in vars(cls).items()
        if hasattr(getattr(member, "__func__", member), _MARK)
    }
    return {name: lanes[name] for name in sorted(lanes) if not name.startswith("_")}


def _listed(name: str, obj: object, methods: Iterable[str]) -> tuple[str, ...]:
    if isinstance(methods, str):
        msg = f"methods is a list of names, not the string {methods!r}"
        raise TypeError(msg)
    listed = tuple(sorted(set(methods)))
    for method in listed:
        if method.startswith("_"):
            msg = f"{method!r} cannot be exported: names beginning with _ are private"
            raise ValueError(msg)
        if not callable(getattr(obj, method, None)):
            msg = f"{type(obj).__name__} object (handle {name!r}) has no method {method!r}"
            raise AttributeError(msg)
    return listed
