"""The server's side: kernel messages without delay, and none lost when a page is closed.

Loaded by the notebook server, in its own environment; imports nothing of the kernel's. Installing
pybridge enables it for jupyter_server (Notebook 7, nbclassic) and for notebook 6.5, through files
in ``etc/jupyter``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .last_words import LastWords
from .low_latency import LowLatency

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["LastWords", "LowLatency"]

_PARTS = (LowLatency, LastWords)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "pybridge.server"}]


def _load_jupyter_server_extension(serverapp: ServerApp) -> None:
    for part in _PARTS:
        part(parent=serverapp).apply_to_jupyter_server(serverapp)


def load_jupyter_server_extension(app: Any) -> None:
    """Load into notebook 6.5, which looks for this name. jupyter_server asks for the other."""
    for part in _PARTS:
        part(parent=app).apply_to_notebook(app)
