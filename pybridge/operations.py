"""What a request may ask for: one small function an operation, nothing here knows the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import namespace, registry, uploads
from .errors import BadArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ABSENT", "perform"]

ABSENT = namespace.ABSENT


def perform(request: dict[str, Any], buffers: list[memoryview]) -> Any:
    """Do what a decoded request asks and give the result, which may be awaitable or a generator.

    Raises
    ------
    BadArgumentError
        When the request asks for nothing known, or lacks a part.
    Exception
        Whatever the user's code raises.
    """
    name = request.get("op")
    operation = _OPERATIONS.get(name) if isinstance(name, str) else None
    if operation is None:
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
    return function(*args, **kwargs)


def _run(request: dict[str, Any], _: list[memoryview]) -> Any:
    return namespace.run(_field(request, "code", str))


def _name(request: dict[str, Any]) -> str:
    name: str = _field(request, "name", str)
    return name


def _upload(request: dict[str, Any], buffers: list[memoryview]) -> None:
    upload_id = _field(request, "upload", str)
    offset, total = _field(request, "offset", int), _field(request, "total", int)
    if len(buffers) != 1:
        msg = f"a piece of an upload is one buffer, not {len(buffers)}"
        raise BadArgumentError(msg)
    uploads.receive(upload_id, offset, total, buffers[0])


_OPERATIONS: dict[str, Callable[[dict[str, Any], list[memoryview]], Any]] = {
    "call": _call,
    "run": _run,
    "globals.get": lambda request, _: namespace.get(_name(request)),
    "globals.set": lambda request, _: namespace.set_(_name(request), request.get("value")),
    "globals.has": lambda request, _: namespace.has(_name(request)),
    "globals.delete": lambda request, _: namespace.delete(_name(request)),
    "globals.keys": lambda *_: namespace.keys(),
    "upload": _upload,
    "upload.drop": lambda request, _: uploads.drop(_field(request, "upload", str)),
}
