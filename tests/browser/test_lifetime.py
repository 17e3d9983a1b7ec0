"""How long Python's objects live for a page's sake, and what ends it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psutil
import pytest

from .chromium import Chromium
from .notebook import Notebook
from .server import Server
from .waiting import wait_until

SETUP = """
import weakref
import pybridge

alive = weakref.WeakSet()

class Held:
    def __init__(self):
        self.x = 5
        alive.add(self)

    def me(self):
        return self

def made(n):
    return [Held() for _ in range(n)]
"""

# What pages hold of the class, and how many of its objects there are.
COUNT = "[sum(row.type_name == 'Held' for row in pybridge.proxies()), len(alive)]"

LOAD = """
const {load} = await new Promise(done => require(['nbextensions/pybridge/references'], done));
return [load.held, load.given];
"""


def count(page: Notebook) -> list[int]:
    """How many objects are held, and how many there are."""
    counts: list[int] = page.py("return await py.runPython(arguments[0]);", COUNT)
    return counts


def load(page: Notebook) -> list[int]:
    """How many objects of Python's the page holds, and Python of the page's."""
    loads: list[int] = page.js_async(LOAD)
    return loads


def collect(page: Notebook) -> None:
    """Have the page collect its garbage."""
    page.focus().execute_cdp_cmd("HeapProfiler.collectGarbage", {})


def wait_for_count(page: Notebook, expected: int, timeout: float = 20) -> None:
    """Wait until so many objects are held, and there are no others."""
    page.wait_for(
        lambda: count(page) == [expected, expected], timeout, f"pages hold {expected} objects"
    )


def wait_for_collection(page: Notebook, expected: int, timeout: float = 60) -> None:
    """As `wait_for_count`, with the page's garbage collected again and again."""

    def is_reached() -> bool:
        collect(page)
        return count(page) == [expected, expected]

    page.wait_for(is_reached, timeout, f"after collections pages hold {expected} objects")


