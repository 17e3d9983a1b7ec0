"""`py.runPython`: a piece of Python, and the value of its last expression."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .notebook import Notebook

# Printed, so that asking does not change the answer.
STATE = """
import json
names = sorted(name for name in list(globals()) if not name.startswith('_i'))
print(json.dumps([names, sorted(Out), repr(_), len(In)]))
"""


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("sum(range(10))", 45),
        ("x = 20\nx + 1", 21),
        ("x = 1", None),
        ("", None),
        ("# nothing", None),
        ("for i in range(3):\n    i", None),
        ("1; 2", 2),
        ("5;", None),
        ("(5);  # quiet", None),
        ("'a;'", "a;"),
        ("def f():\n    return 'from f'\nf()", "from f"),
        ("if True:\n    y = [1, 2]\ny", [1, 2]),
        (
            "'quotes \" \\' and\\nlines \\u2028 \U0001f600'",
            "quotes \" ' and\nlines \u2028 \U0001f600",
        ),
        ("[i ** 2 for i in range(4)]", [0, 1, 4, 9]),
        ("{'a': (1, 2), 'b': None}", {"a": [1, 2], "b": None}),
    ],
)
def test_gives_the_value_of_the_last_expression(
    shared_notebook: Notebook, code: str, value: Any
) -> None:
    assert shared_notebook.py("return await py.runPython(arguments[0]);", code) == value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("import asyncio\nawait asyncio.sleep(0, 'slept')", "slept"),
        ("import asyncio\nz = await asyncio.sleep(0, 7)\nz + 1", 8),
        ("async def g():\n    return 'g'\nawait g()", "g"),
        ("import asyncio\nawait asyncio.sleep(0, 7);", None),
        ("async def h():\n    yield 1\n    yield 2\n[x async for x in h()]", [1, 2]),
    ],
)
def test_awaits_at_the_top_level(shared_notebook: Notebook, code: str, value: Any) -> None:
    assert shared_notebook.py("return await py.runPython(arguments[0]);", code) == value


def test_magics_and_commands_work_as_in_a_cell(shared_notebook: Notebook) -> None:
    assert shared_notebook.py(
        "return [await py.runPython('!!echo hello'), await py.runPython('%who_ls str')];"
    ) == [["hello"], []]


def test_names_are_those_of_the_notebook(shared_notebook: Notebook) -> None:
    shared_notebook.run("from_cell = 'cell'")
    assert (
        shared_notebook.py("return await py.runPython('from_page = from_cell.upper(); from_page');")
        == "CELL"
    )
    assert shared_notebook.run("from_page").data() == ["'CELL'"]


def test_leaves_no_trace_of_itself(shared_notebook: Notebook) -> None:
    shared_notebook.run("'the last result'")
    shared_notebook.run(STATE)
    before = shared_notebook.run(STATE)
    shared_notebook.py(
        "await py.runPython('41 + 1'); await py.runPython('1 / 0').catch(() => {});"
        "await py.runPython('await __import__(\"asyncio\").sleep(0, 5)');"
        "await py.runPython('5;'); await py.globals.keys();"
    )
    after = shared_notebook.run(STATE)
    assert isinstance(before.execution_count, int)
    assert after.execution_count == before.execution_count + 1
    *names_and_results, inputs = json.loads(before.stream())
    assert json.loads(after.stream()) == [*names_and_results, inputs + 1]


def test_an_exception_is_a_python_error_with_the_whole_traceback(
    shared_notebook: Notebook,
) -> None:
    code = "def inner(n):\n    return 1 / n\n\ndef outer():\n    return inner(0)\n\nouter()"
    error = shared_notebook.py_error("await py.runPython(arguments[0]);", code)
    assert (error.name, error.type) == ("PythonError", "ZeroDivisionError")
    assert error.message == "division by zero"
    assert error.code is None
    frames = error.fields["frames"]
    assert [(f["name"], f["line"], f["text"]) for f in frames] == [
        ("<module>", 7, "outer()"),
        ("outer", 5, "return inner(0)"),
        ("inner", 2, "return 1 / n"),
    ]
    traceback = error.fields["traceback"]
    assert traceback.startswith("Traceback (most recent call last):")
    assert "return 1 / n" in traceback
    assert "pybridge/" not in traceback


def test_the_frames_of_a_cell_show_their_source_too(shared_notebook: Notebook) -> None:
    shared_notebook.run("def broken():\n    raise LookupError('in a cell')")
    error = shared_notebook.py_error("await py.runPython('broken()');")
    assert error.fields["frames"][-1]["text"] == "raise LookupError('in a cell')"


def test_causes_of_an_exception_come_along(shared_notebook: Notebook) -> None:
    code = "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('outer') from e"
    error = shared_notebook.py_error("await py.runPython(arguments[0]);", code)
    assert error.type == "ValueError"
    assert error.cause is not None
    assert error.cause.type == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1 +", "SyntaxError"),
        ("if 1:\nx", "IndentationError"),
        ("no_such_name", "NameError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyError('k')", "KeyError"),
        ("await __import__('asyncio').sleep(0, 1 / 0)", "ZeroDivisionError"),
        ("def deep():\n    deep()\ndeep()", "RecursionError"),
        ("input('who?')", "StdinNotImplementedError"),
        ("class Odd(Exception):\n    def __str__(self): raise self\nraise Odd", "Odd"),
    ],
)
def test_whatever_python_raises_settles_the_call(
    shared_notebook: Notebook, code: str, kind: str
) -> None:
    error = shared_notebook.py_error("await py.runPython(arguments[0]);", code)
    assert (error.name, error.type) == ("PythonError", kind)
    assert shared_notebook.py("return await py.runPython('1 + 1');") == 2


def test_a_value_without_a_form_in_javascript_stays_in_python(shared_notebook: Notebook) -> None:
    assert shared_notebook.py(
        "const made = await py.runPython('object()'); return [py.isPyProxy(made), made.type];"
    ) == [True, "object"]


def test_long_code_arrives_whole(shared_notebook: Notebook) -> None:
    code = "\n".join(f"a{i} = {i}  # üßé \u2028" for i in range(20_000)) + "\na19999"
    assert shared_notebook.py("return await py.runPython(arguments[0]);", code) == 19_999
    shared_notebook.py("await py.runPython('%reset -f');")
