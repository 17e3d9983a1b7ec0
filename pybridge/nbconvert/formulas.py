"""Formulas as MathML, which browsers show by themselves: MathJax would have to be loaded."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bs4 import BeautifulSoup
from bs4.element import NavigableString
from latex2mathml.converter import convert_to_element

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["show_formulas"]

# Where MathJax looks for them in a notebook, and where not.
_PLACES = ".jp-RenderedMarkdown, .jp-RenderedLatex"
_VERBATIM = ["code", "pre", "script", "style", "textarea"]

_FORMULA = re.compile(
    r"""
    (?<!\\)\$\$ (?P<block>.+?) (?<!\\)\$\$
    | \\\[ (?P<bracket>.+?) \\\]
    | \\\( (?P<parenthesis>.+?) \\\)
    | (?<![\\$])\$ (?P<inline>[^$]+?) (?<!\\)\$
    | (?P<environment> \\begin\{(?P<name>[a-z]+\*?)\} .+? \\end\{(?P=name)\})
    """,
    re.DOTALL | re.VERBOSE,
)


def show_formulas(page: BeautifulSoup) -> None:
    """Replace the formulas in the texts of an exported notebook."""
    for place in page.select(_PLACES):
        for text in place.find_all(string=_FORMULA):
            # Comments are texts as well, of a class of their own.
            if type(text) is NavigableString and text.find_parent(_VERBATIM) is None:
                markup = "".join(_pieces(str(text)))
                text.replace_with(BeautifulSoup(markup, "html.parser"))


def _pieces(text: str) -> Iterator[str]:
    done = 0
    for match in _FORMULA.finditer(text):
        yield html.escape(text[done : match.start()])
        yield _formula(match)
        done = match.end()
    yield html.escape(text[done:])


def _formula(match: re.Match[str]) -> str:
    inline = match["inline"] or match["parenthesis"]
    tex = inline or match["block"] or match["bracket"] or match["environment"]
    try:
        tree = convert_to_element(tex, display="inline" if inline else "block")
    except Exception:  # noqa: BLE001 - its errors have no common root, and TeX no end
        return f"<code>{html.escape(match[0])}</code>"
    # It has character references in its texts, and `convert` resolves them only after writing: a
    # text's own `<` would become a tag's.
    for element in tree.iter():
        element.text = html.unescape(element.text or "")
    return ET.tostring(tree, encoding="unicode")
