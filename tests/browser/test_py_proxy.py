"""Python objects that stay in the kernel, as the page works with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook

SETUP = '''
import asyncio
import numpy as np
import pybridge

class Leaf:
    name = "leaf"

class Thing:
    """What the tests hold."""

    def __init__(self):
        self.x = 5
        self.leaf = Leaf()
        self.set = "an attribute called set"
        self.then = "an attribute called then"

    def __str__(self):
        return "a thing, as text"

    def add(self, a, b=2, *, c=0):
        return a + b + c

    def me(self):
        return self

    def is_me(self, other):
        return other is self

    def kinds(self, *args, **kwargs):
        return [type(a).__name__ for a in args], {k: type(v).__name__ for k, v in kwargs.items()}

    def fail(self):
        raise ValueError("on purpose")

    async def later(self, value):
        await asyncio.sleep(0)
        return value

    async def fail_later(self):
        await asyncio.sleep(0)
        raise ValueError("late")

    def talk(self):
        got = yield "first"
        while got is not None:
            got = yield ["got", got]
        return "end"

    def __call__(self, *args, **kwargs):
        return [list(args), kwargs]

thing = Thing()
nested = {"plain": [1, 2], "thing": thing, "deep": {"deeper": {"deepest": [thing]}}}
cycle = [1]
cycle.append(cycle)
'''


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with something to hold, as ``thing`` on both sides."""
    shared_notebook.run(SETUP)
    shared_notebook.py("window.thing = await py.globals.get('thing');")
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def value_of(page: Notebook, code: str, body: str) -> object:
    """What a function's body gives of ``p``, a proxy of what Python code gives."""
    return page.py(f"const p = await py.runPython(arguments[0], {{as: 'proxy'}}); {body}", code)


# -- what a proxy is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("Thing()", "Thing"),
        ("[1]", "list"),
        ("range(3)", "range"),
        ("Thing", "type"),
        ("lambda: 0", "function"),
        ("len", "builtin_function_or_method"),
        ("np", "module"),
        ("np.zeros(2)", "numpy.ndarray"),
        ("(i for i in [])", "generator"),
    ],
)
def test_a_proxy_names_its_objects_class(page: Notebook, code: str, kind: str) -> None:
    assert value_of(page, code, "return p.type;") == kind


def test_a_proxy_is_known_as_one(page: Notebook) -> None:
    assert page.py(
        "return [thing, thing.x, {}, [], null, 5, () => 1, py, py.handle('h')].map(py.isPyProxy);"
    ) == [True, *[False] * 8]


def test_a_proxy_shows_what_it_is_without_asking(page: Notebook) -> None:
    assert page.py(
        "return [`${thing}`, Object.prototype.toString.call(thing), `${thing.leaf.name}`];"
    ) == ["[PyProxy of Thing]", "[object PyProxy]", "[attribute leaf.name: await it]"]


def test_to_string_is_pythons(page: Notebook) -> None:
    assert page.py("return await thing.toString();") == "a thing, as text"
    assert value_of(page, "[1, 'a', None]", "return await p.toString();") == "[1, 'a', None]"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("[open]", "asyncIterator delete get has set"),
        ("(1, open)", "asyncIterator get has"),
        ("{1: open}", "asyncIterator delete get has set"),
        ("{open}", "asyncIterator has"),
        ("range(3)", "asyncIterator get has"),
        ("(i for i in [])", "asyncIterator next"),
        ("iter([1])", "asyncIterator next"),
        ("lambda: 0", "apply call callKwargs"),
        ("object()", ""),
        ("__import__('array').array('b')", "asyncIterator delete get getBuffer has set"),
        ("asyncio.sleep(0)", "catch finally then"),
    ],
)
def test_a_proxy_has_the_methods_that_its_object_has(page: Notebook, code: str, names: str) -> None:
    can = page.py(
        """
        const NAMES = ['apply', 'call', 'callKwargs', 'catch', 'delete', 'finally', 'get',
            'getBuffer', 'has', 'next', 'set', 'then'];
        await py.runPython(`one = [${arguments[0]}]`);
        let seen;
        // Not awaited, so that an awaitable is not either.
        await py.runPython('lambda see: see(one[0])').then(f => f((p) => {
            seen = NAMES.filter(name => name in p);
            if (Symbol.asyncIterator in p) seen.unshift('asyncIterator');
        }));
        await py.runPython('getattr(one.pop(), "close", int)(); None');
        return seen.join(' ');
        """,
        code,
    )
    assert can == names


