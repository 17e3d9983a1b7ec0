"""The kernel as the bridge sees it: the only module that knows ipykernel; twin of nbext/host.js.

Four ways lead from here to the page:

- a reply to a request, seen by whoever sent it: `Caller.display`;
- an event, seen by every page: `broadcast`. It is a message of the type `EVENT` with ``name`` and
  ``body``; pages without pybridge do not see it;
- a question that Python waits for: `ask`. It is an ``input_request`` with a key ``pybridge``, and
  the page answers as if the user had typed the answer;

and one from the page besides its requests: messages on the control channel, see `on_control`, which
the kernel reads in a thread of its own while the main thread runs a cell.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

from . import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Heard = Callable[[dict[str, Any], str, list[bytes], list[memoryview]], None]

__all__ = ["EVENT", "Caller", "ask", "broadcast", "call_soon", "on_control", "who_asks"]

EVENT = "pybridge_event"

# How often a waiting question looks whether it still makes sense, in ms.
_LOOK = 50


class Caller:
    """The message being handled, and the way back to whoever sent it."""

    def __init__(self) -> None:
        self._kernel = _kernel()
        self._parent = self._kernel.get_parent()
        self.session, self.ident = _sender(self._kernel)
        self.buffers = [memoryview(buffer) for buffer in self._parent.get("buffers", ())]

    def display(self, data: dict[str, Any], buffers: Sequence[codec.Buffer] = ()) -> None:
        """Send a ``display_data`` message, after everything printed so far."""
        sys.stdout.flush()
        sys.stderr.flush()
        kernel = self._kernel
        kernel.session.send(
            kernel.iopub_socket,
            "display_data",
            {"data": data, "metadata": {}, "transient": {}},
            parent=self._parent,
            ident=f"kernel.{kernel.ident}.display_data".encode(),
            buffers=list(buffers),
        )


def who_asks() -> tuple[str, list[bytes]] | None:
    """Tell whose request runs now.

    Returns
    -------
    tuple of str and list of bytes, or None
        The session of the page, and its address on every channel. None where nobody could answer
        a question: without a kernel, in another thread than the main one, or when the cell was run
        by something that takes no input, such as nbconvert.
    """
    kernel = _kernel()
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return None
    session, ident = _sender(kernel)
    return (session, ident) if session else None


def takes_input() -> bool:
    """Tell whether whoever runs the current cell answers questions."""
    return bool(_kernel()._allow_stdin)  # noqa: SLF001 - ipykernel has no other name for it


def ask(
    ident: list[bytes], question: dict[str, Any], prompt: str, *, check: Callable[[], None]
) -> dict[str, Any]:
    """Ask a page something and wait for its answer, in the main thread.

    Parameters
    ----------
    ident : list of bytes
        The page's address.
    question : dict
        JSON values; its ``ask`` is a number that the answer repeats.
    prompt : str
        What a page without pybridge shows to its user.
    check : callable
        Called again and again while waiting; what it raises ends the waiting.

    Returns
    -------
    dict
        The answer.
    """
    kernel = _kernel()
    socket, session = kernel.stdin_socket, kernel.session
    sys.stdout.flush()
    sys.stderr.flush()
    # Whatever lies there answers nothing that is still asked.
    while socket.poll(0):
        socket.recv_multipart()
    content = {"prompt": prompt, "password": False, "pybridge": question}
    session.send(socket, "input_request", content, parent=kernel.get_parent(), ident=ident)
    while True:
        check()
        if not socket.poll(_LOOK):
            continue
        _, reply = session.recv(socket)
        try:
            answer = json.loads(reply["content"]["value"])
            if answer["ask"] == question["ask"]:
                return dict(answer)
        except (TypeError, KeyError, ValueError):
            continue


def broadcast(name: str, value: object) -> None:
    """Tell every page on this kernel something; without a kernel, nobody.

    Parameters
    ----------
    name : str
        What it is about: pages listen by name.
    value : object
        Anything that the bridge can send by value.

    Raises
    ------
    NotSerializableError
        When it cannot.
    """
    buffers: list[codec.Buffer] = []
    text = json.dumps(codec.encode(value, buffers), separators=(",", ":"), allow_nan=False)
    kernel = _kernel()
    if kernel is None:
        return
    kernel.session.send(
        kernel.iopub_socket,
        EVENT,
        {"name": name, "body": text},
        parent=kernel.get_parent(),
        ident=f"kernel.{kernel.ident}.{EVENT}".encode(),
        buffers=buffers,
    )


def on_control(message_type: str, heard: Heard) -> None:
    """Hear messages of a type on the control channel, if this is a kernel's process.

    Parameters
    ----------
    message_type : str
    heard : callable
        Takes the content, the sender's session and address, and buffers. Called in the thread of
        the control channel.
    """

    def handle(stream: Any, ident: list[bytes], parent: dict[str, Any]) -> None:  # noqa: ARG001
        buffers = [memoryview(buffer) for buffer in parent.get("buffers", ())]
        heard(parent["content"], str(parent["header"].get("session")), ident, buffers)

    kernel = _kernel()
    if kernel is not None:
        kernel.control_handlers[message_type] = handle


def call_soon(function: Callable[[], object]) -> None:
    """Have the main thread call something between cells; from any thread."""
    loop = getattr(_kernel(), "io_loop", None)
    if loop is None:
        function()
    else:
        loop.add_callback(function)


def _kernel() -> Any:
    return getattr(get_ipython(), "kernel", None)


def _sender(kernel: Any) -> tuple[str, list[bytes]]:
    session = kernel.get_parent().get("header", {}).get("session", "")
    ident = kernel._parent_ident["shell"]  # noqa: SLF001 - ipykernel has no other name for it
    return str(session), ident


def wait(event: threading.Event, seconds: float) -> bool:
    """Wait for something that another thread sets; can be interrupted."""
    deadline = time.monotonic() + seconds
    while not event.wait(_LOOK / 1000):
        if time.monotonic() > deadline:
            return False
    return True
