"""Every call settles: with its value, or with an error that says what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .chromium import Chromium
from .notebook import Cell, JavaScriptError, Notebook
from .pending import Pending
from .server import Server

SETUP = '''
import asyncio, sys, threading, time
import pybridge

log = []
gate = threading.Event()

def open_gate(stream, ident, parent):
    gate.set()

# Control messages are served while a cell runs.
get_ipython().kernel.control_handlers["open_gate_request"] = open_gate

def hold():
    """Run until the page opens the gate, and a little longer."""
    gate.clear()
    print("holding", flush=True)
    if not gate.wait(30):
        raise TimeoutError("nobody opened the gate")
    time.sleep(0.2)

def traced(name):
    log.append(f"{name} began")
    print(f"{name} began", flush=True)

@pybridge.export
def nap():
    try:
        traced("nap")
        time.sleep(60)
    except BaseException as error:
        log.append(f"nap stopped by {type(error).__name__}")
        raise

@pybridge.export
def spin():
    try:
        traced("spin")
        while True:
            pass
    except BaseException as error:
        log.append(f"spin stopped by {type(error).__name__}")
        raise

@pybridge.export
async def doze():
    try:
        # Once this waits.
        asyncio.get_running_loop().call_soon(traced, "doze")
        await asyncio.sleep(60)
    except BaseException as error:
        log.append(f"doze stopped by {type(error).__name__}")
        raise

@pybridge.export
def stubborn():
    traced("stubborn")
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass

@pybridge.export
def note(text):
    log.append(text)
    return text

class Thing:
    @pybridge.export
    def known(self):
        return "known"

    def unmarked(self):
        log.append("unmarked ran")

    def _private(self):
        log.append("_private ran")

pybridge.register(Thing(), "thing")
'''

OPEN_GATE = """
const kernel = Jupyter.notebook.kernel;
const message = kernel._get_msg("open_gate_request", {});
message.channel = "control";
kernel._send(JSON.stringify(message));
"""

STOPPED_BY = {"nap": "KeyboardInterrupt", "spin": "KeyboardInterrupt", "doze": "CancelledError"}


@pytest.fixture(scope="module")
def setup(shared_notebook: Notebook) -> Cell:
    """The cell that defines the functions."""
    return shared_notebook.append(SETUP)


@pytest.fixture
def page(shared_notebook: Notebook, setup: Cell) -> Iterator[Notebook]:
    """A notebook with functions that take long; afterwards the next call has to work."""
    setup.run()
    yield shared_notebook
    assert shared_notebook.py("return await py.runPython('1 + 1');") == 2
    assert shared_notebook.console_errors() == []


def log(page: Notebook) -> list[str]:
    """What the functions in the kernel have noted."""
    entries: list[str] = page.py("return await py.globals.get('log');")
    return entries


def begin(page: Notebook, function: str = "nap", options: str = "") -> Pending:
    """Call a function that takes a minute; return once it runs."""
    page.js("window.began = false;")
    pending = page.start(
        "window.controller = new AbortController();"
        "return await py.handle(arguments[0]).call(null, [], {},"
        f" {{onStream() {{ window.began = true; }}, {options}}});",
        function,
    )
    page.wait_for("began")
    return pending


@contextmanager
def busy_cell(page: Notebook, then: str = "print('finished')") -> Iterator[None]:
    """A cell of the user's runs during the block; it must not notice anything."""
    cell = page.run(f"hold()\n{then}", wait=False)
    page.wait_for(lambda: "holding" in cell.stream())
    yield
    page.js(OPEN_GATE)
    cell.wait(check=False)
    if "raise" not in then:
        assert cell.error is None
        assert cell.stream() == "holding\nfinished\n"


# -- what Python says ---------------------------------------------------------------------------


def test_what_python_raises_is_a_python_error(page: Notebook) -> None:
    error = page.py_error("await py.handle('note')(1, 2, 3);")
    assert (error.name, error.type, error.code) == ("PythonError", "TypeError", None)
    assert "note() takes 1 positional argument but 3 were given" in error.message