def test_only_awaitables_are_thenable(page: Notebook) -> None:
    assert (
        page.py("return ['then', 'catch', 'finally', 'toJSON'].map(name => typeof thing[name]);")
        == ["undefined"] * 4
    )
    # Whoever needs the attribute asks for it in Python's way.
    assert page.py("return await thing.__getattribute__('then');") == "an attribute called then"


# -- attributes and calls -----------------------------------------------------------------------


def test_an_attribute_is_awaited(page: Notebook) -> None:
    assert page.py("return await thing.x;") == 5


def test_a_deep_path_is_one_question(page: Notebook) -> None:
    assert page.py("return await thing.leaf.name;") == "leaf"
    assert value_of(page, "np", "return await p.linalg.norm([3, 4]);") == 5


def test_an_attribute_under_a_name_of_the_proxys_own_is_got_by_getattr(page: Notebook) -> None:
    assert page.py("return await (await py.pyimport('builtins')).getattr(thing, 'set');") == (
        "an attribute called set"
    )


def test_an_attribute_that_is_an_object_is_a_proxy(page: Notebook) -> None:
    assert page.py("const leaf = await thing.leaf; return [leaf.type, await leaf.name];") == [
        "Leaf",
        "leaf",
    ]


def test_an_attribute_that_is_missing_is_pythons_error(page: Notebook) -> None:
    error = page.py_error("await thing.leaf.nope;")
    assert (error.name, error.type) == ("PythonError", "AttributeError")
    assert "nope" in error.message


def test_an_attribute_that_nobody_awaited_is_no_argument(page: Notebook) -> None:
    error = page.py_error("await thing.add(thing.x);")
    assert error.code == "bad-argument"
    assert "await" in error.message


def test_setting_an_attribute_says_how_it_is_done(page: Notebook) -> None:
    error = page.py_error("'use strict'; thing.x = 7;")
    assert error.name == "TypeError"
    assert 'await proxy.__setattr__("x", value)' in error.message
    page.py("await thing.__setattr__('y', 7);")
    assert page.py("return await thing.y;") == 7


def test_deleting_an_attribute_says_how_it_is_done(page: Notebook) -> None:
    page.run("thing.z = 1")
    error = page.py_error("'use strict'; delete thing.z;")
    assert error.name == "TypeError"
    assert 'await proxy.__delattr__("z")' in error.message
    page.py("await thing.__delattr__('z');")
    assert page.run("hasattr(thing, 'z')").data() == ["False"]


def test_a_method_is_called(page: Notebook) -> None:
    assert page.py("return [await thing.add(1), await thing.add(1, 5)];") == [3, 6]


def test_keywords_go_through_call_kwargs(page: Notebook) -> None:
    assert page.py(
        "return [await thing.add.callKwargs(1, {b: 5, c: 10}), await thing.callKwargs(1, {a: 2})];"
    ) == [16, [[1], {"a": 2}]]


@pytest.mark.parametrize("args", ["", "1", "[1]", "{a: 1}, thing", "new Map()"])
def test_call_kwargs_without_keywords_says_so(page: Notebook, args: str) -> None:
    error = page.py_error(f"await thing.callKwargs({args});")
    assert error.name == "TypeError"
    assert "keyword" in error.message


def test_what_is_callable_is_called_in_each_way(page: Notebook) -> None:
    assert (
        page.py(
            """
        return [await thing(1, 2), await thing.call(null, 1, 2), await thing.apply(null, [1, 2])];
        """
        )
        == [[[1, 2], {}]] * 3
    )
    assert page.py("return [typeof thing, typeof (await thing.leaf)];") == ["function", "object"]


def test_a_class_makes_an_object(page: Notebook) -> None:
    assert page.py(
        "const Thing = await py.globals.get('Thing'); const made = await Thing();"
        "return [made.type, await made.x];"
    ) == ["Thing", 5]


def test_arguments_are_python_values(page: Notebook) -> None:
    assert page.py(
        "return await thing.kinds.callKwargs(1, 1.5, 'a', null, true, [1], {a: 1}, new Set([1]),"
        " 2n ** 70n, new Date(), new Uint8Array(2), new Float32Array(2), thing, {key: thing});"
    ) == [
        "int float str NoneType bool list dict set int datetime bytes ndarray Thing".split(),
        {"key": "Thing"},
    ]


def test_an_asynchronous_method_is_waited_for(page: Notebook) -> None:
    assert page.py("return await thing.later('x');") == "x"


def test_what_python_raises_is_a_python_error(page: Notebook) -> None:
    for call in ("fail", "fail_later"):
        error = page.py_error(f"await thing.{call}();")
        assert (error.name, error.type) == ("PythonError", "ValueError")
        assert call in error.fields["traceback"]


