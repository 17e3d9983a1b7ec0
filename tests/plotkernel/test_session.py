import math

import pytest

from pybridge.plotkernel.session import Session


@pytest.fixture
def session():
    return Session()


def printed(session, source):
    result = session.run(source)
    assert not result.errors, str(result.errors[0])
    return result.printed


def test_values_are_printed(session):
    assert printed(session, "2 + 3; 0.1 + 0.2\n2 > 1") == [
        "2 + 3 = 5",
        "0.1 + 0.2 = 0.3",
        "2 > 1 = 1",
    ]
    assert printed(session, "sqrt(-1)\n1/0") == ["sqrt(-1) is not defined", "1/0 = inf"]


def test_nothing_is_drawn_for_values_alone(session):
    assert session.run("2 + 3\na = 4\na in [0, 9]\nh(u, v) = u").plot is None
    assert session.run("").plot is None


def test_definitions_are_there_in_later_cells(session):
    session.run("f(x) = x^2 + a\na = 1")
    assert printed(session, "f(2)") == ["f(2) = 5"]
    session.run("a = 10")
    assert printed(session, "f(2)") == ["f(2) = 14"]
    session.run("f(x) = 2x")
    assert printed(session, "f(2)") == ["f(2) = 4"]


def test_functions_of_several_arguments_are_not_plotted(session):
    assert session.run("h(u, v) = u*v").plot is None
    assert printed(session, "h(2, 3)") == ["h(2, 3) = 6"]


def test_arguments_hide_parameters(session):
    session.run("a = 5\nf(a) = 2a")
    assert printed(session, "f(1)") == ["f(1) = 2"]


def test_an_argument_may_have_the_name_of_what_stands_for_something_else(session):
    result = session.run("f(x) = x^2\nh = f(2)\nf(h) = h^3")
    assert not result.errors
    assert printed(session, "f(2)") == ["f(2) = 8"]


def test_an_argument_is_no_slider_and_what_it_calls_may_have_one(session):
    session.run("a in [0, 2]\nb in [0, 2]")
    assert list(session.run("f(a) = a^2").plot.parameters) == []
    assert list(session.run("g(x) = a*x\nf(a) = g(a) + b").plot.parameters) == ["a", "b"]


@pytest.mark.parametrize("name", ["self", "expression", "scope", "print"])
def test_names_that_mean_something_in_python_are_names_like_others(session, name):
    assert session.run(f"f({name}) = {name}^2").plot is not None
    assert printed(session, f"g({name}, u) = u + {name}^2\ng(3, 1)") == ["g(3, 1) = 10"]
    assert printed(session, f"{name} = 3") == []
    assert printed(session, f"2 {name}") == [f"2 {name} = 6"]
    assert printed(session, f"{name}(k) = k + 1\n{name}(2)")[0] == f"{name}(2) = 3"


def test_a_plot_keeps_what_later_cells_change(session):
    plot = session.run("a = 2\nf(x) = a*x\ny = f(x) + 1").plot
    session.run("a = 7\nf(x) = 0")
    assert [each["y"] for each in plot.trace(3)] == [6, 7]


def test_a_function_that_is_defined_anew_leaves_the_lines_above_it(session):
    plot = session.run("f(x) = x\ny = f(x)\nf(x) = 2x\ny = f(x)").plot
    assert [each["y"] for each in plot.trace(1)] == [1, 1, 2, 2]


def test_a_parameter_with_a_range_keeps_its_value_if_it_lies_inside(session):
    session.run("a = 0.5\na in [0, 2]\nb = 9\nb in [0, 2]\nc = 1 in [0, 4]")
    parameters = session.run("y = a*x + b + c").plot.parameters
    assert {name: each.value for name, each in parameters.items()} == {"a": 0.5, "b": 1, "c": 1}
    session.run("a = 1.5")
    assert session.run("y = a*x").plot.parameters["a"].high == 2


def test_only_parameters_that_matter_have_sliders(session):
    session.run("a in [0, 2]\nb in [0, 2]\nc = 3\nf(x) = b*c*x")
    assert list(session.run("y = f(x)").plot.parameters) == ["b"]


def test_a_parameter_can_follow_another(session):
    plot = session.run("a in [0, 2]\nb = 2a\ny = b*x").plot
    assert plot.trace(1)[0]["y"] == 2
    plot.set_parameters({"a": 2})
    assert plot.trace(1)[0]["y"] == 4
    assert session.inspect("b", 0) == "b = 2a = 2"


