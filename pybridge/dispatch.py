"""From a request of the page to its replies; twin of nbext/dispatch.js.

A bridge call is an ordinary ``execute_request`` whose code is always the same,
``await __import__("pybridge").dispatch("...")``, with one string literal in it. The literal is
the request as JSON, or says where the request lies when it is long:

=====================================================  =========================================
``{"op": ..., "id": ..., "protocol": 1, ...}``         the request itself
``{"at": "buffer"}``                                   JSON text in buffer 0, binary parts after it
``{"at": "upload", "upload": id, "pieces": n, "sizes": [...]}``
                                                       the same buffers, sent before in pieces
=====================================================  =========================================

The literal bears the stamp of the page, see `stamp`.

Each reply is a ``display_data`` message to the caller alone, ``{"body": text}`` under `MIME`, or
``{"body": null}`` with a long text in buffer 0. Its text is one of

- ``{"kind": "items", "first": n, "values": [...]}``: what a generator has yielded, in order, after
  the first `n`;
- ``{"kind": "progress", "number": ..., ...}``: how far the call is, see `reporting`;
- ``{"kind": "result", "value": ..., "items": n}``: the last one; no value at all means
  ``undefined``, and `n` is how many items there were, if it was a generator;
- ``{"kind": "error", "error": {...}}``: the last one; see `tracebacks.describe`.

Values inside of them may be references to objects on either side, see `pages`. A request with
``"as": "proxy"`` asks for one where the result could be copied, and one with ``"stream": false``
for a generator itself instead of its items.

Everything that the call prints is flushed before its last reply is sent. The run is silent: it
leaves nothing in the history, in ``Out`` or in the count of cells, and its own source, which
IPython would remember for tracebacks, is forgotten at once.
"""

from __future__ import annotations

import inspect
import json
import linecache
import logging
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

from . import (
    codec,
    host,
    journal,
    lanes,
    operations,
    pages,
    reporting,
    running,
    stamp,
    subshells,
    tracebacks,
    uploads,
)
from .errors import BadArgumentError
from .items import ItemBatch

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from types import CodeType

    from .page import Page

__all__ = ["MIME", "answer", "listen"]

_logger = logging.getLogger(__name__)

MIME = "application/vnd.pybridge.v1+json"

CANCEL_REQUEST = "pybridge_cancel_request"

# What is never referred to, even where that is asked for.
_ATOMS = (type(None), bool, int, float, str)

# Longer texts travel as a buffer: the server parses and rewrites the content of each message.
_INLINE = 4096


class _Entry(ModuleType):
    """The module itself, which answers when the page calls it: ``pybridge.dispatch("...")``.

    A function of the same name in the package would be lost to whoever imports the module first.
    """

    def __call__(self, literal: str) -> Coroutine[Any, Any, None]:
        """Answer one request of the page; never raises.

        Parameters
        ----------
        literal : str
            See the module's description. Buffers are those of the message being handled.
        """
        _forget_source(sys._getframe(1).f_code)  # noqa: SLF001 - no public way to the caller
        return answer(literal)


def listen() -> None:
    """Hear what pages say beside their calls, if this is a kernel's process."""
    host.on_control(CANCEL_REQUEST, _on_cancel)
    host.on_control(pages.PAGE_REQUEST, pages.heard)
    host.guard_input()
    if subshells.serve(answer):
        lanes.listen()
    host.end_as_begun()
    if host.has_pages():
        pages.call_for_pages()


def _on_cancel(content: dict[str, Any], *_: object) -> None:
    call_id = content.get("id")
    if isinstance(call_id, str):
        running.cancel(call_id)


async def answer(literal: str) -> None:
    """Answer the request that is being handled; never raises.

    Parameters
    ----------
    literal : str
        See the module's description.
    """
    caller = host.Caller()
    began = time.perf_counter()
    what, code = "a request", ""
    try:
        text, buffers = _locate(literal, caller.buffers)
        page = pages.of(caller.session, caller.ident)
        request = codec.decode(text, buffers, page.adopt)
        _check(request)
        what = operations.describe(request)
        _logger.debug("%s: began (%s)", what, request["id"])
        if caller.beside:
            lanes.check(request)
        replies = _Replies(caller, page)
        with (
            nullcontext() if caller.beside else page.served(),
            running.Call(request["id"], what) as call,
            reporting.answering(replies.send),
        ):
            await _perform(request, buffers, replies, call)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the page has to hear of it
        description = tracebacks.describe(error)
        code = description["code"]
        _send(caller, {"kind": "error", "error": description})
    took = 1000 * (time.perf_counter() - began)
    journal.answered(took, code)
    _logger.debug("%s: %s after %.1f ms", what, code or "answered", took)


