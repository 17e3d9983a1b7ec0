"""Odd names and values get the right value or a clear error, and nothing else is executed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .notebook import Notebook

NAMES = {
    "empty": "",
    "space": " ",
    "single quote": "it's",
    "double quote": '"',
    "triple quote": "'''\"\"\"",
    "backslash": "\\",
    "newline": "a\nb",
    "carriage return": "a\rb",
    "NUL": "a\0b",
    "line separator": "a\u2028b\u2029c",
    "escape": "\x1b[31m\x7f\x85",
    "emoji": "\U0001f600",
    "lone surrogate": "\ud800",
    "class": "__class__",
    "doc": "__doc__",
    "proto": "__proto__",
    "constructor": "constructor",
    "then": "then",
    "call": "call",
    "toString": "toString",
    "hasOwnProperty": "hasOwnProperty",
    "injection": "'); __import__('os').system('x'); ('",
    "code": '"); ran.append(1) #',
    "magic": "%reset -f",
    "shell": "!ls",
    "format": "{0} %s ${x}",
    "markup": "<script>ran()</script>",
    "long": "x" * 100_000,
}

SETUP = """
import os, builtins
import pybridge

ran = []
os.system = ran.append

class Target:
    @pybridge.export
    def known(self, *args, **kwargs):
        return [list(args), kwargs]

