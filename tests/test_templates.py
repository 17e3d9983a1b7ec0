"""Text that is put into a template stays text there, whatever it is."""

import types
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import traitlets

import pybridge
from pybridge import Model, _templates, debugging, pages, registry
from pybridge._assets import asset_folder
from pybridge.animation.bake import _dumps
from pybridge.state.view import render_view

from .naughty import STRINGS

PLAIN = "plain"


class Outline(HTMLParser):
    """What a page is made of.

    Attributes
    ----------
    parts : list
        Tags with the names of their attributes, comments, and ends of tags, in order.
    texts : list of str
        Texts and values of attributes.
    """

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.parts, self.texts = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.parts.append((tag, *(name for name, _ in attributes)))
        self.texts.extend(value or "" for _, value in attributes)
        if tag in self.CDATA_CONTENT_ELEMENTS:
            self.texts.append("")

    def handle_endtag(self, tag):
        self.parts.append(f"/{tag}")

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.parts.append(("comment", data))

    def handle_decl(self, data):
        self.parts.append(("declaration", data))

    handle_pi = unknown_decl = handle_decl


def read(text):
    """A text as a browser has it once it is parsed."""
    return _templates.legible(text)


def handles(text):
    handle = registry.Handle(text, object())
    handle.methods = (text,)
    handle.obj = type(text.replace("\0", "") if _can_name(text) else "T", (), {})()
    return registry.HandleList([handle])._repr_html_()


def _can_name(text):
    """Tell whether a class may be called so: any text but for what Python cannot encode."""
    return text == read(text)


def proxies(text):
    row = types.SimpleNamespace(page=text, type_name=text, references=1, age=0.0, seen=0.0)
    return pages.ProxyList([row])._repr_html_()


def debug(text):
    now = debugging.debug()
    calls = (debugging.CallRow(text, text, 0.0),)
    kept = (debugging.PageRow(text, 0, 0, 0.0),)
    return replace(now, version=text, calls=calls, errors={text: 1}, pages=kept)._repr_html_()


def player(text):
    baked = types.SimpleNamespace(digest=text, text=text, document=_dumps({text: text}))
    return _templates.render(
        "player.html",
        handle=text,
        width=1,
        height=1,
        label=text,
        mime="image/png",
        poster="",
        baked=baked,
    )


def plot(text):
    return _templates.render("plot.html", handle=text, width=1, height=1, label=text, png="")


def controls(text):
    class Made(Model):
        said = traitlets.Unicode(text).tag(sync=True)
        chosen = traitlets.Enum([text, "other"], text).tag(sync=True)
        held = traitlets.List([text]).tag(sync=True)

    return render_view(Made())


def view(text):
    class Made(Model):
        view = '<p title="{{ model.said }}">{{ model.said }}</p>'
        said = traitlets.Unicode(text).tag(sync=True)

    return render_view(Made())


TEMPLATES = {
    each.__name__: each for each in (handles, proxies, debug, player, plot, controls, view)
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_any_text_stays_text(template):
    fill = TEMPLATES[template]
    plain = Outline(fill(PLAIN))
    for text in STRINGS:
        html = fill(text)
        html.encode()  # a message is UTF-8
        outline = Outline(html)
        assert outline.parts == plain.parts, text
        shown = "".join(outline.texts).replace("\r\n", "\n")
        assert read(text).replace("\r\n", "\n") in shown, text


def test_every_template_is_tried():
    used = {"controls", "debug", "handles", "model", "player", "plot", "proxies"}
    assert used == {each.stem for each in asset_folder("templates").glob("*.html")}


def test_templates_escape_and_nothing_is_marked_as_safe_in_them():
    assert _templates._environment().autoescape is True
    for path in asset_folder("templates").rglob("*.*"):
        if path.parent.name == "templates":
            assert "safe" not in path.read_text("utf-8"), path


def test_a_name_of_a_handle_may_be_anything():
    for text in STRINGS:
        handle = pybridge.register(lambda: 1, text)
        try:
            assert pybridge.get(text) is handle
        finally:
            handle.release()