def test_a_parameter_can_be_changed_by_itself(session):
    assert printed(session, "n = 1; n = n + 1; n") == ["n = 2"]


def test_a_circle_of_definitions_is_refused(session):
    result = session.run("g(x) = x\nf(x) = g(x)\ng(x) = f(x)")
    assert [each.message for each in result.errors] == ["g cannot be defined by itself"]
    assert printed(session, "g(2)") == ["g(2) = 2"]


def test_an_error_inside_of_a_definition_points_at_its_use(session):
    session.run("f(x) = b*x")
    (error,) = session.run("y = 1 + f(x)").errors
    assert str(error) == "line 1: in f: unknown name b\ny = 1 + f(x)\n        ^^^^"


def test_names_that_come_later_in_the_cell_count(session):
    assert not session.run("y = a(x + 1) + f(x)\na = 2\nf(x) = x").errors


def test_ranges_stay(session):
    session.run("x in [-5, 5]; y in [-2, 2]")
    drawing = session.run("y = x").plot.draw()
    assert (drawing.x, drawing.y) == ((-5, 5), (-2, 2))
    assert session.names() == {"x": "range", "y": "range"}


def test_a_cell_that_is_one_value_has_that_value(session):
    assert session.run("2 + 3  # five").value == "5"
    assert session.run("2 + 3; 4").value is None
    assert session.run("y = 2").value is None


def test_brackets_behind_a_parameter_multiply_in_later_cells_too(session):
    session.run("a = 2; b = 2a")
    assert printed(session, "b(1 + 2)") == ["b(1 + 2) = 12"]


def test_what_is_plotted_is_printed(session):
    assert printed(session, "x in [-5, 5]\ny = x\ng(s) = s\nx = 3\nx = cos(t); y = t\nx*y = 1") == [
        "y = x  for x in [-5, 5]",
        "g(s) = s  for s in [-5, 5]",
        "x = 3",
        f"x = cos(t); y = t  for t in [0, {math.tau:.6g}]",
        "x*y = 1",
    ]


def test_the_range_of_t_counts_for_its_own_line(session):
    cell = "x = cos(t); y = t; t in [0, 1]\nx = cos(t); y = 2t\nt in [0, 3]"
    assert [each[-6:] for each in printed(session, cell)] == ["[0, 1]", "[0, 3]"]


def test_completion_knows_functions_constants_and_own_names(session):
    session.run("speed = 1\nspin(x) = x")
    assert session.complete("y = 2sp", 7) == (
        [("speed", "parameter"), ("spin", "function")],
        5,
        7,
    )
    assert ("pi", "constant") in session.complete("p", 1)[0]
    assert ("sin", "function") in session.complete("", 0)[0]
    assert session.complete("# si", 4)[0] == []


def test_inspection_describes_names(session):
    session.run("a = 1 in [0, 2]\nf(x) = a*x\nx in [-5, 5]")
    assert session.inspect("y = sin(x)", 5).startswith("sin(x)\n\nTrigonometric sine")
    assert "inverse sine" in session.inspect("asin", 4).lower()
    assert session.inspect("y = f(2)", 5) == "f(x) = a*x"
    assert session.inspect("a", 0) == "a = 1 in [0, 2]"
    assert session.inspect("x", 0) == "x in [-5, 5]"
    assert session.inspect("pi", 1) == f"pi = {math.pi!r}"
    assert session.inspect("hypot(2, 3)", 8).startswith("hypot(x1, x2)")
    assert session.inspect("nothing", 3) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("y = x", "complete"),
        ("", "complete"),
        ("y = f(x)", "complete"),
        ("y = sin(x", "incomplete"),
        ("y = 2x\ny = x +", "incomplete"),
        ("y =", "incomplete"),
        ("x in", "incomplete"),
        ("x in [1,", "incomplete"),
        ("y = max(x,\n 2", "incomplete"),
        ("y = max(x,\n 2)", "complete"),
        ("y = (x\ny = 2x", "invalid"),
        ("y = x)", "invalid"),
        ("y = 'a'", "invalid"),
        ("import os", "invalid"),
    ],
)
def test_a_cell_is_complete_or_not(session, source, expected):
    assert session.is_complete(source) == expected
