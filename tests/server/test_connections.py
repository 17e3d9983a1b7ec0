"""What the server does at a connection's beginning and end: by derivation, and only if wanted."""

from __future__ import annotations

import logging
import subprocess
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from traitlets.config import Config

from pybridge.server import LastWords, LowLatency, _jupyter_server_extension_points
from pybridge.server.connections import ConnectionPart

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTING = "kernel_websocket_connection_class"
PARTS = [LowLatency, LastWords]


class SomebodysConnection:
    """A connection class that another extension has set."""

    websocket_handler = "a handler"
    channels: Mapping[str, Any] = {"shell": "a stream"}

    def __init__(self) -> None:
        self.done: list[object] = []

    def connect(self) -> str:
        self.done.append("connect")
        return "connected"

    def disconnect(self) -> None:
        self.done.append("disconnect")


class Gateways:
    """A connection to a kernel gateway, which has no channels."""

    def __init__(self) -> None:
        self.ended = False

    def disconnect(self) -> None:
        self.ended = True


class Noting(ConnectionPart):
    """Notes when it was asked to do something."""

    says = "things are noted"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.done: list[object] = []

    def begins(self, handler: Any) -> None:
        self.done.append(handler)

    def ends(self, channels: Mapping[str, Any]) -> None:
        self.done.append(channels)
        raise ZeroDivisionError


def make_app() -> Any:
    settings = {SETTING: SomebodysConnection}
    return types.SimpleNamespace(
        web_app=types.SimpleNamespace(settings=settings), log=logging.getLogger("app")
    )


def test_a_part_has_its_turn_before_the_connection_begins_and_ends() -> None:
    part = Noting()
    connection = part.derive(SomebodysConnection)()
    part.done = connection.done
    assert connection.connect() == "connected"
    with pytest.raises(ZeroDivisionError):
        connection.disconnect()
    assert connection.done == ["a handler", "connect", {"shell": "a stream"}, "disconnect"]


@pytest.mark.parametrize("kind", PARTS)
def test_a_connection_of_another_kind_ends_as_ever(kind: type[ConnectionPart]) -> None:
    connection = kind().derive(Gateways)()
    connection.disconnect()
    assert connection.ended


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("kind", PARTS)
def test_the_class_that_was_set_is_derived_from_if_that_is_wanted(
    kind: type[ConnectionPart], enabled: bool
) -> None:
    app = make_app()
    config = Config({kind.__name__: {"enabled": enabled}})
    kind(config=config).apply_to_jupyter_server(app)
    derived = app.web_app.settings[SETTING]
    assert issubclass(derived, SomebodysConnection)
    assert (derived is not SomebodysConnection) is enabled


def test_each_part_says_in_one_line_what_it_does(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "app"):
        for part in PARTS:
            part().apply_to_jupyter_server(make_app())
    assert [record.message for record in caplog.records] == [
        "pybridge | kernel messages are sent without delay (TCP_NODELAY)",
        "pybridge | what a page says when it is closed is passed on",
    ]


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
