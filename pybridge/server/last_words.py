"""What a page says last, when it is closed, reaches its kernel.

The server hands a message to a ZMQ stream, which sends it in a later turn of the server's loop. The
last word of a page and the end of its connection often come in one turn. If other pages are
connected to the kernel, the server closes the streams at once, with all that they have not sent
yet: a change of a model would be lost, and Python would keep for a while what the page held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import zmq

from .connections import ConnectionPart

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LastWords"]


class LastWords(ConnectionPart):
    """Passes on what a page says when it is closed.

    Off by ``c.LastWords.enabled = False`` in the server's configuration.
    """

    says = "what a page says when it is closed is passed on"

    def ends(self, channels: Mapping[str, Any]) -> None:
        """Send what is left."""
        for stream in channels.values():
            # They are None where the connection has ended before it was made.
            if stream is not None and not stream.closed():
                stream.flush(zmq.POLLOUT)
