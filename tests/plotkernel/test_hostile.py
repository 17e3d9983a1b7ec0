"""Whatever stands in a cell: it runs nothing, ends in time, and is answered by errors."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybridge.plotkernel.session import MAX_CURVES, Session

NAUGHTY = [
    '__import__("os").system("true")',
    "().__class__.__bases__[0].__subclasses__()",
    "f.__globals__",
    "sin.__class__",
    "x = __builtins__",
    "eval(1)",
    "exec(1)",
    "open(1)",
    "print(1)",
    "breakpoint()",
    "lambda: 0",
    "[x for x in x]",
    "(x := 3)",
    "*x",
    "**x",
    "f(*x)",
    "f(x=1)",
    "yield x",
    "await x",
    "f'{x}'",
    "b''",
    "True",
    "None",
    "...",
    "1j",
    "0x10",
    "1_0",
    "x; import os",
    "x\\\ny",
    "\0",
    "y = x\0",
    "\ufeff",
    "\u2028",
    "\x0b\x0c\x1c",
    "ﬁ(x) = x",
    "ª = 1",
    "٣ + 1",
    "\U0001d499 = 3",
    "½x",
    "²",
    "x²³²",
    "= = =",
    "=",
    "in",
    "in in in",
    "a in [",
    "a in []",
    "a in [,]",
    "[",
    ")(",
    "()",
    "f()",
    "f() = 2",
    "f(,) = 2",
    "not",
    "and",
    ";" * 1000,
    "," * 1000,
    "=" * 2000,
    "-" * 1990 + "x",
    "not " * 400 + "x",
    "x" + "+x" * 900,
    "2" + "**2" * 600,
    "1" * 1990,
    "1e" + "9" * 1000,
    "x/" * 900 + "x",
    "1<" * 900 + "1",
    "(" * 900 + ")" * 900,
    "sin(" * 400 + "x" + ")" * 400,
    "y = 1e308x",
    "y = 1e308x^9",
    "y = x/1e308",
    "y = exp(exp(x^2))",
    "x in [-1e308, 1e308]",
    "x in [1, 1 + 1e-15]\ny = x",
    "x in [0, 1e-99]\ny = x^3",
    "x in [-1e100, 1e100]\ny = x^3\nx^2 + y = 1",
    "y in [-1e-90, 1e-90]\ny = x",
    "y = sin(1e9x)",
    "y = floor(1000x)",
    "y = tan(1e5x)",
    "sin(1e5x) = cos(1e5y)",
    "x = tan(1e6t); y = 1/sin(1e6t)",
    "x = 1e300t; y = 1e300t",
    "x = 1/0",
    "y = 0/0",
    "0 = 0",
    "x - x = 0",
    "1/0 = x",
    "$\\frac{1}{2}$",
]


def run(source, seconds=2.0):
    """Run a cell and draw it, in time."""
    start = time.monotonic()
    session = Session(seconds)
    result = session.run(source)
    if result.plot is not None:
        result.plot.draw(size=(3, 2), dpi=50).png()
        result.plot.trace(1.5)
    session.is_complete(source)
    session.complete(source, len(source) // 2)
    session.inspect(source, len(source) // 2)
    assert time.monotonic() - start < 5 * seconds
    for error in result.errors:
        assert len(str(error).splitlines()) >= 3 or not error.text.isprintable()
        assert error.line >= 1 and error.column >= 0
    return result


@pytest.mark.parametrize("source", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_text_does_no_harm(source):
    run(source)


@pytest.mark.parametrize("source", NAUGHTY[:29], ids=range(29))
def test_what_python_has_beyond_mathematics_is_refused(source):
    assert run(source).errors


def test_huge_powers_are_infinite():
    assert run("9**9**9").printed == ["9**9**9 = inf"]


def test_a_million_brackets_are_refused():
    (error,) = run("(" * 10**6).errors
    assert "1000000 characters" in error.message
    assert len(error.text) < 100


def test_lines_and_cells_have_a_largest_size():
    assert run("x" * 10**6).errors
    assert "at most 500 lines" in run("1\n" * 10**5).errors[-1].message
    assert len(run("y = x\n" * (MAX_CURVES + 5)).errors) == 5


def test_definitions_that_double_each_other_end():
    lines = ["f0(x) = x + 1"]
    lines += [f"f{n}(x) = f{n - 1}(x) + f{n - 1}(x)" for n in range(1, 40)]
    result = run("\n".join(lines), 20)
    assert any("steps" in error.message for error in result.errors)
    assert result.plot is not None


def test_long_chains_of_definitions_end():
    lines = ["g0(u, v) = u"] + [f"g{n}(u, v) = g{n - 1}(u, v) + 1" for n in range(1, 400)]
    assert "too deep" in run("\n".join(lines), 20).errors[-1].message


def test_time_is_limited():
    terms = "+".join(["sin(x*y)"] * 60)
    result = run("\n".join([f"f(x, y) = {terms}"] + ["f(x, y)*f(y, x) = 1"] * 40), 0.5)
    assert "no time left" in result.errors[-1].message


@given(st.text(max_size=200))
@settings(max_examples=150)
def test_any_text_is_answered(source):
    run(source)


WORDS = st.sampled_from(
    "x y t a f sin e pi ( ) [ ] , ; = == < in and not + - * / ** ^ 2 0.5 1e9 ² # where \n".split(
        " "
    )
)


@given(st.lists(WORDS, max_size=25))
@settings(max_examples=300)
def test_any_sequence_of_words_is_answered(words):
    run(" ".join(words))
