"""The notebook's own names, in a shell of IPython's without a kernel."""

import ast
import asyncio
import inspect
import linecache

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from pybridge import namespace


@pytest.fixture(scope="module")
def only_shell():
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    yield shell
    shell.restore_sys_module_state()


@pytest.fixture
def shell(only_shell, monkeypatch):
    monkeypatch.setattr(namespace, "get_ipython", lambda: only_shell)
    only_shell.reset(new_session=True)
    return only_shell


def run(code):
    result = namespace.run(code)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


VALUES = [
    ("", None),
    ("# a comment", None),
    ("1 + 1", 2),
    ("x = 5", None),
    ("x = 5\nx * 2", 10),
    ("x = 5; x", 5),
    ("x = 5\nx;", None),
    ("1; ", None),
    ("1;\n\n", None),
    ("(\n1\n);", None),
    ("1; # quiet", None),
    ("1 # ;", 1),
    ("'a;b'", "a;b"),
    ("'é;'", "é;"),
    ("'é' * 2;", None),
    ("[i for i in range(3)]", [0, 1, 2]),
    ("def f():\n    return 3\nf()", 3),
    ("if True:\n    1", None),
    (">>> 1 + 1", 2),
    ("In [1]: 1 + 1", 2),
    ("    1 + 1", 2),
    ("import asyncio\nawait asyncio.sleep(0, 7)", 7),
    ("import asyncio\nawait asyncio.sleep(0)\n8", 8),
    ("import asyncio\nawait asyncio.sleep(0, 7);", None),
    ("import asyncio\nx = await asyncio.sleep(0, 7)", None),
    ("import asyncio\n[await asyncio.sleep(0, i) for i in range(2)]", [0, 1]),
    ("async def g():\n    yield 1\n[i async for i in g()]", [1]),
    ("lines = !echo a\nlist(lines)", ["a"]),
    ("%precision", "%r"),
    (
        "from __future__ import annotations\ndef f(x: nothing): pass\nf.__annotations__",
        {"x": "nothing"},
    ),
]


@pytest.mark.parametrize(("code", "value"), VALUES, ids=[ascii(code) for code, _ in VALUES])
@pytest.mark.usefixtures("shell")
def test_the_value_is_that_of_the_last_expression(code, value):
    assert run(code) == value


def test_code_runs_in_the_users_namespace(shell):
    shell.user_ns["x"] = 1
    assert run("x += 1\nx") == 2
    assert run("def f(): return x\nf()") == 2
    assert shell.user_ns["x"] == 2


def test_running_code_leaves_the_shells_own_state_alone(shell):
    before = (shell.execution_count, sorted(shell.user_ns), list(shell.user_ns["In"]))
    assert run("1 + 1") == 2
    assert before == (shell.execution_count, sorted(shell.user_ns), shell.user_ns["In"])
    assert shell.user_ns["Out"] == {}


@pytest.mark.parametrize("code", ["1 +", "return 5", "await", "x = = 1", "'", "yield 1", "for"])
def test_code_that_is_none_is_a_syntax_error_and_nothing_runs(shell, code):
    with pytest.raises(SyntaxError):
        run(f"ran = True\n{code}")
    assert "ran" not in shell.user_ns


def test_errors_are_the_codes_own_and_what_ran_before_has_run(shell):
    with pytest.raises(ZeroDivisionError):
        run("ran = True\n1 / 0")
    assert shell.user_ns["ran"] is True
    with pytest.raises(ZeroDivisionError):
        run("import asyncio\nawait asyncio.sleep(0)\n1 / 0")


def test_sources_can_be_read_afterwards_but_not_all_for_ever(shell):
    run("def kept():\n    return 'source'")
    assert "return 'source'" in inspect.getsource(shell.user_ns["kept"])
    for number in range(namespace._MAX_SOURCES):
        run(f"{number}")
    ours = [name for name in linecache.cache if name.startswith("<runPython ")]
    assert len(ours) == namespace._MAX_SOURCES


def test_a_transformer_of_the_users_has_its_say(shell):
    class Doubler(ast.NodeTransformer):
        def visit_Constant(self, node):
            return ast.copy_location(ast.Constant(node.value * 2), node)

    shell.ast_transformers.append(Doubler())
    try:
        assert run("21") == 42
    finally:
        shell.ast_transformers.clear()


EVIL = '\'; import os; os.system("x")'


@pytest.mark.parametrize("name", ["foo", "not an identifier", "", "é", "\ud800", EVIL])
def test_a_variable_is_set_got_and_deleted_by_its_name_alone(shell, name):
    assert not namespace.has(name)
    assert namespace.get(name) is namespace.ABSENT
    namespace.set_(name, EVIL)
    assert namespace.has(name) and namespace.get(name) == EVIL
    assert shell.user_ns[name] == EVIL
    namespace.delete(name)
    assert not namespace.has(name)
    with pytest.raises(KeyError):
        namespace.delete(name)


@pytest.mark.usefixtures("shell")
def test_none_is_a_value():
    namespace.set_("nothing", None)
    assert namespace.get("nothing") is None and namespace.has("nothing")


@pytest.mark.usefixtures("shell")
def test_keys_are_the_names_that_the_author_gave():
    assert namespace.keys() == []
    run("x = 1\n_private = 2\ndef f(): pass\nimport math")
    assert sorted(namespace.keys()) == ["f", "math", "x"]
    run("In = 'mine now'")
    assert set(namespace.keys()) >= {"In"}
