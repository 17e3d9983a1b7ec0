"""The player's modules and styles as text that a page holds itself."""

from __future__ import annotations

import re

from pybridge._assets import asset_folder

__all__ = ["script", "styles"]

_ENTRY = "exported"
_STYLES = ("controls.css", "player.css", "plot.css", "views.css")
# Every module of nbext/ begins so, and says in it what it needs.
_DEFINE = re.compile(r"^define\(\[(.*?)\]", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"'\./([\w-]+)'")

_FRAME = """(function () {{
'use strict';
const modules = {{}};
const definer = (name) => (needed, make) => {{
  modules[name] = make(...needed.map((path) => modules[path.slice(2)]));
}};
{modules}
}})();"""


def script() -> str:
    """Give a script that brings the page's players to life, ready to stand in its markup."""
    names: dict[str, str] = {}
    _collect(_ENTRY, names)
    modules = (f"{{\nconst define = definer('{name}');\n{text}}}" for name, text in names.items())
    return _FRAME.format(modules="\n".join(modules)).replace("</", "<\\/")


def _collect(name: str, found: dict[str, str]) -> None:
    """Add a module's text behind those of the modules that it needs."""
    if name in found:
        return
    text = (asset_folder("nbext") / f"{name}.js").read_text("utf-8")
    head = _DEFINE.search(text)
    if head is None:
        msg = f"nbext/{name}.js defines no module"
        raise ValueError(msg)
    for needed in _NAME.findall(head[1]):
        _collect(needed, found)
    found[name] = text


def styles() -> str:
    """Give the style sheets of all that cells show, as one."""
    folder = asset_folder("nbext")
    return "\n".join((folder / name).read_text("utf-8") for name in _STYLES)
