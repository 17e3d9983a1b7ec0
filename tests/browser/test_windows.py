"""Several windows on one kernel, and several notebooks on one server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .chromium import Chromium
from .notebook import Notebook
from .server import Server

SETUP = """
import time
import pybridge

log = []

@pybridge.export
def speak(who):
    print(who, "printed")
    display(f"{who} displayed")
    return f"answer to {who}"

@pybridge.export
def nap():
    print("began", flush=True)
    time.sleep(60)

@pybridge.export
def stubborn():
    print("began", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass  # a restart interrupts before it kills

@pybridge.export
def note(text):
    log.append(text)
    return text
"""


@pytest.fixture
def windows(shared_notebook: Notebook) -> Iterator[tuple[Notebook, Notebook]]:
    """Two windows on one notebook and its kernel."""
    shared_notebook.run(SETUP)
    shared_notebook.save()
    if not shared_notebook._others:
        shared_notebook.second_window()
    other = shared_notebook._others[0]
    yield shared_notebook, other
    for window in (shared_notebook, other):
        assert window.py("return await py.runPython('1 + 1');") == 2
    assert shared_notebook.console_errors() == []


def test_both_windows_call_at_the_same_time_and_get_their_own_answers(
    windows: tuple[Notebook, Notebook],
) -> None:
    one, two = windows
    body = (
        "const note = py.handle('note');"
        "return await Promise.all("
        "    Array.from({length: 50}, (_, i) => note(`${arguments[0]} ${i}`)));"
    )
    first, second = one.start(body, "one"), two.start(body, "two")
    assert first.result() == [f"one {i}" for i in range(50)]
    assert second.result() == [f"two {i}" for i in range(50)]


def test_the_other_window_gets_nothing_of_a_call(windows: tuple[Notebook, Notebook]) -> None:
    one, two = windows
    two.js(
        "window.shown = () => JSON.stringify("
        "    Jupyter.notebook.get_cells().map(cell => cell.output_area?.outputs));"
    )
    before = two.js("return shown();")
    cell = one.run("from IPython.display import HTML\nHTML('<i>here</i>')")
    two.console_errors()
    one.py(
        "await py.handle('speak').call(null, ['one'], {}, {element: arguments[0]});",
        cell.find("i"),
    )
    # The other window has heard all of that once its own later call is answered.
    assert two.py("return await py.handle('note')('two');") == "two"
    assert cell.stream() == "one printed\n"
    assert two.js("return shown();") == before
    assert not any("one printed" in entry["message"] for entry in two.driver.console)


def test_what_one_window_registers_the_other_calls(windows: tuple[Notebook, Notebook]) -> None:
    one, two = windows
    one.run("pybridge.register(lambda: 'from window one', 'shared')")
    assert two.py("return await py.handle('shared')();") == "from window one"


def test_cancelling_in_one_window_leaves_the_calls_of_the_other_alone(
    windows: tuple[Notebook, Notebook],
) -> None:
    one, two = windows
    one.js("window.began = false;")
    call = one.start(
        "window.controller = new AbortController();"
        "const onStream = () => { window.began = true; };"
        "await py.handle('nap').call(null, [], {}, {onStream, signal: controller.signal});"
    )
    one.wait_for("began")
    behind = two.start("return await py.handle('note')('behind');")
    one.js("controller.abort();")
    assert call.error().code == "cancelled"
    assert behind.result() == "behind"


def test_a_restart_in_one_window_settles_the_calls_of_the_other(
    windows: tuple[Notebook, Notebook],
) -> None:
    one, two = windows
    two.js("window.began = false;")
    call = two.start(
        "const onStream = () => { window.began = true; };"
        "await py.handle('stubborn').call(null, [], {}, {onStream});"
    )
    two.wait_for("began")
    waiting = two.start("return await py.handle('note')('behind');")
    one.restart_kernel()
    assert call.error().code == "restarted"
    assert waiting.error().code in ("restarted", "no-handle")
    two.wait_ready()


def test_a_window_that_missed_the_start_of_the_new_process_notices_it(
    windows: tuple[Notebook, Notebook],
) -> None:
    one, two = windows
    two.js(
        "window.began = false;"
        "const handlers = Jupyter.notebook.kernel._iopub_handlers, {status} = handlers;"
        "handlers.status = message => {"
        "    if (message.content.execution_state !== 'starting') status(message);"
        "};"
        "window.hearAgain = () => { handlers.status = status; };"
    )
    call = two.start(
        "const onStream = () => { window.began = true; };"
        "await py.handle('stubborn').call(null, [], {}, {onStream});"
    )
    two.wait_for("began")
    waiting = two.start("return await py.handle('note')('behind');")
    one.restart_kernel()
    try:
        assert call.error().code == "restarted"
        assert waiting.error().code in ("restarted", "no-handle")
    finally:
        two.js("hearAgain();")
    two.wait_ready()


def test_reloading_a_window_leaves_the_others_calls_and_the_registry_alone(
    windows: tuple[Notebook, Notebook],
) -> None:
    one, two = windows
    call = one.start(
        "await py.runPython('time.sleep(0.5)'); return await py.handle('note')('later');"
    )
    two.reload()
    assert call.result() == "later"
    assert two.py("return await py.handle('note')('after the reload');") == "after the reload"


def test_two_notebooks_keep_their_handles_apart(
    shared_notebook: Notebook, driver: Chromium, server: Server
) -> None:
    other = Notebook.create(driver, server, name="another.ipynb")
    try:
        for notebook, answer in ((shared_notebook, "first"), (other, "second")):
            notebook.run(
                "import pybridge\n"
                f"pybridge.register(lambda: {answer!r}, 'same name')\n"
                f"pybridge.register(lambda: 1, {answer!r})"
            )
        ask = "return await py.handle('same name')();"
        assert [shared_notebook.py(ask), other.py(ask)] == ["first", "second"]
        assert other.py_error("await py.handle('first')();").code == "no-handle"
    finally:
        other.close()


def test_restarting_one_notebooks_kernel_leaves_the_calls_of_another_alone(
    shared_notebook: Notebook, driver: Chromium, server: Server
) -> None:
    other = Notebook.create(driver, server, name="third.ipynb")
    try:
        call = shared_notebook.start("await py.runPython('import time; time.sleep(1)'); return 1;")
        other.restart_kernel()
        assert call.result() == 1
    finally:
        other.close()
