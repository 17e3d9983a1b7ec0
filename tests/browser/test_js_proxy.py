"""Objects of the page in Python, from ordinary cells: `pybridge.js` and `JsProxy`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook

SETUP = """
import asyncio
import gc
import numpy as np
import pybridge
from pybridge.js import document, window, console

def raises(kind, do):
    try:
        do()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")
"""

PAGE = """
window.box = {
    n: 1, text: 'a', list: [1, 'two', {three: 3}], none: null, missing: undefined,
    inner: {deep: {er: 7}}, add(a, b) { return a + b + this.n; }, finally: 'a keyword',
};
window.Point = class Point {
    constructor(x, y) { this.x = x; this.y = y; }
    norm() { return Math.hypot(this.x, this.y); }
    static origin = 'nowhere';
    toString() { return `(${this.x}, ${this.y})`; }
};
window.args = (...args) => args;
window.count = function* (n) { for (let i = 0; i < n; i++) yield i; };
window.fail = () => { throw new RangeError('out of range'); };
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook whose page has some objects."""
    shared_notebook.js(PAGE)
    shared_notebook.run(SETUP)
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def test_the_first_cell_of_a_fresh_kernel_imports_and_uses_the_page(notebook: Notebook) -> None:
    cell = notebook.run(
        "from pybridge.js import document\ndocument.title = 'from Python'\nprint(document.title)"
    )
    assert cell.stream() == "from Python\n"
    assert notebook.js("return document.title;") == "from Python"
    assert notebook.console_errors() == []


# -- attributes ---------------------------------------------------------------------------------


def test_attributes_are_got_by_value_or_as_proxies(page: Notebook) -> None:
    page.run(
        "box = window.box\n"
        "assert (box.n, box.text, box.none, box.missing) == (1, 'a', None, None)\n"
        "assert box.inner.deep.er == 7\n"
        "assert isinstance(box.list, pybridge.JsProxy)\n"
        "assert repr(box.inner) == '<JsProxy of Object>'"
    )


def test_attributes_are_set_and_deleted(page: Notebook) -> None:
    page.run("window.box.inner.deep.er = [8, 9]; window.box.fresh = 'new'; del window.box.text")
    assert page.js("return [box.inner.deep.er, box.fresh, 'text' in box];") == [
        [8, 9],
        "new",
        False,
    ]
    page.run("window.box.text = 'a'; window.box.inner.deep.er = 7; del window.box.fresh")


def test_an_attribute_that_is_missing_raises_attribute_error(page: Notebook) -> None:
    page.run(
        "error = raises(AttributeError, lambda: window.box.nope)\n"
        "assert 'nope' in str(error) and 'Object' in str(error)\n"
        "assert getattr(window.box, 'nope', 'default') == 'default'\n"
        "assert not hasattr(window.box, 'nope') and hasattr(window.box, 'missing')\n"
        "assert raises(AttributeError, lambda: delattr(window.box, 'nope'))"
    )


def test_a_global_that_is_missing_cannot_be_imported(page: Notebook) -> None:
    page.run(
        "try:\n"
        "    from pybridge.js import noSuchGlobal\n"
        "except ImportError as error:\n"
        "    assert 'noSuchGlobal' in str(error)\n"
        "else:\n"
        "    raise AssertionError"
    )


def test_globals_are_set_and_deleted_through_the_module(page: Notebook) -> None:
    page.run("import pybridge.js\npybridge.js.fromPython = 5\nassert pybridge.js.fromPython == 5")
    assert page.js("return window.fromPython;") == 5
    page.run("del pybridge.js.fromPython")
    assert page.js("return 'fromPython' in window;") is False


@pytest.mark.parametrize("name", ["pages", "dispatch", "sys", "Any", "_"])
def test_no_global_is_hidden_by_a_name_of_the_modules_own(page: Notebook, name: str) -> None:
    page.js("window[arguments[0]] = 'the page has it';", name)
    page.run(f"from pybridge.js import {name} as found\nassert found == 'the page has it'")
    page.js("delete window[arguments[0]];", name)


def test_a_keyword_of_python_takes_an_underscore(page: Notebook) -> None:
    page.run("assert window.box.finally_ == 'a keyword'\nwindow.box.class_ = 'mine'")
    assert page.js("return box.class;") == "mine"


def test_what_cannot_be_set_raises_type_error(page: Notebook) -> None:
    page.js("window.frozen = Object.freeze({a: 1});")
    page.run(
        "assert raises(TypeError, lambda: setattr(window.frozen, 'a', 2))\n"
        "assert raises(TypeError, lambda: delattr(window.frozen, 'a'))"
    )


def test_dir_lists_what_javascript_has(page: Notebook) -> None:
    page.run(
        "assert {'n', 'add', 'to_py', 'hasOwnProperty'} <= set(dir(window.box))\n"
        "assert 'getElementById' in dir(document)\n"
        "assert 'origin' in dir(window.Point)\n"
        "import pybridge.js\n"
        "assert {'document', 'setTimeout'} <= set(dir(pybridge.js))"
    )


def test_typeof_and_text(page: Notebook) -> None:
    page.run(
        "assert (window.box.typeof, window.args.typeof) == ('object', 'function')\n"
        "assert str(window.Point.new(1, 2)) == '(1, 2)'\n"
        "assert repr(window.Point.new(1, 2)) == '<JsProxy of Point>'\n"
        "assert str(window.fail).startswith('() =>')\n"
        "assert str(window.box) == '[object Object]'"
    )


def test_a_proxy_at_the_end_of_a_cell_shows_itself(page: Notebook) -> None:
    assert page.run("document").data() == ["<JsProxy of HTMLDocument>"]
    assert page.run("window.Point").data() == ["<JsProxy of Function>"]


def test_keys_values_and_entries(page: Notebook) -> None:
    page.js("window.pair = {a: 1, b: [2]};")
    page.run(
        "assert window.pair.object_keys() == ['a', 'b']\n"
        "first, second = window.pair.object_values()\n"
        "assert first == 1 and second is window.pair.b\n"
        "assert window.pair.object_entries() == [('a', 1), ('b', window.pair.b)]"
    )


# -- identity and copies ------------------------------------------------------------------------


def test_one_object_is_one_proxy(page: Notebook) -> None:
    page.run(
        "assert window.box is window.box\n"
        "assert document.body is document.querySelector('body')\n"
        "assert document.body != document.head\n"
        "assert len({window.box, window.box, window.args, window.args}) == 2\n"
        "assert window.args == window.args and window.args != window.fail"
    )


def test_a_proxy_that_is_passed_back_is_the_object_itself(page: Notebook) -> None:
    page.js("window.isBox = it => it === window.box; window.isArgs = it => it === window.args;")
    page.run("assert window.isBox(window.box) and window.isArgs(window.args)")


def test_a_python_object_comes_back_as_itself(page: Notebook) -> None:
    page.run(
        "class Mine: pass\n"
        "mine = Mine()\n"
        "window.kept = mine\n"
        "assert window.kept is mine\n"
        "assert window.args(mine)[0] is mine"
    )


def test_to_py_copies_as_deep_as_is_asked(page: Notebook) -> None:
    page.js("window.nest = {list: [1, [2, {f() {}}]], map: new Map([['a', [1]]])};")
    page.run(
        "whole = window.nest.to_py()\n"
        "assert whole['map'] == {'a': [1]} and whole['list'][:1] == [1]\n"
        "assert callable(whole['list'][1][1]['f'])\n"
        "one = window.nest.to_py(depth=1)\n"
        "assert one['list'] is window.nest.list and type(one) is dict\n"
        "assert window.nest.to_py(depth=2)['map']['a'] is window.nest.map['a']\n"
        "assert window.nest.to_py(depth=0) is window.nest"
    )


def test_a_copy_is_apart_from_its_object(page: Notebook) -> None:
    page.js("window.plain = {a: [1]};")
    page.run("copy = window.plain.to_py(); copy['a'].append(2); window.plain.a.push(3)")
    page.run("assert copy == {'a': [1, 2]} and window.plain.to_py() == {'a': [1, 3]}")


def test_a_very_long_text_and_list_come_whole(page: Notebook) -> None:
    page.js("window.long = 'ä'.repeat(3e6); window.many = Array.from({length: 2e5}, (_, i) => i);")
    page.run(
        "assert window.long == 'ä' * 3_000_000\nassert window.many.to_py() == list(range(200_000))",
        timeout=90,
    )


# -- items --------------------------------------------------------------------------------------


def test_items_of_an_array(page: Notebook) -> None:
    page.run(
        "a = window.eval('[10, 20, 30].concat([x => x])').to_py(depth=0)\n"
        "assert (len(a), a[0], a[-2], a[np.int64(1)]) == (4, 10, 30, 20)\n"
        "assert 20 in a and 21 not in a and None not in a\n"
        "a[1] = 'new'; del a[-1]\n"
        "assert a.to_py() == [10, 'new', 30]\n"
        "assert raises(IndexError, lambda: a[3]) and raises(IndexError, lambda: a[-4])\n"
        "assert all(raises(TypeError, lambda: a[key]) for key in (None, '0', 1.5, slice(2)))"
    )


def test_items_of_a_map(page: Notebook) -> None:
    page.run(
        "m = window.Map.new([['a', 1]])\n"
        "m['z'] = [1, 2]; m[5] = 'number'\n"
        "assert (len(m), m['a'], m[5]) == (3, 1, 'number')\n"
        "assert 'a' in m and 'b' not in m\n"
        "del m['a']\n"
        "assert raises(KeyError, lambda: m['a']) and raises(KeyError, lambda: m.__delitem__('a'))\n"
        "assert m.to_py() == {'z': [1, 2], 5: 'number'}"
    )


def test_objects_are_keys_of_a_map(page: Notebook) -> None:
    page.run(
        "m = window.Map.new(); m[document] = 'the document'\n"
        "assert m[document] == 'the document' and document in m and window not in m"
    )


def test_a_set(page: Notebook) -> None:
    page.run(
        "s = window.Set.new([1, 2])\n"
        "assert len(s) == 2 and 1 in s and 3 not in s and sorted(s) == [1, 2]\n"
        "s.add('x')\n"
        "assert s.to_py() == {1, 2, 'x'}\n"
        "assert raises(TypeError, lambda: s[0])"
    )


def test_a_list_of_nodes(page: Notebook) -> None:
    page.run(
        "div = document.createElement('div'); div.innerHTML = '<b>1</b><i>2</i>'\n"
        "nodes = div.querySelectorAll('*')\n"
        "assert [node.tagName for node in nodes] == ['B', 'I']\n"
        "assert len(nodes) == 2 and nodes[-1] is div.lastChild and div.firstChild in nodes\n"
        "assert len(div.children) == 2 and div.children[0].textContent == '1'\n"
        "def replace(): nodes[0] = div\n"
        "assert raises(TypeError, replace)"
    )


def test_a_plain_object_has_no_items_and_no_length(page: Notebook) -> None:
    page.run(
        "assert raises(TypeError, lambda: window.box['n'])\n"
        "assert raises(TypeError, lambda: len(window.box))\n"
        "assert raises(TypeError, lambda: iter(window.box))\n"
        "assert raises(TypeError, lambda: window.box())\n"
        "assert not callable(window.box) and callable(window.args)"
    )


def test_truth(page: Notebook) -> None:
    page.js("window.none = []; window.some = [0]; window.input = document.createElement('input');")
    page.run(
        "assert not window.none and window.some and window.box and window.args and window.input\n"
        "assert not window.Map.new() and document and window.Promise.resolve(0)"
    )


# -- iteration ----------------------------------------------------------------------------------


def test_iteration(page: Notebook) -> None:
    page.run(
        "first, second, third = window.box.list\n"
        "assert (first, second) == (1, 'two') and third is window.box.list[2]\n"
        "assert dict(list(window.Map.new([['a', 1], ['b', 2]]))) == {'a': 1, 'b': 2}\n"
        "assert list(window.count(3)) == [0, 1, 2]\n"
        "assert list(window.Map.new([['a', 1]]).keys()) == ['a']\n"
        "assert list(document.body.classList)[:1] == [document.body.classList.item(0)]"
    )


def test_what_jquery_has_found_is_gone_through(page: Notebook) -> None:
    page.run(
        "found = window.jQuery('head, body')\n"
        "assert [element.tagName for element in found] == ['HEAD', 'BODY']\n"
        "assert found[1].tagName == 'BODY'"
    )


def test_an_iterator_goes_on_where_it_was(page: Notebook) -> None:
    page.run(
        "it = window.count(3)\n"
        "assert (next(it), next(it), next(it)) == (0, 1, 2)\n"
        "assert raises(StopIteration, lambda: next(it)) and list(it) == []"
    )


# -- calls --------------------------------------------------------------------------------------


def test_a_method_is_called_on_its_object(page: Notebook) -> None:
    page.run(
        "assert window.box.add(2, 3) == 6\n"
        "add = window.box.add\n"
        "assert add(1, 1) == 3\n"
        "assert window.box.add.call(window.Point.new(1, 2), 'a', 'b') == 'abundefined'"
    )


def test_keyword_arguments_become_an_object_at_the_end(page: Notebook) -> None:
    page.js("window.type = (...args) => JSON.stringify(args);")
    page.run(
        """assert window.type(1, a=2, b=[3]) == '[1,{"a":2,"b":[3]}]'\n"""
        """assert window.type(a=None) == '[{"a":null}]'\n"""
        "event = window.CustomEvent.new('mine', detail=5, bubbles=True)\n"
        "assert (event.detail, event.bubbles) == (5, True)"
    )


def test_new_makes_an_object(page: Notebook) -> None:
    page.run(
        "point = window.Point.new(3, 4)\n"
        "assert (point.x, point.norm(), window.Point.origin) == (3, 5, 'nowhere')\n"
        "assert window.Array.new(3).length == 3\n"
        "assert isinstance(window.Object.new(), pybridge.JsProxy)\n"
        "assert raises(pybridge.JsError, lambda: window.args.new()).name == 'TypeError'"
    )


def test_values_go_and_come_as_in_any_call(page: Notebook) -> None:
    page.run(
        "import datetime\n"
        "when = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)\n"
        "given = [None, True, 2**70, 1.5, 'ä', b'bytes', {'k': [1]}, {1: 'a'}, {1, 2}, when]\n"
        "assert window.args(*given) == given"
    )


def test_to_js_copies_what_would_be_referred_to(page: Notebook) -> None:
    page.js("window.isArray = it => Array.isArray(it) && it[1] === document;")
    page.run(
        "mixed = [object(), document]\n"
        "assert not window.isArray(mixed)\n"
        "assert window.isArray(pybridge.to_js(mixed))\n"
        # What is the page's own does not keep a list from being copied.
        "assert window.isArray([0, document])"
    )


@pytest.mark.parametrize("dtype", ["bool", "int16", "float32", "float64", "int64", "uint8"])
def test_arrays_go_and_come_as_binary(page: Notebook, dtype: str) -> None:
    page.run(
        f"a = np.arange(6).reshape(2, 3).astype({dtype!r})\n"
        "b, = window.args(a)\n"
        "assert b.dtype == a.dtype and b.shape == a.shape and (b == a).all()"
    )


def test_twelve_megabytes_go_down_and_come_up(page: Notebook) -> None:
    page.js("window.sum = a => a.data.reduce((x, y) => x + y, 0);")
    page.run(
        "big = np.arange(1_500_000.0)\n"
        "assert window.sum(big) == big.sum()\n"
        "window.big = big\n"
        "back = window.big\n"
        "assert back.nbytes == 12_000_000 and (back == big).all()\n"
        "assert (await window.Promise.resolve(window.args(big)))[0].shape == big.shape",
        timeout=90,
    )


def test_an_empty_array_comes(page: Notebook) -> None:
    page.run("assert window.args(np.zeros((0, 3)))[0].shape == (0, 3)")


# -- errors -------------------------------------------------------------------------------------


def test_what_javascript_throws_is_a_js_error(page: Notebook) -> None:
    page.run(
        "error = raises(pybridge.JsError, lambda: window.fail())\n"
        "assert (error.name, error.message) == ('RangeError', 'out of range')\n"
        "assert str(error) == 'RangeError: out of range' and 'fail' in error.stack"
    )


@pytest.mark.parametrize(
    ("thrown", "message"),
    [
        ("'text'", "text"),
        ("null", "null"),
        ("Object.create(null)", "something that has no text was thrown"),
        ("Symbol('s')", "Symbol(s)"),
    ],
)
def test_whatever_is_thrown_arrives(page: Notebook, thrown: str, message: str) -> None:
    page.js(f"window.throws = () => {{ throw {thrown}; }};")
    page.run(f"assert raises(pybridge.JsError, lambda: window.throws()).message == {message!r}")


def test_an_uncaught_error_shows_its_name_and_message(page: Notebook) -> None:
    cell = page.run("window.fail()", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "JsError"
    assert cell.error["evalue"] == "RangeError: out of range"


# -- promises -----------------------------------------------------------------------------------


def test_promises_are_awaited(page: Notebook) -> None:
    page.js("window.later = value => new Promise(done => setTimeout(done, 20, value));")
    page.run(
        "assert await window.later(41) == 41\n"
        "assert await window.later(None) is None\n"
        "assert await asyncio.gather(*(window.later(i) for i in range(5))) == list(range(5))\n"
        "response = await window.fetch('?')\n"
        "assert response.ok and '<html' in (await response.text())",
        timeout=90,
    )


def test_python_goes_on_while_a_promise_is_awaited(page: Notebook) -> None:
    page.js("window.open_ = null; window.held = new Promise(done => { window.open_ = done; });")
    page.run(
        "async def opener():\n"
        "    window.open_('opened')\n"
        "task = asyncio.ensure_future(opener())\n"
        "assert await window.held == 'opened'"
    )


def test_a_rejected_promise_raises(page: Notebook) -> None:
    page.run(
        "try:\n"
        "    await window.Promise.reject(window.RangeError.new('no'))\n"
        "except pybridge.JsError as error:\n"
        "    assert (error.name, error.message) == ('RangeError', 'no') and error.stack\n"
        "else:\n"
        "    raise AssertionError"
    )


def test_waiting_for_a_promise_can_be_given_up(page: Notebook) -> None:
    page.js("window.never = new Promise(() => {});")
    page.run(
        "try:\n"
        "    await asyncio.wait_for(window.never, 0.1)\n"
        "except asyncio.TimeoutError:\n"
        "    print('given up')"
    )
    assert page.run("assert window.box.n == 1").error is None


def test_a_promise_that_waits_for_the_kernel_is_ended_by_an_interrupt(page: Notebook) -> None:
    page.py("window.circular = async () => await py.runPython('1 + 1');")
    cell = page.run(
        "promise = window.circular()\nprint('begins', flush=True)\nawait promise", wait=False
    )
    page.wait_for(lambda: "begins" in cell.stream(), what="the cell waits")
    page.interrupt_kernel()
    cell.wait(check=False)
    assert cell.error is not None
    # What was queued behind a cell that failed the kernel drops.
    later = page.run("await promise", check=False)
    assert later.error is not None
    assert later.error["ename"] == "JsError"
    assert "dropped what was queued" in later.error["evalue"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('"input_reply"', "print(window.box.n)"),
        ('"what":"answer"', "print(await window.Promise.resolve(1))"),
    ],
    ids=["an answer", "a promise"],
)
def test_what_is_lost_with_the_connection_is_said_again(
    page: Notebook, said: str, code: str
) -> None:
    page.js(
        """
        const [said] = arguments;
        const {kernel} = Jupyter.notebook;
        const {ws} = kernel;
        const send = ws.send;
        window.lost = false;
        ws.send = message => {
            window.lost ||= typeof message === 'string' && message.includes(said);
            if (window.lost) ws.close();
            else send.call(ws, message);
        };
        """,
        said,
    )
    # The notebook forgets with the connection who waits for the cell's end.
    page.run(code, wait=False)
    page.wait_for("lost && Jupyter.notebook.kernel.is_connected()", what="it is connected again")
    assert page.run("print(window.box.n)").stream() == "1\n"


def test_code_between_cells_reaches_the_page(page: Notebook) -> None:
    page.run(
        "asyncio.get_running_loop().call_later(0.05, lambda: setattr(window, 'between', 'cells'))"
    )
    page.wait_for("window.between === 'cells'")


# -- Python's functions in JavaScript, and JavaScript's as arguments ----------------------------


def test_a_function_of_the_page_is_called_while_a_method_works(page: Notebook) -> None:
    page.run(
        "class Model:\n"
        "    @pybridge.export\n"
        "    def fit(self, data, on_step):\n"
        "        return [on_step(x) for x in data]\n"
        "pybridge.register(Model(), 'model')"
    )
    assert page.py(
        "const seen = [];"
        "const on_step = x => { seen.push(x); return x * 2; };"
        "const result = await py.handle('model').call('fit', [[1, 2, 3]], {on_step});"
        "return [result, seen];"
    ) == [[2, 4, 6], [1, 2, 3]]


def test_what_a_function_of_the_page_throws_passes_through_python(page: Notebook) -> None:
    error = page.py_error(
        "await py.handle('model').call('fit', [[1]], {on_step() { throw new TypeError('mine'); }});"
    )
    assert (error.name, error.type) == ("PythonError", "JsError")
    assert error.message == "TypeError: mine"


def test_a_callback_of_python_is_called_by_the_page(page: Notebook) -> None:
    page.run(
        "hits = []\n"
        "button = document.createElement('button'); document.body.appendChild(button)\n"
        "handler = pybridge.create_proxy(lambda event: hits.append((event.type, event.target)))\n"
        "button.addEventListener('click', handler)\n"
        "button.click()\n"
        "assert hits == []"
    )
    page.py("await py.runPython('0');")
    page.run("assert hits == [('click', button)]")
    page.run("button.removeEventListener('click', handler); button.click()")
    page.py("await py.runPython('0');")
    page.run("assert len(hits) == 1\nhandler.destroy(); button.remove()")


def test_what_a_callback_returns_is_a_promise_in_the_page(page: Notebook) -> None:
    page.run("window.double = lambda x: x * 2")
    assert page.js_async("return await double(21);") == 42
    page.run("def fails(): raise ValueError('mine')\nwindow.fails = fails")
    error = page.py_error("await fails();")
    assert (error.type, error.message) == ("ValueError", "mine")


def test_a_destroyed_callback_says_so(page: Notebook) -> None:
    page.run("gone = pybridge.create_proxy(print); window.gone = gone; gone.destroy()")
    error = page.py_error("await window.gone();")
    assert error.code == "destroyed"
    assert "destroyed" in error.message


def test_a_once_callable_is_called_once(page: Notebook) -> None:
    page.run("window.once = pybridge.create_once_callable(lambda: 'first')")
    assert page.js_async("return await once();") == "first"
    error = page.py_error("await once();")
    assert error.code == "destroyed"
    assert "once" in error.message


def test_a_once_callable_that_is_called_again_by_an_event_shows_in_the_console(
    page: Notebook,
) -> None:
    assert page.console_errors() == []
    page.run(
        "hits = []\n"
        "target = window.EventTarget.new()\n"
        "target.addEventListener('ping', pybridge.create_once_callable(hits.append))\n"
        "for _ in range(2): target.dispatchEvent(window.Event.new('ping'))"
    )
    page.py("await py.runPython('0');")
    page.run("assert [event.type for event in hits] == ['ping']")
    [error] = page.wait_for(page.console_errors, what="the console has the error")
    assert "once" in error


def test_what_is_not_callable_cannot_be_a_callback(page: Notebook) -> None:
    page.run(
        "assert raises(TypeError, lambda: pybridge.create_proxy(5))\n"
        "assert raises(TypeError, lambda: pybridge.create_once_callable('text'))"
    )


# -- lifetime -----------------------------------------------------------------------------------


def test_proxies_made_and_dropped_leave_none_behind(page: Notebook) -> None:
    load = "return require('nbextensions/pybridge/references').load.given;"
    page.run("gc.collect()")
    before = page.js(load)
    page.run("for i in range(2000): document.createElement('i')", timeout=90)
    page.wait_for(lambda: page.js(load) <= before + 2, what="the page holds what it held before")


def test_a_proxy_that_was_dropped_comes_anew(page: Notebook) -> None:
    page.run("p = window.Point.new(1, 2); window.point = p; del p; gc.collect()")
    page.run("assert window.point.norm() > 2")
