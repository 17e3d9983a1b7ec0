"""Calls that are served while a cell runs, where the kernel has subshells; elsewhere they wait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook

SETUP = """
import asyncio, builtins, threading, time
import pybridge, pybridge.js

class Sim:
    def __init__(self):
        self.value = 0

    @pybridge.export
    def set(self, value):
        self.value = value

    @pybridge.export(lane="side")
    def status(self):
        return self.value

    @pybridge.export(lane="side")
    def thread(self):
        return threading.current_thread() is threading.main_thread()

    @pybridge.export(lane="side")
    def speak(self):
        print("from beside")

    @pybridge.export(lane="side")
    def fail(self):
        raise ValueError("beside")

    @pybridge.export(lane="side")
    def size(self, data):
        return len(data)

    @pybridge.export(lane="side")
    def count(self, n):
        for i in range(n):
            yield i

    @pybridge.export(lane="side")
    async def later(self, value):
        await asyncio.sleep(0.01)
        return value

    @pybridge.export(lane="side")
    async def rest(self, seconds):
        await asyncio.to_thread(time.sleep, seconds)

    @pybridge.export(lane="side")
    async def news(self):
        await asyncio.Event().wait()

    @pybridge.export(lane="side")
    def set_beside(self, value):
        self.value = value

    @pybridge.export(lane="side")
    def compute(self):
        steps = 0
        while True:
            steps += 1

    @pybridge.export(lane="side")
    def ask_the_page(self):
        return pybridge.js.document.title

sim = Sim()
handle = pybridge.register(sim, "sim")
"""

# The main thread is held until the test lets it go.
BUSY = """
sim.value = "busy"
with open("go", "w") as file:
    pass
while open("go").read() == "":
    time.sleep(0.005)
