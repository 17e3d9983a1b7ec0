"""A way to the server that is as slow as one likes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any
from urllib.parse import urlsplit

from .server import Server

_CHUNK = 16 * 1024  # bytes


class SlowLink:
    """The same server behind another port, through which what it sends comes slowly.

    A context manager that stands for the `Server` itself; give it to `Notebook.create`.

    Parameters
    ----------
    server
        Where it leads.

    Attributes
    ----------
    rate
        Bytes per second from the server, of each connection; None for as fast as can be.
    """

    def __init__(self, server: Server) -> None:
        self.rate: float | None = None
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> SlowLink:
        self._thread.start()
        self._listener = self._do(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def notebook_url(self, path: str) -> str:
        """Address of the classic notebook page of a file, by the slow way."""
        url = urlsplit(self._server.notebook_url(path))
        return url._replace(netloc=f"127.0.0.1:{self._port}").geturl()

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _stop(self) -> None:
        self._listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self._server.port, limit=_CHUNK)
        await asyncio.gather(
            self._pass_on(reader, there[1], slow=False), self._pass_on(there[0], writer, slow=True)
        )

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        try:
            while data := await reader.read(_CHUNK):
                writer.write(data)
                await writer.drain()
                if slow and self.rate is not None:
                    await asyncio.sleep(len(data) / self.rate)
        except ConnectionError:
            pass  # one side is gone, and so the other shall be
        finally:
            writer.close()
