"""A way to the server on which messages can be held, lost, repeated and overtaken."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tests.browser.server import Server
from tests.browser.slow_link import SlowLink

Write = Callable[[bytes], Awaitable[None]]

_TEXT, _BINARY = 1, 2
_FIRST_CONTROL = 8
_ANSWERS = frozenset({"stream", "display_data", "comm_msg", "input_request"})
_GOING_AWAY = struct.pack(">BBH", 0x88, 2, 1001)
# How long one channel is behind the other, in seconds.
_LATE = 0.4


@dataclass(frozen=True)
class Message:
    """A message of Jupyter's protocol on its way.

    Parameters
    ----------
    up
        Whether it goes to the server.
    raw
        As the WebSocket has it, all of its frames.
    kind
        1 for text, 2 for binary.
    payload
        What the frames hold.
    """

    up: bool
    raw: bytes
    kind: int
    payload: bytes

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Channel, header, parent header, content."""
        text = self.payload
        if self.kind == _BINARY:
            (count,) = struct.unpack_from(">I", text)
            start, *rest = struct.unpack_from(f">{count}I", text, 4)
            text = text[start : rest[0] if rest else None]
        fields: dict[str, Any] = json.loads(text)
        return fields

    @property
    def channel(self) -> str:
        return str(self.fields["channel"])

    @property
    def type(self) -> str:
        return str(self.fields["header"]["msg_type"])

    @property
    def id(self) -> str:
        return str(self.fields["header"]["msg_id"])

    @property
    def parent(self) -> str | None:
        """Id of the message that it answers."""
        return (self.fields.get("parent_header") or {}).get("msg_id")

    @property
    def is_idle(self) -> bool:
        return self.type == "status" and self.fields["content"]["execution_state"] == "idle"

    @property
    def is_call(self) -> bool:
        """Whether the page asks something of the kernel that is not a cell."""
        if not self.up or self.channel != "shell":
            return False
        content = self.fields["content"]
        if self.type == "execute_request":
            return not content.get("store_history")
        return self.type == "comm_msg"


