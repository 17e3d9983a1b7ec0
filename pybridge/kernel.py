"""The bridge for kernels of other languages: a mixin over ipykernel's ``Kernel``.

A wrapper kernel, a Python process whose cells are written in something else, has a Python side that
a page may call: handles, values, models, comms and JavaScript objects are all there. Only what is
about Python's own namespace is not: ``py.runPython`` and ``py.globals`` say ``not-python``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import comm
from ipykernel.kernelbase import Kernel

from . import dispatch, host, subshells

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BridgeKernel"]


class BridgeKernel(Kernel):
    """A kernel of any language whose pages can use the bridge.

    Inherit it instead of ``ipykernel.kernelbase.Kernel`` and write ``do_execute`` as always; the
    page's calls do not reach it. ``pybridge.register`` works from anywhere in the process.

    Examples
    --------
    >>> class Shouting(BridgeKernel):
    ...     implementation = language = banner = "shouting"
    ...     implementation_version = "1.0"
    ...     language_info = {"name": "shouting", "file_extension": ".txt"}
    ...
    ...     def do_execute(self, code, silent, *args, **kwargs):
    ...         self.send_response(
    ...             self.iopub_socket, "stream", {"name": "stdout", "text": code.upper()}
    ...         )
    ...         return {"status": "ok", "execution_count": self.execution_count}
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        manager = comm.get_comm_manager()
        self.comm_manager = manager
        for kind in ("comm_open", "comm_msg", "comm_close"):
            self.shell_handlers[kind] = getattr(manager, kind)
        host.adopt(self)
        dispatch.listen()

    def set_parent(
        self, ident: list[bytes], parent: dict[str, Any], channel: str = "shell"
    ) -> None:
        """Note which message is being handled, also for what Python prints meanwhile."""
        super().set_parent(ident, parent, channel)
        if channel != "shell":
            return
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "set_parent"):
                stream.set_parent(parent)

    async def execute_request(
        self, stream: Any, ident: list[bytes], parent: dict[str, Any]
    ) -> None:
        """Answer a page's call; leave anything else to the language."""
        answered = await subshells.answer_request(self, dispatch.answer, stream, ident, parent)
        if not answered:
            await super().execute_request(stream, ident, parent)

    def show_error(self, lines: Iterable[str], name: str, message: str) -> None:
        """Show an error in the cell, or the call, that is being handled."""
        content = {"ename": name, "evalue": message, "traceback": list(lines)}
        self.send_response(self.iopub_socket, "error", content)
