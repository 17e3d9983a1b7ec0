"""What a generator yields, on its way to the page: at once, but never a flood of messages.

A notebook server drops output beyond 1000 messages a second (``iopub_msg_rate_limit``), so items
that come faster than one in `INTERVAL` share a message.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from . import codec, timers

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["INTERVAL", "ItemBatch"]

INTERVAL = 0.005
"""Least time between two messages, in seconds."""


class ItemBatch:
    """Sends items as they are added; leaving the block sends the last of them.

    Parameters
    ----------
    send : callable
        Takes the reply and its buffers; called from this thread or from that of `timers`.
    encode : callable, optional
        Gives the tree of an item and adds to the buffers, as `codec.encode`.

    Attributes
    ----------
    count : int
        How many items were sent so far.
    """

    def __init__(
        self,
        send: Callable[[dict[str, Any], list[codec.Buffer]], None],
        encode: Callable[[object, list[codec.Buffer]], codec.Tree] = codec.encode,
    ) -> None:
        self._send = send
        self._encode = encode
        self._lock = threading.Lock()
        self._values: list[codec.Tree] = []
        self._buffers: list[codec.Buffer] = []
        self.count = 0
        self._last = -INTERVAL
        self._timer: timers.Timer | None = None

    def __enter__(self) -> ItemBatch:
        return self

    def __exit__(self, *exc_info: object) -> None:
        # It may end meanwhile.
        timer = self._timer
        if timer is not None:
            timer.cancel()
        self._flush()

    def add(self, value: object) -> None:
        """Send a value now, or within `INTERVAL`; later changes to it are not seen.

        Raises
        ------
        NotSerializableError
            When it cannot be sent; the items before it are.
        """
        with self._lock:
            self._values.append(self._encode(value, self._buffers))
            wait = self._last + INTERVAL - time.monotonic()
            if wait > 0:
                if self._timer is None:
                    self._timer = timers.call_later(wait, self._flush)
                return
        self._flush()

    def _flush(self) -> None:
        with self._lock:
            self._timer = None
            self._last = time.monotonic()
            # Sent under the lock: messages keep the order of their items. Kept until they are sent:
            # what comes twice, because an interrupt came after that, the page takes once.
            if self._values:
                reply = {"kind": "items", "first": self.count, "values": self._values}
                self._send(reply, self._buffers)
                self.count += len(self._values)
                self._values, self._buffers = [], []
