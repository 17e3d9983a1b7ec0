"""The pages that talk to this kernel: what each holds, and how Python speaks to it.

A page is known by the session in the headers of its messages, another one for each window and each
time that it is loaded. It says on the control channel, in messages of the type `PAGE_REQUEST` with
its stamp (see `stamp`) and ``what``,

- ``here``: that it is there, when it is asked to, and every minute while it holds anything;
- ``bye``: that it is being left; or, with ``of``, that the page of that session was, which was the
  one before it in its tab;
- ``release``, with ``counts``: which references it needs no more, see `references`;
- ``part``, with ``ask``, ``upload``, ``offset``, ``total`` and one buffer: a piece of a binary
  answer to this question;
- ``answer``: what became of a promise; after a lost connection once more, and so is the answer to
  the last question;
- ``shown``, with ``models``: which revision of which model it has shown, see `state.outbox`.

Python says to it, in events of the name `PAGE` which name the session that they are ``to``,

- ``who``: that pages, or this one, shall say ``here``;
- ``release``, with ``counts``, as above;
- ``parts``: the binary parts of the question that follows;
- ``await``: to say what becomes of a promise;
- ``ignore``: that nobody waits for this promise any more;
- ``withdraw``, with ``receipt``: that nobody waits for the answer to a question any more. The page
  gives none from now on, and answers with the number of the receipt.

A page that nobody has heard of for `LEASE` seconds is taken to be gone, and with it all it held;
while one of its calls runs, it waits for that.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import host, stamp, uploads
from ._templates import render
from .errors import NoPageError, VersionMismatchError
from .page import PAGE, Page
from .references import Held, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LEASE", "PAGE_REQUEST", "current", "of", "on", "pages", "proxies", "sender"]

_logger = logging.getLogger(__name__)

PAGE_REQUEST = "pybridge_page_request"

LEASE = 600.0
"""How long a page may be silent, in seconds; browsers let hidden ones speak once a minute."""

# How long a page that has just loaded may take to come forward, in seconds.
_INTRODUCTION = 5.0
_ASK_AGAIN = 0.25

_pages: dict[str, Page] = {}
_listeners: dict[str, Callable[[Page, dict[str, Any]], object]] = {}
_met = threading.Event()
_lock = threading.Lock()
_sweeper: threading.Timer | None = None


def of(session: str, ident: list[bytes]) -> Page:
    """Give the page that has sent a message, known or new."""
    # Both threads may meet it at the same time.
    with _lock:
        known = page = _pages.get(session)
        if page is None or page.gone:
            page = _pages[session] = Page(session, ident)
            _watch()
    if page is not known:
        _logger.debug("%r: came", page)
    page.ident = ident
    page.seen = time.monotonic()
    return page


def sender() -> Page:
    """Give the page whose message is being handled. Raises NoPageError where there is none."""
    asker = host.who_asks()
    if asker is None:
        raise NoPageError("no page has sent this")
    return of(*asker)


def current() -> Page:
    """Give the page whose cell or call runs now.

    Raises
    ------
    NoPageError
        When there is none that could answer.
    VersionMismatchError
        When it would not understand what it is asked.
    """
    asker = host.who_asks()
    if asker is None:
        raise NoPageError(
            "there is no page here: JavaScript is reached from a notebook's cell, in the kernel's"
            " main thread"
        )
    session, _ = asker
    page = _known(session)
    if page is not None:
        return page
    if not host.takes_input():
        raise NoPageError(
            "whatever runs this code shows no page that JavaScript could run in, as in"
            " nbconvert --execute"
        )
    deadline = time.monotonic() + _INTRODUCTION
    next_time = 0.0
    while (now := time.monotonic()) < deadline:
        if now >= next_time:
            # Again and again: the page may not have loaded its extensions yet.
            next_time = now + _ASK_AGAIN
            host.broadcast(PAGE, {"to": session, "what": "who"})
        host.wait(_met, _ASK_AGAIN)
        _met.clear()
        page = _known(session)
        if page is not None:
            return page
    raise NoPageError(
        "the page that ran this cell does not answer: is the pybridge extension enabled there?"
        " Then reload the page and run the cell again"
    )


def _known(session: str) -> Page | None:
    page = _pages.get(session)
    if page is None or page.gone:
        return None
    if page.stranger is not None:
        raise page.stranger.with_traceback(None)
    return page


def pages() -> Iterable[Page]:
    """List the pages that are there."""
    return [page for page in list(_pages.values()) if not page.gone]


@dataclass(frozen=True)
class ProxyRow:
    """A Python object that a page holds.

    Attributes
    ----------
    page : str
        The beginning of the page's session.
    type_name : str
        Name of the object's class.
    references : int
        How often it was sent and not given back.
    age : float
        Seconds since it was first sent.
    seen : float
        Seconds since the page was last heard of.
    """

    page: str
    type_name: str
    references: int
    age: float
    seen: float
    # A table that stays in `Out` must not be what keeps the objects.
    _held: weakref.ref[Held] = field(repr=False, compare=False)

    @property
    def obj(self) -> object:
        """The object itself; None when the page has given it back."""
        held = self._held()
        return None if held is None else held.obj


class ProxyList(list[ProxyRow]):
    """What pages hold; a notebook shows it as a table."""

    def _repr_html_(self) -> str:
        return render("proxies.html", rows=self)


def proxies() -> ProxyList:
    """List the Python objects that pages hold, and which page holds each of them."""
    now = time.monotonic()
    return ProxyList(
        ProxyRow(
            page.session[:8],
            type_name(held.obj),
            held.count,
            now - held.since,
            now - page.seen,
            weakref.ref(held),
        )
        for page in pages()
        for held in page.lease.held()
    )


def on(what: str, listener: Callable[[Page, dict[str, Any]], object]) -> None:
    """Have something called, in the control thread, with what pages say of this kind."""
    _listeners[what] = listener


def call_for_pages() -> None:
    """Ask all pages to come forward."""
    host.broadcast(PAGE, {"to": None, "what": "who"})


def heard(
    content: dict[str, Any], session: str, ident: list[bytes], buffers: list[memoryview]
) -> None:
    """Take a page's message from the control channel."""
    what = content.get("what")
    if what == "bye":
        session = str(content.get("of", session))
        uploads.leave(session)
        page = _pages.pop(session, None)
        if page is not None:
            _logger.debug("%r: was left", page)
            page.end()
        return
    page = of(session, ident)
    try:
        stamp.check(content)
    except VersionMismatchError as error:
        # What else it says may mean something else here.
        page.stranger = error
        _met.set()
        return
    if what == "release":
        counts = {str(key): int(count) for key, count in content["counts"]}
        host.call_soon(lambda: page.lease.release(counts))
    elif what == "part":
        page.receive(content, buffers[0])
    elif what == "answer":
        page.answer(content)
    elif what in _listeners:
        _listeners[what](page, content)
    _met.set()


def _watch() -> None:
    """Look after the time of a lease whether the pages are still there."""
    global _sweeper  # noqa: PLW0603 - one timer for all
    if _sweeper is None:
        # A thread of its own: the end of what a page held may run any code, for any time.
        _sweeper = threading.Timer(LEASE / 4, _sweep)
        _sweeper.daemon = True
        _sweeper.start()


def _sweep() -> None:
    global _sweeper  # noqa: PLW0603 - one timer for all
    _sweeper = None
    for session, page in list(_pages.items()):
        if page.gone or page.silence > LEASE:
            _pages.pop(session, None)
            _logger.warning("%r: not heard of for %.0f s: taken to be gone", page, page.silence)
            page.end()
    uploads.drop_stale()
    if _pages or uploads.count():
        _watch()
