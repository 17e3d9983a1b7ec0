"""The kernel as the bridge sees it; twin of nbext/host.js.

With `subshells` and `kernel`, which build on it, the only module that knows ipykernel.

Four ways lead from here to the page:

- a reply to a request, seen by whoever sent it: `Caller.display`;
- an event, seen by every page: `broadcast`. It is a message of the type `EVENT` with ``name``,
  ``body`` and the kernel's stamp (see `stamp`); pages without pybridge do not see it;
- a question that Python waits for: `ask`. It is an ``input_request`` with a key ``pybridge``, and
  the page answers as if the user had typed the answer. To its withdrawal it answers with a receipt,
  behind whatever it has answered before, and ``input()`` waits for what is still to come: what it
  gets is what the user types;

and one from the page besides its requests: messages on the control channel, see `on_control`, which
the kernel reads in a thread of its own while the main thread runs a cell.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

from . import codec
from .stamp import STAMP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Heard = Callable[[dict[str, Any], str, list[bytes], list[memoryview]], None]

__all__ = [
    "EVENT",
    "Caller",
    "adopt",
    "ask",
    "broadcast",
    "buffers_of",
    "call_soon",
    "cell_source",
    "end_as_begun",
    "expect",
    "forgive",
    "guard_input",
    "handled",
    "has_pages",
    "is_owed",
    "on_control",
    "show_error",
    "takes_input",
    "this_kernel",
    "wait",
    "who_asks",
]

EVENT = "pybridge_event"

# How often a waiting question looks whether it still makes sense, in ms.
_LOOK = 50
# How long the user's input() waits for an answer that is owed, in seconds. A page that is busy so
# long cannot show what the user is asked either; one that is gone may have left without a word.
_OWED = 30.0

# A kernel of another language than Python, see `kernel`.
_adopted: Any = None

# Questions that were sent and not answered yet, each with the address of its page.
_owed: dict[int, list[bytes]] = {}


class Caller:
    """The message being handled, and the way back to whoever sent it.

    Attributes
    ----------
    session : str
    ident : list of bytes
        The sender's session and address.
    buffers : list of memoryview
    beside : bool
        Whether it came on a subshell.
    """

    def __init__(self) -> None:
        self._kernel = this_kernel()
        self._parent = self._kernel.get_parent()
        self.session, self.ident = _sender(self._kernel)
        self.buffers = buffers_of(self._parent)
        self.beside = self._parent.get("header", {}).get("subshell_id") is not None

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
    kernel = this_kernel()
    if kernel is None or threading.current_thread() is not threading.main_thread():
        return None
    session, ident = _sender(kernel)
    return (session, ident) if session else None


def takes_input() -> bool:
    """Tell whether whoever runs the current cell answers questions."""
    return bool(this_kernel()._allow_stdin)  # noqa: SLF001 - ipykernel has no other name for it


def has_pages() -> bool:
    """Tell whether a page may have sent what runs now.

    What nbconvert and its like send is never silent and takes no input: what is told to pages
    would only be noise there.
    """
    return handled() is not None


def handled() -> dict[str, Any] | None:
    """Give the message that is being handled; None where no page has sent it, see `has_pages`."""
    kernel = this_kernel()
    if kernel is None:
        return None
    parent: dict[str, Any] = kernel.get_parent()
    asked = parent.get("content", {})
    return parent if asked.get("allow_stdin", True) or asked.get("silent", False) else None


def ask(
    ident: list[bytes],
    question: dict[str, Any],
    prompt: str,
    *,
    look: Callable[[], dict[str, Any] | None],
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
    look : callable
        Called again and again while waiting; gives the answer if that has come in another way. What
        it raises ends the waiting.

    Returns
    -------
    dict
        The answer.
    """
    kernel = this_kernel()
    sys.stdout.flush()
    sys.stderr.flush()
    content = {"prompt": prompt, "password": False, "pybridge": question}
    _owed[question["ask"]] = ident
    kernel.session.send(
        kernel.stdin_socket, "input_request", content, parent=kernel.get_parent(), ident=ident
    )
    while True:
        answer = look() or _receive(kernel)
        if answer.get("ask") == question["ask"]:
            return answer


def _receive(kernel: Any) -> dict[str, Any]:
    """Wait a moment for an answer; give an empty one when none comes."""
    if not kernel.stdin_socket.poll(_LOOK):
        return {}
    try:
        _, reply = kernel.session.recv(kernel.stdin_socket)
        answer = dict(json.loads(reply["content"]["value"]))
        _owed.pop(answer["ask"], None)
    except (TypeError, KeyError, ValueError):
        # What the user typed before, at an input() that was interrupted; or the rest of a message
        # that an interrupt has torn.
        return {}
    return answer


def expect(receipt: int, instead_of: int) -> None:
    """Wait for the receipt of a withdrawal, and for the answer to the question no more.

    That may be lost: an interrupt can come when it is taken out of the socket and not read yet.
    """
    _owed[receipt] = _owed.pop(instead_of)


