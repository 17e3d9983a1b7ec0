"""Comms: Jupyter's messages beside the calls; twin of nbext/comm.js.

A comm is a pair of ends under one id. The page's messages to it go to the kernel's main thread, in
order with its calls, and no failing cell drops them. The kernel's go to every page; those that have
not opened the comm leave them alone when they bear a `mark` in their metadata.

Newer ipykernels take comms also while a cell awaits something, and publish no status then. So the
mark of the last message that answers one of a page's says which message is ``done``.

In the place of the kernel's mark, the page's messages have its stamp, see `stamp`.
"""

from __future__ import annotations

import inspect
import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import comm

from . import errors, host, pages, running, stamp, tracebacks
from ._version import PROTOCOL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from . import codec

    Heard = Callable[[dict[str, Any]], None]

_logger = logging.getLogger(__name__)

__all__ = ["Comm", "check", "comm_target", "end", "id_of", "interruptible", "listen", "mark"]


class Comm:
    """The kernel's end of a comm that a page has opened by ``py.comm(target)``.

    What is sent is JSON and binary buffers, as they are: nothing goes through the bridge's codec.
    """

    def __init__(self, end: Any) -> None:
        self._end = end
        self._on_msg: list[Callable[..., object]] = []
        self._on_close: list[Callable[..., object]] = []
        # Has its page not tell of its end any more.
        self.forget: Callable[[], object] = bool
        end.on_msg(self._heard)
        end.on_close(self._closed)

    @property
    def comm_id(self) -> str:
        """The name that both ends have for it."""
        return str(self._end.comm_id)

    def send(self, data: Any = None, buffers: Sequence[codec.Buffer] = ()) -> None:
        """Send the page a message.

        Parameters
        ----------
        data : JSON value
        buffers : sequence of bytes-like
        """
        self._end.send(data, metadata=mark(), buffers=list(buffers))

    def on_msg(self, callback: Callable[..., object]) -> Callable[..., object]:
        """Call something with ``(data, buffers)`` of each message; can be a decorator.

        What it raises rejects the promise of the page's ``send``.
        """
        self._on_msg.append(callback)
        return callback

    def on_close(self, callback: Callable[..., object]) -> Callable[..., object]:
        """Call something with ``(data)`` when the page closes the comm; can be a decorator.

        The data is None when the page itself is gone.
        """
        self._on_close.append(callback)
        return callback

    def close(self, data: Any = None) -> None:
        """End it on both sides; a second time does nothing."""
        self.forget()
        self._end.close(data, metadata=mark())

    def _heard(self, message: dict[str, Any]) -> None:
        content, parts = message["content"], host.buffers_of(message)
        failure: Exception | None = None
        try:
            with interruptible():
                for callback in list(self._on_msg):
                    callback(content["data"], parts)
        except Exception as error:  # noqa: BLE001 - it belongs to the page
            failure = error
        self._end.send({}, metadata=mark(id_of(message), failure))

    def _closed(self, message: dict[str, Any]) -> None:
        _logger.debug("comm %s: closed by its page", self.comm_id)
        self.forget()
        self._tell_end(message["content"]["data"])
        self._end.send({}, metadata=mark(id_of(message)))

    def abandon(self) -> None:
        """Its page is gone without a word about it."""
        if comm.get_comm_manager().comms.get(self.comm_id) is self._end:
            _logger.debug("comm %s: its page is gone", self.comm_id)
            end(self._end, tell=False)
            self._tell_end(None)

    def _tell_end(self, data: Any) -> None:
        for callback in list(self._on_close):
            try:
                callback(data)
            except Exception as error:  # noqa: BLE001 - the others want to know, too
                host.show_error(error)


def comm_target(name: str) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Let pages open comms to a function; a new one under an old name takes its place.

    Parameters
    ----------
    name : str
        The target that ``py.comm(name, {data})`` asks for.

    Returns
    -------
    callable
        Decorates a function of ``(comm)`` or ``(comm, data)``: a `Comm` and what the page sent
        with its opening. What it raises rejects the page's promise.

    Examples
    --------
    >>> @comm_target("echo")
    ... def echo(comm):
    ...     @comm.on_msg
    ...     def heard(data, buffers):
    ...         comm.send(data, buffers)
    """

    def register(function: Callable[..., object]) -> Callable[..., object]:
        takes_data = len(inspect.signature(function).parameters) > 1

        def opened(end: Any, message: dict[str, Any]) -> None:
            made, done = Comm(end), id_of(message)
            data = [message["content"]["data"]] if takes_data else []
            try:
                check(message)
                made.forget = pages.sender().at_end(made.abandon)
                with interruptible():
                    function(made, *data)
            except Exception as error:  # noqa: BLE001 - it belongs to the page
                made.forget()
                _logger.debug(
                    "comm %s of %r: refused (%s)", end.comm_id, name, type(error).__name__
                )
                end.close({}, metadata=mark(done, error))
            else:
                _logger.debug("comm %s of %r: opened", end.comm_id, name)
                end.send({}, metadata=mark(done))

        comm.get_comm_manager().register_target(name, opened)
        return function

    return register


def listen(comm_id: str, target: str, heard: Heard) -> Any:
    """Make an end that pages may speak to without having opened it.

    Parameters
    ----------
    comm_id : str
    target : str
        What kind of comm it is, for those who list them.
    heard : callable
        Takes each message whole.
    """
    end = comm.create_comm(target_name=target, comm_id=comm_id, primary=False)
    end.on_msg(heard)
    comm.get_comm_manager().register_comm(end)
    return end


def end(listening: Any, *, tell: bool) -> None:
    """End what `listen` has made, and tell the pages of it or not."""
    if tell:
        listening.close({}, metadata=mark())
        return
    # Its own end would tell them.
    listening._closed = True  # noqa: SLF001 - comm has no other name for it
    comm.get_comm_manager().unregister_comm(listening)


def check(message: dict[str, Any]) -> None:
    """Look at the stamp of a page's message. Raises VersionMismatchError."""
    stamped = message.get("metadata", {}).get("pybridge")
    if isinstance(stamped, dict):
        stamp.check(stamped)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make of Kernel → Interrupt, in the block, an error that a page can be told."""
    try:
        with running.interruptible():
            yield
    except KeyboardInterrupt:
        raise errors.InterruptedError(
            "the kernel was interrupted while it took in the message"
        ) from None


def mark(done: str | None = None, error: Exception | None = None) -> dict[str, Any]:
    """Give the metadata by which pages know a message of the bridge's.

    Parameters
    ----------
    done : str, optional
        The id of the message that this one answers.
    error : Exception, optional
        What has come of that.
    """
    marked: dict[str, Any] = {"protocol": PROTOCOL}
    if done is not None:
        marked["done"] = done
    if error is not None:
        # As text of ASCII: the message's own JSON has no place for half of a surrogate pair.
        marked["error"] = json.dumps(tracebacks.describe(error))
    return {"pybridge": marked}


def id_of(message: dict[str, Any]) -> str:
    """Give the id by which the page knows a message that it has sent."""
    return str(message["header"]["msg_id"])
