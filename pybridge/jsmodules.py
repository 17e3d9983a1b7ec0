"""Modules of a page that Python imports: ``py.registerJsModule(name, module)``."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .jsproxy import JsProxy, is_gone

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["register", "unregister"]

_registered: dict[str, JsProxy] = {}


class JsModule(ModuleType):
    """A JavaScript object as a Python module; attributes are the object's."""

    def __init__(self, name: str, proxy: JsProxy) -> None:
        super().__init__(name)
        self.__dict__["__pybridge_proxy__"] = proxy
        # So that `import name.part` asks for the part.
        self.__dict__["__path__"] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["__pybridge_proxy__"], name)

    def __setattr__(self, name: str, value: object) -> None:
        if (name.startswith("__") and name.endswith("__")) or isinstance(value, JsModule):
            super().__setattr__(name, value)
        else:
            setattr(self.__dict__["__pybridge_proxy__"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__dict__["__pybridge_proxy__"], name)

    def __dir__(self) -> list[str]:
        return dir(self.__dict__["__pybridge_proxy__"])


class _Finder(MetaPathFinder, Loader):
    """Finds registered modules and their parts, after Python's own."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        return None if _find(fullname) is None else ModuleSpec(fullname, self, origin="JavaScript")

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        proxy = _find(spec.name)
        if proxy is None:
            raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name)
        return JsModule(spec.name, proxy)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: a page's module is made already."""


def _find(name: str) -> JsProxy | None:
    parent, _, own = name.rpartition(".")
    if not parent:
        return _registered.get(name)
    holder = sys.modules.get(parent)
    if not isinstance(holder, JsModule):
        return None
    try:
        part = getattr(holder.__dict__["__pybridge_proxy__"], own)
    except AttributeError:
        return None
    return part if isinstance(part, JsProxy) else None


_finder = _Finder()


def register(name: str, module: object) -> None:
    """Let Python import an object of a page; a new one under an old name takes its place.

    What was imported before stays what it was, as in any Python process, unless its page is gone:
    that is imported anew.

    Raises
    ------
    TypeError
        When `name` is no string, or `module` no object of JavaScript's.
    """
    if not isinstance(name, str):
        raise TypeError(f"a module's name is a string, not a {type(name).__name__}")
    if not isinstance(module, JsProxy):
        raise TypeError(f"a JavaScript module is an object or a function, not {module!r:.80}")
    _registered[name] = module
    for imported, old in list(sys.modules.items()):
        is_part = imported == name or imported.startswith(f"{name}.")
        if is_part and isinstance(old, JsModule) and is_gone(old.__pybridge_proxy__):
            del sys.modules[imported]
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)


def unregister(name: str) -> None:
    """Let Python import it no more; what was imported stays in ``sys.modules``.

    Raises
    ------
    ValueError
        When nothing is registered under this name.
    """
    if name not in _registered:
        raise ValueError(f"cannot unregister {name!r}: no such JavaScript module is registered")
    del _registered[name]