@pytest.fixture
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook whose page holds nothing."""
    shared_notebook.run(SETUP)
    yield shared_notebook
    wait_for_collection(shared_notebook, 0)
    assert shared_notebook.console_errors() == []


def test_a_call_under_way_keeps_the_object_that_it_is_made_on(page: Notebook) -> None:
    page.run("import time")
    result = page.js_async("""
        const py = await pybridge.connect();
        const one = await py.runPython('Held()');
        // The call waits for its turn, and everyone else has done with the object.
        const busy = py.runPython('time.sleep(0.5)');
        const call = one.me();
        one.destroy();
        await busy;
        const again = await call;
        const x = await again.x;
        again.destroy();
        return x;
    """)
    assert result == 5
    wait_for_count(page, 0)


def test_destroy_frees_the_object(page: Notebook) -> None:
    page.py("window.one = await py.runPython('Held()');")
    assert count(page) == [1, 1]
    page.js("one.destroy(); delete window.one;")
    wait_for_count(page, 0)


def test_an_object_that_was_sent_often_is_freed_at_once(page: Notebook) -> None:
    page.py(
        "window.one = await py.runPython('Held()'); for (let i = 0; i < 9; i++) await one.me();"
    )
    assert page.run(
        "[row.references for row in pybridge.proxies() if row.type_name == 'Held']"
    ).data() == ["[10]"]
    page.js("one.destroy(); delete window.one;")
    wait_for_count(page, 0)


def test_a_copy_holds_the_object_too(page: Notebook) -> None:
    page.py("window.one = await py.runPython('Held()'); window.two = one.copy(); one.destroy();")
    assert page.py("return await two.x;") == 5
    assert count(page) == [1, 1]
    page.js("two.destroy(); delete window.one; delete window.two;")
    wait_for_count(page, 0)


def test_what_nobody_uses_is_collected(page: Notebook) -> None:
    page.py("window.kept = await py.runPython('Held()'); await py.runPython('Held()');")
    wait_for_collection(page, 1)
    assert page.py("return await kept.x;") == 5
    page.js("delete window.kept;")
    wait_for_collection(page, 0)


def test_a_copy_that_nobody_uses_leaves_the_other(page: Notebook) -> None:
    page.py("window.kept = await py.runPython('Held()'); kept.copy(); await kept.copy().x;")
    collect(page)
    collect(page)
    assert page.py("return await kept.x;") == 5
    page.js("kept.destroy(); delete window.kept;")
    wait_for_collection(page, 0)


def test_an_object_is_sent_again_while_its_release_is_under_way(page: Notebook) -> None:
    page.run("again = Held()")
    assert (
        page.py(
            """
        const seen = [];
        for (let i = 0; i < 30; i++) {
            const p = await py.globals.get('again');
            p.destroy();
            const q = await py.globals.get('again');
            // Longer and longer, so that some release falls between any two steps.
            await new Promise(resolve => setTimeout(resolve, 2 * i));
            seen.push(await q.x);
            q.destroy();
        }
        return seen;
        """
        )
        == [5] * 30
    )
    page.run("del again")
    wait_for_count(page, 0)


def test_ten_thousand_proxies_made_and_dropped_leave_none(page: Notebook) -> None:
    before = load(page)
    page.py(
        """
        for (let i = 0; i < 20; i++) {
            const list = await py.runPython('made(500)');
            const proxies = await list.toJs();
            if (proxies.length !== 500 || !py.isPyProxy(proxies[499])) throw new Error('not made');
        }
        """,
        timeout=120,
    )
    wait_for_collection(page, 0)
    page.wait_for(lambda: load(page) == before, 20, "the page holds what it held before")


def test_a_reload_frees_what_the_page_held(page: Notebook) -> None:
    page.py("window.all = await (await py.runPython('made(3)')).toJs();")
    assert count(page) == [3, 3]
    page.reload()
    wait_for_count(page, 0)


def test_a_reload_frees_it_also_if_the_last_word_was_lost(page: Notebook) -> None:
    page.py("window.all = await (await py.runPython('made(3)')).toJs();")
    # As where the browser closes the connection while something is on its way to the page.
    page.js("Jupyter.notebook.kernel.ws.send = () => {};")
    page.reload()
    wait_for_count(page, 0)


def test_a_closed_tab_frees_what_it_held(page: Notebook) -> None:
    other = page.second_window()
    other.py("window.all = await (await py.runPython('made(3)')).toJs();")
    assert count(page) == [3, 3]
    other.close_window()
    wait_for_count(page, 0)


def test_two_pages_hold_one_object(page: Notebook) -> None:
    page.run("shared = Held()")
    other = page.second_window()
    for holder in (page, other):
        holder.py("window.shared = await py.globals.get('shared');")
    page.run("del shared")
    assert count(page) == [2, 1]
    page.js("shared.destroy(); delete window.shared;")
    page.wait_for(lambda: count(page) == [1, 1], 20, "one page has let go of it")
    assert other.py("return await shared.x;") == 5
    other.js("shared.destroy();")
    wait_for_count(page, 0)


def test_a_killed_browser_frees_what_it_held_when_its_lease_ends(
    page: Notebook, server: Server
) -> None:
    assert count(page) == [0, 0]
    page.run(
        "import pybridge.pages as pages\n"
        "lease, pages.LEASE = pages.LEASE, 2\n"
        # The next look would be when it was due before.
        "pages._sweeper.cancel()\n"
        "pages._sweeper = None\n"
        "pages._watch()"
    )
    try:
        with Chromium() as driver:
            other = Notebook(driver, server, page.path)
            other.py("window.all = await (await py.runPython('made(3)')).toJs();")
            browser = psutil.Process(driver.service.process.pid).children(recursive=True)
            for process in browser:
                # The others end with the first.
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(browser, timeout=10)
            wait_for_count(page, 0, 30)
    finally:
        page.run("pages.LEASE = lease")


def test_a_page_that_was_thought_to_be_gone_is_told_so(page: Notebook) -> None:
    page.py("window.lost = await py.runPython('Held()');")
    page.run("for each in pybridge.pages.pages():\n    each.end()")
    wait_until(lambda: count(page) == [0, 0], 20, "what the page held is freed")
    error = page.py_error("await lost.x;")
    assert (error.name, error.code) == ("BridgeError", "destroyed")
    assert "ask for it again" in error.message
    assert page.py("const p = await py.runPython('Held()'); return await p.x;") == 5
    page.js("delete window.lost;")


# -- scopes -------------------------------------------------------------------------------------


def test_a_scope_frees_what_was_made_inside(page: Notebook) -> None:
    assert page.py(
        """
        window.outer = await py.runPython('Held()');
        const result = await py.scope(async s => {
            window.inner = await s.runPython('Held()');
            window.more = await (await s.runPython('made(2)')).toJs();
            return await inner.x;
        });
        const errors = [];
        for (const p of [inner, ...more]) errors.push(await p.x.catch(error => error.code));
        return [result, errors, await outer.x];
        """
    ) == [5, ["destroyed"] * 3, 5]
    wait_for_count(page, 1)
    page.js("outer.destroy(); for (const name of ['outer', 'inner', 'more']) delete window[name];")


def test_a_scope_leaves_what_it_returns(page: Notebook) -> None:
    assert page.py(
        """
        const one = await py.scope(s => s.runPython('Held()'));
        const [two, three] = await py.scope(async s => (await s.runPython('made(2)')).toJs());
        const {four} = await py.scope(async s => ({four: await s.runPython('Held()')}));
        const all = [one, two, three, four];
        const xs = await Promise.all(all.map(p => p.x));
        for (const p of all) p.destroy();
        return xs;
        """
    ) == [5, 5, 5, 5]
    wait_for_count(page, 0)


def test_a_scope_inside_of_another_hands_up_what_it_returns(page: Notebook) -> None:
    assert page.py(
        """
        let handed;
        const x = await py.scope(async outer => {
            handed = await outer.scope(inner => inner.runPython('Held()'));
            return await handed.x;
        });
        return [x, await handed.x.catch(error => error.code)];
        """
    ) == [5, "destroyed"]
    wait_for_count(page, 0)


def test_a_scope_that_throws_frees_what_was_made_inside(page: Notebook) -> None:
    assert (
        page.py(
            """
            return await py.scope(async s => {
                window.inner = await s.runPython('Held()');
                throw new RangeError('enough');
            }).catch(error => error.name);
            """
        )
        == "RangeError"
    )
    wait_for_count(page, 0)
    page.js("delete window.inner;")


# -- both sides ---------------------------------------------------------------------------------

CYCLE = """
class Node {}
const node = new Node();
node.held = await py.runPython('knot = Held(); knot');
await node.held.__setattr__('node', node);
await py.runPython('del knot');
window.knot = {held: node.held};
"""


def test_a_cycle_through_both_sides_ends_where_the_page_destroys_its_proxy(
    page: Notebook,
) -> None:
    before = load(page)
    page.py(CYCLE)
    assert count(page) == [1, 1]
    page.js("knot.held.destroy(); delete window.knot;")
    wait_for_count(page, 0)
    page.wait_for(lambda: load(page) == before, 20, "neither side holds anything of the other's")


def test_a_cycle_through_both_sides_ends_where_python_lets_go(page: Notebook) -> None:
    before = load(page)
    page.py(CYCLE)
    page.js("delete window.knot;")
    collect(page)
    assert count(page) == [1, 1]
    page.run("for held in list(alive):\n    del held.node\ndel held")
    wait_for_collection(page, 0)
    page.wait_for(lambda: load(page) == before, 20, "neither side holds anything of the other's")


# -- the kernel ---------------------------------------------------------------------------------


def test_a_restart_of_the_kernel_says_so_at_the_use_of_an_old_proxy(notebook: Notebook) -> None:
    notebook.run(SETUP)
    notebook.py("window.old = await py.runPython('Held()'); window.copied = old.copy();")
    notebook.restart_kernel()
    for use in (
        "old.x",
        "old.me()",
        "copied.x",
        "py.globals.set('x', old)",
        "py.globals.set('x', [old])",
    ):
        error = notebook.py_error(f"await {use};")
        assert (error.name, error.code) == ("BridgeError", "restarted")
    notebook.run(SETUP)
    assert notebook.py("const fresh = await py.runPython('Held()'); return await fresh.x;") == 5
    # An id of the old kernel means nothing to the new one.
    notebook.js("old.destroy(); copied.destroy();")
    assert notebook.py("return await py.runPython('1 + 1');") == 2


def test_the_list_of_proxies_is_a_table(page: Notebook) -> None:
    page.py("window.listed = await py.runPython('Held()');")
    cell = page.run("pybridge.proxies()")
    rows = cell.find_all("table.pybridge-proxies tbody tr")
    assert any("Held" in row.text for row in rows)
    page.js("listed.destroy(); delete window.listed;")
    wait_for_count(page, 0)