pybridge.register(Target(), "target")
pybridge.register(lambda *args: list(args), "echo")
"""


@pytest.fixture(scope="module")
def ready(shared_notebook: Notebook) -> Notebook:
    """A notebook that notes when something ran that should not."""
    shared_notebook.run(SETUP)
    return shared_notebook


@pytest.fixture
def page(ready: Notebook) -> Iterator[Notebook]:
    """The same, checked after each test."""
    yield ready
    assert ready.py("return [await py.globals.get('ran'), await py.runPython('1 + 1')];") == [[], 2]
    assert ready.console_errors() == []


def each_name(page: Notebook, body: str) -> dict[str, object]:
    """Run the body of an async function with each name as ``name``; give its values."""
    # As source text: WebDriver itself cannot carry lone surrogates.
    outcomes: dict[str, object] = page.py(
        f"const names = {json.dumps(NAMES)};"
        f"const look = async name => {{ {body} }};"
        "const seen = {};"
        "for (const [what, name] of Object.entries(names)) {"
        "    seen[what] = await look(name).catch(error => error.code ?? String(error));"
        "}"
        "return seen;"
    )
    return outcomes


def all_are(value: object) -> dict[str, object]:
    """What `each_name` gives when it is the same for all names."""
    return dict.fromkeys(NAMES, value)


def test_a_handle_of_any_name_answers(page: Notebook) -> None:
    page.run(f"names = {list(NAMES.values())!a}")
    page.run("for name in names:\n    pybridge.register(lambda name=name: name, name)")
    try:
        outcome = each_name(page, "return await py.handle(name)() === name;")
    finally:
        page.run("for name in names:\n    pybridge.release(name)")
    assert outcome == all_are(True)


def test_an_unknown_handle_of_any_name_is_no_handle(page: Notebook) -> None:
    assert each_name(page, "await py.handle(name).step();") == all_are("no-handle")


def test_a_method_of_any_name_is_not_exported(page: Notebook) -> None:
    outcome = each_name(page, "await py.handle('target').call(name);")
    assert outcome == all_are("not-exported")


def test_a_variable_of_any_name_is_just_a_name(page: Notebook) -> None:
    outcome = each_name(
        page,
        "const had = await py.globals.has(name) ? await py.globals.get(name) : undefined;"
        "await py.globals.set(name, [name]);"
        "const seen = [(await py.globals.get(name))[0] === name];"
        "await py.globals.delete(name);"
        "seen.push(await py.globals.has(name));"
        "if (had !== undefined) await py.globals.set(name, had);"
        "return seen;",
    )
    assert outcome == all_are([True, False])


def test_a_keyword_argument_of_any_name_arrives(page: Notebook) -> None:
    outcome = each_name(
        page,
        "const [, got] = await py.handle('target').call('known', [], {[name]: 1});"
        "return Object.keys(got).length === 1 && Object.hasOwn(got, name);",
    )
    assert outcome == all_are(True)


def test_any_text_comes_back_as_it_is(page: Notebook) -> None:
    outcome = each_name(
        page,
        "const [text, object] = await py.handle('echo')(name, {[name]: name});"
        "return text === name && Object.hasOwn(object, name) && object[name] === name;",
    )
    assert outcome == all_are(True)


@pytest.mark.parametrize("key", ["__class__", "step", "injection'); ran.append(1); ('"])
def test_the_sugar_for_methods_takes_any_name(page: Notebook, key: str) -> None:
    error = page.py_error("await py.handle('target')[arguments[0]](1);", key)
    assert error.code == "not-exported"


@pytest.mark.parametrize("key", ["then", "constructor", "toJSON", "__proto__"])
def test_names_that_javascript_looks_up_itself_are_no_methods(page: Notebook, key: str) -> None:
    assert page.py("return py.handle('target')[arguments[0]] === undefined;", key) is True


def test_a_variable_set_to_code_is_just_a_string(page: Notebook) -> None:
    text = '\'; import os; os.system("x")'
    page.py("await py.globals.set('variable', arguments[0]);", text)
    assert page.run("print(variable)").stream() == text + "\n"


@pytest.mark.parametrize(
    "value",
    [
        "(() => { const a = []; a.push(a); return a; })()",
        "(() => { const a = {}; a.b = {c: [a]}; return a; })()",
        "(() => { const a = new Map(); a.set(1, a); return a; })()",
        "(() => 1)",
        "[1, {f() {}}]",
        "Symbol('s')",
        "/regular/",
        "document.body",
        "window",
        "new (class Thing {})()",
        "new Error('e')",
        "Promise.resolve(1)",
        "new WeakMap()",
        "new Date(NaN)",
        "py",
        "Array.from({length: 10000}).reduce(inner => [inner], 0)",
        "Array.from({length: 10000}).reduce(inner => ({a: inner}), 0)",
        "Array.from({length: 10000}).reduce(inner => new Map([[1, inner]]), 0)",
    ],
)
def test_an_argument_that_cannot_be_sent_is_referred_to(page: Notebook, value: str) -> None:
    """As a whole: Python gives back the very object, whatever is in it."""
    assert page.py(
        f"const given = {{key: [0, {value}]}};"
        "const back = await py.handle('echo')(0, given);"
        "return [back[0], back[1] === given];"
    ) == [0, True]


def test_undefined_is_none_wherever_it_is(page: Notebook) -> None:
    assert page.py("return await py.handle('echo')(undefined, [undefined], {a: undefined});") == [
        None,
        [None],
        {"a": None},
    ]


def test_the_same_object_twice_is_no_cycle(page: Notebook) -> None:
    assert page.py("const a = [1]; return await py.handle('echo')(a, [a, a]);") == [
        [1],
        [[1], [1]],
    ]


def test_a_getter_that_throws_rejects_the_call(page: Notebook) -> None:
    error = page.py_error("await py.handle('echo')({get a() { throw new RangeError('no'); }});")
    assert (error.name, error.message) == ("RangeError", "no")


@pytest.mark.parametrize(
    "code",
    [
        "a = []\na.append(a)\na",
        "a = {}\na['b'] = (a,)\na",
        "deep = 0\nfor _ in range(10_000):\n    deep = [deep]\ndeep",
        "deep = 0\nfor _ in range(10_000):\n    deep = {'a': deep}\ndeep",
        "lambda: 1",
        "object",
        "{object(): 1}",
        "{1: {2: open}}",
        "complex(1, 2)",
        "np.array([object()])",
        "np.ma.array([1], mask=[True])",
        "np.zeros(1, 'c16')",
        "np.zeros(1, [('a', 'i4')])",
        "np.longdouble(1)",
    ],
)
def test_a_result_that_cannot_be_sent_is_referred_to(page: Notebook, code: str) -> None:
    source = f"import numpy as np\n{code}"
    assert page.py(
        "const made = await py.runPython(arguments[0]);"
        "const isProxy = py.isPyProxy(made);"
        "made.destroy();"
        "return isProxy;",
        source,
    )


@pytest.mark.parametrize(
    "call",
    [
        "handle(5).step()",
        "handle(undefined).step()",
        "handle(null)()",
        "handle('target').call(5)",
        "globals.get(5)",
        "globals.set(undefined, 1)",
        "globals.has({})",
        "globals.delete(null)",
        "runPython(5)",
        "runPython(undefined)",
        "runPython({code: '1'})",
        "handle('target').call('known', [], [1])",
        "handle('target').call('known', [], 5)",
    ],
)
def test_what_is_not_text_where_text_belongs_is_a_bad_argument(page: Notebook, call: str) -> None:
    error = page.py_error(f"await py.{call};")
    assert (error.name, error.code) == ("BridgeError", "bad-argument")


def test_a_shape_that_does_not_fit_is_a_bad_argument(page: Notebook) -> None:
    error = page.py_error("new pybridge.NdArray(new Float64Array(5), [2, 3]);")
    assert (error.name, error.code) == ("BridgeError", "bad-argument")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ("", "bad-argument"),
        ("null", "bad-argument"),
        ("[]", "bad-argument"),
        ("{}", "bad-argument"),
        ('{"id": "a", "protocol": 1, "op": "eval"}', "bad-argument"),
        ('{"id": "a", "protocol": 1, "op": "__class__"}', "bad-argument"),
        ('{"id": "a", "protocol": 1, "op": "call"}', "bad-argument"),
        ('{"id": "a", "protocol": 0, "op": "call"}', "version-mismatch"),
        ('{"at": "buffer"}', "bad-argument"),
        ('{"at": "upload", "upload": "none", "pieces": 1, "sizes": [1]}', "bad-argument"),
        ('{"id": "a", "protocol": 1, "v": {"$": "ndarray"}}', "bad-argument"),
        ('{"id": "a", "protocol": 1, "v": NaN}', "bad-argument"),
        ("[" * 10_000 + "]" * 10_000, "bad-argument"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "bad-argument"),
    ],
    ids=lambda value: value[:50],
)
def test_a_malformed_request_is_answered_with_an_error(
    page: Notebook, request_: str, code: str
) -> None:
    reply = page.py(
        """
        const replies = [];
        const source = `await __import__("pybridge").dispatch(${JSON.stringify(arguments[0])})`;
        await py.execute(source, {display: content => replies.push(content.data)}, {silent: true});
        return replies.map(data => JSON.parse(data['application/vnd.pybridge.v1+json'].body));
        """,
        request_,
    )
    [answer] = reply
    assert answer["kind"] == "error"
    assert answer["error"]["code"] == code