sim.value = "done"
"""


@pytest.fixture
def page(notebook: Notebook) -> Notebook:
    """A notebook in which `sim` is registered."""
    notebook.run(SETUP)
    return notebook


class Busy:
    """A cell that runs until it is told to end."""

    def __init__(self, page: Notebook) -> None:
        self.path = (page.server.folder / page.path).parent / "go"
        self.path.unlink(missing_ok=True)
        self.cell = page.run(BUSY, wait=False)
        page.wait_for(self.path.exists, what="the cell runs")

    def end(self) -> None:
        self.path.write_text("go")
        self.cell.wait()


@pytest.fixture
def busy(page: Notebook) -> Iterator[Busy]:
    """A cell that runs; it ends with the test."""
    busy = Busy(page)
    yield busy
    busy.path.write_text("go")


@pytest.fixture
def _subshells(host: str) -> None:
    if host != "nbclassic":
        pytest.skip("ipykernel 6 has no subshells")


@pytest.mark.usefixtures("_subshells")
class TestWhileACellRuns:
    def test_what_is_declared_answers(self, page: Notebook, busy: Busy) -> None:
        assert page.py("return await py.handle('sim').status();") == "busy"
        assert page.py("return await py.handle('sim').thread();") is False
        assert page.py("return await py.handle('sim').later(5);") == 5
        assert page.py(
            "const items = []; for await (const i of py.handle('sim').count(3)) items.push(i);"
            "return items;"
        ) == [0, 1, 2]
        assert not busy.cell.is_done

    @pytest.mark.usefixtures("busy")
    def test_errors_and_output_come_too(self, page: Notebook) -> None:
        error = page.py_error("await py.handle('sim').fail();")
        assert (error.name, error.type, error.message) == ("PythonError", "ValueError", "beside")
        assert (
            page.py(
                "let text = ''; await py.handle('sim').call('speak', [], {},"
                " {onStream: ({text: part}) => { text += part; }}); return text;"
            )
            == "from beside\n"
        )

    @pytest.mark.usefixtures("busy")
    def test_large_arguments_come_in_the_same_lane(self, page: Notebook) -> None:
        size = page.py("return await py.handle('sim').size(new Uint8Array(9 * 2 ** 20));")
        assert size == 9 * 2**20

    def test_what_is_not_declared_waits(self, page: Notebook, busy: Busy) -> None:
        waiting = page.start("return await py.handle('sim').set('later');")
        assert page.py("return await py.handle('sim').status();") == "busy"
        assert not waiting.settled
        busy.end()
        waiting.result()
        assert page.py("return await py.handle('sim').status();") == "later"

    @pytest.mark.usefixtures("busy")
    def test_the_other_lane_may_be_asked_for(self, page: Notebook) -> None:
        wish = "{lane: 'main', timeout: 300}"
        error = page.py_error(f"await py.handle('sim').call('status', [], {{}}, {wish});")
        assert error.code == "timeout"
        error = page.py_error("await py.handle('sim').call('set', [1], {}, {lane: 'side'});")
        assert error.code == "wrong-lane"
        assert "@pybridge.export(lane='side')" in error.message
        error = page.py_error("await py.runPython('1', {lane: 'side'});")
        assert error.code == "wrong-lane"

    @pytest.mark.usefixtures("busy")
    def test_a_page_that_is_loaded_again_knows_what_is_declared(self, page: Notebook) -> None:
        page.js("window.onbeforeunload = null;")
        page.driver.refresh()
        page.wait_for("window.Jupyter?.notebook?._fully_loaded", 30)
        assert page.py("return await py.handle('sim').status();") == "busy"

    @pytest.mark.usefixtures("busy")
    def test_a_cancel_reaches_what_computes(self, page: Notebook) -> None:
        error = page.py_error("await py.handle('sim').call('compute', [], {}, {timeout: 300});")
        assert error.code == "timeout"
        # One after the other: this one is served once the other has stopped.
        assert page.py("return await py.handle('sim').later(7);") == 7

    @pytest.mark.usefixtures("busy")
    def test_javascript_is_out_of_reach(self, page: Notebook) -> None:
        error = page.py_error("await py.handle('sim').ask_the_page();")
        assert (error.type, "main thread" in error.message) == ("NoPageError", True)

    def test_the_notebook_says_busy_all_the_while(self, page: Notebook) -> None:
        other = page.second_window()
        busy = Busy(page)
        for window in (page, other):
            window.wait_for("$('#kernel_indicator_icon').attr('title') === 'Kernel Busy'")
        page.py("await py.handle('sim').status();")
        for window in (page, other):
            assert window.js("return $('#kernel_indicator_icon').attr('title');") == "Kernel Busy"
        busy.end()
        page.wait_for("$('#kernel_indicator_icon').attr('title') !== 'Kernel Busy'")

    def test_the_cell_keeps_its_input_and_its_figures(self, page: Notebook) -> None:
        page.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
        cell = page.run(
            "figure = plt.figure()\nsim.value = 'drawing'\n"
            "while sim.value == 'drawing': time.sleep(0.005)\n"
            "plt.plot([1, 2])\nassert plt.gcf() is figure\nname = input('name?')",
            wait=False,
        )
        page.wait_for(lambda: page.py("return await py.handle('sim').status();") == "drawing")
        page.py("await py.handle('sim').speak();")
        page.py("await py.handle('sim').set_beside('drawn');")
        page.find(".raw_input").send_keys("me\n")
        cell.wait()
        images = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(images) == 1

    def test_it_is_renewed_after_a_restart(self, page: Notebook) -> None:
        assert page.py("return await py.handle('sim').thread();") is False
        page.restart_kernel()
        page.run(SETUP)
        assert page.py("return await py.handle('sim').thread();") is False

    def test_it_is_renewed_when_the_kernel_has_closed_it(self, page: Notebook) -> None:
        assert page.py("return await py.handle('sim').thread();") is False
        page.run(
            "from pybridge import subshells\n"
            "manager = get_ipython().kernel.shell_channel_thread.manager\n"
            "for name in manager.list_subshell(): subshells.close(name)\n"
            "while manager.list_subshell(): time.sleep(0.005)"
        )
        assert page.py("return await py.handle('sim').thread();") is False

    def test_it_is_one_a_page_and_goes_with_it(self, page: Notebook) -> None:
        count = "len(get_ipython().kernel.shell_channel_thread.manager.list_subshell())"

        def subshells() -> int:
            return int(page.py(f"return await py.runPython('{count}');"))

        assert subshells() == 0
        page.py("await Promise.all(Array.from({length: 20}, () => py.handle('sim').status()));")
        assert subshells() == 1
        other = page.second_window()
        other.py("await py.handle('sim').status();")
        assert subshells() == 2
        other.focus().close()
        page.wait_for(lambda: subshells() == 1, what="the other page's subshell is gone")

    def test_a_page_that_goes_ends_all_that_it_has_waited_for(self, page: Notebook) -> None:
        other = page.second_window()
        other.py(
            "const sim = py.handle('sim'); await sim.status();"
            "for (let i = 0; i < 4; i++) void sim.news().catch(() => {});"
        )
        other.focus().close()
        count = "len(get_ipython().kernel.shell_channel_thread.manager.list_subshell())"
        page.wait_for(lambda: page.py(f"return await py.runPython('{count}');") == 0)

    def test_a_page_that_goes_keeps_nobody_waiting(self, page: Notebook) -> None:
        other = page.second_window()
        other.py(
            "const sim = py.handle('sim'); await sim.status();void sim.rest(20).catch(() => {});"
        )
        other.focus().close()
        # The thread that receives all requests does not wait for what is still under way.
        answers = page.py(
            "const began = performance.now();"
            "await py.runPython('1'); await py.handle('sim').status();"
            "return performance.now() - began;"
        )
        assert answers < 10_000  # half of what it would have to wait for
        count = "len(get_ipython().kernel.shell_channel_thread.manager.list_subshell())"
        page.wait_for(lambda: page.py(f"return await py.runPython('{count}');") == 1, 40)


def test_calls_take_turns(page: Notebook) -> None:
    page.run(
        "class Shy:\n"
        "    inside = most = 0\n"
        "    @pybridge.export(lane='side')\n"
        "    def enter(self):\n"
        "        self.inside += 1\n"
        "        self.most = max(self.most, self.inside)\n"
        "        time.sleep(0.01)\n"
        "        self.inside -= 1\n"
        "        return self.most\n"
        "shy = Shy()\n"
        "pybridge.register(shy, 'shy')"
    )
    other = page.second_window()
    crowd = (
        "const shy = py.handle('shy');"
        "return Math.max(...await Promise.all(Array.from({length: 40}, () => shy.enter())));"
    )
    first, second = page.start(crowd), other.start(crowd)
    assert first.result() == second.result() == 1


def test_a_cell_may_hold_the_lock(page: Notebook) -> None:
    cell = page.run(
        "with handle.lock:\n    sim.value = 'half'\n    time.sleep(0.5)\n    sim.value = 'whole'\n",
        wait=False,
    )
    values = page.py(
        "const values = new Set(); const sim = py.handle('sim');"
        "for (let i = 0; i < 5; i++) values.add(await sim.status());"
        "return [...values];"
    )
    cell.wait()
    assert "half" not in values


def test_without_subshells_calls_wait_and_nothing_is_lost(page: Notebook, host: str) -> None:
    if host == "nbclassic":
        pytest.skip("ipykernel 7 has subshells")
    busy = Busy(page)
    calls = page.start(
        "const sim = py.handle('sim');"
        "return await Promise.all([sim.status(), sim.later(1),"
        " sim.call('status', [], {}, {lane: 'side'})]);"
    )
    assert page.py("return window.pendingOfTests.every(({answer}) => answer === null);")
    busy.end()
    assert calls.result() == ["done", 1, "done"]


def test_one_bar_tells_of_all_that_waits(page: Notebook) -> None:
    cell = page.run("from IPython.display import HTML\nHTML('<p class=here></p>')")
    busy = Busy(page)
    waiting = page.start(
        "const element = document.querySelector('.here');"
        "const set = i => py.handle('sim').call('set', [i], {}, {element});"
        "await Promise.all([0, 1, 2, 3].map(set));"
    )
    page.wait_for("parseInt(document.querySelector('.pybridge-bar-words')?.textContent) >= 2")
    assert len(page.find_all(".pybridge-bars")) == 1
    busy.end()
    waiting.result()
    assert page.find_all(".pybridge-bars") == []
    assert cell.is_done


NOTE_CANCELS = """
import logging, pathlib

