"""The one line of code that a call is: whatever it carries, Python sees that and runs nothing."""

import ast
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from pybridge import codec

from .node import Node

NASTY = [
    ">>> print(1)",
    "%magic",
    "%%bash\nrm -rf /",
    "!rm -rf /",
    "x = !ls",
    "x = %who",
    "?",
    "print?",
    "??print",
    ";print 1",
    ",print 1",
    "/print 1",
    "In [1]: 1",
    "...: 1",
    "\n    indented",
    "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei",
    '"); import os; os.system("x") #',
    "'''\"\"\"",
    "\\",
    '\\\\"',
    "\\N{BULLET}\\x41\\u0041\\101",
    "{braces} %s ${dollar} $dollar",
    "line\r\nline\rline\n",
    "\0",
    "\ud800 \udfff",
    "\U0001f600",
    "\ufeff# -*- coding: latin-1 -*-",
    "x" * 5000,
    "\u2028" * 2000,
]


def one_character_each(text):
    """Tell whether no two halves of a pair have met, which JavaScript takes for one character."""
    return text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


snippets = (
    st.lists(st.sampled_from(NASTY[:-2]) | st.text(st.characters(codec=None)), max_size=4)
    .map("".join)
    .filter(one_character_each)
)


@pytest.fixture(scope="module")
def page():
    with Node("requests.mjs") as node:
        yield node


def literal_of(code):
    """Read the literal as IPython and Python do, and see that there is nothing else."""
    source = TransformerManager().transform_cell(code)
    module = ast.parse(source)
    expected = ast.parse('await __import__("pybridge").dispatch("")')
    (statement,) = module.body
    (constant,) = statement.value.value.args
    literal = constant.value
    assert type(literal) is str
    constant.value = ""
    assert ast.dump(module) == ast.dump(expected)
    return literal


def request_of(sent):
    """Give the request as the kernel reads it."""
    literal = literal_of(sent["code"])
    buffers = [bytes.fromhex(digits) for digits in sent["buffers"]]
    if json.loads(literal).get("at") == "buffer":
        literal, *buffers = buffers
    return codec.decode(literal, buffers)


@given(text=snippets)
@example(text="".join(text for text in NASTY if text.isascii()))
def test_any_text_reaches_python_as_it_is(page, text):
    fields = {"name": text, "method": text, "args": [text], "kwargs": {text: text}}
    request = request_of(page.ask({"op": "call", "fields": fields}))
    assert {key: request[key] for key in fields} == fields


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:20]))
def test_text_that_means_something_to_ipython_or_python_means_nothing_here(page, text):
    assert request_of(page.ask({"op": "run", "fields": {"code": text}}))["code"] == text
    assert request_of(page.ask({"op": text, "fields": {}}))["op"] == text


@given(text=snippets)
def test_the_line_is_ascii_and_one_line(page, text):
    code = page.ask({"op": "run", "fields": {"code": text}})["code"]
    assert code.isascii() and code.isprintable()
    assert len(code.splitlines()) == 1


def test_a_long_request_leaves_a_short_line(page):
    sent = page.ask({"op": "run", "fields": {"code": "x" * 5000}})
    assert len(sent["code"]) < 100
    assert json.loads(bytes.fromhex(sent["buffers"][0]))["code"] == "x" * 5000
