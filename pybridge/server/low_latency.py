"""TCP_NODELAY for the WebSockets of kernels.

Each kernel call makes the server send several small frames. Tornado leaves Nagle's algorithm on for
them, so the second frame waits for the browser's acknowledgement of the first, which the browser
delays by up to 40 ms (RFC 896 meets RFC 1122, 4.2.3.2). `WebSocketHandler.set_nodelay` ends that.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from traitlets import Bool
from traitlets.config import Configurable

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["LowLatency"]

_SETTING = "kernel_websocket_connection_class"


class LowLatency(Configurable):
    """Whether kernel messages are sent at once.

    Off by ``c.LowLatency.enabled = False`` in the server's configuration.
    """

    enabled = Bool(default_value=True, help="Send kernel messages without delay.").tag(config=True)

    def apply_to_jupyter_server(self, app: ServerApp) -> None:
        """Give kernels' WebSockets a connection class that sends at once.

        It derives from whatever class is set, so another extension's stays in force.
        """
        if not self.enabled:
            return
        settings = app.web_app.settings
        settings[_SETTING] = _sending_at_once(settings[_SETTING])
        self._report(app)

    def apply_to_notebook(self, app: Any) -> None:
        """Do the same for notebook 6.5, which has no such setting: wrap its handler's ``open``."""
        if not self.enabled:
            return
        from notebook.services.kernels.handlers import ZMQChannelsHandler  # noqa: PLC0415

        opened = ZMQChannelsHandler.open

        @functools.wraps(opened)
        def open_at_once(handler: Any, *args: Any, **kwargs: Any) -> Any:
            handler.set_nodelay(True)
            return opened(handler, *args, **kwargs)

        ZMQChannelsHandler.open = open_at_once
        self._report(app)

    @staticmethod
    def _report(app: Any) -> None:
        app.log.info("pybridge | kernel messages are sent without delay (TCP_NODELAY)")


def _sending_at_once(base: type) -> type:
    """Derive a connection class that sets TCP_NODELAY when it connects."""

    class LowLatencyConnection(base):  # type: ignore[misc]
        def connect(self) -> Any:
            self.websocket_handler.set_nodelay(True)
            return super().connect()

    # The configuration of a class goes by its name; the base's is inherited.
    LowLatencyConnection.__name__ = LowLatencyConnection.__qualname__ = f"LowLatency{base.__name__}"
    return LowLatencyConnection
