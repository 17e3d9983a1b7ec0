"""Models in cells and windows: everyone sees the same state, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from .cell import Cell
from .chromium import Chromium
from .notebook import Notebook
from .server import Server

SETUP = '''
import numpy as np
import pybridge
import traitlets

class Slider(pybridge.Model):
    value = traitlets.Int(5).tag(sync=True)
    text = traitlets.Unicode("a").tag(sync=True)
    data = traitlets.Any().tag(sync=True)
    view = """
        <input type="range" min="0" max="100" data-trait="value">
        <output data-trait="value">{{ model.value }}</output>
        <input type="text" data-trait="text" value="{{ model.text }}">
    """

    @traitlets.validate("value")
    def _not_13(self, proposal):
        if proposal["value"] == 13:
            raise traitlets.TraitError("13 is refused")
        return min(proposal["value"], 90)

@pybridge.comm_target("echo")
def echo(comm):
    @comm.on_msg
    def heard(data, buffers):
        comm.send(data, buffers)

slider = Slider(data=np.arange(4.0))
pybridge.register(slider, "slider")
'''

DRAG = (
    "const input = arguments[0]; input.value = arguments[1];"
    "input.dispatchEvent(new Event('input', {bubbles: true}));"
)


class View:
    """What a cell shows of a `Slider`."""

    def __init__(self, notebook: Notebook, root: WebElement) -> None:
        self.notebook = notebook
        self.root = root

    @classmethod
    def of(cls, cell: Cell) -> View:
        return cls(cell.notebook, cell.find(".pybridge-model[data-mounted]"))

    @classmethod
    def all(cls, notebook: Notebook) -> list[View]:
        return [cls(notebook, root) for root in notebook.find_all(".pybridge-model")]

    @property
    def value(self) -> str:
        self.notebook.focus()
        return self.root.find_element(By.CSS_SELECTOR, "output").text

    @property
    def status(self) -> str | None:
        self.notebook.focus()
        return self.root.get_dom_attribute("data-status")

    @property
    def note(self) -> str:
        self.notebook.focus()
        return self.root.find_element(By.CSS_SELECTOR, ".pybridge-note").text

    def drag(self, value: int) -> None:
        self.notebook.focus()
        slider = self.root.find_element(By.CSS_SELECTOR, "input[type=range]")
        self.notebook.js(DRAG, slider, value)

    def wait_for(self, value: str) -> None:
        self.notebook.wait_for(lambda: self.value == value, what=f"the view shows {value}")

    def wait_until(self, status: str) -> None:
        self.notebook.wait_for(lambda: self.status == status, 20, f"the view is {status}")


def python(notebook: Notebook, expression: str = "slider.value") -> object:
    return notebook.py("return await py.runPython(arguments[0]);", expression)


def wait_for_python(notebook: Notebook, value: object, expression: str = "slider.value") -> None:
    notebook.wait_for(
        lambda: python(notebook, expression) == value, what=f"{expression} is {value}"
    )


@pytest.fixture
def page(notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with a model."""
    notebook.run(SETUP)
    yield notebook
    assert notebook.console_errors() == []


# One window.


def test_every_cell_and_python_show_the_same_value(page: Notebook) -> None:
    one, two = (View.of(page.run("slider")) for _ in range(2))
    one.drag(42)
    for view in (one, two):
        view.wait_for("42")
    wait_for_python(page, 42)
    page.run("slider.value = 7")
    for view in (one, two):
        view.wait_for("7")


def test_a_script_has_the_model_by_its_name(page: Notebook) -> None:
    result = page.py("""
        const model = await py.model('slider');
        const heard = [];
        model.on('change:value', (value, old) => heard.push([value, old]));
        model.set({value: 50, text: 'b'});
        await model.save();
        const changed = new Promise(done => model.on('change', done));
        await py.runPython('slider.value = 60');
        await changed;
        return {heard, previous: model.previous('value'), keys: model.keys(),
                text: await py.runPython('slider.text')};
    """)
    assert result == {
        "heard": [[50, 5], [60, 50]],
        "previous": 50,
        "keys": ["value", "text", "data"],
        "text": "b",
    }


def test_a_script_hears_what_is_no_model(page: Notebook) -> None:
    assert page.py_error("await py.model('nothing');").code == "no-handle"
    page.run("pybridge.register(len, 'length')")
    assert page.py_error("await py.model('length');").code == "bad-argument"