def test_an_unknown_handle_is_named_with_what_to_do(page: Notebook) -> None:
    error = page.py_error("await py.handle('nobody').step();")
    assert (error.name, error.code) == ("BridgeError", "no-handle")
    assert "'nobody'" in error.message
    assert "pybridge.register" in error.message


@pytest.mark.parametrize("method", ["unmarked", "_private", "missing", "__class__", "__init__"])
def test_a_method_that_is_not_exported_does_not_run(page: Notebook, method: str) -> None:
    error = page.py_error("await py.handle('thing').call(arguments[0]);", method)
    assert (error.name, error.code) == ("BridgeError", "not-exported")
    assert repr(method) in error.message
    assert "exports known" in error.message
    assert log(page) == []


def test_an_object_that_is_no_function_is_not_called_itself(page: Notebook) -> None:
    error = page.py_error("await py.handle('thing')();")
    assert error.code == "not-exported"


def test_a_kernel_without_pybridge_says_what_to_install_where(page: Notebook) -> None:
    executable = page.run("print(sys.executable)").stream().strip()
    page.run("saved = sys.modules.pop('pybridge')\nsys.modules['pybridge'] = None")
    try:
        error = page.py_error("await py.runPython('1');")
    finally:
        page.run("sys.modules['pybridge'] = saved")
    assert (error.name, error.code) == ("BridgeError", "not-installed")
    assert f"{executable} -m pip install pybridge-nbext==" in error.message
    assert "ModuleNotFoundError" in error.message


def test_an_argument_that_cannot_be_sent_is_referred_to(page: Notebook) -> None:
    page.py("await py.handle('note')({a: [1, () => {}]});")
    assert page.run("type(log[0]).__name__, log.clear()").data() == ["('JsProxy', None)"]


def test_a_result_that_cannot_be_sent_is_referred_to(page: Notebook) -> None:
    code = "{'a': [1, object()]}"
    assert page.py("return (await py.runPython(arguments[0])).type;", code) == "dict"


def test_an_answer_that_got_lost_is_said_to_be_lost(page: Notebook) -> None:
    page.js(
        "const handlers = Jupyter.notebook.kernel._iopub_handlers;"
        "window.kept = handlers.display_data; handlers.display_data = () => {};"
    )
    try:
        error = page.py_error("await py.runPython('1');")
    finally:
        page.js("Jupyter.notebook.kernel._iopub_handlers.display_data = kept;")
    assert (error.name, error.code) == ("BridgeError", "lost-reply")


# -- cells that fail ----------------------------------------------------------------------------


def test_a_call_behind_a_failing_cell_is_aborted(page: Notebook) -> None:
    with busy_cell(page, "raise ValueError('the cell failed')"):
        call = page.start("return await py.handle('note')('ran');")
    assert call.error().code == "aborted"
    assert log(page) == []


def test_a_repeatable_call_behind_a_failing_cell_is_sent_again(page: Notebook) -> None:
    with busy_cell(page, "raise ValueError('the cell failed')"):
        call = page.start(
            "return await py.handle('note').call(null, ['ran'], {}, {repeatable: true});"
        )
    assert call.result() == "ran"
    assert log(page) == ["ran"]


def test_reading_a_variable_behind_a_failing_cell_is_repeated_by_itself(page: Notebook) -> None:
    with busy_cell(page, "variable = 5\nraise ValueError('the cell failed')"):
        call = page.start("return await py.globals.get('variable');")
    assert call.result() == 5


# -- interrupts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["nap", "spin", "doze"])
def test_interrupting_the_kernel_ends_the_running_call(page: Notebook, function: str) -> None:
    call = begin(page, function)
    page.interrupt_kernel()
    assert call.error().code == "interrupted"
    assert log(page) == [f"{function} began", f"{function} stopped by {STOPPED_BY[function]}"]


