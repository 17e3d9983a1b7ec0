"""What a request may ask for: one small function an operation, nothing here knows the kernel."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from . import host, jsmodules, namespace, packages, pyproxy, registry, stamp, uploads
from .errors import BadArgumentError
from .state import sync
from .turns import take_turn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ABSENT", "describe", "perform"]

ABSENT = namespace.ABSENT

# How much of what a request asks for is told.
_LONGEST = 80


def describe(request: dict[str, Any]) -> str:
    """Name what a request asks for, with no value of it; as nbext/dispatch.js does."""
    path = request.get("path")
    parts = [request.get("name"), request.get("method"), *(path if isinstance(path, list) else ())]
    names = ".".join(part for part in parts if isinstance(part, str))
    return f"{request.get('op')} {names}".rstrip()[:_LONGEST]


def perform(request: dict[str, Any], buffers: list[memoryview]) -> Any:
    """Do what a decoded request asks and give the result, which may be awaitable or a generator.

    Raises
    ------
    BadArgumentError
        When the request asks for nothing known, or lacks a part.
    VersionMismatchError
        When it asks for nothing known, and the page is of another version.
    Exception
        Whatever the user's code raises.
    """
    name = request.get("op")
    operation = _OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
        stamp.suspect(request)
        msg = f"no such operation: {name!r:.80}"
        raise BadArgumentError(msg)
    return operation(request, buffers)


def _field(request: dict[str, Any], name: str, kind: type) -> Any:
    value = request.get(name)
    if type(value) is not kind:
        msg = f"{name!r} of the request must be a {kind.__name__}, not a {type(value).__name__}"
        raise BadArgumentError(msg, f"$.{name}")
    return value


def _call(request: dict[str, Any], _: list[memoryview]) -> Any:
    handle = registry.get(_field(request, "name", str))
    method = request.get("method")
    if method is not None and not isinstance(method, str):
        msg = f"a method's name is a string, not a {type(method).__name__}"
        raise BadArgumentError(msg, "$.method")
    args = _field(request, "args", list)
    kwargs = _field(request, "kwargs", dict)
    function = handle.resolve(method)
    handle.calls += 1
    if method in handle.side:
        return take_turn(handle.lock, function, args, kwargs)
    return function(*args, **kwargs)


def _run(request: dict[str, Any], _: list[memoryview]) -> Any:
    names = request.get("globals")
    if names is not None and not isinstance(names, dict):
        msg = f"'globals' must be a dict of Python's, not a {type(names).__name__}"
        raise BadArgumentError(msg, "$.globals")
    return namespace.run(_field(request, "code", str), names)


def _name(request: dict[str, Any]) -> str:
    name: str = _field(request, "name", str)
    return name


def _upload(request: dict[str, Any], buffers: list[memoryview]) -> None:
    upload_id = _field(request, "upload", str)
    offset, total = _field(request, "offset", int), _field(request, "total", int)
    if len(buffers) != 1:
        msg = f"a piece of an upload is one buffer, not {len(buffers)}"
        raise BadArgumentError(msg)
    asked = host.handled() or {}
    sender = asked.get("header", {}).get("session")
    uploads.receive(upload_id, offset, total, buffers[0], sender)


def _import(request: dict[str, Any], _: list[memoryview]) -> Any:
    name = _name(request)
    importlib.import_module(name)
    return sys.modules[name]


def _proxy(operation: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Make an operation of a function in `pyproxy`; `names` are the fields that it takes."""

    def perform(request: dict[str, Any], _: list[memoryview]) -> Any:
        missing = [name for name in ("on", *names) if name not in request]
        if missing:
            raise BadArgumentError(f"the request lacks {', '.join(missing)}")
        return operation(request["on"], *(request[name] for name in names))

    return perform


_OPERATIONS: dict[str, Callable[[dict[str, Any], list[memoryview]], Any]] = {
    "call": _call,
    "run": _run,
    "globals.get": lambda request, _: namespace.get(_name(request)),
    "globals.set": lambda request, _: namespace.set_(_name(request), request.get("value")),
    "globals.has": lambda request, _: namespace.has(_name(request)),
    "globals.delete": lambda request, _: namespace.delete(_name(request)),
    "globals.keys": lambda *_: namespace.keys(),
    "import": _import,
    "model": lambda request, _: sync.identify(registry.get(_name(request)).obj),
    "keep": lambda request, _: request.get("value"),
    "module.register": lambda request, _: jsmodules.register(_name(request), request.get("value")),
    "module.unregister": lambda request, _: jsmodules.unregister(_name(request)),
    "packages.load": lambda request, _: packages.load(_field(request, "names", list)),
    "packages.missing": lambda request, _: packages.find_missing(_field(request, "code", str)),
    "proxy.attribute": _proxy(pyproxy.attribute, "path"),
    "proxy.buffer": _proxy(pyproxy.buffer, "kind"),
    "proxy.call": _proxy(pyproxy.call, "path", "args", "kwargs"),
    "proxy.contains": _proxy(pyproxy.contains, "key"),
    "proxy.copy": _proxy(pyproxy.copy, "depth"),
    "proxy.delete": _proxy(pyproxy.delete_item, "key"),
    "proxy.get": _proxy(pyproxy.get_item, "key"),
    "proxy.iterate": _proxy(pyproxy.iterate),
    "proxy.length": _proxy(pyproxy.length),
    "proxy.send": _proxy(pyproxy.send, "value"),
    "proxy.set": _proxy(pyproxy.set_item, "key", "value"),
    "proxy.take": _proxy(pyproxy.take, "many"),
    "proxy.text": _proxy(pyproxy.text),
    "proxy.wait": _proxy(lambda obj: obj),
    "upload": _upload,
    "upload.drop": lambda request, _: uploads.drop(_field(request, "upload", str)),
}