def test_arrays_arrive_as_typed_arrays_both_ways(page: Notebook) -> None:
    result = page.py("""
        const model = await py.model('slider');
        const {data, shape} = model.get('data');
        model.set('data', new Float32Array([1.5, 2.5]));
        await model.save();
        return [data.constructor.name, [...data], shape];
    """)
    assert result == ["Float64Array", [0, 1, 2, 3], [4]]
    dtype = "[str(slider.data.dtype), slider.data.tolist()]"
    assert python(page, dtype) == ["float32", [1.5, 2.5]]


def test_a_value_that_python_alters_is_shown(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.drag(95)
    view.wait_for("90")


def test_a_refused_value_comes_back_with_the_reason(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.drag(13)
    page.wait_for(lambda: "13 is refused" in view.note)
    view.wait_for("5")
    assert view.note == "TraitError: 13 is refused"
    view.drag(14)
    view.wait_for("14")
    page.wait_for(lambda: view.note == "")


def test_saving_rejects_with_the_reason(page: Notebook) -> None:
    error = page.py_error("""
        const model = await py.model('slider');
        model.set('value', 13);
        await model.save();
    """)
    assert (error.name, error.message) == ("PythonError", "13 is refused")


def test_what_is_changed_while_the_kernel_is_busy_is_joined_and_sent_once(page: Notebook) -> None:
    page.run("log = []\nslider.observe(lambda change: log.append(change['new']), 'value')")
    view = View.of(page.run("slider"))
    page.wait_for(lambda: view.status == "live")
    busy = page.run(
        "import os, time\nwhile not os.path.exists('changed'): time.sleep(0.01)",
        wait=False,
    )
    slider = view.root.find_element(By.CSS_SELECTOR, "input[type=range]")
    page.js_async(
        "for (let value = 20; value < 60; value++) {"
        "    arguments[0].value = value;"
        "    arguments[0].dispatchEvent(new Event('input', {bubbles: true}));"
        "    await new Promise(requestAnimationFrame);"
        "}",
        slider,
    )
    assert view.value == "59"
    (page.server.folder / "changed").touch()
    busy.wait()
    wait_for_python(page, 59)
    log = python(page, "log")
    assert isinstance(log, list)
    assert log[-1] == 59
    # What was under way when it became busy, and all the rest.
    assert len(log) <= 3


def test_a_view_in_a_busy_kernel_shows_its_state_and_can_be_used(page: Notebook) -> None:
    cell = page.run("import time\ndisplay(slider)\ntime.sleep(3)", wait=False)
    page.wait_for("document.querySelector('.pybridge-model[data-mounted]')")
    view = View.of(cell)
    view.wait_for("5")
    view.drag(33)
    assert view.value == "33"
    cell.wait()
    wait_for_python(page, 33)


def test_a_cell_that_awaits_something_does_not_hold_up_the_page(page: Notebook) -> None:
    """Newer kernels take comms meanwhile, and publish no status for them."""
    view = View.of(page.run("slider"))
    view.wait_until("live")
    cell = page.run("import asyncio; await asyncio.sleep(4)", wait=False)
    for value in range(20, 60):
        view.drag(value)
        page.js_async("await new Promise(requestAnimationFrame);")
    cell.wait()
    wait_for_python(page, 59)
    assert page.py("return await py.runPython('1 + 1');") == 2
    page.js("require(['nbextensions/pybridge/call'], calls => { window.calls = calls; });")
    page.wait_for("window.calls && calls.load.queued + calls.load.underWay === 0")


def test_a_failing_cell_ahead_does_not_lose_the_value(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    page.wait_for(lambda: view.status == "live")
    failing = page.run("import time; time.sleep(1); 1 / 0", wait=False)
    view.drag(21)
    failing.wait(check=False)
    wait_for_python(page, 21)
    view.wait_for("21")


def test_what_python_changes_many_times_arrives_as_the_last_value(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    page.wait_for(lambda: view.status == "live")
    page.py("""
        const model = await py.model('slider');
        window.heardOfSlider = [];
        model.on('change:value', value => heardOfSlider.push(value));
    """)
    page.run("for i in range(20_000): slider.value = i % 12\nslider.value = 89")
    page.wait_for("heardOfSlider.at(-1) === 89")
    assert page.js("return heardOfSlider.length;") < 10_000
    view.wait_for("89")


def test_output_of_observers_is_shown_with_the_view(page: Notebook) -> None:
    page.run(
        "slider.observe(lambda change: print('now', change['new']), 'value')\n"
        "def fail(change):\n    if change['new'] == 66: raise RuntimeError('observer')\n"
        "slider.observe(fail, 'value')"
    )
    cell = page.run("slider")
    view = View.of(cell)
    view.drag(65)
    page.wait_for(lambda: cell.stream() == "now 65\n")
    view.drag(66)
    page.wait_for(lambda: cell.error is not None and cell.error["evalue"] == "observer")
    assert view.value == "66"
    assert python(page) == 66


def test_views_leave_with_their_cells_and_the_model_with_the_last(page: Notebook) -> None:
    page.run("import gc, weakref\nkept = weakref.ref(Slider(value=77))")
    page.run("other = Slider(value=77)\nkept = weakref.ref(other)")
    cells = [page.run("display(other)") for _ in range(2)]
    page.run("del other")
    for cell in cells:
        View.of(cell).wait_for("77")
        View.of(cell).wait_until("live")
    cells[0].source = ""
    cells[0].run()
    page.run("gc.collect()")
    View.of(cells[1]).drag(78)
    wait_for_python(page, 78, "kept().value")
    cells[1].js("cell.clear_output();")
    page.wait_for(lambda: python(page, "gc.collect() and None or kept() is None") is True)


def test_a_module_renders_each_view_and_ends_with_it(page: Notebook) -> None:
    page.run('''
class Moduled(pybridge.Model):
    count = traitlets.Int(0).tag(sync=True)
    style = ".moduled { color: rgb(1, 2, 3) }"
    view = """
    window.life = [];
    export default {
      initialize({model}) { life.push(`initialize ${model.get("count")}`); },
      render({model, el}) {
        life.push("render");
        const button = document.createElement("button");
        button.className = "moduled";
        const show = () => { button.textContent = `count ${model.get("count")}`; };
        button.onclick = () => { model.set("count", model.get("count") + 1); model.save(); };
        model.on("change:count", (value, old) => life.push(`${old} -> ${value}`));
        model.on("change:count", show);
        show();
        el.append(button);
        return () => life.push("end");
      },
    };
    """
moduled = Moduled(count=3)
''')
    cells = [page.run("moduled") for _ in range(2)]
    buttons = [cell.find(".moduled") for cell in cells]
    colour = page.js("return getComputedStyle(arguments[0]).color;", buttons[0])
    assert colour == "rgb(1, 2, 3)"
    page.click(buttons[0])
    page.wait_for(lambda: [button.text for button in buttons] == ["count 4"] * 2)
    wait_for_python(page, 4, "moduled.count")
    assert page.js("return life;") == ["initialize 3", "render", "render", "3 -> 4", "3 -> 4"]
    cells[0].js("cell.clear_output();")
    page.wait_for("life.at(-1) === 'end'")
    page.run("moduled.count = 9")
    page.wait_for(lambda: buttons[1].text == "count 9")
    # The view that is gone hears nothing more.
    assert page.js("return life.filter(entry => entry === '4 -> 9').length;") == 1


def test_a_module_that_fails_says_so(page: Notebook) -> None:
    page.run("""
class Bad(pybridge.Model):
    view = "export default {render() { throw new TypeError('not today'); }};"
class Empty(pybridge.Model):
    view = "export const nothing = {};"
""")
    for name, message in (("Bad", "TypeError: not today"), ("Empty", "function `render`")):
        view = View.of(page.run(f"{name}()"))
        page.wait_for(lambda view=view, message=message: message in view.note)


def test_a_model_without_a_view_has_controls(page: Notebook) -> None:
    page.run(
        "class Plain(pybridge.Model):\n"
        "    on = traitlets.Bool(False).tag(sync=True)\n"
        "    kind = traitlets.Enum(['sin', 'cos'], 'sin').tag(sync=True)\n"
        "    count = traitlets.Int(1).tag(sync=True)\n"
        "plain = Plain()"
    )
    cell = page.run("plain")
    page.wait_for(lambda: View.of(cell).status == "live")
    page.click(cell.find("input[type=checkbox]"))
    wait_for_python(page, True, "plain.on")
    cell.find("select").send_keys("cos")
    wait_for_python(page, "cos", "plain.kind")
    count = cell.find("input[type=number]")
    count.clear()
    count.send_keys("25", Keys.TAB)
    wait_for_python(page, 25, "plain.count")
    page.run("plain.kind, plain.on, plain.count = 'sin', False, 3")
    page.wait_for(lambda: count.get_property("value") == "3")
    assert cell.find("select").get_property("value") == "sin"
    assert cell.find("input[type=checkbox]").is_selected() is False


def test_typing_into_a_field_leaves_the_notebook_alone(page: Notebook) -> None:
    cell = page.run("slider")
    count = len(page.cells)
    field = cell.find("input[type=text]")
    field.clear()
    field.send_keys("abxdd", Keys.TAB)
    wait_for_python(page, "abxdd", "slider.text")
    assert len(page.cells) == count


def test_messages_go_both_ways(page: Notebook) -> None:
    page.run(
        "@slider.on_msg\n"
        "def heard(model, content, buffers):\n"
        "    model.send({'got': content, 'value': model.value}, [bytes(buffers[0])])"
    )
    result = page.py("""
        const model = await py.model('slider');
        const heard = new Promise(done => model.onMessage((...message) => done(message)));
        model.set('value', 8);
        model.save();
        await model.send({a: new Set([1])}, [new Uint8Array([1, 2, 3]).subarray(1)]);
        const [content, buffers] = await heard;
        return [[...content.got.a], content.value, [...buffers[0]]];
    """)
    assert result == [[1], 8, [2, 3]]


def test_a_model_in_a_trait_is_a_model_in_the_page(page: Notebook) -> None:
    page.run("class Pair(pybridge.Model):\n    both = traitlets.List().tag(sync=True)")
    page.run("pair = Pair(both=[slider, Slider(value=6)])\npybridge.register(pair, 'pair')")
    result = page.py("""
        const pair = await py.model('pair');
        const [first, second] = pair.get('both');
        second.set('value', 70);
        await second.save();
        pair.set('both', [second, first]);
        await pair.save();
        return [first.get('value'), first === await py.model('slider')];
    """)
    assert result == [5, True]
    assert python(page, "[model.value for model in pair.both]") == [70, 5]
    assert python(page, "pair.both[1] is slider") is True


def test_closing_from_either_side_greys_the_views(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.wait_until("live")
    page.run("slider.close()")
    view.wait_until("closed")
    assert "closed" in view.note
    assert view.value == "5"
    other = View.of(page.run("slider"))
    other.wait_until("live")
    page.py("await (await py.model('slider')).close();")
    other.wait_until("closed")
    # The object goes on.
    page.run("slider.value = 8")
    again = View.of(page.run("slider"))
    again.wait_for("8")


# More windows.


@pytest.fixture
def windows(page: Notebook) -> tuple[View, View]:
    """The views of one model in two windows."""
    page.run("slider")
    page.save()
    other = page.second_window()
    views = tuple(View.all(window)[0] for window in (page, other))
    for view in views:
        view.wait_until("live")
    return views[0], views[1]


def test_two_windows_show_the_same(windows: tuple[View, View]) -> None:
    one, two = windows
    one.drag(40)
    two.wait_for("40")
    two.drag(50)
    one.wait_for("50")


def test_a_window_that_does_not_show_the_model_is_not_bothered(page: Notebook) -> None:
    page.save()
    other = page.second_window()
    other.js("window.said = []; console.error = (...words) => said.push(words.join(' '));")
    model_id = python(page, "slider.model_id")
    view = View.of(page.run("slider"))
    view.drag(9)
    page.py("await (await py.comm('echo')).send({});")
    page.run("slider.value = 10\nslider.close()")
    assert other.py("return await py.runPython('1');") == 1
    assert [words for words in other.js("return said;") if str(model_id) in words] == []
    other.js("delete console.error;")


def test_a_refused_value_is_not_seen_in_the_other_window(windows: tuple[View, View]) -> None:
    one, two = windows
    two.notebook.py("""
        window.seen = [];
        (await py.model('slider')).on('change:value', value => seen.push(value));
    """)
    one.drag(13)
    one.notebook.wait_for(lambda: "refused" in one.note)
    one.drag(14)
    two.wait_for("14")
    assert two.notebook.js("return seen;") == [14]
    assert two.note == ""


def test_500_changes_from_two_windows_and_python_end_up_equal(windows: tuple[View, View]) -> None:
    one, two = windows
    script = """
        const model = await py.model('slider');
        for (let i = 0; i < 200; i++) {
            // Two hands on the same slider, a few of their values refused or altered.
            model.set('value', (i * arguments[0]) % 97);
            if (i % 10 === 0) model.set('text', `${arguments[0]} ${i}`);
            model.save();
            await new Promise(done => setTimeout(done, i % 7));
        }
        await model.save().catch(() => {});
    """
    first, second = one.notebook.start(script, 7), two.notebook.start(script, 11)
    for i in range(100):
        one.notebook.py("await py.runPython(`slider.value = ${arguments[0]}`);", i % 12)
    first.result()
    second.result()

    def copies() -> list[object]:
        look = "const m = await py.model('slider'); return [m.get('value'), m.get('text')];"
        return [
            python(one.notebook, "[slider.value, slider.text]"),
            one.notebook.py(look),
            two.notebook.py(look),
            [
                int(one.value),
                one.notebook.js("return document.querySelector('input[type=text]').value;"),
            ],
        ]

    one.notebook.wait_for(
        lambda: len({str(copy) for copy in copies()}) == 1, 5, "all copies are equal"
    )


def test_closing_one_window_leaves_the_other_in_step(windows: tuple[View, View]) -> None:
    one, two = windows
    two.notebook.close_window()
    one.drag(44)
    wait_for_python(one.notebook, 44)
    one.notebook.run("for i in range(300): slider.value = i % 12\nslider.value = 88")
    one.wait_for("88")


def test_a_page_that_is_loaded_again_shows_the_state_as_it_is(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.drag(61)
    wait_for_python(page, 61)
    page.save()
    page.run("slider.value = 62")
    page.reload()
    [view] = View.all(page)
    view.wait_until("live")
    view.wait_for("62")
    view.drag(63)
    wait_for_python(page, 63)


def test_a_broken_connection_loses_nothing(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.wait_until("live")
    assert page.disconnect("return arguments[0].dataset.status;", view.root) == "waiting"
    view.drag(71)
    assert view.value == "71"
    view.wait_until("live")
    wait_for_python(page, 71)
    assert view.note == ""


def test_a_restart_greys_the_view_and_running_the_cell_brings_it_back(page: Notebook) -> None:
    cell = page.run("slider")
    view = View.of(cell)
    view.drag(81)
    wait_for_python(page, 81)
    page.restart_kernel()
    view.wait_until("gone")
    assert view.value == "81"
    assert "run the cell again" in view.note
    page.run(SETUP)
    cell.run()
    View.of(cell).wait_for("5")


def test_a_model_that_nobody_has_touched_is_saved_as_it_is(page: Notebook) -> None:
    page.run("slider.value = 12")
    view = View.of(page.run("slider"))
    view.wait_until("live")
    html = page.save().cells[-1].outputs[0]["data"]["text/html"]
    assert '<output data-trait="value">12</output>' in html


def test_saving_keeps_the_styles_that_an_output_begins_with(page: Notebook) -> None:
    style = "<style>.mine { color: red; }</style>"
    html = f"{style!r} + slider._repr_html_()"
    view = View.of(page.run(f"from IPython.display import HTML\nHTML({html})"))
    view.drag(37)
    wait_for_python(page, 37)
    html = page.save().cells[-1].outputs[0]["data"]["text/html"]
    assert html.startswith(style)
    assert '<output data-trait="value">37</output>' in html


def test_a_saved_notebook_shows_the_last_state_greyed(page: Notebook) -> None:
    view = View.of(page.run("slider"))
    view.drag(37)
    wait_for_python(page, 37)
    html = page.save().cells[-1].outputs[0]["data"]["text/html"]
    # Also for those who block scripts.
    assert '<output data-trait="value">37</output>' in html
    page.restart_kernel()
    page.reload()
    [view] = View.all(page)
    view.wait_until("gone")
    view.wait_for("37")
    assert "run the cell again" in view.note
    assert page.js("return document.querySelector('.pybridge-view').inert;") is True


def test_a_kept_state_of_another_version_does_not_keep_the_kernels_away(page: Notebook) -> None:
    newer = 'slider._repr_html_().replace(\'"state": "\', \'"state": "newer \')'
    view = View.of(page.run(f"from IPython.display import HTML\nHTML({newer})"))
    view.wait_until("live")
    view.wait_for("5")
    assert view.note == ""


def test_a_notebook_that_is_not_trusted_shows_the_state_as_text(
    page: Notebook, driver: Chromium, server: Server
) -> None:
    cell = page.run("slider")
    View.of(cell).wait_until("live")
    saved = page.save().cells[-1].outputs[0]
    other = Notebook.create(
        driver,
        server,
        ["slider"],
        name="untrusted.ipynb",
        trusted=False,
        outputs={0: [saved]},
    )
    try:
        shown = other.find(".output_area").text
        assert "5" in shown
        assert "trust this notebook" in shown
    finally:
        other.close()


# ipywidgets.


def test_a_slider_of_ipywidgets_and_a_model_are_joined(page: Notebook) -> None:
    page.run("import ipywidgets\nwidget = ipywidgets.IntSlider(max=90)")
    page.run("traitlets.link((slider, 'value'), (widget, 'value'))")
    view = View.of(page.run("slider"))
    widget = page.run("widget")
    view.drag(55)
    readout = widget.find(".widget-readout")
    page.wait_for(lambda: readout.text == "55")
    page.run("widget.value = 56")
    view.wait_for("56")
    readout.click()
    readout.send_keys(Keys.CONTROL + "a")
    readout.send_keys("57", Keys.ENTER)
    view.wait_for("57")
    wait_for_python(page, 57)
