"""What other tools make of a notebook with players, models and plots."""

from __future__ import annotations

import copy
import re

import nbclient
import nbformat
import pytest
from nbconvert.exporters import (
    HTMLExporter,
    LatexExporter,
    MarkdownExporter,
    SlidesExporter,
)
from nbconvert.preprocessors.sanitize import SanitizeHTML

from .conftest import ANIMATION, MODEL, notebook


@pytest.fixture(scope="module")
def executed():
    """As nbclient leaves it, with no page anywhere."""
    return nbclient.execute(notebook(ANIMATION, MODEL), record_timing=False)


@pytest.mark.parametrize("exporter", [HTMLExporter, SlidesExporter, MarkdownExporter])
def test_pages_show_the_picture(executed, exporter):
    text, _ = exporter().from_notebook_node(copy.deepcopy(executed))
    assert re.search(r'<img[^>]+src="data:image/png;base64,', text)


def test_latex_shows_the_picture(executed):
    text, resources = LatexExporter().from_notebook_node(copy.deepcopy(executed))
    [picture] = re.findall(r"adjustimage.*\{([^{}]+\.png)\}", text)
    assert resources["outputs"][picture].startswith(b"\x89PNG")


def test_it_is_a_valid_notebook_that_says_what_it_is_of(executed):
    nbformat.validate(executed)
    player, model = (cell.outputs[0] for cell in executed.cells)
    assert set(player.metadata.pybridge) == {"version", "handle"}
    assert set(model.metadata.pybridge) == {"version", "model"}


def test_two_runs_give_the_same_player(executed):
    again = nbclient.execute(notebook(ANIMATION), record_timing=False)
    assert again.cells[0].outputs == executed.cells[0].outputs


def test_nothing_is_logged_of_what_only_pages_hear(caplog):
    source = ANIMATION.replace("pybridge.Anim", "player = pybridge.Anim")
    nbclient.execute(notebook(source, "player", "player.play()"))
    assert "unhandled" not in caplog.text


# What viewers that run no scripts leave of it, by the rules that nbconvert ships: as they are, and
# with pictures and what encloses them, as public viewers allow.

PUBLIC = {
    "tags": ["a", "div", "img", "p", "table", "tr", "td", "th"],
    "attributes": {"a": ["href"], "img": ["src", "alt", "width", "height"], "*": ["class"]},
    "strip": True,
}


@pytest.fixture
def sanitized(executed):
    """Gives the output of the player as it comes out of the sanitiser."""

    def run(**rules):
        clean, _ = SanitizeHTML(**rules).preprocess(copy.deepcopy(executed), {})
        return clean.cells[0].outputs[0].data

    return run


@pytest.mark.parametrize("rules", [{}, PUBLIC], ids=["nbconvert", "public"])
def test_no_script_is_left(sanitized, rules):
    data = sanitized(**rules)
    assert "<script" not in data["text/html"]
    assert data["image/png"]


def test_words_and_a_link_are_left(sanitized):
    html = sanitized(**PUBLIC)["text/html"]
    assert '<a href="https://nbclassic.readthedocs.io/en/latest/security.html">' in html
    assert 'alt="Animation: A line &amp; &lt;more&gt;"' in html
    assert 'width="400"' in html
