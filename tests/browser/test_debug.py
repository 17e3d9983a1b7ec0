"""What the bridge tells of itself agrees with what has happened, on both sides."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from .notebook import Notebook

SETUP = """
import threading
import pybridge

gate = threading.Event()
# Control messages are served while a cell runs.
get_ipython().kernel.control_handlers["open_gate_request"] = lambda *_: gate.set()

def hold():
    gate.clear()
    print("holding", flush=True)
    if not gate.wait(30):
        raise TimeoutError("nobody opened the gate")

class Thing:
    @pybridge.export
    def note(self, text=""):
        return text

    @pybridge.export
    def fail(self):
        raise ValueError("as asked")

    @pybridge.export
    def itself(self):
        return self

    @pybridge.export
    def told(self):
        return pybridge.debug().as_dict()

pybridge.register(Thing(), "thing");
"""

OPEN_GATE = """
const kernel = Jupyter.notebook.kernel;
const message = kernel._get_msg("open_gate_request", {});
message.channel = "control";
kernel._send(JSON.stringify(message));
"""

NOTHING_UNDER_WAY = "(({inFlight, queued}) => inFlight + queued === 0)(pybridge.debug)"


@pytest.fixture(scope="module")
def ready(shared_notebook: Notebook) -> Notebook:
    shared_notebook.run(SETUP)
    return shared_notebook


@pytest.fixture
def page(ready: Notebook) -> Iterator[Notebook]:
    """A notebook whose console was read, and in which no call is under way."""
    ready.wait_for(NOTHING_UNDER_WAY)
    ready.driver.read_console()
    yield ready
    ready.js("pybridge.debug.log = false;")


def snapshot(page: Notebook) -> dict[str, Any]:
    told: dict[str, Any] = page.js("return pybridge.debug;")
    return told


def more(before: dict[str, Any], after: dict[str, Any], *names: str) -> list[int]:
    """How much some counts have grown."""
    return [after[name] - before[name] for name in names]


def our_lines(page: Notebook) -> list[str]:
    """What pybridge has told the console since it was read last."""
    messages = [entry["message"] for entry in page.focus().read_console()]
    return [message for message in messages if "pybridge:" in message]


@contextmanager
def busy_cell(page: Notebook, then: str = "") -> Iterator[None]:
    """A cell runs during the block."""
    cell = page.run(f"hold()\n{then}", wait=False)
    page.wait_for(lambda: "holding" in cell.stream())
    yield
    page.js(OPEN_GATE)
    cell.wait(check=False)


# -- the page -----------------------------------------------------------------------------------


def test_calls_are_in_flight_as_long_as_a_cell_holds_them_up(page: Notebook) -> None:
    with busy_cell(page):
        call = page.start(
            "return (await Promise.all(Array.from({length: 10}, (_, i) =>"
            " py.handle('thing').note(`secret ${i}`)))).length;"
        )
        page.wait_for("pybridge.debug.inFlight === 8")
        told = snapshot(page)
        assert told["queued"] == 2
        assert [seen["what"] for seen in told["calls"]] == ["call thing.note"] * 10
        assert [seen["state"] for seen in told["calls"]] == ["sent"] * 8 + ["queued"] * 2
        assert {seen["lane"] for seen in told["calls"]} == {"main"}
        assert "secret" not in str(told)
    assert call.result() == 10
    page.wait_for(NOTHING_UNDER_WAY)


def test_calls_are_counted_with_how_long_they_took(page: Notebook) -> None:
    before = snapshot(page)
    page.py("for (let i = 0; i < 5; i++) await py.handle('thing').note();")
    after = snapshot(page)
    assert more(before, after, "settled", "dropped", "retried") == [5, 0, 0]
    assert more(before["latency"], after["latency"], "count") == [5]
    assert 0 < after["latency"]["median"] <= after["latency"]["longest"]


def test_errors_are_counted_by_their_code(page: Notebook) -> None:
    before = snapshot(page)["errors"]
    page.py_error("await py.handle('nobody')();")
    page.py_error("await py.handle('thing').fail();")
    page.py_error("await py.handle('thing').fail();")
    after = snapshot(page)["errors"]
    grown = {code: count - before.get(code, 0) for code, count in after.items()}
    assert grown["no-handle"] == 1
    assert grown["python"] == 2


def test_a_call_is_retried_that_a_failing_cell_has_aborted(page: Notebook) -> None:
    before = snapshot(page)
    with busy_cell(page, "raise ValueError('the cell failed')"):
        call = page.start("return await py.globals.has('gate');")
        page.wait_for("pybridge.debug.inFlight === 1")
    assert call.result() is True
    after = snapshot(page)
    [retried] = more(before, after, "retried")
    assert retried >= 1
    assert after["errors"].get("aborted", 0) == before["errors"].get("aborted", 0)


def test_a_call_is_dropped_that_is_taken_back_before_it_has_begun(page: Notebook) -> None:
    before = snapshot(page)
    with busy_cell(page):
        call = page.start("await (window.taken = py.handle('thing').note());")
        page.wait_for("pybridge.debug.inFlight === 1")
        page.js("taken.cancel();")
        assert call.error().code == "cancelled"
        assert more(before, snapshot(page), "dropped", "settled") == [1, 1]
        assert [seen["state"] for seen in snapshot(page)["calls"]] == ["settled"]


def test_what_the_sides_hold_of_each_other_is_counted_by_both(page: Notebook) -> None:
    before, theirs = snapshot(page), page.py("return py.handle('thing').told();")
    names = ("py_proxies", "js_proxies")
    page.py("window.held = await py.handle('thing').itself();")
    page.py("await py.globals.set('lent', () => {});")
    assert more(before, snapshot(page), "pyProxies", "jsProxies") == [1, 1]
    assert more(theirs, page.py("return py.handle('thing').told();"), *names) == [1, 1]
    page.run("del lent")
    page.js("held.destroy();")
    page.wait_for(lambda: more(before, snapshot(page), "pyProxies", "jsProxies") == [0, 0])
    page.wait_for(
        lambda: more(theirs, page.py("return py.handle('thing').told();"), *names) == [0, 0]
    )


def test_what_cells_show_is_counted_until_it_is_gone(page: Notebook) -> None:
    before = snapshot(page)
    cell = page.run("model = pybridge.Model(); model")
    page.wait_for(lambda: more(before, snapshot(page), "mounted", "models") == [1, 1])
    cell.source = "del model"
    cell.run()
    page.wait_for(lambda: more(before, snapshot(page), "mounted", "models") == [0, 0])


# -- the console --------------------------------------------------------------------------------


def test_the_console_is_quiet_by_default(page: Notebook) -> None:
    page.py("await py.handle('thing').note();")
    page.py_error("await py.handle('nobody')();")
    assert our_lines(page) == []


def test_the_console_tells_of_each_call_when_it_is_asked_to(page: Notebook) -> None:
    page.js("pybridge.debug.log = true;")
    page.py("await py.handle('thing').note('a secret');")
    page.py_error("await py.handle('nobody')();")
    lines = our_lines(page)
    told = [line for line in lines if " call " in line]
    ends = ("thing.note (main lane) sent", "fulfilled", "nobody (main lane) sent", "no-handle")
    assert len(told) == len(ends), lines
    assert all(end in line for end, line in zip(ends, told, strict=True)), lines
    assert not any("secret" in line for line in lines)


def test_the_log_is_still_on_after_the_page_was_loaded_again(notebook: Notebook) -> None:
    notebook.js("pybridge.debug.log = true;")
    notebook.reload()
    notebook.py("await py.runPython('1');")
    assert snapshot(notebook)["settled"] == 1
    assert notebook.js("return pybridge.debug.log;") is True
    assert any("run (main lane)" in line for line in our_lines(notebook))


# -- Python -------------------------------------------------------------------------------------


def test_a_notebook_shows_what_python_tells_as_tables(page: Notebook) -> None:
    page.py_error("await py.handle('thing').fail();")
    cell = page.run("pybridge.debug()")
    shown = page.js(
        "const root = arguments[0].querySelector('.pybridge-debug');"
        "return [root.querySelectorAll('table').length, root.textContent];",
        cell.output_element,
    )
    assert shown[0] == 4
    assert "error python" in shown[1]
    assert page.js("return Jupyter.notebook.kernel.session_id;")[:8] in shown[1]


def test_the_loggers_of_python_tell_of_calls_when_they_are_asked_to(page: Notebook) -> None:
    page.run(
        "import io, logging\n"
        "lines = io.StringIO()\n"
        "handler = logging.StreamHandler(lines)\n"
        "logger = logging.getLogger('pybridge')\n"
        "logger.addHandler(handler)\n"
        f"logger.setLevel({logging.DEBUG})"
    )
    page.py("await py.handle('thing').note('a secret');")
    page.run("logger.removeHandler(handler); logger.setLevel('NOTSET')")
    text = page.py("return py.runPython('lines.getvalue()');")
    assert "call thing.note: began" in text
    assert "call thing.note: answered after" in text
    assert "secret" not in text
