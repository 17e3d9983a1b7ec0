"""A notebook as one page that plays its animations, from a disk, with no network and no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from traitlets import Bool, List, Unicode, default

from pybridge._assets import asset_folder

from .bundle import script, styles
from .formulas import show_formulas

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["PybridgeExporter"]

_EXECUTE = "nbconvert.preprocessors.ExecutePreprocessor"
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
    def _our_templates(self) -> list[str]:
        return [str(asset_folder("templates") / "nbconvert")]

    def from_notebook_node(  # type: ignore[override]  # the bases differ, too
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook."""
        resources = dict(resources or {})
        resources["pybridge"] = {"script": script(), "styles": styles()}
        html, resources = super().from_notebook_node(nb, resources, **kw)
        page = BeautifulSoup(html, "html.parser")
        show_formulas(page)
        self._tell_what_is_missing(page)
        return str(page), resources

    def _tell_what_is_missing(self, page: BeautifulSoup) -> None:
        players = page.select(".pybridge-player")
        still = [each for each in players if not each.select('script[type="application/json"]')]
        if still:
            self.log.warning(
                "%d of %d players are pictures only: execute the notebook (--execute), or save it"
                " with their frames (bake=)",
                len(still),
                len(players),
            )
        for each in page.select("[src], link[href]"):
            address = str(each.get("src") or each.get("href"))
            if not address.startswith(("data:", "#")):
                self.log.warning("Left out, because the page loads nothing: %.200s", address)
