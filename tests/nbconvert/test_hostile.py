"""What stands in a notebook stays what it is in the page that is made of it."""

import ast

import pytest
from bs4 import BeautifulSoup

from pybridge.nbconvert.formulas import show_formulas
from pybridge.nbconvert.preprocessor import BakePreprocessor
from tests.naughty import LONG, STRINGS


@pytest.mark.parametrize("key", ["handle", "model"])
def test_a_name_in_an_output_is_asked_for_as_text(key):
    preprocessor = BakePreprocessor()
    for text in STRINGS:
        expression = preprocessor._expression({key: text})
        constants = [
            node.value for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Constant)
        ]
        # The only one that is not pybridge's own.
        assert text in constants
        plain = ast.parse(preprocessor._expression({key: "plain"}))
        assert ast.dump(plain).replace("'plain'", repr(text)) == ast.dump(ast.parse(expression))


@pytest.mark.parametrize("metadata", [None, 5, [], "x", {}, {"handle": 5}, {"model": ["x"]}])
def test_metadata_that_say_nothing_are_left_alone(metadata):
    assert BakePreprocessor()._expression(metadata) is None


def test_a_formula_is_a_formula_or_text():
    for text in (text for text in STRINGS if text not in LONG):
        for formula in (f"${text}$", f"$$\\text{{{text}}}$$", f"\\(x_{{{text}}}\\)"):
            page = BeautifulSoup("<div class='jp-RenderedMarkdown'></div>", "html.parser")
            page.div.string = formula
            show_formulas(page)
            again = BeautifulSoup(str(page), "html.parser")
            names = {tag.name for tag in again.find_all(True)} - {"div", "code", "math"}
            assert all(name.startswith("m") for name in names), formula
            attributes = {name for tag in again.find_all(True) for name in tag.attrs}
            assert not [name for name in attributes if name.startswith("on")], formula
