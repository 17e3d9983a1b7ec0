"""Stands in for ipykernel's kernel: its sockets are lists, and the test plays the page."""

import json
from collections import deque
from types import SimpleNamespace

# Whoever imports it first has the kernel listen, and this one cannot.
import pybridge.dispatch  # noqa: F401

PAGE = [b"page-address"]


class FakeSocket:
    """A stdin socket; what the page has sent and what was not received yet."""

    def __init__(self):
        self.waiting = deque()

    def poll(self, timeout):
        del timeout
        return len(self.waiting)


class FakeKernel:
    """A kernel whose page answers when it is sent something.

    Attributes
    ----------
    sent : list of (str, dict)
        Messages so far: their types and contents.
    on_send : callable
        Called with each message.
    typed : str
        What the user types at `input()`.
    """

    ident = "kernel"
    iopub_socket = "iopub"

    def __init__(self, session="page", ident=PAGE):
        self.sent = []
        self.on_send = lambda *_: None
        self.stdin_socket = FakeSocket()
        self.session = SimpleNamespace(send=self._send, recv=self._recv)
        self.control_handlers = {}
        self.io_loop = None
        self.typed = "typed"
        self._allow_stdin = True
        self._parent_ident = {"shell": list(ident)}
        self._parent = {"header": {"session": session}, "buffers": []}

    def get_parent(self):
        return self._parent

    def _input_request(self, prompt):
        assert not self.stdin_socket.waiting, "something else would be taken for what is typed"
        return f"{prompt}{self.typed}"

    def _send(self, socket, kind, content, **_):
        del socket
        self.sent.append((kind, content))
        self.on_send(kind, content)

    def _recv(self, socket):
        return PAGE, {"content": {"value": socket.waiting.popleft()}}

    def answer(self, answer):
        """Let the page send an answer, or any text."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.stdin_socket.waiting.append(text)

    def events(self, name):
        """Bodies of the events of this name."""
        return [json.loads(c["body"]) for _, c in self.sent if c.get("name") == name]

    def told(self, what):
        """Events of this kind that pages were told."""
        bodies = [json.loads(content["body"]) for kind, content in self.sent if "body" in content]
        return [body for body in bodies if body.get("what") == what]