def test_what_a_call_prints_goes_to_its_cell_or_the_console(page: Notebook) -> None:
    page.run("def say(): print('said by a proxy')")
    cell = page.run(
        "from IPython.display import HTML\n"
        "HTML('<script>pybridge.connect().then(async py => {"
        ' const say = await py.globals.get("say"); await say(); });</script>\')'
    )
    page.wait_for(lambda: "said by a proxy" in cell.text, 20)


# -- items --------------------------------------------------------------------------------------


def test_the_items_of_a_list(page: Notebook) -> None:
    assert value_of(
        page,
        "[10, 20, 30]",
        """
        await p.set(0, {a: 1});
        await p.delete(1);
        return [await p.length, await p.get(0), await p.get(-1), await p.has(30), await p.has(1)];
        """,
    ) == [2, {"a": 1}, 30, True, False]


def test_the_items_of_a_dict(page: Notebook) -> None:
    assert value_of(
        page,
        "{'a': 1, 2: 'two'}",
        """
        await p.set('b', thing);
        return [await p.length, await p.get('a'), await p.get(2), (await p.get('b')) === thing,
                await p.has(2), await p.has('2'), await p.delete('a'), await p.length];
        """,
    ) == [3, 1, "two", True, True, False, None, 2]


def test_an_item_that_is_missing_is_pythons_error(page: Notebook) -> None:
    for code, key, kind in (("{}", "'a'", "KeyError"), ("[]", "0", "IndexError")):
        error = page.py_error(
            f"const p = await py.runPython(arguments[0], {{as: 'proxy'}}); await p.get({key});",
            code,
        )
        assert (error.name, error.type) == ("PythonError", kind)


def test_a_key_may_be_an_object(page: Notebook) -> None:
    page.run("by_thing = {thing: 'found', (1, 2): 'tuple'}")
    assert page.py(
        "const p = await py.runPython('by_thing', {as: 'proxy'});"
        "return [await p.get(thing), await p.has(thing)];"
    ) == ["found", True]


# -- iteration ----------------------------------------------------------------------------------

COLLECT = "const out = []; for await (const item of p) out.push(item); return out;"


@pytest.mark.parametrize(
    ("code", "items"),
    [
        ("[1, 'a', None]", [1, "a", None]),
        ("[]", []),
        ("{'a': 1, 'b': 2}", ["a", "b"]),
        ("(1, 2)", [1, 2]),
        ("'abc'.encode()", [97, 98, 99]),
        ("range(1000)", list(range(1000))),
        ("range(512)", list(range(512))),
        ("(i * i for i in range(4))", [0, 1, 4, 9]),
        ("map(str, range(2))", ["0", "1"]),
        ("np.arange(3)", [0, 1, 2]),
        ("{'a': 1}.items()", [["a", 1]]),
        ("type('Old', (), {'__getitem__': lambda self, i: [7, 8][i]})()", "none"),
    ],
)
def test_items_are_looped_over(page: Notebook, code: str, items: object) -> None:
    if items == "none":
        # Only what says that it is iterable is.
        assert value_of(page, code, "return typeof p[Symbol.asyncIterator];") == "undefined"
    else:
        assert value_of(page, code, COLLECT) == items


def test_items_that_are_objects_are_proxies(page: Notebook) -> None:
    assert value_of(
        page,
        "[1, thing, [thing]]",
        "const out = []; for await (const item of p) out.push(item);"
        "return [out[0], out[1] === thing, out[2].type];",
    ) == [1, True, "list"]


def test_a_loop_may_be_left_and_begun_again(page: Notebook) -> None:
    assert value_of(
        page,
        "list(range(600))",
        "const seen = [];"
        "for (let i = 0; i < 2; i++) for await (const x of p) { if (x === 3) break; seen.push(x); }"
        "return seen;",
    ) == [0, 1, 2, 0, 1, 2]


def test_a_generator_is_asked_for_one_item_at_a_time(page: Notebook) -> None:
    page.run(
        "made = []\ndef slow():\n    for i in range(100):\n        made.append(i)\n        yield i"
    )
    value_of(page, "slow()", "for await (const item of p) if (item === 2) return item;")
    assert page.run("made").data() == ["[0, 1, 2]"]


def test_an_iterator_that_raises_gives_its_items_first(page: Notebook) -> None:
    page.run("def breaks():\n    yield 1\n    raise ValueError('broken')")
    assert value_of(
        page,
        "breaks()",
        "const out = [];"
        "try { for await (const item of p) out.push(item); } catch (e) { return [out, e.type]; }",
    ) == [[1], "ValueError"]


