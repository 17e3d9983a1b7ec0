"""JavaScript in a Jupyter notebook calls Python in its kernel, by name and with values.

>>> import pybridge
>>> class Simulation:
...     @pybridge.export
...     def step(self, n: int = 1) -> float: ...
>>> pybridge.register(Simulation(), "sim")

and in the page ``await (await pybridge.connect()).handle("sim").step(10)``.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

from ._assets import _jupyter_nbextension_paths as _jupyter_nbextension_paths
from ._version import __version__

if TYPE_CHECKING:
    from . import dispatch, errors
    from .animation.player import Animation
    from .animation.render import render
    from .comms import Comm, comm_target
    from .debugging import debug
    from .errors import BridgeError, JsError
    from .jsproxy import JsProxy, create_once_callable, create_proxy, to_js
    from .page import set_js_timeout
    from .pages import proxies
    from .registry import Handle, export, get, handles, register, release
    from .reporting import progress
    from .state.model import Model

__all__ = [
    "Animation",
    "BridgeError",
    "Comm",
    "Handle",
    "JsError",
    "JsProxy",
    "Model",
    "__version__",
    "comm_target",
    "create_once_callable",
    "create_proxy",
    "debug",
    "dispatch",
    "errors",
    "export",
    "get",
    "handles",
    "progress",
    "proxies",
    "register",
    "release",
    "render",
    "set_js_timeout",
    "to_js",
]

# Silent unless somebody asks; see docs/debugging.md.
logging.getLogger(__name__).addHandler(logging.NullHandler())

# Where each name lives. They are imported when first asked for: the notebook server, which loads
# `pybridge.server`, needs none of them, and matplotlib takes most of a second.
_HOMES = {
    "Animation": "animation.player",
    "BridgeError": "errors",
    "Comm": "comms",
    "Handle": "registry",
    "JsError": "errors",
    "JsProxy": "jsproxy",
    "Model": "state.model",
    "comm_target": "comms",
    "create_once_callable": "jsproxy",
    "create_proxy": "jsproxy",
    "debug": "debugging",
    "export": "registry",
    "get": "registry",
    "handles": "registry",
    "progress": "reporting",
    "proxies": "pages",
    "register": "registry",
    "release": "registry",
    "render": "animation.render",
    "set_js_timeout": "page",
    "to_js": "jsproxy",
}


def __getattr__(name: str) -> Any:
    if name in ("dispatch", "errors"):
        return importlib.import_module(f".{name}", __name__)
    home = _HOMES.get(name)
    if home is None:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    # Whoever uses pybridge in a kernel is about to be called: calls can be cancelled from now on.
    importlib.import_module(".dispatch", __name__)
    value = globals()[name] = getattr(importlib.import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