def is_owed(number: int) -> bool:
    """Tell whether this question was sent, and its answer has not come."""
    return number in _owed


def forgive(ident: list[bytes]) -> None:
    """Wait no more for what a page owes, for it is gone; from any thread."""
    for number, of in list(_owed.items()):
        if of == ident:
            _owed.pop(number, None)


def guard_input() -> None:
    """Keep late answers away from the user's ``input()`` and ``getpass``, if this is a kernel."""
    kernel = this_kernel()
    if kernel is None:
        return
    request = kernel._input_request  # noqa: SLF001 - what both of them call

    def request_after_answers(*args: Any, **kwargs: Any) -> Any:
        deadline = time.monotonic() + _OWED
        while _owed and time.monotonic() < deadline:
            _receive(kernel)
        _owed.clear()
        return request(*args, **kwargs)

    kernel._input_request = request_after_answers  # noqa: SLF001


def end_as_begun() -> None:
    """Have the kernel know to its end which request it handles, if this is a kernel.

    Newer ipykernels take a comm's message while a request is being handled, and then put back what
    was handled before. Where the next request has begun meanwhile, that is the wrong one: the
    figures of a cell would go to the cell before, and a page would hear of the end of the last
    request twice, and never of that of the next.
    """
    kernel = this_kernel()
    if kernel is None:
        return
    execute, set_parent = kernel.shell_handlers["execute_request"], kernel.set_parent
    # What the main thread runs, and what it has run last.
    runs: tuple[list[bytes], dict[str, Any]] | None = None
    ended = ""

    async def execute_request(stream: Any, ident: list[bytes], parent: dict[str, Any]) -> None:
        nonlocal runs, ended
        if parent["header"].get("subshell_id") is not None:
            await execute(stream, ident, parent)
            return
        runs = ident, parent
        try:
            await execute(stream, ident, parent)
        finally:
            runs, ended = None, parent["header"]["msg_id"]

    def keep_parent(ident: list[bytes], parent: dict[str, Any], channel: str = "shell") -> None:
        is_over = channel == "shell" and parent.get("header", {}).get("msg_id") == ended
        if is_over and runs is not None:
            ident, parent = runs
        set_parent(ident, parent, channel)

    kernel.shell_handlers["execute_request"] = execute_request
    kernel.set_parent = keep_parent


def cell_source() -> str:
    """Give the source of the cell that runs now, or ran last; empty where there are no cells."""
    history = getattr(get_ipython(), "history_manager", None)
    sources: list[str] = getattr(history, "input_hist_raw", None) or [""]
    return sources[-1]


def broadcast(name: str, value: object, *, during: dict[str, Any] | None = None) -> None:
    """Tell every page on this kernel something; without a kernel, nobody.

    Parameters
    ----------
    name : str
        What it is about: pages listen by name.
    value : object
        Anything that the bridge can send by value.
    during : dict, optional
        The message that it belongs to; by default the one that is being handled.

    Raises
    ------
    NotSerializableError
        When it cannot.
    """
    buffers: list[codec.Buffer] = []
    text = json.dumps(codec.encode(value, buffers), separators=(",", ":"), allow_nan=False)
    kernel = this_kernel()
    if kernel is None:
        return
    kernel.session.send(
        kernel.iopub_socket,
        EVENT,
        {"name": name, "body": text, **STAMP},
        parent=kernel.get_parent() if during is None else during,
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
        session = str(parent["header"].get("session"))
        heard(parent["content"], session, ident, buffers_of(parent))

    kernel = this_kernel()
    if kernel is not None:
        kernel.control_handlers[message_type] = handle


def call_soon(function: Callable[[], object]) -> None:
    """Have the main thread call something between cells; from any thread."""
    loop = getattr(this_kernel(), "io_loop", None)
    if loop is None:
        function()
    else:
        loop.add_callback(function)


def adopt(kernel: Any) -> None:
    """Speak for a kernel that is not IPython's, from now on."""
    global _adopted  # noqa: PLW0603 - a process is one kernel
    _adopted = kernel


def this_kernel() -> Any:
    """Give the kernel that this process is; None when it is none."""
    return _adopted or getattr(get_ipython(), "kernel", None)


def show_error(error: BaseException) -> None:
    """Show what the user's code has raised where its output goes; raise it without a kernel."""
    shell = get_ipython()
    if shell is not None:
        shell.showtraceback((type(error), error, error.__traceback__))
    elif _adopted is not None:
        lines = traceback.format_exception(error)
        _adopted.show_error(lines, type(error).__qualname__, str(error))
    else:
        raise error


def buffers_of(message: dict[str, Any]) -> list[memoryview]:
    """Give the binary parts of a message, whether it has any or not."""
    return [memoryview(buffer) for buffer in message.get("buffers") or ()]


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
