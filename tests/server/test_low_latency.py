"""Kernel messages without delay: applied to both servers, by derivation, and only if wanted."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
import types
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect
from traitlets.config import Config

from pybridge.server import LowLatency, _jupyter_server_extension_points
from pybridge.server.low_latency import _sending_at_once

SETTING = "kernel_websocket_connection_class"


class SomebodysConnection:
    """A connection class that another extension has set."""

    def __init__(self, handler: WebSocketHandler) -> None:
        self.websocket_handler = handler
        self.connected = False

    def connect(self) -> str:
        self.connected = True
        return "connected"


def make_app(connection: type = SomebodysConnection) -> Any:
    settings = {SETTING: connection}
    return types.SimpleNamespace(
        web_app=types.SimpleNamespace(settings=settings), log=logging.getLogger("app")
    )


def test_the_class_that_was_set_is_derived_from() -> None:
    app = make_app()
    LowLatency().apply_to_jupyter_server(app)
    derived = app.web_app.settings[SETTING]
    assert derived is not SomebodysConnection
    assert issubclass(derived, SomebodysConnection)


def test_one_line_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "app"):
        LowLatency().apply_to_jupyter_server(make_app())
    assert [record.message for record in caplog.records] == [
        "pybridge | kernel messages are sent without delay (TCP_NODELAY)"
    ]


def test_it_can_be_switched_off() -> None:
    app = make_app()
    config = Config({"LowLatency": {"enabled": False}})
    LowLatency(config=config).apply_to_jupyter_server(app)
    assert app.web_app.settings[SETTING] is SomebodysConnection


def test_a_connection_sends_at_once_from_its_connect_on() -> None:
    delays: list[int] = []

    class Handler(WebSocketHandler):
        def open(self) -> None:
            connection = _sending_at_once(SomebodysConnection)(self)
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


def test_jupyter_server_is_told_where_to_look() -> None:
    assert _jupyter_server_extension_points() == [{"module": "pybridge.server"}]


def test_the_server_loads_nothing_of_the_kernels() -> None:
    code = (
        "import sys, pybridge.server;"
        "print([m for m in ('IPython', 'ipykernel', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
