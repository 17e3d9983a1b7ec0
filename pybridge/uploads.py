"""Requests too large for one message, put together from the pieces that the page sends first.

A WebSocket message above 10 MiB makes the server close the connection, so the page cuts a large
request into pieces and names their upload in the call that follows.
"""

from __future__ import annotations

import logging
import time
from collections import deque

import numpy as np

from .errors import BadArgumentError, TooLargeError

__all__ = ["MAX_UPLOAD", "complete", "count", "drop", "drop_stale", "leave", "receive", "take"]

_logger = logging.getLogger(__name__)

MAX_UPLOAD = 2**30
"""The largest request, in bytes; the page knows the same number."""

# Pieces whose call never came are forgotten after this many seconds. A long cell may lie between
# two pieces of one upload.
_PATIENCE = 1800.0

_uploads: dict[str, _Upload] = {}
# Pages that were closed of late: what they had sent may still come.
_left: deque[str] = deque(maxlen=100)


class _Upload:
    def __init__(self, total: int, sender: str | None) -> None:
        self.sender = sender
        # Takes no memory before it is written to: a page may promise more than it sends.
        self.data = np.zeros(total, np.uint8).data
        # Sizes of the pieces that are here, by their offsets.
        self.received: dict[int, int] = {}
        self.touched = time.monotonic()

    def is_whole(self, pieces: int) -> bool:
        """Tell whether so many pieces are here, one after the other and without a gap."""
        end = 0
        for offset, size in sorted(self.received.items()):
            if offset != end:
                return False
            end += size
        return len(self.received) == pieces and end == len(self.data)


def receive(
    upload_id: str,
    offset: int,
    total: int,
    piece: bytes | memoryview,
    sender: str | None = None,
) -> None:
    """Keep one piece; the same piece twice is as good as once.

    Parameters
    ----------
    upload_id : str
        Chosen by the page.
    offset, total : int
        Where the piece belongs, and the size of the whole, in bytes.
    piece : bytes-like
    sender : str, optional
        Session of the page, as far as it is known. Nothing is kept of one that is closed.

    Raises
    ------
    TooLargeError
        When the whole is larger than `MAX_UPLOAD`; nothing has been allocated then.
    BadArgumentError
        When the piece does not fit into the whole.
    """
    if not 0 <= total <= MAX_UPLOAD:
        msg = f"an upload of {total} bytes is over the limit of {MAX_UPLOAD}"
        raise TooLargeError(msg, total, MAX_UPLOAD)
    if sender in _left:
        return
    upload = _uploads.get(upload_id)
    if upload is None:
        upload = _uploads[upload_id] = _Upload(total, sender)
    if len(upload.data) != total or not 0 <= offset <= total - len(piece):
        msg = f"a piece of {len(piece)} bytes at {offset} is not part of {len(upload.data)} bytes"
        raise BadArgumentError(msg)
    upload.data[offset : offset + len(piece)] = piece
    upload.received[offset] = len(piece)
    upload.touched = time.monotonic()


def complete(upload_id: str, pieces: int) -> bool:
    """Tell whether so many pieces of an upload are here."""
    upload = _uploads.get(upload_id)
    return upload is not None and len(upload.received) == pieces


def take(upload_id: str, pieces: int, sizes: list[int]) -> list[memoryview]:
    """Hand over the buffers of a complete upload, and forget it.

    Parameters
    ----------
    upload_id : str
    pieces : int
        How many pieces the page sent.
    sizes : list of int
        Sizes of the buffers that lie in the upload one after the other, in bytes.

    Raises
    ------
    BadArgumentError
        When pieces are missing or the sizes do not add up.
    """
    upload = _uploads.pop(upload_id, None)
    is_split = all(type(size) is int and size >= 0 for size in sizes)
    if (
        upload is None
        or not upload.is_whole(pieces)
        or not is_split
        or sum(sizes) != len(upload.data)
    ):
        msg = "the upload that came before this call is not complete; call again"
        raise BadArgumentError(msg)
    buffers = []
    start = 0
    for size in sizes:
        buffers.append(upload.data[start : start + size])
        start += size
    return buffers


def drop(upload_id: str) -> None:
    """Forget an upload whose call will not come; unknown ones are none the worse."""
    if _uploads.pop(upload_id, None) is not None:
        _logger.debug("upload %s: dropped, its call will not come", upload_id)


def leave(sender: str) -> None:
    """Forget the uploads of a page that is closed."""
    _left.append(sender)
    for upload_id, upload in list(_uploads.items()):
        if upload.sender == sender:
            drop(upload_id)


def count() -> int:
    """Count the uploads whose call has not come yet."""
    return len(_uploads)


def drop_stale() -> None:
    """Forget the uploads of which nothing has come for long."""
    before = time.monotonic() - _PATIENCE
    # Parts of answers come in another thread.
    for upload_id, upload in list(_uploads.items()):
        if upload.touched < before:
            _uploads.pop(upload_id, None)
            _logger.debug("upload %s: dropped, nothing came for %g s", upload_id, _PATIENCE)
