import ast

import numpy as np
import pytest

from pybridge.plotkernel.cells import read_cell
from pybridge.plotkernel.evaluation import Clock, Evaluator, Scope
from pybridge.plotkernel.forms import (
    Definition,
    Graph,
    Implicit,
    Parametric,
    Range,
    Setting,
    Value,
    Vertical,
)
from pybridge.plotkernel.session import Session


def read(source, values=()):
    cell = read_cell(source, set(values))
    assert not cell.errors, str(cell.errors[0])
    return cell.statements


def only(source, values=()):
    (statement,) = read(source, values)
    return statement


def value(source, **names):
    names = {name: float(number) for name, number in names.items()}
    body = only(source, names).body
    variables = {name: names.pop(name) for name in ("x",) if name in names}
    return float(Evaluator(Scope(numbers=names), Clock(5)).evaluate(body, **variables))


def error(source):
    (found,) = Session().run(source).errors
    return found


def meant(source):
    found = error(source)
    return found.text[found.column : found.column + found.length]


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("y = x**2 - 3", Graph),
        ("y = 5", Graph),
        ("x^2", Graph),
        ("x = 3", Vertical),
        ("f(x) = sin(x)", Definition),
        ("f(u, v) = u*v", Definition),
        ("2 + 3", Value),
        ("x = cos(t); y = sin(t)", Parametric),
        ("y = sin(t); x = cos(t)", Parametric),
        ("x**2 + y**2 = 4", Implicit),
        ("y**2 = x", Implicit),
        ("x = y^2", Implicit),
        ("y = x*y", Implicit),
        ("sin(x) = cos(y)", Implicit),
        ("y = not x > 2", Graph),
        ("x(x + 1) = y", Implicit),
        ("a = 0.5", Setting),
        ("a = 1 in [0, 2]", Setting),
        ("a in [0, 2]", Range),
        ("x in [-5, 5]", Range),
        ("t in [0, 2pi]", Range),
    ],
)
def test_each_line_has_a_form(source, form):
    assert type(only(source)) is form


def test_comments_and_blank_lines_say_nothing():
    assert read("# a comment\n\n   \n;;\n") == []
    assert only("y = x # a line").text == "y = x"


def test_a_vertical_and_a_horizontal_line_on_one_line_are_two():
    assert [type(each) for each in read("x = 3; y = 2")] == [Vertical, Graph]


def test_a_line_goes_on_where_a_bracket_is_open():
    assert only("y = max(x,\n  2\n)").text == "y = max(x, 2 )"
    assert value("2 +\n3") == 5


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("2x", 6),
        ("2 x", 6),
        ("2(x + 1)", 8),
        ("(x + 1)(x - 1)", 8),
        ("2sin(x)", 2 * np.sin(3)),
        ("x(x + 1)", 12),
        ("2pi", 2 * np.pi),
        ("3a b", 30),
        ("a(x + 1)", 8),
        ("2x^2", 18),
        ("-x^2", -9),
        ("2^-1", 0.5),
        ("2^3^2", 512),
        ("x²", 9),
        ("2x³ + 1", 55),
        ("x¹⁰", 3.0**10),
        ("2π·x", 6 * np.pi),
        ("6÷2\u00d7x", 9),
        ("x \u2212 1", 2),
        ("2e3x", 6000),
        ("2e", 2 * np.e),
        (".5x", 1.5),
        ("007", 7),
        ("x ≤ 3", 1),
        ("1 < x < 3", 0),
        ("x > 2 and not x == 4", 1),
        ("not x > 2", 0),
        ("not(x > 3)", 1),
        ("not not x", 1),
        ("1 - (not x)", 1),
        ("(x > 0) - (x < 0)", 1),
        ("where(x > 0, x, -x)", 3),
        ("max(1, x, 2)", 3),
        ("asin(1) - arcsin(1)", 0),
        ("lg(1000)", 3),
        ("ln(e)", 1),
        ("7 % 4 + 7 // 4", 4),
    ],
)
def test_expressions_mean_what_they_say(source, expected):
    assert value(source, x=3, a=2, b=5) == pytest.approx(expected)


def test_a_name_of_a_function_is_called_rather_than_multiplied():
    session = Session()
    session.run("a = 3")
    assert session.run("a(2)").printed == ["a(2) = 6"]
    session.run("a(s) = s + 1")
    assert session.run("a(2)").printed == ["a(2) = 3"]