class Noter(logging.Handler):
    def emit(self, record):
        pathlib.Path("cancelled").touch()

logger = logging.getLogger("pybridge.running")
logger.setLevel("DEBUG")
logger.addHandler(Noter())
"""


def test_a_call_that_waits_says_so_and_can_be_taken_back(page: Notebook) -> None:
    page.run(NOTE_CANCELS)
    cell = page.run(
        "from IPython.display import HTML\n"
        "HTML('<button onclick=\"pybridge.connect({element: this})'"
        "'.then(py => py.handle(\\'sim\\').set(1))'"
        "'.catch(error => { this.textContent = error.code; })\">set</button>')"
    )
    busy = Busy(page)
    button = cell.find("button")
    button.click()
    page.wait_for("document.querySelector('.pybridge-bar-name')?.textContent.includes('busy')")
    page.wait_for("parseInt(document.querySelector('.pybridge-bar-words').textContent) >= 2")
    page.find(".pybridge-bars button").click()
    page.wait_for(lambda: button.text == "cancelled")
    assert page.find_all(".pybridge-bars") == []
    # The file overtakes what the kernel hears.
    page.wait_for(busy.path.with_name("cancelled").exists, what="the kernel has heard of it")
    busy.end()
    assert page.py("return await py.handle('sim').status();") == "done"
