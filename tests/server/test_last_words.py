"""What a page says when it is closed reaches its kernel, while another page is connected to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import zmq
from jupyter_client.session import Session
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from pybridge.server import LastWords
from tests.browser.server import Server

PAGES = 20


class Stream:
    """Notes what is done with it."""

    def __init__(self, *, closed: bool = False) -> None:
        self.done: list[object] = []
        self._closed = closed

    def closed(self) -> bool:
        return self._closed

    def flush(self, flag: int) -> None:
        self.done.append(flag)


class Connection:
    """A connection class of the server's."""

    def __init__(self) -> None:
        self.channels: dict[str, Stream | None] = {
            "shell": Stream(),
            "control": Stream(closed=True),
            "iopub": None,
        }

    def disconnect(self) -> None:
        shell = self.channels["shell"]
        assert shell is not None
        shell.done.append("closed")


def test_what_is_left_is_sent_before_the_connection_ends() -> None:
    connection = LastWords().derive(Connection)()
    connection.disconnect()
    assert connection.channels["shell"].done == [zmq.POLLOUT, "closed"]
    assert connection.channels["control"].done == []


class Page:
    """A page as the kernel sees it: a connection with a session of its own."""

    def __init__(self, server: Server, kernel: str) -> None:
        self._session = Session(session=uuid4().hex)
        address = server.url(f"api/kernels/{kernel}/channels", token=False)
        self._request = HTTPRequest(
            f"{address.replace('http', 'ws', 1)}?session_id={self._session.session}",
            headers={"Authorization": f"token {server.token}"},
        )

    async def __aenter__(self) -> Page:
        self._socket = await websocket_connect(self._request)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._socket.close()
        while await self._socket.read_message() is not None:
            pass

    async def send(self, channel: str, kind: str, content: dict[str, Any]) -> str:
        """Send a message, and give its id."""
        message = self._session.msg(kind, content) | {"channel": channel, "buffers": []}
        await self._socket.write_message(json.dumps(message, default=str))
        return str(message["header"]["msg_id"])

    async def run(self, code: str) -> str:
        """Run code, and give what it prints."""
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        asked = await self.send("shell", "execute_request", content)
        printed = ""
        while True:
            text = await asyncio.wait_for(self._socket.read_message(), 30)
            assert text is not None
            said = json.loads(text)
            if said["parent_header"].get("msg_id") != asked:
                continue
            if said["msg_type"] == "stream":
                printed += said["content"]["text"]
            if said["msg_type"] == "status" and said["content"]["execution_state"] == "idle":
                return printed


def test_pages_that_are_closed_say_so_to_the_kernel() -> None:
    async def come_and_go(server: Server) -> None:
        kernel = server.api("POST", "api/kernels", {"name": "python3"})["id"]
        async with Page(server, kernel) as stays:
            await stays.run("import pybridge.dispatch; from pybridge import pages")
            for _ in range(PAGES):
                async with Page(server, kernel) as goes:
                    await goes.run("")
                    # So much at once that the end of the connection comes in the same turn.
                    for what in (*["here"] * 50, "bye"):
                        await goes.send("control", "pybridge_page_request", {"what": what})
            left = "1"
            for _ in range(50):
                left = (await stays.run("print(len(pages._pages))")).strip()
                if left == "0":
                    break
                await asyncio.sleep(0.1)
            assert left == "0"

    with Server() as server:
        asyncio.run(come_and_go(server))
