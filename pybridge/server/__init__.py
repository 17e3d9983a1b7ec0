"""The server's side: kernel messages without the 40 ms that TCP adds to small ones.

Loaded by the notebook server, in its own environment; imports nothing of the kernel's. Installing
pybridge enables it for jupyter_server (Notebook 7, nbclassic) and for notebook 6.5, through files
in ``etc/jupyter``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .low_latency import LowLatency

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["LowLatency"]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "pybridge.server"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    LowLatency(parent=serverapp).apply_to_jupyter_server(serverapp)


def load_jupyter_server_extension(app: Any) -> None:
    """Load into notebook 6.5, which looks for this name. jupyter_server asks for the other."""
    LowLatency(parent=app).apply_to_notebook(app)
