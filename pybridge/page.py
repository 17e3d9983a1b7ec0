"""One page as the kernel sees it: what it holds, and how Python speaks to it.

The messages are described in `pages`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import random
import threading
import time
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import codec, host, uploads
from .errors import AnswerTimeoutError, JsError, NoPageError, VersionMismatchError
from .jsproxy import JsMethod, JsProxy, proxy_class
from .references import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PAGE", "Page", "set_js_timeout"]

_logger = logging.getLogger(__name__)

PAGE = "pybridge.page"

# How long the rest of an answer may be on its way, once its end is here, in seconds.
_PARTS = 30.0
# So many objects may wait to be given back until the kernel is idle; a long cell may drop many.
_DROPPED = 256
_PROMPT = "pybridge cannot reach this page's script: press Enter, and see that it is enabled"

_timeout: float | None = 60.0
# A page outlives the kernel: questions of the old process must not have the numbers of ours.
_numbers = itertools.count(random.getrandbits(48))


def set_js_timeout(seconds: float | None) -> None:
    """Set how long Python waits for JavaScript to return; None for as long as it takes.

    Parameters
    ----------
    seconds : float or None
        60 until it is set. The time for which ``prompt()`` or ``alert()`` is open counts.
    """
    global _timeout  # noqa: PLW0603 - a setting of the process
    if seconds is not None and not seconds > 0:
        raise ValueError(f"a timeout is a positive number of seconds or None, not {seconds!r}")
    _timeout = seconds


@dataclass
class _Question:
    """Something that a page was asked: what has come in pieces, and the answer if said again."""

    uploads: set[str] = field(default_factory=set)
    again: dict[str, Any] | None = None


class Page:
    """One page, from its first message to its end.

    Parameters
    ----------
    session : str
    ident : list of bytes
        Its address.

    Attributes
    ----------
    session : str
    ident : list of bytes
    lease : Lease
        What it holds of Python's.
    seen : float
        When it was last heard of, by `time.monotonic`.
    gone : bool
    stranger : VersionMismatchError or None
        Why it cannot be asked anything, if it cannot.
    """

    def __init__(self, session: str, ident: list[bytes]) -> None:
        self.session = session
        self.ident = ident
        self.lease = Lease()
        self.seen = time.monotonic()
        self.gone = False
        self.stranger: VersionMismatchError | None = None
        self._proxies: weakref.WeakValueDictionary[int, JsProxy] = weakref.WeakValueDictionary()
        # How often the page has sent a reference to each of its objects.
        self._received: dict[int, int] = {}
        self._dropped: dict[int, int] = {}
        self._lock = threading.RLock()
        self._globals: JsProxy | None = None
        # Calls of the page's that run.
        self._calls = 0
        # What it is asked and has not answered.
        self._open: dict[int, _Question] = {}
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._at_end: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"<pybridge page {self.session[:8]}{', gone' if self.gone else ''}>"

    @property
    def silence(self) -> float:
        """For how many seconds nothing has been heard of it; none while it waits for a call.

        But if the call waits for the page, the page would be heard of.
        """
        return 0.0 if self._calls and not self._open else time.monotonic() - self.seen

    @contextmanager
    def served(self) -> Iterator[None]:
        """Note that a call of the page's runs: it waits for that, and need say nothing.

        A page with a call in the side lane is heard of, for it has a subshell.
        """
        with self._lock:
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1
                self.seen = time.monotonic()

    @property
    def js_proxies(self) -> int:
        """How many of its objects Python holds."""
        return len(self._proxies)

    def adopt(self, tree: dict[str, Any]) -> object:
        """Give what a reference from the page stands for. Raises DestroyedError."""
        if tree["$"] == "py":
            return self.lease.get(tree["id"])
        key = tree["id"]
        with self._lock:
            self._received[key] = self._received.get(key, 0) + 1
            proxy = self._proxies.get(key)
            if proxy is None:
                proxy = proxy_class(tree["can"])(self, key, str(tree["type"]))
                self._proxies[key] = proxy
            return proxy

    def refer(self, obj: object) -> dict[str, Any]:
        """Give the tree of a reference for this page: to an object of its own, or of Python's."""
        if isinstance(obj, JsMethod):
            obj = obj._pybridge_function
        if isinstance(obj, JsProxy) and obj._pybridge_page is self:
            return {"$": "js", "id": obj._pybridge_key}
        return self.lease.grant(obj)

    def drop(self, key: int) -> None:
        """Give an object of the page back; called when its proxy has ended, on any thread."""
        with self._lock:
            # Meanwhile the page may have sent it again, and it has a new proxy.
            if key in self._proxies or key not in self._received:
                return
            first = not self._dropped
            self._dropped[key] = self._dropped.get(key, 0) + self._received.pop(key)
        if first and not self.gone:
            host.call_soon(self._release)

    @property
    def globals(self) -> JsProxy:
        """The page's ``globalThis``."""
        if self._globals is None:
            found = self.ask("globals")
            assert isinstance(found, JsProxy)  # noqa: S101 - the page refers to it
            self._globals = found
        return self._globals

    def _release(self) -> None:
        with self._lock:
            counts, self._dropped = self._dropped, {}
        if counts and not self.gone:
            self.tell("release", counts=[list(pair) for pair in counts.items()])

    def tell(self, what: str, **values: object) -> None:
        """Send the page an event."""
        host.broadcast(PAGE, {"to": self.session, "what": what, **values})

    def ask(self, op: str, **fields: object) -> Any:
        """Have the page do something and wait for what comes of it.

        Parameters
        ----------
        op : str
            One of those in nbext/answers.js.
        **fields
            What it takes; values that cannot be sent are sent as references.

        Raises
        ------
        NoPageError
            When the page is gone, or cannot be asked from here.
        AnswerTimeoutError
            When it takes longer than `set_js_timeout` allows.
        JsError, AttributeError, KeyError, IndexError, TypeError, StopIteration
            What JavaScript throws, or what it means in Python.
        """
        if host.who_asks() is None:
            raise NoPageError(
                "JavaScript can be called from the kernel's main thread alone, in a notebook;"
                " let the thread hand over what it has to a cell or to a method that the page calls"
            )
        if len(self._dropped) >= _DROPPED:
            self._release()
        check = self._check_until(op)
        check()
        with self._asking() as (number, asked):

            def look() -> dict[str, Any] | None:
                check()
                return asked.again

            _logger.debug("%r: asked %s (question %d)", self, op, number)
            question = {"ask": number, "op": op, **self._encoded(number, fields)}
            try:
                answer = host.ask(self.ident, question, _PROMPT, look=look)
            except BaseException as error:
                _logger.debug("question %d: given up (%s)", number, type(error).__name__)
                raise
            finally:
                if self.gone:
                    host.forgive(self.ident)
                elif host.is_owed(number):
                    receipt = next(_numbers)
                    host.expect(receipt, instead_of=number)
                    self.tell("withdraw", ask=number, receipt=receipt)
            _logger.debug("question %d: answered", number)
            return self._result(answer)

    @contextmanager
    def _asking(self) -> Iterator[tuple[int, _Question]]:
        """Give the number of something to ask; in the block pieces of the answer are taken."""
        number = next(_numbers)
        question = self._open[number] = _Question()
        try:
            yield number, question
        finally:
            with self._lock:
                del self._open[number]
            for upload in question.uploads:
                uploads.drop(upload)

    def receive(self, content: dict[str, Any], piece: memoryview) -> None:
        """Take a piece of an answer, if that is still waited for; from any thread."""
        with self._lock:
            question = self._open.get(content["ask"])
            if question is not None:
                upload = content["upload"]
                question.uploads.add(upload)
                uploads.receive(upload, content["offset"], content["total"], piece, self.session)

    def _encoded(self, number: int, fields: dict[str, object]) -> dict[str, Any]:
        buffers: list[codec.Buffer] = []
        tree = codec.encode(fields, buffers, refer=self.refer)
        if buffers:
            self.tell("parts", ask=number, parts=[bytes(buffer) for buffer in buffers])
        # As text of ASCII: the message's own JSON has no place for half of a surrogate pair.
        return {"with": json.dumps(tree, separators=(",", ":")), "parts": len(buffers)}

    def _check_until(self, op: str) -> Any:
        deadline = None if _timeout is None else time.monotonic() + _timeout

        def check() -> None:
            if self.gone:
                raise NoPageError("the page that was asked is closed or was loaded again")
            if deadline is not None and time.monotonic() > deadline:
                raise AnswerTimeoutError(
                    f"the page did not answer {op!r} within {_timeout:g} s;"
                    " see pybridge.set_js_timeout"
                )

        return check

    def _result(self, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is not None:
            raise _exception(error)
        buffers = [] if answer.get("upload") is None else self._uploaded(answer)
        text = answer["body"]
        if text is None:
            text, *buffers = buffers
        return codec.decode(text if isinstance(text, str) else bytes(text), buffers, self.adopt)

    def _uploaded(self, answer: dict[str, Any]) -> list[memoryview]:
        """Wait for the buffers of an answer; they come on another channel."""
        deadline = time.monotonic() + _PARTS
        while not uploads.complete(answer["upload"], answer["pieces"]):
            if time.monotonic() > deadline or self.gone:
                raise NoPageError("a part of the page's answer was lost on its way")
            time.sleep(0.001)
        return uploads.take(answer["upload"], answer["pieces"], answer["sizes"])

    async def settled(self, proxy: JsProxy) -> Any:
        """Wait for a promise of the page; the kernel's loop goes on meanwhile.

        Calls of the page wait until the cell is over, though. A promise that itself waits for one
        of them is not settled before: an interrupt ends the waiting.

        Raises
        ------
        NoPageError
            When the page is gone before.
        JsError
            When the promise is rejected.
        """
        self._check_is_here()
        with self._asking() as (number, _):
            future = asyncio.get_running_loop().create_future()
            self._waiting[number] = future
            try:
                # It may have gone meanwhile, too early for those that wait to be told.
                self._check_is_here()
                self.tell("await", ask=number, id=proxy._pybridge_key)
                answer = await future
            except BaseException:
                if not self.gone:
                    self.tell("ignore", ask=number)
                raise
            finally:
                del self._waiting[number]
            return self._result(answer)

    def _check_is_here(self) -> None:
        if self.gone:
            raise NoPageError("the page of this promise is closed or was loaded again")

    def answer(self, content: dict[str, Any]) -> None:
        """Take what became of a promise, or an answer that may have been lost; from any thread."""
        number = content.get("ask", 0)
        future, question = self._waiting.get(number), self._open.get(number)
        if future is not None:
            future.get_loop().call_soon_threadsafe(_settle, future, content)
        elif question is not None:
            question.again = content

    def end(self) -> None:
        """Let go of all that the page held; from any thread."""
        self.gone = True
        _logger.debug("%r: %d objects of Python's are given back", self, len(self.lease))
        host.forgive(self.ident)
        gone = NoPageError("the page was closed before its promise was settled")
        for future in list(self._waiting.values()):
            future.get_loop().call_soon_threadsafe(_fail, future, gone)
        host.call_soon(self._let_go)

    def at_end(self, callback: Callable[[], object]) -> Callable[[], object]:
        """Have something called, in the main thread, when the page is gone.

        Returns
        -------
        callable
            Takes that back; a second time does nothing.
        """
        self._at_end.append(callback)

        def take_back() -> None:
            with contextlib.suppress(ValueError):
                self._at_end.remove(callback)

        return take_back

    def _let_go(self) -> None:
        self.lease.end()
        for callback in list(self._at_end):
            callback()


def _settle(future: asyncio.Future[Any], content: dict[str, Any]) -> None:
    if not future.done():
        future.set_result(content)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _exception(error: dict[str, Any]) -> Exception:
    """Give the exception that a page's description of an error means."""
    name, message = str(error.get("name", "Error")), str(error.get("message", ""))
    kind = _KINDS.get(str(error.get("kind")))
    return kind(message) if kind else JsError(name, message, str(error.get("stack", "")))


_KINDS: dict[str, type[Exception]] = {
    "attribute": AttributeError,
    "index": IndexError,
    "key": KeyError,
    "stop": StopIteration,
    "type": TypeError,
}
