"""What a page says last, when it is closed, reaches its kernel.

The server hands a message to a ZMQ stream, which sends it in a later turn of the server's loop. The
last word of a page and the end of its connection often come in one turn. If other pages are
connected to the kernel, the server closes the streams at once, with all that they have not sent
yet: a change of a model would be lost, and Python would keep for a while what the page held.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import zmq
from traitlets import Bool
from traitlets.config import Configurable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_server.serverapp import ServerApp

__all__ = ["LastWords"]

_SETTING = "kernel_websocket_connection_class"


class LastWords(Configurable):
    """Whether what a page says when it is closed is passed on.

    Off by ``c.LastWords.enabled = False`` in the server's configuration.
    """

    enabled = Bool(default_value=True, help="Pass on what a page says when it is closed.").tag(
        config=True
    )

    def apply_to_jupyter_server(self, app: ServerApp) -> None:
        """Give kernels' WebSockets a connection class that sends what is left.

        It derives from whatever class is set, so another extension's stays in force.
        """
        if self.enabled:
            settings = app.web_app.settings
            settings[_SETTING] = _heard_out(settings[_SETTING])

    def apply_to_notebook(self, app: Any) -> None:
        """Do the same for notebook 6.5, which has no such setting: wrap its handler's end."""
        del app
        if not self.enabled:
            return
        from notebook.services.kernels.handlers import ZMQChannelsHandler  # noqa: PLC0415

        closed = ZMQChannelsHandler.on_close

        @functools.wraps(closed)
        def heard_out(handler: Any) -> None:
            try:
                _send_what_is_left(handler.channels)
            finally:
                closed(handler)

        ZMQChannelsHandler.on_close = heard_out


def _heard_out(base: type) -> type:
    """Derive a connection class that sends what is left when it ends."""

    class LastWordsConnection(base):  # type: ignore[misc]
        def disconnect(self) -> None:
            try:
                # A connection to a kernel gateway has none.
                _send_what_is_left(getattr(self, "channels", {}))
            finally:
                super().disconnect()

    # The configuration of a class goes by its name; the base's is inherited.
    LastWordsConnection.__name__ = LastWordsConnection.__qualname__ = f"LastWords{base.__name__}"
    return LastWordsConnection


def _send_what_is_left(channels: Mapping[str, Any]) -> None:
    for stream in channels.values():
        # They are None where the connection has ended before it was made.
        if stream is not None and not stream.closed():
            stream.flush(zmq.POLLOUT)