def test_only_few_kinds_of_nodes_are_left():
    tree = only("where(2x > 1 and not x == 3, -x^2, f(x, 1))").body.tree
    kinds = {type(node).__name__ for node in ast.walk(tree)}
    assert kinds <= set(
        "Call Name Load BoolOp And Compare BinOp Mult Constant Gt UnaryOp Not Eq USub Pow".split()
    )


@pytest.mark.parametrize(
    ("source", "place", "message"),
    [
        ("y = sine(x)", "sine", "unknown function sine"),
        ("y = 2x^2 + 3(x + cose)", "cose", "unknown name cose"),
        ("y = 2π x² + foo", "foo", "unknown name foo"),
        ("äöü = 1; y = 2 äöü bar", "bar", "unknown name bar"),
        ("y = (x + 1", "(", "this bracket is never closed"),
        ("y = x + 1)", ")", "this bracket was never opened"),
        ("y = x +", "+", "something is missing after +"),
        ("y = 2x * / 3", "/", "between * and / something is missing"),
        ("y = 2 3", "3", "between two numbers an operator is missing"),
        ("y =", "=", "here an expression is missing"),
        ("y = not x > coz", "coz", "unknown name coz"),
        ("y = and x", "and", "and does not belong here"),
        ("y = = 2", "=", "there is more than one ="),
        ("sin x", "sin", "sin is a function: write sin(...)"),
        ("hypot(1)", "hypot(1)", "it is hypot(x1, x2)"),
        ("import os", "import", "import is not part of the language"),
        ("y = x.real", ".", "a dot only belongs into numbers"),
        ("y = x[0]", "[", "square brackets only hold ranges"),
        ('y = "text"', '"', "text in quotes"),
        ("y = x if x > 0 else 1", "if", "where(condition, x, y)"),
        ("y = {x}", "{", "curly brackets"),
        ("y = x → 2", "→", "the character → is not part"),
        ("y = x\0", "\0", "the character U+0000 is not part"),
        ("a = x + 1", "x", "define a(x) = ..."),
        ("f(u) = u*x", "x", "x is no argument of f"),
        ("f(u, u) = u", "u", "the argument u is there twice"),
        ("pi = 3", "pi", "pi is a constant"),
        ("sin = 3", "sin", "sin is a function"),
        ("t = 3", "t", "t is kept for parametric curves"),
        ("y = sin(t)", "t", "t only has a meaning in parametric curves"),
        ("a in (0, 2)", "(", "square brackets: a in [0, 2]"),
        ("a in [0, 1, 2]", "[0, 1, 2]", "a range has two ends"),
        ("a in [2, 0]", "a in [2, 0]", "from 2 to 0 is no range"),
        ("x in [0, 1/0]", "1/0", "this is not a finite number"),
        ("x*y", "x*y", "with y there must be an equation"),
        ("f(x) = f(x - 1)", "f", "f cannot be defined by itself"),
        ("(1, 2)", "1, 2", "a comma only separates"),
        ("1_000", "_000", "unknown name _000"),
    ],
)
def test_carets_stand_below_the_users_own_text(source, place, message):
    assert message in error(source).message
    assert place in meant(source)
    assert len(meant(source)) <= len(place) + 2


def test_an_error_has_three_lines():
    found = error("# nothing\n\ty = 2 sine(x)")
    assert str(found) == (
        "line 2: unknown function sine, did you mean sin?\n\ty = 2 sine(x)\n\t      ^^^^"
    )
    assert (found.line, found.column, found.length) == (2, 7, 4)
    assert found.suggestion == "sin"


def test_names_side_by_side_are_suggested_as_a_product():
    assert error("a = 1; b = 2; ab + 1").suggestion == "a*b"


def test_names_of_ones_own_are_suggested():
    session = Session()
    session.run("amplitude = 2\nwave(x) = amplitude*sin(x)")
    found = session.run("y = wve(x)\ny = ampltude*x").errors
    assert [each.suggestion for each in found] == ["wave", "amplitude"]


def test_one_bad_line_does_not_stop_the_others():
    result = Session().run("y = (x +\ny = 2x\nfoo\n2 + 3\n'")
    assert [each.line for each in result.errors] == [1, 3, 5]
    assert result.printed == ["2 + 3 = 5", "y = 2x  for x in [-10, 10]"]
