"""A real kernel of this environment, spoken to as the page does, without a browser."""

import ast
import itertools
import json
from collections import defaultdict

import pytest
import zmq.asyncio
from jupyter_client.manager import KernelManager

from pybridge import codec
from pybridge._version import PROTOCOL, __version__
from pybridge.dispatch import MIME
from pybridge.pages import PAGE_REQUEST

TIMEOUT = 30

_ids = itertools.count()


def literal_code(literal):
    """Give the code that the page executes, with any text as the literal."""
    return f'await __import__("pybridge").dispatch({json.dumps(literal)})'


def request(op, /, **fields):
    """Give a request as the page makes it."""
    return {
        "op": op,
        "id": f"t-{next(_ids)}",
        "protocol": PROTOCOL,
        "version": __version__,
    } | fields


def call(name, *args, method=None, kwargs=None):
    return request("call", name=name, method=method, args=list(args), kwargs=kwargs or {})


class Replies:
    """All that came back for one message."""

    def __init__(self, messages, reply):
        self.messages = messages
        self.reply = reply
        self.texts = []
        self.bridge = []
        for message in messages:
            body = message["content"].get("data", {}).get(MIME)
            if body is not None:
                self.bridge.append(_read(body, message["buffers"]))

    @property
    def kinds(self):
        """The order in which things arrived: types of messages, and kinds of bridge replies."""
        bridge = iter(self.bridge)
        return [
            next(bridge)["kind"]
            if MIME in message["content"].get("data", {})
            else message["msg_type"]
            for message in self.messages
        ]

    @property
    def last(self):
        """The reply that settles the call; there is exactly one and it comes last."""
        settling = [reply for reply in self.bridge if reply["kind"] in ("result", "error")]
        assert settling == self.bridge[-1:], self.kinds
        assert "error" not in self.kinds or self.bridge[-1]["kind"] == "error"
        assert not any(message["msg_type"] == "error" for message in self.messages)
        assert self.reply["status"] == "ok"
        return settling[0]

    @property
    def value(self):
        assert self.last["kind"] == "result", self.last
        return self.last["value"]

    @property
    def error(self):
        assert self.last["kind"] == "error", self.last
        return self.last["error"]

    @property
    def items(self):
        return [
            item for reply in self.bridge if reply["kind"] == "items" for item in reply["values"]
        ]

    def stream(self, name="stdout"):
        return "".join(
            message["content"]["text"]
            for message in self.messages
            if message["msg_type"] == "stream" and message["content"]["name"] == name
        )


def _read(body, buffers):
    if body["body"] is None:
        text, *buffers = buffers
        return codec.decode(bytes(text), buffers, _stay)
    return codec.decode(body["body"], buffers, _stay)


def _stay(reference):
    """Leave a reference as the tree that it is."""
    return reference


class Kernel:
    """A kernel process and a client of it, as a context manager."""

    def __init__(self):
        # A context of our own can be closed: not every version of jupyter_client closes its own.
        self.context = zmq.asyncio.Context()
        # Of ports that are free now, another process may have one by the time the kernel binds it.
        self.manager = KernelManager(kernel_name="python3", context=self.context, transport="ipc")
        self.manager.start_kernel()
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self._outputs = defaultdict(list)
        self._replies = {}
        self._idle = set()
        self._busy = set()

    def __enter__(self):
        self.client.wait_for_ready(timeout=TIMEOUT)
        return self

    def __exit__(self, *exc_info):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.context.destroy(linger=0)

    def send(self, code, *, silent=True, store_history=False, buffers=(), **content):
        """Send an execute_request and give its id."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "stop_on_error": False,
            "allow_stdin": False,
            "user_expressions": {},
            **content,
        }
        message = self._send("shell", "execute_request", content, buffers)
        return message["header"]["msg_id"]

    def _send(self, channel, kind, content, buffers=()):
        socket = getattr(self.client, f"{channel}_channel").socket
        return self.client.session.send(socket, kind, content, buffers=list(buffers))

    def ask(self, req, buffers=()):
        """Send a request whose values are JSON's own, and give the message's id."""
        return self.send(literal_code(json.dumps(req)), buffers=buffers)

    def ask_encoded(self, req):
        """Send a request with any values."""
        buffers = []
        return self.ask(codec.encode(req, buffers), buffers)

    def cancel(self, req):
        """Cancel a request as the page does."""
        self._send("control", "pybridge_cancel_request", {"id": req["id"]})

    def tell(self, what, **values):
        """Say something on the control channel as a page does."""
        self._send("control", PAGE_REQUEST, {"what": what, **values})

    def release(self, *references):
        """Give references back as a page does."""
        self.tell("release", counts=[[reference["id"], 1] for reference in references])

    def interrupt(self):
        self.manager.interrupt_kernel()

    def replies(self, msg_id):
        """Wait for the end of a message."""
        while msg_id not in self._idle:
            self._receive()
        while msg_id not in self._replies:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            self._replies[message["parent_header"]["msg_id"]] = message["content"]
        return Replies(self._outputs.pop(msg_id, []), self._replies.pop(msg_id))

    def wait_until_busy(self, msg_id):
        while msg_id not in self._busy:
            self._receive()

    def wait_for_text(self, msg_id, text):
        """Wait until a running message has printed something."""
        while text not in Replies(self._outputs[msg_id], None).stream():
            assert msg_id not in self._idle, self._outputs[msg_id]
            self._receive()

    def _receive(self):
        message = self.client.get_iopub_msg(timeout=TIMEOUT)
        msg_id = message["parent_header"].get("msg_id")
        if message["msg_type"] != "status":
            self._outputs[msg_id].append(message)
        elif message["content"]["execution_state"] == "busy":
            self._busy.add(msg_id)
        elif message["content"]["execution_state"] == "idle":
            self._idle.add(msg_id)

    def do(self, req, buffers=()):
        """Send a request and wait for its end."""
        return self.replies(self.ask(req, buffers))

    def call(self, name, *args, **options):
        return self.do(call(name, *args, **options))

    def cell(self, code):
        """Run a cell of the user's; give what comes back."""
        return self.replies(self.send(code, silent=False, store_history=True))

    def setup(self, code):
        """Run code in the user's namespace that has to work."""
        replies = self.cell(code)
        assert replies.reply["status"] == "ok", replies.reply
        return replies

    def look(self, expression):
        """Give the value of an expression, from outside of the history."""
        msg_id = self.send("", user_expressions={"x": expression})
        result = self.replies(msg_id).reply["user_expressions"]["x"]
        assert result["status"] == "ok", result
        return ast.literal_eval(result["data"]["text/plain"])


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as started:
        yield started
