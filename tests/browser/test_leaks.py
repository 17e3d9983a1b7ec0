"""A thousand calls leave nothing behind, neither in the page nor in Python."""

from __future__ import annotations

from typing import Any

import pytest

from .notebook import Notebook

SETUP = '''
import gc, linecache, sys
import pybridge

@pybridge.export
def add(a, b):
    return a + b

@pybridge.export
def fail():
    raise ValueError("as asked")

@pybridge.export
def count(n):
    yield from range(n)

@pybridge.export
async def later(value):
    return value

@pybridge.export
def counts():
    """Count what might pile up."""
    gc.collect()
    running, uploads = sys.modules["pybridge.running"], sys.modules["pybridge.uploads"]
    compiler = get_ipython().compile
    return {
        "linecache": len(linecache.cache),
        "filenames": len(getattr(compiler, "_filename_map", ())),
        "handles": len(pybridge.handles()),
        "calls": len(running._calls),
        "cancels": len(running._early),
        "uploads": len(uploads._uploads),
        "names": len(globals()),
        "inputs": len(In),
        "outputs": len(Out),
    }
'''

IN_PAGE = """
const calls = await new Promise(resolve => require(['nbextensions/pybridge/call'], resolve));
// The last replies may come after the last results.
while (calls.load.queued + calls.load.underWay > 0) {
    await new Promise(resolve => setTimeout(resolve, 10));
}
const kernel = Jupyter.notebook.kernel;
return {
    ...calls.load,
    callbacks: Object.keys(kernel._msg_callbacks).length,
    overrides: Object.keys(kernel._msg_callbacks_overrides).length,
    displays: Object.keys(kernel._display_id_to_parent_ids).length,
    nodes: document.querySelectorAll('body *').length,
    cells: Jupyter.notebook.ncells(),
    outputs: Jupyter.notebook.get_cells().map(cell => cell.output_area.outputs.length),
};
"""

KINDS = {
    "functions": "py.handle('add')(i, i)",
    "failures": "py.handle('fail')().catch(() => {})",
    "generators": "py.handle('count')(3)",
    "coroutines": "py.handle('later')(i)",
    "arrays": "py.handle('later')(new Float64Array(1000))",
    "code": "py.runPython(`${i} + 1`)",
    "variables": "py.globals.set('variable', i)",
    # IPython keeps each source that it has not seen before.
    "executions": "py.execute('1 + 1', {result() {}})",
    "unknown handles": "py.handle('nobody')().catch(() => {})",
    "cancelled calls": (
        "py.handle('add').call(null, [1, 2], {}, {signal: AbortSignal.timeout(i % 20)})"
        ".catch(() => {})"
    ),
}

CALL = """
const [number] = arguments;
await Promise.all(Array.from({length: number}, (_, i) => %s));
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Notebook:
    """A notebook that can count what it holds, after calls of each kind."""
    shared_notebook.run(SETUP)
    # The first calls import and cache what stays.
    for call in KINDS.values():
        shared_notebook.py(CALL % call, 20)
    # Of the code that it ran, runPython keeps the last 256 sources for tracebacks.
    shared_notebook.py(CALL % KINDS["code"], 256, timeout=60)
    return shared_notebook


def in_python(page: Notebook) -> dict[str, Any]:
    counts: dict[str, Any] = page.py("return await py.handle('counts')();")
    return counts


@pytest.mark.parametrize("kind", list(KINDS))
def test_many_calls_leave_nothing_behind(page: Notebook, kind: str) -> None:
    python, browser = in_python(page), page.py(IN_PAGE)
    page.py(CALL % KINDS[kind], 100, timeout=60)
    after = in_python(page)
    # Cancels that came too late for their call wait, up to a thousand, to be forgotten.
    if kind == "cancelled calls":
        python["cancels"] = after["cancels"]
    assert (after, page.py(IN_PAGE)) == (python, browser)
    assert browser["queued"] == browser["underWay"] == 0
    assert page.console_errors() == []


def test_a_thousand_calls_leave_nothing_behind(page: Notebook) -> None:
    python, browser = in_python(page), page.py(IN_PAGE)
    page.py(CALL % KINDS["functions"], 1000, timeout=120)
    assert (in_python(page), page.py(IN_PAGE)) == (python, browser)


def test_uploads_leave_nothing_behind(page: Notebook) -> None:
    body = "return (await py.handle('later')(new Uint8Array(9e6))).length;"
    page.py(body)
    python, browser = in_python(page), page.py(IN_PAGE)
    for _ in range(3):
        assert page.py(body) == 9_000_000
    assert (in_python(page), page.py(IN_PAGE)) == (python, browser)


def test_the_memory_of_python_does_not_grow_with_the_calls(page: Notebook) -> None:
    objects = "return await py.runPython('gc.collect(); len(gc.get_objects())');"
    before = page.py(objects)
    page.py(CALL % KINDS["functions"], 300, timeout=60)
    assert page.py(objects) - before < 100


def test_a_figure_left_open_is_not_shown_again_by_each_call(page: Notebook) -> None:
    page.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
    page.py("await py.runPython('1');")
    assert (
        page.py(
            "const shown = []; const onDisplay = content => shown.push(content);"
            "for (let i = 0; i < 5; i++) await py.runPython('1', {onDisplay});"
            "return shown.length;"
        )
        == 0
    )
