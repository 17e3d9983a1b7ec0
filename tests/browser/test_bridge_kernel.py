"""The bridge in a kernel of another language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .chromium import Chromium
from .notebook import Notebook
from .server import Server


@pytest.fixture(scope="module")
def page(driver: Chromium, server: Server) -> Iterator[Notebook]:
    """A notebook whose kernel shouts."""
    kernelspec = server.add_kernel("shouting", Path(__file__).with_name("shouting_kernel.py"))
    notebook = Notebook.create(
        driver, server, name="shouting.ipynb", metadata={"kernelspec": kernelspec}
    )
    yield notebook
    # The notebook looks for colours for the language.
    assert notebook.console_errors(["codemirror/mode/shouting"]) == []
    notebook.close()


def test_cells_are_of_its_language(page: Notebook) -> None:
    assert page.run("hello").stream() == "HELLO"


def test_execute_sends_its_language_with_callbacks(page: Notebook) -> None:
    result = page.py("""
        const heard = [];
        const reply = await py.execute('y = sin(x)', {stream: ({text}) => heard.push(text)});
        return [heard, reply.status, await py.handle('again')()];
    """)
    assert result == [["Y = SIN(X)"], "ok", "Y = SIN(X)"]


def test_handles_answer_with_values_errors_and_items(page: Notebook) -> None:
    result = page.py("""
        const things = py.handle('things');
        const array = await things.double(new Float64Array([1, 2]));
        const items = [];
        for await (const item of things.items(3)) items.push(item);
        const error = await things.fail().catch(({type, message}) => `${type}: ${message}`);
        return [await things.call('add', [2], {b: 3}), [...array.data], items, error,
                await things.later()];
    """)
    assert result == [5, [2, 4], [0, 1, 2], "ValueError: as asked", "later"]


def test_what_a_handle_prints_goes_to_the_caller(page: Notebook) -> None:
    result = page.py("""
        const heard = [];
        await py.handle('things').call('add', [1], {}, {onStream: ({text}) => heard.push(text)});
        return heard.join('');
    """)
    assert result == "adding\n"


def test_proxies_models_and_comms_work(page: Notebook) -> None:
    result = page.py("""
        const union = await py.handle('things').made();
        const set = await union(new Set([3]));
        const count = await py.model('count');
        count.set('value', 8);
        await count.save();
        const comm = await py.comm('echo');
        const heard = new Promise(done => comm.onMessage(done));
        await comm.send('hello');
        return [[...set], await py.handle('value')(), await heard];
    """)
    assert result == [[1, 2, 3], 8, "hello"]


def test_python_calls_javascript(page: Notebook) -> None:
    assert page.py("return await py.handle('things').title('from the kernel');") == (
        "from the kernel"
    )


def test_a_call_can_be_cancelled(page: Notebook) -> None:
    error = page.py_error("await py.handle('things').call('sleep', [], {}, {timeout: 500});")
    assert error.code == "timeout"
    assert page.py("return await py.handle('things').add(1);") == 2


@pytest.mark.parametrize("code", ["py.runPython('1')", "py.globals.get('x')", "py.globals.keys()"])
def test_it_has_no_python_namespace(page: Notebook, code: str) -> None:
    error = page.py_error(f"await {code};")
    assert error.code == "not-python"


def test_a_call_counts_no_cell(page: Notebook) -> None:
    before = page.run("a").execution_count
    page.py("await py.handle('things').add(1);")
    assert page.run("b").execution_count == before + 1


def test_an_unknown_handle_is_named(page: Notebook) -> None:
    assert page.py_error("await py.handle('nothing').x();").code == "no-handle"
