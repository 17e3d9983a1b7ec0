"""The kernel's subshells, threads that serve requests while the main thread runs a cell.

ipykernel has them, for our purposes, from version 7.4 on. A page opens one by
``create_subshell_request`` on the control channel and names it in the header of a request. What it
sends there is taken before IPython sees it: running a cell in two threads at a time would switch
off the ``input()`` of the first one, and have ``%matplotlib inline`` show and close figures that it
has not finished.

A cell that computes in Python leaves the interpreter to other threads every 5 ms, and a call takes
it half a dozen times on its way through the kernel's threads. As long as any page has a subshell,
that is done ten times as often.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from ipykernel._version import version_info

from . import codec, host, running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Answer = Callable[[str], Awaitable[None]]

__all__ = ["adopt", "answer_request", "close", "count", "serve"]

_logger = logging.getLogger(__name__)

# Before, it drops requests for a subshell that is gone, without a word.
_SINCE = (7, 4)

# How long a thread may keep the interpreter while others wait for it, in seconds.
_SWITCH_INTERVAL = 0.0005

# How often to look, at the end, what has come to wait, in seconds.
_LOOK = 0.05

# Those that pages have opened, and the interval that was set without them.
_opened: set[str] = set()
_lock = threading.Lock()
_interval_before = sys.getswitchinterval()

# What the page executes, see `dispatch`.
_BEGIN, _END = 'await __import__("pybridge").dispatch(', ")"


def serve(answer: Answer) -> bool:
    """Take the pages' calls on subshells, and tell whether this is a kernel that has any.

    Parameters
    ----------
    answer : callable
        Takes a call's literal; see `dispatch`.
    """
    kernel = host.this_kernel()
    supports = getattr(kernel, "_supports_kernel_subshells", False)
    if not supports or version_info[:2] < _SINCE:
        return False
    execute = kernel.shell_handlers["execute_request"]

    async def execute_request(stream: Any, ident: list[bytes], parent: dict[str, Any]) -> None:
        beside = parent["header"].get("subshell_id") is not None
        if not (beside and await answer_request(kernel, answer, stream, ident, parent)):
            await execute(stream, ident, parent)

    kernel.shell_handlers["execute_request"] = execute_request
    return True


async def answer_request(
    kernel: Any, answer: Answer, stream: Any, ident: list[bytes], parent: dict[str, Any]
) -> bool:
    """Answer an ``execute_request`` that is a page's call; tell whether it is one.

    Parameters
    ----------
    kernel : Kernel
    answer : callable
        As for `serve`.
    stream, ident, parent
        What a kernel's handler of messages gets.
    """
    literal = _literal(parent)
    if literal is None:
        return False
    await answer(literal)
    sys.stdout.flush()
    sys.stderr.flush()
    reply = {
        "status": "ok",
        "execution_count": kernel.execution_count,
        "payload": [],
        "user_expressions": {},
    }
    kernel.session.send(stream, "execute_reply", reply, parent, ident=ident)
    return True


def _literal(parent: dict[str, Any]) -> str | None:
    """Give the request in a page's call; None for code of the kernel's own language."""
    code = parent["content"].get("code", "")
    if not (code.startswith(_BEGIN) and code.endswith(_END)):
        return None
    try:
        literal = codec.loads(code[len(_BEGIN) : -len(_END)])
    except ValueError:
        return None
    return literal if isinstance(literal, str) else None


def adopt(subshell: str) -> None:
    """Note that a page has opened a subshell; from the thread of the control channel."""
    global _interval_before  # noqa: PLW0603 - a setting of the process
    with _lock:
        if not _opened:
            _interval_before = sys.getswitchinterval()
            sys.setswitchinterval(min(_interval_before, _SWITCH_INTERVAL))
        _opened.add(subshell)
    _logger.debug("subshell %s: opened", subshell)


def count() -> int:
    """Count the subshells that pages have opened."""
    return len(_opened)


def close(subshell: str) -> None:
    """End a subshell once it has done what it was asked; from any thread, also a second time.

    ipykernel waits for a subshell's end in the thread that receives all requests, and none would
    be received while a call computes. So the subshell itself says when it has nothing to do. A call
    that awaits something is cancelled: nobody waits for it any more.
    """
    with _lock:
        if subshell in _opened:
            _opened.discard(subshell)
            _logger.debug("subshell %s: closed", subshell)
            if not _opened:
                sys.setswitchinterval(_interval_before)
    channel = getattr(host.this_kernel(), "shell_channel_thread", None)
    if channel is None:
        return
    manager = channel.manager
    with manager._lock_cache:  # noqa: SLF001 - ipykernel has no other name for it
        thread = manager._cache.get(subshell)  # noqa: SLF001

    def end() -> None:
        if subshell in manager.list_subshell():
            manager._delete_subshell(subshell)  # noqa: SLF001

    async def drain() -> None:
        # Behind what has come already, and held for good: nothing begins any more.
        turn = asyncio.ensure_future(thread.asyncio_lock.acquire())
        while not turn.done():
            # Each of those before it may come to wait for something.
            running.leave(thread.ident)
            await asyncio.wait([turn], timeout=_LOOK)
        channel.io_loop.add_callback(end)

    if thread is not None:
        thread.io_loop.add_callback(drain)
