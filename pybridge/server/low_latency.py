"""TCP_NODELAY for the WebSockets of kernels.

Each kernel call makes the server send several small frames. Tornado leaves Nagle's algorithm on for
them, so the second frame waits for the browser's acknowledgement of the first, which the browser
delays by up to 40 ms (RFC 896 meets RFC 1122, 4.2.3.2). `WebSocketHandler.set_nodelay` ends that.
"""

from __future__ import annotations

from typing import Any

from .connections import ConnectionPart

__all__ = ["LowLatency"]


class LowLatency(ConnectionPart):
    """Sends kernel messages at once.

    Off by ``c.LowLatency.enabled = False`` in the server's configuration.
    """

    says = "kernel messages are sent without delay (TCP_NODELAY)"

    def begins(self, handler: Any) -> None:
        """Have the WebSocket send at once."""
        handler.set_nodelay(True)