class Hold:
    """Keeps the first such message, or its second half, until it is let go.

    Everything behind it in the same direction waits, as it would on a line.
    """

    def __init__(self, which: Callable[[Message], bool], *, half: bool = False) -> None:
        self.which = which
        self.half = half
        self.reached = threading.Event()
        self._let_go = threading.Event()

    def let_go(self) -> None:
        """Keep nothing any more."""
        self._let_go.set()

    async def keep(self, message: Message, write: Write) -> bytes:
        """Wait, and give what of the message is still to be written."""
        raw = message.raw
        if self._let_go.is_set() or not self.which(message):
            return raw
        if self.half:
            await write(raw[: len(raw) // 2])
            raw = raw[len(raw) // 2 :]
        self.reached.set()
        await asyncio.to_thread(self._let_go.wait)
        return raw


class Rule:
    """What happens to certain messages."""

    def __init__(self, which: Callable[[Message], bool]) -> None:
        self.which = which

    async def deliver(self, raw: bytes, write: Write) -> None:
        """Do it to one of them."""
        raise NotImplementedError


class Drop(Rule):
    """Loses them."""

    async def deliver(self, raw: bytes, write: Write) -> None:
        pass


class Twice(Rule):
    """Delivers them twice."""

    async def deliver(self, raw: bytes, write: Write) -> None:
        await write(raw)
        await write(raw)


class Late(Rule):
    """Lets others overtake them; they keep their order among themselves."""

    _last: asyncio.Task[None] | None = None

    async def deliver(self, raw: bytes, write: Write) -> None:
        self._last = asyncio.create_task(self._later(self._last, raw, write))

    async def _later(self, last: asyncio.Task[None] | None, raw: bytes, write: Write) -> None:
        await asyncio.sleep(_LATE)
        if last is not None:
            await last
        with suppress(ConnectionError):
            await write(raw)


class Link(SlowLink):
    """A `SlowLink` that knows Jupyter's messages.

    Attributes
    ----------
    calls
        Ids of the messages in which the page has asked something that is not a cell.
    answers
        How many messages with something in them have answered those.
    hold, rule
        What is done to messages on their way, if anything.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.calls: list[str] = []
        self.answers = 0
        self.hold: Hold | None = None
        self.rule: Rule | None = None
        self._broken = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._sockets: set[asyncio.StreamWriter] = set()

    # -- what a test does -------------------------------------------------------------------------

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._broken = True
        self._do(self._abort(self._writers))

    def mend(self) -> None:
        """Take connections again."""
        self._broken = False

    def close_sockets(self) -> None:
        """Have every WebSocket of the page closed, as a server does that goes away."""
        self._do(self._close_sockets())

    def answers_call(self, message: Message) -> bool:
        """Whether a message answers one of `calls`."""
        return not message.up and message.parent in self.calls

    # -- internals --------------------------------------------------------------------------------

    async def _abort(self, writers: set[asyncio.StreamWriter]) -> None:
        for writer in list(writers):
            writer.transport.abort()

    async def _close_sockets(self) -> None:
        for writer in list(self._sockets):
            writer.write(_GOING_AWAY)
            await writer.drain()
            writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._broken:
            writer.transport.abort()
            return
        try:
            there, beyond = await asyncio.open_connection("127.0.0.1", self._server.port)
        except OSError:  # the server is away
            writer.transport.abort()
            return
        ours = {writer, beyond}
        self._writers |= ours
        try:
            await self._connect(reader, writer, there, beyond)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side is gone, and so the other shall be; or the test is over
        finally:
            self._writers -= ours
            self._sockets.discard(writer)
            writer.close()
            beyond.close()

    async def _connect(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        beyond: asyncio.StreamWriter,
    ) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/channels" not in head.split(b"\r\n", 1)[0]:
            beyond.write(head)
            await asyncio.gather(
                self._pass_on(reader, beyond, slow=False), self._pass_on(there, writer, slow=True)
            )
            return
        lines = head.split(b"\r\n")
        # Compressed messages could not be read here.
        lines = [line for line in lines if not line.lower().startswith(b"sec-websocket-ext")]
        beyond.write(b"\r\n".join(lines))
        writer.write(await there.readuntil(b"\r\n\r\n"))
        self._sockets.add(writer)
        ways = [
            asyncio.create_task(self._messages(reader, beyond, up=True)),
            asyncio.create_task(self._messages(there, writer, up=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _messages(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool
    ) -> None:
        async def write(raw: bytes) -> None:
            chunk = 16 * 1024
            for start in range(0, len(raw), chunk):
                writer.write(raw[start : start + chunk])
                await writer.drain()
                if not up and self.rate is not None:
                    await asyncio.sleep(len(raw[start : start + chunk]) / self.rate)

        raws: list[bytes] = []
        payloads: list[bytes] = []
        kind = 0
        while True:
            raw, code, last, payload = await _frame(reader)
            if code >= _FIRST_CONTROL:
                await write(raw)
                continue
            kind = code or kind
            raws.append(raw)
            payloads.append(payload)
            if not last:
                continue
            message = Message(up, b"".join(raws), kind, b"".join(payloads))
            raws, payloads = [], []
            if message.is_call:
                self.calls.append(message.id)
            self.answers += self.answers_call(message) and message.type in _ANSWERS
            raw = await self.hold.keep(message, write) if self.hold else message.raw
            rule = self.rule
            # What has half arrived cannot be lost any more, nor come twice.
            if rule and raw is message.raw and rule.which(message):
                await rule.deliver(raw, write)
            else:
                await write(raw)


async def _frame(reader: asyncio.StreamReader) -> tuple[bytes, int, bool, bytes]:
    """Read a frame (RFC 6455, section 5.2): as it is, its opcode, whether it is the last, data."""
    raw = head = await reader.readexactly(2)
    size = head[1] & 0x7F
    if size > 125:
        wide = await reader.readexactly(2 if size == 126 else 8)
        raw += wide
        size = int.from_bytes(wide, "big")
    mask = await reader.readexactly(4) if head[1] & 0x80 else b""
    data = await reader.readexactly(size)
    raw += mask + data
    if mask:
        key = np.resize(np.frombuffer(mask, np.uint8), size)
        data = (np.frombuffer(data, np.uint8) ^ key).tobytes()
    return raw, head[0] & 0x0F, bool(head[0] & 0x80), data
