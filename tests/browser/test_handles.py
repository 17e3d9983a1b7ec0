"""Python objects under names, and what JavaScript calls on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook

SETUP = '''
import asyncio, time
import pybridge

class Sim:
    """Something to call."""
    def __init__(self):
        self.log = []

    @pybridge.export
    def step(self, n=1, *more, dt=1.0, **others):
        return [n, list(more), dt, others]

    @pybridge.export
    async def later(self, value):
        await asyncio.sleep(0)
        return value

    @pybridge.export
    def count(self, n, fail_at=-1):
        try:
            for i in range(n):
                if i == fail_at:
                    raise ValueError(f"stopped at {i}")
                yield i
            return "done"
        finally:
            self.log.append("closed")

    @pybridge.export
    async def count_later(self, n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    @pybridge.export
    def forever(self):
        try:
            i = 0
            while True:
                yield i
                i += 1
                time.sleep(0.01)
        finally:
            self.log.append("closed")

    @pybridge.export
    def call(self):
        return "the method called call"

    @pybridge.export
    def then(self, *args):
        return "the method called then"

    @pybridge.export
    def constructor(self):
        return "the method called constructor"

    def hidden(self):
        return "not for the page"

sim = Sim()
pybridge.register(sim, "sim")

@pybridge.export
def add(a, b):
    return a + b

@pybridge.export
async def add_later(a, b):
    await asyncio.sleep(0)
    return a + b
'''


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with some objects registered."""
    shared_notebook.run(SETUP)
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def test_a_method_answers(page: Notebook) -> None:
    assert page.py("return await py.handle('sim').step(10);") == [10, [], 1, {}]


def test_call_passes_arguments_and_keywords(page: Notebook) -> None:
    assert page.py(
        "return await py.handle('sim').call('step', [1, 2, 3], {dt: 0.5, 'odd name': 4});"
    ) == [1, [2, 3], 0.5, {"odd name": 4}]


def test_a_method_without_arguments_takes_its_defaults(page: Notebook) -> None:
    assert page.py("return await py.handle('sim').call('step');") == [1, [], 1, {}]


def test_a_function_answers_itself(page: Notebook) -> None:
    assert page.py("const add = py.handle('add'); return await add(1, 2);") == 3


def test_a_function_takes_keywords_through_call(page: Notebook) -> None:
    assert page.py("return await py.handle('add').call(null, [1], {b: 5});") == 6


def test_an_asynchronous_method_answers(page: Notebook) -> None:
    assert page.py("return await py.handle('sim').later('x');") == "x"


def test_an_asynchronous_function_answers(page: Notebook) -> None:
    assert page.py("return await py.handle('add_later')('a', 'b');") == "ab"


def test_a_lambda_answers_under_the_name_given(page: Notebook) -> None:
    page.run("pybridge.register(lambda n: n * 2, 'twice')")
    assert page.py("return await py.handle('twice')(21);") == 42


def test_methods_may_be_listed_instead_of_marked(page: Notebook) -> None:
    page.run("pybridge.register([3, 1, 2], 'list', methods=['index', 'sort'])")
    assert page.py("return await py.handle('list').index(2);") == 2
    error = page.py_error("await py.handle('list').append(1);")
    assert error.code == "not-exported"


def test_an_overriding_method_stays_exported(page: Notebook) -> None:
    page.run(
        "class Faster(Sim):\n"
        "    def step(self, n=1):\n"
        "        return ['faster', n]\n"
        "pybridge.register(Faster(), 'faster')"
    )
    assert page.py("return await py.handle('faster').step(2);") == ["faster", 2]


@pytest.mark.parametrize("name", ["call", "then", "constructor"])
def test_a_method_with_a_name_that_javascript_uses_answers_through_call(
    page: Notebook, name: str
) -> None:
    value = page.py("return await py.handle('sim').call(arguments[0]);", name)
    assert value == f"the method called {name}"


def test_a_handle_can_be_awaited_and_stays_a_handle(page: Notebook) -> None:
    assert page.py("const sim = await py.handle('sim'); return await sim.step(3);")[0] == 3


def test_a_handle_shows_its_name(page: Notebook) -> None:
    assert page.py("const sim = py.handle('sim'); return [sim.handleName, `${sim}`];") == [
        "sim",
        "[pybridge handle sim]",
    ]


def test_what_a_generator_yields_reaches_the_callback_as_it_comes(page: Notebook) -> None:
    items, result = page.py(
        "const items = [];"
        "const onItem = item => items.push(item);"
        "const result = await py.handle('sim').call('count', [5], {}, {onItem});"
        "return [items, result];"
    )
    assert items == [0, 1, 2, 3, 4]
    assert result == "done"


@pytest.mark.parametrize("method", ["count", "count_later"])
def test_what_a_generator_yields_can_be_looped_over(page: Notebook, method: str) -> None:
    items = page.py(
        "const items = [];"
        "for await (const item of py.handle('sim')[arguments[0]](2000)) items.push(item);"
        "return items;",
        method,
        timeout=60,
    )
    assert items == list(range(2000))


