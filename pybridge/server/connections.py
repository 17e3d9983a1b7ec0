"""What the server does beside its own, as a page's connection to a kernel begins and ends."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar

from traitlets import Bool
from traitlets.config import Configurable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_server.serverapp import ServerApp

__all__ = ["ConnectionPart"]

_SETTING = "kernel_websocket_connection_class"


class ConnectionPart(Configurable):
    """Something done at the beginning or the end of each connection.

    Attributes
    ----------
    says : str
        What it does, for the server's log.
    """

    says: ClassVar[str]

    enabled = Bool(default_value=True, help="Whether the server does this.").tag(config=True)

    def begins(self, handler: Any) -> None:
        """Do what comes before an open WebSocket is connected to its kernel's channels."""

    def ends(self, channels: Mapping[str, Any]) -> None:
        """Do what comes before the streams to a kernel's channels, by their names, are closed."""

    def apply_to_jupyter_server(self, app: ServerApp) -> None:
        """Give kernels' WebSockets a connection class that does it, if it is enabled.

        It derives from whatever class is set, so another extension's stays in force.
        """
        if not self.enabled:
            return
        settings = app.web_app.settings
        settings[_SETTING] = self.derive(settings[_SETTING])
        app.log.info("pybridge | %s", self.says)

    def apply_to_notebook(self, app: Any) -> None:
        """Do the same for notebook 6.5, which has no such setting: wrap its handler's methods."""
        if not self.enabled:
            return
        from notebook.services.kernels.handlers import ZMQChannelsHandler  # noqa: PLC0415

        opened, closed = ZMQChannelsHandler.open, ZMQChannelsHandler.on_close

        @functools.wraps(opened)
        def begin(handler: Any, *args: Any, **kwargs: Any) -> Any:
            self.begins(handler)
            return opened(handler, *args, **kwargs)

        @functools.wraps(closed)
        def end(handler: Any) -> None:
            try:
                self.ends(handler.channels)
            finally:
                closed(handler)

        ZMQChannelsHandler.open, ZMQChannelsHandler.on_close = begin, end
        app.log.info("pybridge | %s", self.says)

    def derive(self, base: type) -> type:
        """Derive a connection class of jupyter_server's that does it."""
        part = self

        class Connection(base):  # type: ignore[misc]
            def connect(self) -> Any:
                part.begins(self.websocket_handler)
                return super().connect()

            def disconnect(self) -> None:
                try:
                    # A connection to a kernel gateway has none.
                    part.ends(getattr(self, "channels", {}))
                finally:
                    super().disconnect()

        # The configuration of a class goes by its name; the base's is inherited.
        Connection.__name__ = Connection.__qualname__ = f"{type(self).__name__}{base.__name__}"
        return Connection