def test_a_generator_takes_what_is_sent(page: Notebook) -> None:
    assert page.py(
        "const talk = await thing.talk();"
        "const out = [talk.type];"
        "for (const sent of [undefined, 'a', {b: 1}, null]) out.push(await talk.next(sent));"
        "return [...out, await talk.next()];"
    ) == [
        "generator",
        {"done": False, "value": "first"},
        {"done": False, "value": ["got", "a"]},
        {"done": False, "value": ["got", {"b": 1}]},
        {"done": True, "value": "end"},
        {"done": True, "value": None},
    ]


# -- awaitables ---------------------------------------------------------------------------------


def awaitable(name: str) -> str:
    """JavaScript that has ``p`` be a proxy of what a Python function gives, not awaited."""
    return (
        "let p; await (await py.runPython('lambda see, make: see(make())'))("
        f"given => {{ p = given; }}, await py.globals.get('{name}'));"
    )


def test_an_awaitable_is_a_promise(page: Notebook) -> None:
    page.run("async def answer():\n    await asyncio.sleep(0)\n    return 42")
    assert page.py(awaitable("answer") + "return [p.type, await p, await p];") == [
        "coroutine",
        42,
        42,
    ]


def test_an_awaitable_that_raises_rejects(page: Notebook) -> None:
    page.run("async def refuse():\n    raise ValueError('refused')")
    assert page.py(
        awaitable("refuse") + "let last; return [await p.catch(e => e.type),"
        " await p.then(null, e => e.message),"
        " await p.finally(() => { last = 'finally'; }).catch(() => last)];"
    ) == ["ValueError", "refused", "finally"]


def test_an_awaitable_that_finishes_calls_finally(page: Notebook) -> None:
    page.run("async def one():\n    return 1")
    assert page.py(
        awaitable("one") + "let last; return [await p.finally(() => { last = 'over'; }), last];"
    ) == [1, "over"]


# -- by value -----------------------------------------------------------------------------------


def test_to_js_goes_as_far_as_it_can(page: Notebook) -> None:
    assert page.py(
        """
        const nested = await (await py.globals.get('nested')).toJs();
        return [nested.plain, nested.thing === thing, nested.deep.deeper.deepest[0] === thing];
        """
    ) == [[1, 2], True, True]


def test_to_js_stops_at_a_depth(page: Notebook) -> None:
    assert page.py(
        """
        const p = await py.globals.get('nested');
        const one = await p.toJs({depth: 1}), two = await p.toJs({depth: 2});
        const none = await p.toJs({depth: 0});
        return [one.plain.type, one.deep.type, two.plain, two.deep.deeper.type, none === p];
        """
    ) == ["list", "dict", [1, 2], "dict", True]


def test_to_js_keeps_a_cycle_in_python(page: Notebook) -> None:
    assert page.py(
        """
        const p = await py.globals.get('cycle');
        const [first, again] = await p.toJs();
        return [p.type, first, again === p];
        """
    ) == ["list", 1, True]


def test_to_js_of_an_object_is_the_proxy(page: Notebook) -> None:
    assert page.py("return (await thing.toJs()) === thing;") is True


def test_to_js_keeps_arrays_and_keys(page: Notebook) -> None:
    assert value_of(
        page,
        "{1: np.arange(3.), thing: {2}}",
        """
        const map = await p.toJs();
        return [map instanceof Map, [...map.get(1).data], [...map.get(thing)]];
        """,
    ) == [True, [0, 1, 2], [2]]


# -- references ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "kind"),
    [("[1]", "list"), ("{}", "dict"), ("b'a'", "bytes"), ("np.zeros(1)", "numpy.ndarray")],
)
def test_a_container_comes_as_a_proxy_where_that_is_asked_for(
    page: Notebook, code: str, kind: str
) -> None:
    assert value_of(page, code, "return [py.isPyProxy(p), p.type];") == [True, kind]


@pytest.mark.parametrize("code", ["1", "'a'", "None", "1.5", "True"])
def test_what_has_no_parts_comes_by_value_always(page: Notebook, code: str) -> None:
    assert page.py(
        "const [a, b] = [await py.runPython(arguments[0], {as: 'proxy'}),"
        " await py.runPython(arguments[0])]; return a === b;",
        code,
    )


