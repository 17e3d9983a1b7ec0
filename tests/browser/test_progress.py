"""Bars that tell how far a cell or a call is, with the time left and a button that cancels it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from .notebook import Notebook

SETUP = """
import asyncio, time
import pybridge

log = []

class Slow:
    text = "looping"

    @pybridge.export
    def loop(self, n, fail_at=None):
        try:
            for i in pybridge.progress(range(n), self.text):
                time.sleep(0.05)
                if i == fail_at:
                    raise ValueError("enough")
            return "done"
        except KeyboardInterrupt:
            log.append("interrupted")
            raise

    @pybridge.export
    def report(self, n):
        for i in range(n):
            pybridge.get("slow").report(i / n, f"part {i // 10}")
            time.sleep(0.05)

slow = Slow()
pybridge.register(slow, "slow")
"""

BARS = """
return [...document.querySelectorAll('.pybridge-bars')].map(bars => ({
    rows: [...bars.querySelectorAll('.pybridge-bar-row')].map(row => ({
        text: row.children[0].textContent,
        value: row.children[1].hasAttribute('value') ? row.children[1].value : null,
        label: row.children[1].getAttribute('aria-label'),
        words: row.children[2].textContent,
    })),
    button: bars.querySelector('button').textContent,
    inside: bars.parentElement.id || bars.parentElement.className,
    before: bars.previousElementSibling?.className ?? '',
}));
"""

# What JavaScript of a page's author would have in a cell's output.
OUTPUT = """
display({"text/html": '<div id="place"><p>text</p></div><button id="pushed">go</button>'}, raw=True)
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with something that takes long."""
    shared_notebook.run(SETUP)
    yield shared_notebook
    assert shared_notebook.console_errors() == []


@pytest.fixture
def place(page: Notebook) -> Iterator[Notebook]:
    """The notebook with a cell that shows `#place` and `#pushed`."""
    page.js("Jupyter.notebook.get_cells().slice(1).forEach(cell => cell.clear_output());")
    page.run(OUTPUT)
    page.run("log.clear()")
    yield page
    gone(page)


def bars(page: Notebook) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = page.js(BARS)
    return shown


def rows(page: Notebook) -> list[dict[str, Any]]:
    return [row for shown in bars(page) for row in shown["rows"]]


def gone(page: Notebook) -> None:
    page.wait_for(lambda: not bars(page), what="the bars go")


def shown(page: Notebook) -> dict[str, Any]:
    """Wait for a bar that moves and knows the time left; give the last look at it."""
    first = page.wait_for(lambda: rows(page), what="a bar comes")[0]["value"] or 0

    def moved() -> dict[str, Any] | None:
        now = rows(page)
        return (
            now[0] if now and (now[0]["value"] or 0) > first and "left" in now[0]["words"] else None
        )

    return page.wait_for(moved, what="the bar moves, and knows the time left")


# -- cells --------------------------------------------------------------------------------------


def test_a_loop_in_a_cell_shows_a_bar_below_it_with_the_time_left(page: Notebook) -> None:
    cell = page.run("slow.loop(90)", wait=False)
    row = shown(page)
    assert 0 < row["value"] < 1
    assert (row["text"], row["label"]) == ("looping", "looping")
    percent, left = row["words"].split(", ")
    assert percent.endswith("%") and left.endswith(" s left")
    [there] = bars(page)
    assert "output_wrapper" in there["before"]
    assert cell.js("return cell.element[0].contains(document.querySelector('.pybridge-bars'));")
    cell.wait(30)
    gone(page)
    assert cell.outputs == [] or cell.data() == ["'done'"]
    assert "pybridge-bars" not in str(page.save())


def test_a_loop_without_a_length_counts(page: Notebook) -> None:
    cell = page.run(
        "for i in pybridge.progress(iter(range(60)), 'counting'): time.sleep(0.05)", wait=False
    )
    row = page.wait_for(lambda: rows(page), what="a bar comes")[0]
    assert row["value"] is None
    assert " in " in row["words"] and row["words"].endswith(" s")
    cell.wait(30)
    gone(page)


def test_nested_loops_show_several_bars(page: Notebook) -> None:
    cell = page.run(
        "for i in pybridge.progress(range(3), 'outer'):\n"
        "    for j in pybridge.progress(range(30), 'inner'):\n"
        "        time.sleep(0.05)",
        wait=False,
    )
    page.wait_for(lambda: len(rows(page)) == 2, what="both bars are there")
    assert [row["text"] for row in rows(page)] == ["outer", "inner"]
    assert len(bars(page)) == 1
    cell.wait(30)
    gone(page)


def test_cancel_interrupts_the_cell(page: Notebook) -> None:
    cell = page.run("slow.loop(2000)", wait=False)
    page.click(".pybridge-bars button")
    cell.wait(30, check=False)
    assert cell.error is not None and cell.error["ename"] == "KeyboardInterrupt"
    gone(page)


def test_cancel_says_so_until_the_cell_has_ended(page: Notebook) -> None:
    cell = page.run(
        "try:\n"
        "    slow.loop(2000)\n"
        "except KeyboardInterrupt:\n"
        "    for i in pybridge.progress(range(80), 'tidying up'): time.sleep(0.05)",
        wait=False,
    )
    page.click(".pybridge-bars button")
    page.wait_for(lambda: [row["text"] for row in rows(page)] == ["tidying up"])
    assert page.js(
        "const button = document.querySelector('.pybridge-bars button');"
        "return [button.disabled, button.textContent];"
    ) == [True, "Cancelling…"]
    cell.wait(30)
    gone(page)


def test_cancel_is_reached_by_the_keyboard(page: Notebook) -> None:
    cell = page.run("slow.loop(2000)", wait=False)
    button = page.find(".pybridge-bars button")
    page.js("arguments[0].focus();", button)
    button.send_keys(Keys.ENTER)
    cell.wait(30, check=False)
    assert cell.error is not None and cell.error["ename"] == "KeyboardInterrupt"
    gone(page)


def test_a_cell_that_fails_leaves_no_bar(page: Notebook) -> None:
    cell = page.run(
        "import os\nloop = iter(pybridge.progress(range(9)))\nnext(loop)\n"
        "while not os.path.exists('seen'): time.sleep(0.01)\n"
        "1 / 0",
        wait=False,
    )
    page.wait_for(lambda: rows(page), what="a bar comes")
    (page.server.folder / "seen").touch()
    cell.wait(30, check=False)
    assert cell.error is not None and cell.error["ename"] == "ZeroDivisionError"
    gone(page)
    # The loop goes on, and its bar was that of the cell.
    page.run("list(loop); time.sleep(1)")
    assert bars(page) == []


def test_running_a_cell_again_leaves_one_bar(page: Notebook) -> None:
    cell = page.run("slow.loop(80)", wait=False)
    page.wait_for(lambda: rows(page), what="a bar comes")
    cell.run(wait=False)
    shown(page)
    assert len(bars(page)) == 1
    cell.wait(30)
    gone(page)


def test_a_handle_reports_below_the_cell_until_that_has_run(page: Notebook) -> None:
    cell = page.run("slow.report(90)", wait=False)
    row = shown(page)
    assert row["text"].startswith("part ")
    cell.wait(30)
    gone(page)


def test_a_text_is_text(page: Notebook) -> None:
    text = "<img src=x onerror=alert(1)><b>bold</b>" + "very " * 200
    page.run(f"slow.text = {text!r}")
    cell = page.run("slow.loop(80)", wait=False)
    row = shown(page)
    assert row["text"].startswith("<img src=x onerror=alert(1)><b>bold</b>very")
    wide, high = page.js(
        "const {width, height} = document.querySelector('.pybridge-bars').getBoundingClientRect();"
        "return [width, height];"
    )
    assert wide <= 760 and high < 40
    cell.wait(30)
    page.run("slow.text = 'looping'")
    gone(page)


def test_only_the_window_that_runs_the_cell_shows_its_bar(page: Notebook) -> None:
    other = page.second_window()
    cell = page.run("slow.loop(80)", wait=False)
    shown(page)
    assert bars(other) == []
    cell.wait(30)
    gone(page)


# -- calls --------------------------------------------------------------------------------------


def test_a_call_shows_a_bar_in_the_callers_element(place: Notebook) -> None:
    call = place.start(
        "const element = document.getElementById('place');"
        "const bridge = await pybridge.connect({element});"
        "return await bridge.handle('slow').loop(90);"
    )
    row = shown(place)
    assert row["text"] == "looping"
    assert [there["inside"] for there in bars(place)] == ["place"]
    assert call.result() == "done"
    assert bars(place) == []


def test_a_bar_stands_behind_an_element_that_holds_none(place: Notebook) -> None:
    call = place.start(
        "const element = document.getElementById('pushed');"
        "return await py.handle('slow').call('loop', [80], {}, {element});"
    )
    shown(place)
    assert place.js("return document.getElementById('pushed').nextElementSibling.className;") == (
        "pybridge-bars"
    )
    assert call.result() == "done"


def test_a_call_from_a_button_shows_its_bar_below_the_output(place: Notebook) -> None:
    place.js(
        "document.getElementById('pushed').onclick = () => {"
        "  window.called = pybridge.connect().then(py => py.handle('slow').report(90)); };"
    )
    place.click("#pushed")
    shown(place)
    [there] = bars(place)
    assert "output_wrapper" in there["before"]
    place.js_async("await window.called;")
    assert bars(place) == []


def test_who_takes_the_progress_has_no_bar(place: Notebook) -> None:
    told, most = place.py(
        """
        const element = document.getElementById('place'), told = [];
        let most = 0;
        const onProgress = progress => {
            told.push(progress);
            most = Math.max(most, document.querySelectorAll('.pybridge-bars').length);
        };
        await py.handle('slow').call('loop', [40], {}, {element, onProgress});
        return [told, most];
        """
    )
    assert most == 0
    fractions = [progress["fraction"] for progress in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert told[-1]["done"] and not told[0]["done"]
    assert all(progress["text"] == "looping" for progress in told)
    assert any(progress["left"] > 0 for progress in told if progress["left"] is not None)
    assert set(told[0]) == {"number", "text", "fraction", "left", "count", "elapsed", "done"}


def test_cancel_stops_the_call_in_python(place: Notebook) -> None:
    call = place.start(
        "const element = document.getElementById('place');"
        "return await py.handle('slow').call('loop', [2000], {}, {element});"
    )
    place.click(".pybridge-bars button")
    assert call.error().code == "cancelled"
    assert bars(place) == []
    assert place.run("log", timeout=10).data() == ["['interrupted']"]


def test_a_call_that_fails_leaves_no_bar(place: Notebook) -> None:
    call = place.start(
        "const element = document.getElementById('place');"
        "return await py.handle('slow').call('loop', [100, 80], {}, {element});"
    )
    shown(place)
    assert call.error().message == "enough"
    assert bars(place) == []


def test_a_restart_takes_all_bars_away(notebook: Notebook) -> None:
    notebook.run(SETUP)
    notebook.run(OUTPUT)
    cell = notebook.run("slow.loop(2000)", wait=False)
    notebook.wait_for(lambda: rows(notebook), what="the cell's bar comes")
    notebook.restart_kernel()
    gone(notebook)
    notebook.run(SETUP)
    call = notebook.start(
        "const element = document.getElementById('place');"
        "return await py.handle('slow').call('loop', [2000], {}, {element});"
    )
    notebook.wait_for(lambda: rows(notebook), what="the call's bar comes")
    notebook.restart_kernel()
    assert call.error().code == "restarted"
    assert bars(notebook) == []
    assert cell.is_done
