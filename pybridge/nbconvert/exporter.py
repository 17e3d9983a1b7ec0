"""A notebook as one page that plays its animations, from a disk, with no network and no kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from traitlets import Bool, List, Unicode, default, validate

from pybridge._assets import asset_folder

from .bundle import script, styles
from .formulas import show_formulas

if TYPE_CHECKING:
    from bs4 import Tag
    from nbformat import NotebookNode

__all__ = ["PybridgeExporter"]

_EXECUTE = "nbconvert.preprocessors.ExecutePreprocessor"
_TEMPLATES = str(asset_folder("templates") / "nbconvert")
# What a browser loads without being asked.
_LOADING = "[src], [srcset], object[data], link[href], image[href], use[href], [poster]"
_BAKE = "pybridge.nbconvert.preprocessor.BakePreprocessor"


class PybridgeExporter(HTMLExporter):
    """Exports a page that loads nothing: what it shows is in it, and the browser is told so."""

    export_from_notebook = "HTML that plays"
    template_name = Unicode("pybridge").tag(config=True)
    embed_images = Bool(True).tag(config=True)
    default_preprocessors = List(
        [
            _BAKE if name == _EXECUTE else name
            for name in HTMLExporter.class_traits()["default_preprocessors"].default() or ()
        ]
    ).tag(config=True)

    @default("extra_template_basedirs")
    def _where_templates_are(self) -> list[str]:
        return [*super()._default_extra_template_basedirs(), _TEMPLATES]

    @validate("extra_template_basedirs")
    def _with_ours(self, proposal: Any) -> list[str]:
        given: list[str] = proposal["value"]
        return given if _TEMPLATES in given else [*given, _TEMPLATES]

    def from_notebook_node(  # type: ignore[override]  # the bases differ, too
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook."""
        resources = dict(resources or {})
        resources["pybridge"] = {"script": script(), "styles": styles()}
        html, resources = super().from_notebook_node(nb, resources, **kw)
        page = BeautifulSoup(html, "html.parser")
        show_formulas(page)
        self._take_out_what_loads(page)
        self._tell_what_is_missing(page)
        return str(page), resources

    def _tell_what_is_missing(self, page: BeautifulSoup) -> None:
        for player in page.select(".pybridge-player"):
            name = player.img["alt"] if player.img else "a player"
            baked = _held(player)
            if baked is None:
                self.log.warning(
                    "%s: a picture only. Execute the notebook (--execute), or save it with its"
                    " frames (bake=)",
                    name,
                )
            elif baked.get("partial"):
                self.log.warning("%s: holds %s", name, baked.get("text"))

    def _take_out_what_loads(self, page: BeautifulSoup) -> None:
        for each in page.select(_LOADING):
            for attribute in ("src", "srcset", "data", "href", "poster"):
                address = each.get(attribute)
                if address is not None and not str(address).startswith(("data:", "#")):
                    del each[attribute]
                    self.log.warning("Left out, because the page loads nothing: %.200s", address)
        for each in page.select("base, meta[http-equiv=refresh]"):
            each.decompose()


def _held(player: Tag) -> dict[str, Any] | None:
    """Give what a player holds, None where nothing can be read."""
    script = player.select_one('script[type="application/json"]')
    try:
        held = json.loads((script and script.string) or "")
    except (ValueError, RecursionError):
        return None
    return held if isinstance(held, dict) else None