async def _perform(
    request: dict[str, Any], buffers: list[memoryview], replies: _Replies, call: running.Call
) -> None:
    """Run the operation and send what comes of it, stopping where the call is stopped."""
    stream = request.get("stream", True)
    reply: dict[str, Any] = {"kind": "result"}
    try:
        with call.interruptible():
            result = operations.perform(request, buffers)
        if inspect.isawaitable(result):
            result = await call.wait(result)
        if isinstance(result, Generator) and stream:
            with call.interruptible(), ItemBatch(replies.send, replies.encode) as batch:
                result = _drain(result, batch)
            reply["items"] = batch.count
        elif isinstance(result, AsyncGenerator) and stream:
            with ItemBatch(replies.send, replies.encode) as batch:
                result = await call.wait(_drain_async(result, batch))
            reply["items"] = batch.count
        sent: list[codec.Buffer] = []
        with call.interruptible():
            if result is not operations.ABSENT:
                reply["value"] = replies.encode(result, sent, by_reference=_is_proxy(request))
    except KeyboardInterrupt:
        raise call.error() from None
    replies.send(reply, sent)


def _is_proxy(request: dict[str, Any]) -> bool:
    return request.get("as") == "proxy"


def _drain(generator: Generator[object, None, object], batch: ItemBatch) -> object:
    while True:
        try:
            batch.add(next(generator))
        except StopIteration as stop:
            return stop.value


async def _drain_async(generator: AsyncGenerator[object, None], batch: ItemBatch) -> None:
    # Whatever ends the loop, the user's code may clean up now.
    async with aclosing(generator):
        async for item in generator:
            batch.add(item)


def _locate(literal: str, buffers: list[memoryview]) -> tuple[str | bytes, list[memoryview]]:
    """Find the request's text and the buffers that belong to it. Raises VersionMismatchError."""
    envelope = codec.loads(literal)
    if not isinstance(envelope, dict):
        return literal, buffers
    stamp.check(envelope)
    at = envelope.get("at")
    if at is None:
        return literal, buffers
    if at == "upload":
        try:
            buffers = uploads.take(envelope["upload"], envelope["pieces"], envelope["sizes"])
        except (KeyError, TypeError) as error:
            msg = f"the request does not say where it lies: {error!r:.200}"
            raise BadArgumentError(msg) from None
    if not buffers:
        msg = "the request lies in a buffer, but the message has none"
        raise BadArgumentError(msg)
    return bytes(buffers[0]), buffers[1:]


def _check(request: Any) -> None:
    if not isinstance(request, dict) or not isinstance(request.get("id"), str):
        msg = "a request is a JSON object with an id"
        raise BadArgumentError(msg)


def _forget_source(code: CodeType) -> None:
    """Drop what IPython keeps of a cell's source, which would grow with each call."""
    linecache.cache.pop(code.co_filename, None)
    compiler = getattr(get_ipython(), "compile", None)
    getattr(compiler, "_filename_map", {}).pop(code.co_filename, None)


class _Replies:
    """The way back to the page that sent a request, in the form of replies."""

    def __init__(self, caller: host.Caller, page: Page) -> None:
        self._caller = caller
        self._page = page

    def encode(
        self, value: object, buffers: list[codec.Buffer], *, by_reference: bool = False
    ) -> codec.Tree:
        """Give the tree of a value, or of a reference to it."""
        if by_reference and not isinstance(value, _ATOMS):
            return self._page.refer(value)
        return codec.encode(codec.Whole(value), buffers, refer=self._page.refer)

    def send(self, reply: dict[str, Any], buffers: Sequence[codec.Buffer] = ()) -> None:
        """Send one reply, after everything printed so far."""
        _send(self._caller, reply, buffers)


def _send(caller: host.Caller, reply: dict[str, Any], buffers: Sequence[codec.Buffer] = ()) -> None:
    text = json.dumps(reply, separators=(",", ":"), allow_nan=False)
    inline = len(text) <= _INLINE
    if not inline:
        buffers = [text.encode("ascii"), *buffers]
    caller.display({MIME: {"body": text if inline else None}}, buffers)


sys.modules[__name__].__class__ = _Entry
listen()