def test_the_first_item_is_there_while_the_generator_goes_on(page: Notebook) -> None:
    page.run(
        "def waits():\n"
        "    yield 'first'\n"
        "    deadline = time.monotonic() + 20\n"
        "    while not page_has_it and time.monotonic() < deadline:\n"
        "        time.sleep(0.01)\n"
        "    yield 'page had it' if page_has_it else 'page never had it'\n"
        "page_has_it = False\n"
        "def heard(stream, ident, parent):\n"
        "    global page_has_it\n"
        "    page_has_it = True\n"
        "get_ipython().kernel.control_handlers['heard_request'] = heard\n"
        "pybridge.register(waits, 'waits')"
    )
    items = page.py(
        """
        const items = [];
        for await (const item of py.handle('waits')()) {
            items.push(item);
            const message = Jupyter.notebook.kernel._get_msg('heard_request', {});
            message.channel = 'control';
            Jupyter.notebook.kernel._send(JSON.stringify(message));
        }
        return items;
        """
    )
    assert items == ["first", "page had it"]


def test_leaving_the_loop_closes_the_generator(page: Notebook) -> None:
    page.run("sim.log.clear()")
    first = page.py(
        "for await (const item of py.handle('sim').forever()) { if (item === 3) return item; }"
    )
    assert first == 3
    assert page.run("sim.log").data() == ["['closed']"]


def test_cancel_closes_the_generator(page: Notebook) -> None:
    page.run("sim.log.clear()")
    error = page.py_error(
        "const onItem = item => { if (item === 2) going.cancel(); };"
        "const going = py.handle('sim').call('forever', [], {}, {onItem});"
        "await going;"
    )
    assert error.code == "cancelled"
    assert page.run("sim.log").data() == ["['closed']"]


def test_a_generator_that_raises_gives_its_items_first(page: Notebook) -> None:
    items, kind, message = page.py(
        "const items = [];"
        "try { for await (const item of py.handle('sim').count(5, 3)) items.push(item); }"
        "catch (error) { return [items, error.type, error.message]; }"
    )
    assert (items, kind, message) == ([0, 1, 2], "ValueError", "stopped at 3")


def test_many_calls_at_once_each_get_their_own_answer(page: Notebook) -> None:
    answers = page.py(
        "const add = py.handle('add');"
        "return await Promise.all(Array.from({length: 200}, (_, i) => add(i, i)));"
    )
    assert answers == [2 * i for i in range(200)]


def test_calls_run_in_the_order_in_which_they_were_made(page: Notebook) -> None:
    page.run("order = []\npybridge.register(order, 'order', methods=['append'])")
    page.py(
        "const order = py.handle('order');"
        "await Promise.all(Array.from({length: 50}, (_, i) => order.append(i)));"
    )
    assert page.run("order == list(range(50))").data() == ["True"]


def test_a_new_object_under_an_old_name_takes_its_place(page: Notebook) -> None:
    page.run("pybridge.register(lambda: 'old', 'replaced')")
    assert page.py("window.kept = py.handle('replaced'); return await kept();") == "old"
    page.run("pybridge.register(lambda: 'new', 'replaced')")
    assert page.py("return await kept();") == "new"


def test_a_released_handle_is_gone(page: Notebook) -> None:
    page.run("pybridge.register(lambda: 1, 'brief')\npybridge.release('brief')")
    assert page.py_error("await py.handle('brief')();").code == "no-handle"


def test_a_handle_lasts_as_long_as_its_block(page: Notebook) -> None:
    block = page.run(
        "with pybridge.register(lambda: 'inside', 'block') as handle:\n"
        "    print(handle in pybridge.handles())\n"
        "print('block' in [handle.name for handle in pybridge.handles()])"
    )
    assert block.stream() == "True\nFalse\n"


def test_the_list_of_handles_is_a_table(page: Notebook) -> None:
    page.run("pybridge.register(Sim(), '<b>bold</b>')")
    page.py("await py.handle('<b>bold</b>').step();")
    cell = page.run("pybridge.handles()")
    rows = page.js(
        "return [...arguments[0].querySelectorAll('table tr')]"
        ".map(row => [...row.children].map(field => field.textContent.trim()));",
        cell.output_element,
    )
    assert [title.lower() for title in rows[0]] == ["name", "type", "methods", "calls", "age"]
    [row] = [row for row in rows if row[0] == "<b>bold</b>"]
    assert row[1] == "Sim"
    assert "step" in row[2]
    assert "hidden" not in row[2]
    assert row[3] == "1"


def test_handles_of_one_class_are_independent(page: Notebook) -> None:
    page.run(
        "class Counter:\n"
        "    n = 0\n"
        "    @pybridge.export\n"
        "    def up(self):\n"
        "        self.n += 1\n"
        "        return self.n\n"
        "pybridge.register(Counter(), 'one'); pybridge.register(Counter(), 'two');"
    )
    assert page.py(
        "const [one, two] = [py.handle('one'), py.handle('two')];"
        "return [await one.up(), await one.up(), await two.up(), await one.up()];"
    ) == [1, 2, 1, 3]
