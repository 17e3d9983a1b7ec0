"""The globals of the page that ran the cell: ``from pybridge.js import document``.

Any name of JavaScript's ``globalThis`` is an attribute of this module, and setting an attribute
sets the global. The page is the one that runs the current cell or call: with two windows on one
notebook each cell speaks to the one that it was run in. See `jsproxy.JsProxy`.

Modules that the page has registered with ``py.registerJsModule`` are imported by their own names.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from . import dispatch, pages

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...


# Pages are heard from its import on.
_ = dispatch


class _Globals(ModuleType):
    def __getattr__(self, name: str) -> Any:
        # What the import system and tools look up on any module.
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(pages.current().globals, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__") and name.endswith("__"):
            super().__setattr__(name, value)
        else:
            setattr(pages.current().globals, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(pages.current().globals, name)

    def __dir__(self) -> list[str]:
        return dir(pages.current().globals)


# Another module in this one's place: a name that is imported above is the page's there.
_globals = _Globals(__name__, __doc__)
_globals.__spec__ = __spec__
_globals.__file__ = __file__
sys.modules[__name__] = _globals
