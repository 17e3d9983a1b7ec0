"""JavaScript in a Jupyter notebook calls Python in its kernel, by name and with values.

>>> import pybridge
>>> class Simulation:
...     @pybridge.export
...     def step(self, n: int = 1) -> float: ...
>>> pybridge.register(Simulation(), "sim")

and in the page ``await (await pybridge.connect()).handle("sim").step(10)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import errors
from ._assets import _jupyter_nbextension_paths as _jupyter_nbextension_paths
from ._version import __version__
from .dispatch import dispatch, install
from .errors import BridgeError
from .registry import Handle, export, get, handles, register, release

if TYPE_CHECKING:
    from .animation.player import Animation

__all__ = [
    "Animation",
    "BridgeError",
    "Handle",
    "__version__",
    "dispatch",
    "errors",
    "export",
    "get",
    "handles",
    "register",
    "release",
]


def __getattr__(name: str) -> Any:
    # matplotlib takes most of a second to import; only those who animate pay for it.
    if name == "Animation":
        from .animation.player import Animation  # noqa: PLC0415

        return Animation
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


install()