def test_a_generator_comes_as_a_proxy_where_that_is_asked_for(page: Notebook) -> None:
    page.run("pybridge.register(lambda: (i for i in range(3)), 'three')")
    assert page.py(
        "const p = await py.handle('three').call(null, [], {}, {as: 'proxy'});"
        "return [p.type, (await p.next()).value];"
    ) == ["generator", 0]


def test_globals_come_as_a_proxy_where_that_is_asked_for(page: Notebook) -> None:
    page.run("numbers = [1, 2]")
    page.py("const p = await py.globals.get('numbers', {as: 'proxy'}); await p.append(3);")
    assert page.run("numbers").data() == ["[1, 2, 3]"]


def test_identity_is_kept(page: Notebook) -> None:
    assert page.py(
        """
        const again = await py.globals.get('thing'), me = await thing.me();
        return [again === thing, me === thing, (await thing.leaf) === (await thing.leaf)];
        """
    ) == [True, True, True]


def test_a_proxy_that_goes_back_is_the_object(page: Notebook) -> None:
    assert page.py(
        """
        await py.globals.set('back', [thing, {deep: thing}]);
        return [await thing.is_me(thing), await py.runPython('back[0] is thing'),
                await py.runPython("back[1]['deep'] is thing")];
        """
    ) == [True, True, True]


def test_a_copy_outlives_the_original(page: Notebook) -> None:
    assert page.py(
        """
        const first = await py.runPython('Thing()'), second = first.copy();
        const different = first !== second;
        first.destroy();
        const x = await second.x;
        second.destroy();
        return [different, x, await second.x.catch(e => e.code)];
        """
    ) == [True, 5, "destroyed"]


@pytest.mark.parametrize(
    "use",
    [
        "await p.x",
        "await p.me()",
        "await p()",
        "await p.toString()",
        "await p.toJs()",
        "await thing.is_me(p)",
        "await thing([p])",
        "await py.globals.set('p', p)",
        "p.copy()",
    ],
)
def test_a_proxy_that_was_destroyed_says_so(page: Notebook, use: str) -> None:
    error = page.py_error(f"const p = await py.runPython('Thing()'); p.destroy(); {use};")
    assert (error.name, error.code) == ("BridgeError", "destroyed")
    assert "destroyed" in error.message


def test_destroying_twice_is_no_error(page: Notebook) -> None:
    assert page.py("const p = await py.runPython('Thing()'); p.destroy(); p.destroy(); return 1;")


def test_a_destroyed_proxys_object_gets_another(page: Notebook) -> None:
    page.run("other = Thing()")
    assert page.py(
        """
        const first = await py.globals.get('other');
        first.destroy();
        const second = await py.globals.get('other');
        return [first !== second, await second.x, second === (await py.globals.get('other'))];
        """
    ) == [True, 5, True]


# -- the rest of Pyodide's names ----------------------------------------------------------------


def test_pyimport_gives_a_module(page: Notebook) -> None:
    assert page.py("const math = await py.pyimport('math'); return await math.gcd(12, 18);") == 6
    assert page.py("return (await py.pyimport('os.path')).type;") == "module"
    assert page.py_error("await py.pyimport('no_such_module');").type == "ModuleNotFoundError"


def test_to_py_makes_a_python_object(page: Notebook) -> None:
    assert page.py(
        """
        const p = await py.toPy({a: [1, {b: 2}]});
        await py.globals.set('made', p);
        return [p.type, await p.length, await (await py.toPy(5))];
        """
    ) == ["dict", 1, 5]
    assert page.run("made").data() == ["{'a': [1, {'b': 2}]}"]


def test_to_py_stops_at_a_depth(page: Notebook) -> None:
    page.py("await py.globals.set('made', await py.toPy([1, [2, [3]]], {depth: 2}));")
    assert page.run(
        "[type(made).__name__, type(made[1]).__name__, type(made[1][1]).__name__]"
    ).data() == ["['list', 'list', 'JsProxy']"]


def test_code_runs_in_a_dict_of_its_own(page: Notebook) -> None:
    assert page.py(
        """
        const names = await py.toPy({a: 2});
        await py.runPython('b = a + 1', {globals: names});
        return [await names.get('b'), await py.globals.has('b_of_nobody'),
                await py.runPython('a * b', {globals: names})];
        """
    ) == [3, False, 6]
    assert page.py("return await py.runPython('1 + 1', {globals: py.globals});") == 2


def test_the_version_and_the_error_are_there(page: Notebook) -> None:
    assert page.py(
        "const error = await py.runPython('1 / 0').catch(e => e);"
        "return [py.version === pybridge.version, error instanceof py.PythonError, error.type];"
    ) == [True, True, "ZeroDivisionError"]