def test_interrupting_a_cell_aborts_the_call_behind_it(page: Notebook) -> None:
    cell = page.run("hold()", wait=False)
    page.wait_for(lambda: "holding" in cell.stream())
    call = page.start("return await py.handle('note')('ran');")
    page.interrupt_kernel()
    assert call.error().code in ("aborted", "interrupted")
    cell.wait(check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "KeyboardInterrupt"


# -- timeouts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["nap", "spin", "doze"])
def test_a_timeout_stops_the_function_in_python(page: Notebook, function: str) -> None:
    call = begin(page, function, "timeout: 2000")
    error = call.error()
    assert (error.name, error.code) == ("BridgeError", "timeout")
    assert "2000 ms" in error.message
    assert log(page) == [f"{function} began", f"{function} stopped by {STOPPED_BY[function]}"]


def test_a_timeout_behind_a_cell_leaves_the_cell_alone(page: Notebook) -> None:
    with busy_cell(page):
        call = page.start("return await py.handle('note').call(null, ['ran'], {}, {timeout: 100});")
        assert call.error().code == "timeout"
    assert log(page) == []


def test_a_call_within_its_timeout_is_not_stopped_later(page: Notebook) -> None:
    assert (
        page.py(
            "const first = await py.handle('note').call(null, ['in time'], {}, {timeout: 2000});"
            "await py.runPython('import time; time.sleep(2.2)');"
            "return first;"
        )
        == "in time"
    )


# -- cancelling ---------------------------------------------------------------------------------


def test_a_signal_aborted_before_the_call_sends_nothing(page: Notebook) -> None:
    error = page.py_error(
        "const signal = AbortSignal.abort('changed my mind');"
        "await py.handle('note').call(null, ['ran'], {}, {signal});"
    )
    assert (error.name, error.code) == ("BridgeError", "cancelled")
    assert log(page) == []


def test_a_signal_aborted_before_an_upload_sends_nothing(page: Notebook) -> None:
    error = page.py_error(
        "const signal = AbortSignal.abort('changed my mind');"
        "await py.handle('note').call(null, ['x'.repeat(2e7)], {}, {signal});"
    )
    assert error.code == "cancelled"
    assert log(page) == []


def test_a_signal_during_an_upload_ends_it(page: Notebook) -> None:
    error = page.py_error(
        "const controller = new AbortController();"
        "const call = py.handle('note').call("
        "    null, ['x'.repeat(4e7)], {}, {signal: controller.signal});"
        "py.runPython('0').then(() => controller.abort());"
        "await call;"
    )
    assert error.code == "cancelled"
    assert log(page) == []


def test_a_signal_cancels_what_waits_in_the_page(page: Notebook) -> None:
    with busy_cell(page):
        calls = page.start(
            """
            window.controller = new AbortController();
            const {signal} = controller;
            const note = py.handle('note');
            const calls = Array.from({length: 30}, (_, i) =>
                note.call(null, [String(i)], {}, i >= 20 ? {signal} : {}));
            controller.abort();
            return (await Promise.allSettled(calls)).map(r => r.reason?.code ?? r.value);
            """
        )
    assert calls.result() == [str(i) for i in range(20)] + ["cancelled"] * 10
    assert log(page) == [str(i) for i in range(20)]


def test_a_signal_cancels_what_waits_behind_a_cell_and_leaves_the_cell_alone(
    page: Notebook,
) -> None:
    with busy_cell(page):
        call = page.start(
            "window.controller = new AbortController();"
            "const {signal} = controller;"
            "return await py.handle('note').call(null, ['ran'], {}, {signal});"
        )
        page.js("controller.abort();")
        assert call.error().code == "cancelled"
    assert log(page) == []


@pytest.mark.parametrize("function", ["nap", "spin", "doze"])
def test_a_signal_stops_the_running_call(page: Notebook, function: str) -> None:
    call = begin(page, function, "signal: controller.signal")
    page.js("controller.abort();")
    assert call.error().code == "cancelled"
    assert log(page) == [f"{function} began", f"{function} stopped by {STOPPED_BY[function]}"]


def test_a_signal_stops_the_running_call_and_no_other(page: Notebook) -> None:
    call = begin(page, "nap", "signal: controller.signal")
    behind = page.start("return await py.handle('note')('behind');")
    cell = page.run("time.sleep(0.2)\nprint('finished')", wait=False)
    page.js("controller.abort();")
    assert call.error().code == "cancelled"
    assert behind.result() == "behind"
    assert cell.wait().stream() == "finished\n"


def test_cancels_at_any_moment_never_reach_a_cell(page: Notebook) -> None:
    page.run("pybridge.register(lambda: sum(range(2000)), 'brief')")
    cells = []
    for round_ in range(15):
        cells.append(page.run("for _ in range(200):\n    sum(range(500))", wait=False))
        page.py(
            """
            const calls = Array.from({length: 8}, (_, i) => {
                const controller = new AbortController();
                const call = py.handle('brief').call(null, [], {}, {signal: controller.signal});
                setTimeout(() => controller.abort(), arguments[0] * (i + 1));
                return call;
            });
            await Promise.allSettled(calls);
            """,
            round_ % 5,
        )
    assert [cell.wait(check=False).error for cell in cells] == [None] * 15


# -- kernels that go away -----------------------------------------------------------------------


def test_a_restart_settles_the_running_call(page: Notebook) -> None:
    call = begin(page)
    page.restart_kernel()
    error = call.error(timeout=10)
    assert (error.name, error.code) == ("BridgeError", "restarted")
    assert page.py_error("await py.handle('nap')();").code == "no-handle"


def test_a_restart_settles_calls_that_wait_in_the_kernel_and_sends_those_in_the_page(
    page: Notebook,
) -> None:
    running = begin(page)
    waiting = page.start(
        "const calls = Array.from({length: 20}, (_, i) => py.runPython(String(i)));"
        "return (await Promise.allSettled(calls)).map(r => r.reason?.code ?? r.value);"
    )
    page.restart_kernel()
    assert running.error(timeout=10).code == "restarted"
    outcomes = waiting.result(timeout=20)
    lost = outcomes.count("restarted")
    # Seven fit into the window beside the one that ran.
    assert lost == 7
    assert outcomes == ["restarted"] * lost + list(range(lost, 20))


def test_a_restart_behind_the_pages_back_settles_the_running_call(page: Notebook) -> None:
    call = begin(page, "stubborn")
    page.server.restart_kernel(page.kernel_id)
    assert call.error(timeout=20).code == "restarted"
    page.wait_ready()


def test_a_restart_that_nothing_told_of_settles_the_running_call(page: Notebook) -> None:
    call = begin(page, "stubborn")
    page.js("window.hearing = Jupyter.notebook.kernel.ws.onmessage;")
    page.js("Jupyter.notebook.kernel.ws.onmessage = () => {};")
    # Returns when the new process has answered the server: by itself it says nothing any more.
    page.server.restart_kernel(page.kernel_id)
    page.js("Jupyter.notebook.kernel.ws.onmessage = hearing;")
    assert call.error(timeout=20).code == "restarted"
    page.wait_ready()


def test_asking_a_busy_kernel_for_a_sign_of_life_leaves_it_shown_as_busy(page: Notebook) -> None:
    page.js(
        "window.shown = [];"
        "for (const state of ['busy', 'idle'])"
        "    Jupyter.notebook.events.on(`kernel_${state}.Kernel`, () => shown.push(state));"
    )
    # Longer than the pause between two questions.
    page.py("await py.runPython('time.sleep(6)');")
    page.wait_for("shown.includes('idle')")
    assert page.js("return shown;") == ["busy", "idle"]


def test_killing_the_kernels_process_settles_the_running_call(page: Notebook) -> None:
    call = begin(page)
    behind = page.start("return await py.handle('note')('behind');")
    page.server.kill_kernel(page.kernel_id)
    error = call.error(timeout=20)
    assert (error.name, error.code) == ("BridgeError", "restarted")
    assert behind.error(timeout=20).code in ("restarted", "no-handle")
    page.wait_ready()
    # The notebook tells of the death in a dialog.
    page.js("$('.modal').modal('hide');")


def test_calls_made_while_the_kernel_restarts_wait_for_it(page: Notebook) -> None:
    call = page.start("Jupyter.notebook.kernel.restart(); return await py.runPython('1 + 1');")
    assert call.result() == 2


@pytest.fixture
def doomed(notebook: Notebook) -> Iterator[Notebook]:
    """A notebook of its own, for what leaves no kernel behind."""
    notebook.run(SETUP)
    yield notebook
    # The notebook itself asks for what is no longer there.
    assert notebook.console_errors(ignore=["/api/sessions/", "/api/kernels/"]) == []


def test_shutting_the_kernel_down_settles_calls_until_it_is_started_again(
    doomed: Notebook,
) -> None:
    call = begin(doomed)
    kernel_id = doomed.kernel_id
    doomed.js("Jupyter.notebook.session.delete();")
    error = call.error(timeout=10)
    assert (error.name, error.code) == ("BridgeError", "dead")
    assert doomed.py_error("await py.runPython('1');", timeout=5).code == "dead"
    assert doomed.py_error("await pybridge.connect();", timeout=5).code == "dead"
    server = doomed.server
    doomed.wait_for(lambda: kernel_id not in [kernel["id"] for kernel in server.kernels()])
    doomed.js("Jupyter.notebook.start_session();")
    doomed.wait_ready()
    assert doomed.py("return await py.runPython('1 + 1');") == 2


def test_shutting_the_kernel_down_behind_the_pages_back_settles_calls(doomed: Notebook) -> None:
    call = begin(doomed, "stubborn")
    doomed.server.shutdown_kernel(doomed.kernel_id)
    assert call.error(timeout=20).code in ("dead", "disconnected")
    assert doomed.py_error("await py.runPython('1');", timeout=20).code == "dead"


@pytest.fixture
def without_kernel(driver: Chromium, server: Server) -> Iterator[Notebook]:
    """A notebook that asks for a kernel that nobody has."""
    spec = {"name": "missing", "display_name": "Missing", "language": "none"}
    metadata = {"kernelspec": spec}
    notebook = Notebook.create(
        driver, server, name="no-kernel.ipynb", metadata=metadata, kernel=False
    )
    notebook.wait_for("Boolean(window.pybridge)")
    yield notebook
    notebook.close()


def test_without_a_kernel_connecting_fails_in_time(without_kernel: Notebook) -> None:
    with pytest.raises(JavaScriptError) as caught:
        without_kernel.js_async("await pybridge.connect({timeout: 300});")
    error = caught.value
    assert (error.name, error.code) == ("BridgeError", "no-kernel")
    assert "choose one in the Kernel menu" in error.message


# -- connections that go away -------------------------------------------------------------------


def test_losing_the_connection_settles_the_running_call(page: Notebook) -> None:
    call = begin(page)
    page.js("Jupyter.notebook.kernel.ws.close();")
    error = call.error(timeout=10)
    assert (error.name, error.code) == ("BridgeError", "disconnected")
    # The call itself goes on: only the connection is lost.
    page.wait_for("Jupyter.notebook.kernel.is_connected()", timeout=20)
    page.interrupt_kernel()
    page.wait_ready()


def test_a_repeatable_call_is_sent_again_over_the_next_connection(page: Notebook) -> None:
    with busy_cell(page):
        call = page.start(
            "return await py.handle('note').call(null, ['ran'], {}, {repeatable: true});"
        )
        page.disconnect()
        page.wait_for("Jupyter.notebook.kernel.is_connected()", timeout=20)
    assert call.result() == "ran"


def test_calls_made_without_a_connection_wait_for_the_next(page: Notebook) -> None:
    call = page.start(
        "Jupyter.notebook.kernel.ws.close();"
        "await new Promise(resolve => "
        "    Jupyter.notebook.events.one('kernel_disconnected.Kernel', () => resolve()));"
        "return await py.handle('note')('ran');"
    )
    assert call.result() == "ran"
    assert log(page) == ["ran"]
