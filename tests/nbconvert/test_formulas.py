"""Formulas become MathML."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from pybridge.nbconvert.formulas import show_formulas


def shown(text):
    page = BeautifulSoup(f'<div class="jp-RenderedMarkdown">{text}</div>', "html.parser")
    show_formulas(page)
    return page


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("$x$", "inline"),
        (r"\(x\)", "inline"),
        ("$$x$$", "block"),
        (r"\[x\]", "block"),
        (r"\begin{equation}x\end{equation}", "block"),
        (r"\begin{align*}x\end{align*}", "block"),
    ],
)
def test_every_way_to_write_one(text, display):
    page = shown(f"before {text} after")
    assert page.math["display"] == display
    assert "x" in page.math.text
    assert page.text.startswith("before ")
    assert page.text.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "5 dollars",
        "costs $5",
        r"\$5 and \$6",
        "<code>$x$</code>",
        "<pre>$x$</pre>",
        "<textarea>$x$</textarea>",
        "<!-- is $x$ right? -->",
        "$$",
    ],
)
def test_what_is_none_stays(text):
    page = shown(text)
    assert page.math is None
    assert page.div.decode_contents() == text


def test_what_stands_around_stays_text():
    page = shown("a &lt;b&gt; $x &lt; y$ &amp;amp; c")
    assert page.b is None
    assert page.text.startswith("a <b> ")
    assert page.text.endswith(" &amp; c")
    assert page.math


def test_what_is_not_understood_is_shown_as_it_is():
    page = shown(r"$\left( x$")
    assert page.code.text == r"$\left( x$"


def test_only_texts_are_looked_at():
    page = BeautifulSoup("<div>$x$</div>", "html.parser")
    show_formulas(page)
    assert page.math is None


def test_nothing_in_a_formula_is_markup():
    page = shown(r"$\text{&lt;img/src=x/onerror=alert(1)&gt; a&lt;b} &lt; 1$")
    assert page.img is None
    assert "<img/src=x" in page.math.text
    assert "a<b" in page.math.text
