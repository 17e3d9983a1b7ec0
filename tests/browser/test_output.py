"""What Python prints and displays during a call reaches the caller, the cell, or the console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .notebook import Cell, Notebook

SETUP = '''
import sys
import pybridge
from IPython.display import HTML, Javascript, clear_output, display

@pybridge.export
def chatty(mark="mark"):
    # In one piece each: what `print` writes may come as several messages.
    sys.stdout.write(f"{mark} printed\\n")
    sys.stderr.write(f"{mark} complained\\n")
    display(f"{mark} displayed")
    return f"{mark} returned"

class Widget:
    """Something with a button that calls Python."""
    def __init__(self, mark):
        self.mark = mark

    def _repr_html_(self):
        script = f"pybridge.connect().then(py => py.handle('chatty')('{self.mark}'))"
        return f'<button onclick="{script}">call</button>'
'''


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Notebook:
    """A notebook with a function that prints and displays."""
    shared_notebook.run(SETUP)
    return shared_notebook


@pytest.fixture(autouse=True)
def clean_console(page: Notebook) -> Iterator[None]:
    """No test leaves an error in the console."""
    yield
    assert page.console_errors() == []


def heard(cell: Cell) -> dict[str, Any]:
    """What a cell shows, by where it came from; without its own HTML."""
    displays = [
        output["data"]["text/plain"]
        for output in cell.outputs
        if output["output_type"] == "display_data" and "text/html" not in output["data"]
    ]
    return {"stdout": cell.stream(), "stderr": cell.stream("stderr"), "display": displays}


def everything(mark: str) -> dict[str, Any]:
    """What `chatty` makes a cell show."""
    return {
        "stdout": f"{mark} printed\n",
        "stderr": f"{mark} complained\n",
        "display": [f"'{mark} displayed'"],
    }


def console(page: Notebook) -> str:
    """What the console has got since it was last read."""
    return "\n".join(entry["message"] for entry in page.focus().read_console())


def all_text(page: Notebook) -> str:
    """All that the cells of the notebook show."""
    return "".join(cell.text for cell in page.cells)


def test_callbacks_take_what_is_printed_and_displayed(page: Notebook) -> None:
    seen = page.py(
        """
        const seen = [];
        const onStream = content => seen.push([content.name, content.text]);
        const onDisplay = (content, type) => seen.push([type, content.data['text/plain']]);
        const value = await py.handle('chatty').call(null, ['cb'], {}, {onStream, onDisplay});
        return [...seen, ['value', value]];
        """
    )
    assert sorted(seen[:-1]) == [
        ["display_data", "'cb displayed'"],
        ["stderr", "cb complained\n"],
        ["stdout", "cb printed\n"],
    ]
    # All of it came before the value.
    assert seen[-1] == ["value", "cb returned"]
    assert "cb printed" not in all_text(page) + console(page)


def test_a_button_in_a_cells_output_shows_in_that_cell(page: Notebook) -> None:
    cell = page.run("Widget('button')")
    page.click(cell.find("button"))
    page.wait_for(lambda: heard(cell)["display"])
    assert heard(cell) == everything("button")


def test_two_buttons_show_in_their_own_cells(page: Notebook) -> None:
    one, two = page.run("Widget('one')"), page.run("Widget('two')")
    page.js(
        "for (const button of arguments) button.click();", one.find("button"), two.find("button")
    )
    for cell, mark in ((one, "one"), (two, "two")):
        page.wait_for(lambda cell=cell: heard(cell)["display"])
        assert heard(cell) == everything(mark)


def test_a_listener_of_an_element_shows_in_the_cell_of_the_element(page: Notebook) -> None:
    cell = page.run("HTML('<span class=\"target\"><b>press</b></span>')")
    page.js(
        "arguments[0].addEventListener('click', () => { pybridge.connect()"
        ".then(py => py.handle('chatty')('listener')); });",
        cell.find(".target"),
    )
    page.click(cell.find("b"))
    page.wait_for(lambda: heard(cell)["display"])
    assert heard(cell) == everything("listener")


def test_a_script_in_a_cells_output_shows_in_that_cell(page: Notebook) -> None:
    cell = page.run(
        "HTML('<p>text</p><script>pybridge.connect()"
        '.then(py => py.handle("chatty")("script"));</script>\')'
    )
    page.wait_for(lambda: heard(cell)["display"])
    assert heard(cell) == everything("script")


def test_a_script_displayed_as_javascript_shows_in_its_cell(page: Notebook) -> None:
    cell = page.run(
        "Javascript(\"pybridge.connect().then(py => py.handle('chatty')('javascript'))\")"
    )
    page.wait_for(lambda: heard(cell)["stdout"])
    page.wait_for(lambda: "'javascript displayed'" in heard(cell)["display"])
    assert heard(cell)["stdout"] == "javascript printed\n"


@pytest.mark.parametrize(
    "call",
    [
        "(await pybridge.connect({element})).handle('chatty')('element')",
        "py.handle('chatty').call(null, ['element'], {}, {element})",
        "py.runPython(\"chatty('element');\", {element})",
        "py.execute(\"chatty('element');\", {}, {element})",
    ],
)
def test_a_call_for_an_element_shows_in_the_cell_that_holds_it(page: Notebook, call: str) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.py(f"const element = arguments[0]; await {call};", cell.find("i"))
    page.wait_for(lambda: heard(cell)["display"])
    assert heard(cell) == everything("element")


def test_what_one_callback_takes_is_all_that_is_taken(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.py(
        "const element = arguments[0], onStream = () => {};"
        "await py.handle('chatty').call(null, ['half'], {}, {element, onStream});",
        cell.find("i"),
    )
    assert heard(cell) == {"stdout": "", "stderr": "", "display": ["'half displayed'"]}


def test_execute_without_callbacks_shows_all_in_the_cell(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.py(
        "await py.execute(arguments[0], {}, {element: arguments[1]}).catch(() => {});",
        "h = display('old', display_id='shown')\nh.update('new')\nprint('out')\nraise KeyError",
        cell.find("i"),
    )
    assert cell.error is not None
    assert cell.error["ename"] == "KeyError"
    assert cell.stream() == "out\n"
    assert heard(cell)["display"] == ["'new'"]


def test_clearing_the_output_clears_that_of_the_cell(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.py(
        "const element = arguments[0];"
        "await py.runPython(\"print('before'); clear_output(); print('after')\", {element});",
        cell.find("i"),
    )
    assert cell.stream() == "after\n"
    assert cell.find_all("i") == []


def test_a_traceback_that_python_shows_itself_reaches_the_cell(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    value = page.py(
        "const [code, element] = arguments; return await py.runPython(code, {element});",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()\n'went on'",
        cell.find("i"),
    )
    assert value == "went on"
    assert cell.error is not None
    assert cell.error["ename"] == "ZeroDivisionError"


def test_a_figure_drawn_during_a_call_is_shown_in_the_cell(page: Notebook) -> None:
    page.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
    cell = page.run("HTML('<i>here</i>')")
    page.py("await py.runPython('plt.plot([1, 2]);', {element: arguments[0]});", cell.find("i"))
    page.wait_for(lambda: cell.data("image/png"))
    assert len(cell.data("image/png")) == 1


def test_without_a_cell_the_console_gets_it(page: Notebook) -> None:
    console(page)
    page.py("await py.handle('chatty')('nobody');")
    text = console(page)
    assert "nobody printed" in text
    assert "nobody complained" in text
    assert "'nobody displayed'" in text
    assert "nobody" not in all_text(page)


def test_after_its_cell_was_deleted_the_console_gets_it(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.py("window.orphan = await pybridge.connect({element: arguments[0]});", cell.find("i"))
    cell.js("Jupyter.notebook.delete_cell(Jupyter.notebook.find_cell_index(cell));")
    console(page)
    page.js_async("await orphan.handle('chatty')('orphan');")
    assert "orphan printed" in console(page)


def test_a_settled_call_still_shows_what_python_prints_before_it_ends(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.run(
        "def late(*args):\n"
        "    get_ipython().events.unregister('post_execute', late)\n"
        "    print('late', flush=True)"
    )
    page.py(
        "const [code, element] = arguments; await py.runPython(code, {element});",
        "get_ipython().events.register('post_execute', late)",
        cell.find("i"),
    )
    page.wait_for(lambda: cell.stream() == "late\n")


def test_a_hook_that_fails_after_the_call_shows_its_traceback_in_the_cell(page: Notebook) -> None:
    cell = page.run("HTML('<i>here</i>')")
    page.run(
        "def failing(*args):\n"
        "    get_ipython().events.unregister('post_execute', failing)\n"
        "    raise ArithmeticError('in the hook')"
    )
    page.py(
        "const [code, element] = arguments; await py.runPython(code, {element});",
        "get_ipython().events.register('post_execute', failing)",
        cell.find("i"),
    )
    page.wait_for(lambda: cell.error)
    assert cell.error is not None
    assert cell.error["ename"] == "ArithmeticError"


def test_a_failing_callback_is_told_to_the_console_and_changes_nothing(page: Notebook) -> None:
    value = page.py(
        "const onStream = () => { throw new Error('my own mistake'); };"
        "return await py.handle('chatty').call(null, ['x'], {}, {onStream, onDisplay: onStream});"
    )
    assert value == "x returned"
    messages = page.console_errors()
    assert messages
    assert all("pybridge: a callback failed" in message for message in messages)


def test_a_cell_that_runs_at_the_same_time_keeps_its_own_output(page: Notebook) -> None:
    other = page.run("HTML('<i>here</i>')")
    source = "import time\nfor i in range(3):\n    time.sleep(0.1); print('cell', i)"
    cell = page.run(source, wait=False)
    page.py(
        "await py.handle('chatty').call(null, ['other'], {}, {element: arguments[0]});",
        other.find("i"),
    )
    assert cell.wait().stream() == "cell 0\ncell 1\ncell 2\n"
    assert heard(other) == everything("other")
