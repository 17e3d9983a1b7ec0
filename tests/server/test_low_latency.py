"""Kernel messages are sent without delay."""

from __future__ import annotations

import asyncio
import socket

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from pybridge.server import LowLatency


class SomebodysConnection:
    """A connection class that another extension has set."""

    def __init__(self, handler: WebSocketHandler) -> None:
        self.websocket_handler = handler
        self.connected = False

    def connect(self) -> str:
        self.connected = True
        return "connected"


def test_a_connection_sends_at_once_from_its_connect_on() -> None:
    delays: list[int] = []

    class Handler(WebSocketHandler):
        def open(self) -> None:
            connection = LowLatency().derive(SomebodysConnection)(self)
            delays.append(self._nodelay())
            assert connection.connect() == "connected"
            assert connection.connected
            delays.append(self._nodelay())

        def _nodelay(self) -> int:
            assert self.ws_connection is not None
            stream = self.ws_connection.stream  # type: ignore[attr-defined]
            return int(stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    async def talk() -> None:
        server = HTTPServer(Application([("/", Handler)]))
        listening, port = bind_unused_port()
        server.add_socket(listening)
        client = await websocket_connect(f"ws://127.0.0.1:{port}/")
        client.close()
        assert await client.read_message() is None
        server.stop()
        await server.close_all_connections()

    asyncio.run(talk())
    assert [bool(delay) for delay in delays] == [False, True]
