"""The notebooks in ``examples/``, run as a person would run them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from selenium.webdriver import ActionChains

from .chromium import Chromium
from .notebook import Notebook
from .server import Server

EXAMPLES = Path(__file__).parents[2] / "examples"

Open = Callable[[str], Notebook]

# It is the host's, and looks for fonts when it has time.
MATHJAX = ["about:blank"]


@pytest.fixture
def open_example(driver: Chromium, server: Server) -> Iterator[Open]:
    """Opens a copy of an example; closes it after the test."""
    driver.read_console()
    opened: list[Notebook] = []

    def open_copy(name: str, copy: str | None = None) -> Notebook:
        shutil.copy(EXAMPLES / name, server.folder / (copy or name))
        shutil.copytree(EXAMPLES / "vendor", server.folder / "vendor", dirs_exist_ok=True)
        opened.append(Notebook(driver, server, copy or name))
        return opened[-1]

    yield open_copy
    for notebook in opened:
        notebook.close()


def frame_of(notebook: Notebook, number: int) -> int:
    """The frame that a player shows now; 0 while it is no player yet."""
    return int(notebook.find_all(".pybridge-player")[number].get_dom_attribute("data-frame") or 0)


def press(notebook: Notebook, number: int, action: str) -> None:
    player = notebook.find_all(".pybridge-player")[number]
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", player)
    notebook.wait_for(lambda: int(player.get_dom_attribute("data-shown") or 0) > 0)
    player.find_element("css selector", f"[data-action={action}]").click()


def test_the_form_sets_the_variable_it_names(open_example: Open) -> None:
    notebook = open_example("form.ipynb")
    cell = notebook.run_cell(1)
    notebook.wait_for("document.querySelector('.variable-form[data-ready]')")
    field = cell.find("[name=value]")
    field.clear()
    field.send_keys("""'; import os; os.system("x")""")
    cell.find("button").click()
    notebook.wait_for("document.querySelector('.variable-form output').value")
    assert notebook.run_cell(3).data("text/plain") == [repr("""'; import os; os.system("x")""")]
    assert not notebook.console_errors()


def test_typing_into_the_form_leaves_the_notebook_alone(open_example: Open) -> None:
    notebook = open_example("form.ipynb")
    cell = notebook.run_cell(1)
    count = len(notebook.cells)
    # In command mode these insert, cut and delete cells.
    cell.find("[name=value]").send_keys("abxdd")
    assert len(notebook.cells) == count


def run_in_box(notebook: Notebook, code: str) -> None:
    box = notebook.find(".code-box textarea")
    box.clear()
    box.send_keys(code)
    notebook.find(".code-box .run").click()
    notebook.wait_for("document.querySelector('.code-box .status').textContent === ''")


def shown(notebook: Notebook, selector: str) -> list[str]:
    return [element.text for element in notebook.find_all(f".code-box .output {selector}")]


def test_the_code_box_shows_every_kind_of_output(open_example: Open) -> None:
    notebook = open_example("codebox.ipynb")
    notebook.run_cell(1)
    notebook.wait_for("document.querySelector('.code-box[data-ready]')")
    notebook.find(".code-box .run").click()
    notebook.wait_for("document.querySelector('.code-box .result')")
    assert shown(notebook, ".stdout") == ["text"]
    assert shown(notebook, ".stderr") == ["a warning"]
    assert shown(notebook, ".display") == ["bold and changed since"]
    assert shown(notebook, ".result") == ["45"]

    run_in_box(notebook, "from IPython.display import clear_output; print(1); clear_output(); 1/0")
    notebook.wait_for("document.querySelector('.code-box .error')")
    assert shown(notebook, ".stdout") == []
    assert shown(notebook, ".error") == ["ZeroDivisionError: division by zero"]

    run_in_box(notebook, "print(1, end='', flush=True); print(2, flush=True); 3")
    notebook.wait_for("document.querySelector('.code-box .result')")
    assert shown(notebook, ".stdout") == ["12"]

    notebook.js("window.prompt = (text) => `an answer to ${text}`")
    run_in_box(notebook, "input('why?')")
    notebook.wait_for("document.querySelector('.code-box .result')")
    assert shown(notebook, ".result") == ["'an answer to why?'"]

    run_in_box(
        notebook,
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); from IPython.display import display;"
        " display(plt.gcf()); plt.close()",
    )
    notebook.wait_for("document.querySelector('.code-box .output img')?.naturalWidth")
    assert not notebook.console_errors()


def test_the_code_box_can_be_stopped(open_example: Open) -> None:
    notebook = open_example("codebox.ipynb")
    notebook.run_cell(1)
    notebook.wait_for("document.querySelector('.code-box[data-ready]')")
    box = notebook.find(".code-box textarea")
    box.clear()
    box.send_keys("print('on')\nwhile True: pass")
    notebook.find(".code-box .run").click()
    notebook.wait_for("document.querySelector('.code-box .stdout')")
    notebook.find(".code-box .stop").click()
    notebook.wait_for("document.querySelector('.code-box .error')")
    # The kernel is free again.
    assert notebook.run("6 * 7").data("text/plain") == ["42"]


def test_two_animations_in_one_notebook_are_independent(open_example: Open) -> None:
    notebook = open_example("animation.ipynb")
    notebook.run_all()
    press(notebook, 0, "play")
    # Far enough that going back is seen before it has come to the start and goes on from the end.
    notebook.wait_for(lambda: frame_of(notebook, 0) > 60, timeout=60)
    press(notebook, 0, "pause")
    press(notebook, 1, "next")
    notebook.wait_for(lambda: frame_of(notebook, 1) == 1)
    stopped = frame_of(notebook, 0)
    press(notebook, 0, "previous")
    notebook.wait_for(lambda: frame_of(notebook, 0) == stopped - 1)
    press(notebook, 0, "reverse")
    notebook.wait_for(lambda: frame_of(notebook, 0) < stopped - 2, timeout=30)
    assert frame_of(notebook, 1) == 1
    assert len(notebook.find_all(".pybridge-handles tbody tr")) == 2
    assert not notebook.console_errors()


def test_an_animation_in_each_of_two_notebooks_is_independent(open_example: Open) -> None:
    first, second = (open_example("animation.ipynb", copy) for copy in ("one.ipynb", "two.ipynb"))
    for notebook in (first, second):
        notebook.run_cell(1)
    press(first, 0, "next")
    first.wait_for(lambda: frame_of(first, 0) == 1)
    press(second, 0, "last")
    second.wait_for(lambda: frame_of(second, 0) == 299, timeout=30)
    assert frame_of(first, 0) == 1


def test_the_figure_does_not_show_a_second_time(open_example: Open) -> None:
    notebook = open_example("animation.ipynb")
    cell = notebook.run_cell(1)
    assert [output["output_type"] for output in cell.outputs] == ["execute_result"]


def test_the_pendulum_swings_on_with_other_parameters(open_example: Open) -> None:
    notebook = open_example("pendulum.ipynb")
    cell = notebook.run_cell(1)
    press(notebook, 0, "play")
    notebook.wait_for(lambda: frame_of(notebook, 0) > 5, timeout=30)
    gravity = cell.find("[name=gravity]")
    notebook.js(
        """
        arguments[0].value = 3;
        arguments[0].dispatchEvent(new Event("input", {bubbles: true}));
        """,
        gravity,
    )
    notebook.wait_for(lambda: cell.find("[name=gravity] + output").text == "3")
    changed = frame_of(notebook, 0)
    notebook.wait_for(lambda: frame_of(notebook, 0) > changed + 5, timeout=30)
    assert not notebook.console_errors(ignore=MATHJAX)


def show_untrusted(notebook: Notebook) -> Notebook:
    """Save a notebook with its outputs, and open them as those of a stranger."""
    saved = notebook.save()
    saved.metadata["stranger"] = True
    notebook.close()
    name = f"stranger-{notebook.path}"
    nbformat.write(saved, notebook.server.folder / name)
    opened = Notebook(notebook.driver, notebook.server, name)
    # Closed by the fixture: the window of the first one is gone already.
    notebook.handle, notebook.path = opened.handle, opened.path
    return opened


def drag(notebook: Notebook, css: str, start: tuple[int, int], *moves: tuple[int, int]) -> None:
    """Drag over an element, from a point counted from its middle."""
    element = notebook.find(css)
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", element)
    chain = ActionChains(notebook.driver).move_to_element_with_offset(element, *start)
    chain.click_and_hold()
    for move in moves:
        chain.move_by_offset(*move)
    chain.release().perform()


def test_the_brush_of_the_chart_filters_the_frame_in_python(open_example: Open) -> None:
    notebook = open_example("chart.ipynb")
    notebook.run_all()
    notebook.wait_for("document.querySelectorAll('.brush-chart circle').length === 400")
    # Every point lies where the frame has it.
    notebook.run("places = days[['temperature', 'sales']].corr().iloc[0, 1]")
    places = notebook.py("return py.globals.get('places')")
    drawn = notebook.js(
        "return [...document.querySelectorAll('.brush-chart circle')]"
        ".map(({cx, cy}) => [cx.baseVal.value, -cy.baseVal.value]);"
    )
    notebook.py("await py.globals.set('drawn', arguments[0])", drawn)
    correlation = notebook.py("return py.runPython('np.corrcoef(np.array(drawn).T)[0, 1]')")
    assert correlation == pytest.approx(places, abs=1e-6)

    drag(notebook, ".brush-chart svg", (-40, -40), (60, 40), (60, 60))
    notebook.wait_for("document.querySelector('.brush-chart p').textContent.includes('sold')")

    def settled() -> bool:
        marked = notebook.js("return document.querySelectorAll('circle.chosen').length")
        return bool(marked == int(notebook.run("len(chosen)").text) and 0 < marked < 400)

    notebook.wait_for(settled)
    in_box = """
        const box = document.querySelector(".brush-chart rect").getBBox();
        const inside = ({cx, cy}) => {
            const [x, y] = [cx.baseVal.value - box.x, cy.baseVal.value - box.y];
            return x >= 0 && x <= box.width && y >= 0 && y <= box.height;
        };
        return [...document.querySelectorAll(".brush-chart circle")]
            .flatMap((circle, day) => inside(circle) ? [day] : []);
        """
    chosen = "return Array.from(await py.runPython('list(chosen.day)'));"
    notebook.wait_for(lambda: notebook.py(chosen) == notebook.js(in_box))
    assert not notebook.console_errors(ignore=MATHJAX)


def test_the_chart_lets_go_of_the_frames_of_its_brush(open_example: Open) -> None:
    notebook = open_example("chart.ipynb")
    notebook.run_all()
    notebook.wait_for("document.querySelectorAll('.brush-chart circle').length === 400")
    drag(notebook, ".brush-chart svg", (-40, -40), *[(12, 10)] * 10)
    notebook.wait_for("document.querySelector('.brush-chart p').textContent.includes('sold')")
    # The page may have let go of the one that it has drawn, too.
    notebook.wait_for(
        lambda: int(notebook.run("import pybridge; len(pybridge.proxies())").text) <= 1
    )


@pytest.mark.parametrize(("name", "words"), [("chart", "400.0"), ("modelform", "model.run()")])
def test_an_example_says_what_it_is_without_its_script(
    open_example: Open, name: str, words: str
) -> None:
    notebook = open_example(f"{name}.ipynb")
    notebook.run_all()
    stranger = show_untrusted(notebook)
    text = stranger.cells[2].output_element.text
    assert "Trust Notebook" in text and words in text
    assert not stranger.find_all("#notebook svg, #notebook .lil-gui")


COLOUR = """
const data = document.querySelector("#picture").getContext("2d")
    .getImageData(arguments[0], arguments[1], 1, 1).data;
return [...data];
"""


def test_python_draws_on_the_canvas(open_example: Open) -> None:
    notebook = open_example("canvas.ipynb")
    notebook.run_all()
    # A place beside the lines: as NumPy made it.
    expected = notebook.py("return Array.from(await py.runPython('pixels[20, 30].tolist()'))")
    assert notebook.js(COLOUR, 30, 20) == expected
    # The right end of the star.
    assert notebook.js(COLOUR, 397, 150) == [255, 255, 255, 255]
    assert not notebook.console_errors(ignore=MATHJAX)


def test_a_click_on_the_canvas_is_answered_by_python(open_example: Open) -> None:
    notebook = open_example("canvas.ipynb")
    notebook.run_all()
    canvas = notebook.find("#picture")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", canvas)
    ActionChains(notebook.driver).move_to_element_with_offset(canvas, -200, -60).click().perform()
    notebook.wait_for(lambda: notebook.run("len(places)").text.strip() == "1")
    x, y = notebook.py("return Array.from(await py.runPython('list(places[0])'))")
    assert notebook.js(COLOUR, x, y) == [255, 255, 255, 255]
    assert not notebook.console_errors(ignore=MATHJAX)


def test_the_form_drives_the_model(open_example: Open) -> None:
    notebook = open_example("modelform.ipynb")
    notebook.run_all()
    notebook.wait_for("document.querySelector('.model-form[data-ready=shown]')")
    line = "return document.querySelectorAll('.model-form polyline')[1].getAttribute('points')"
    before = notebook.js(line)
    fields = notebook.find_all(".model-form .lil-number input")
    assert [field.get_property("value") for field in fields] == ["0.4", "0.1", "120"]
    fields[0].clear()
    fields[0].send_keys("0.8")
    notebook.wait_for(lambda: notebook.js(line) != before)
    notebook.wait_for(lambda: notebook.run("model.infection").text.strip() == "0.8")
    assert "infection 0.80" in notebook.run_cell(4).text
    # Typing did nothing to the notebook, whose shortcuts are letters.
    assert notebook.cells[0].source.startswith("# A form")
    assert not notebook.console_errors(ignore=MATHJAX)


def test_the_models_views_are_joined_also_with_the_slider(open_example: Open) -> None:
    notebook = open_example("models.ipynb")
    notebook.run_all()
    notebook.wait_for("document.querySelectorAll('.pybridge-model[data-status=live]').length === 4")
    texts = "[...document.querySelectorAll('.wave + p')].map(p => p.textContent)"
    notebook.wait_for(f"new Set({texts}).size === 1 && {texts}[0] === '0.80 sin(2.00 x)'")
    wave = notebook.find(".wave")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", wave)
    # From the middle, where the frequency is 4, to a quarter of the width: there it is 6.
    ActionChains(notebook.driver).move_to_element(wave).click_and_hold().move_by_offset(
        -120, 0
    ).release().perform()
    notebook.wait_for(f"new Set({texts}).size === 1 && {texts}[0].includes('sin(6.0')")
    notebook.wait_for("document.querySelector('.widget-readout')?.textContent.startsWith('6.0')")
    assert notebook.run("round(wave.frequency, 1), len(wave.curve)").data() == ["(6.0, 400)"]
    model = notebook.find_all(".pybridge-model")[2]
    [button] = notebook.wait_for(lambda: model.find_elements("css selector", "button"))
    notebook.click(button)
    notebook.wait_for(
        "document.querySelectorAll('.pybridge-model')[2].querySelector('output')"
        ".textContent === '0 -> 1'"
    )
    notebook.wait_for(lambda: notebook.run("counter.value").data() == ["1"])
    assert not notebook.console_errors(MATHJAX)


def test_the_lesson_is_drawn(open_example: Open) -> None:
    notebook = open_example("plots.ipynb")
    cells = notebook.run_all()
    plots = "document.querySelectorAll('.pybridge-plot canvas[data-drawn]').length"
    notebook.wait_for(f"{plots} === 6", 30)
    assert cells[1].data() == ["0.8"]
    assert not notebook.console_errors(MATHJAX)


def test_the_saved_example_plays_without_its_kernel(open_example: Open) -> None:
    notebook = open_example("saved.ipynb")
    notebook.run_all()
    notebook.wait_for("document.querySelectorAll('.pybridge-player canvas').length === 2")
    notebook.save()
    notebook.restart_kernel()
    notebook.reload()
    notebook.wait_for("document.querySelectorAll('[data-source=kept]').length === 2")
    for number in range(2):
        press(notebook, number, "play")
        notebook.wait_for(lambda number=number: frame_of(notebook, number) > 10)
    assert notebook.console_errors(MATHJAX) == []


def test_the_player_above_the_busy_cell(open_example: Open, host: str) -> None:
    notebook = open_example("busy.ipynb")
    for index in (1, 2):
        notebook.run_cell(index)
    press(notebook, 0, "play")
    notebook.wait_for(lambda: frame_of(notebook, 0) > 3)
    last = notebook.run_cell(3, wait=False)
    line = "document.querySelector('.search').textContent"
    if host == "nbclassic":
        notebook.wait_for("document.querySelector('progress')")
        before = frame_of(notebook, 0)
        notebook.wait_for(lambda: frame_of(notebook, 0) > before + 20, timeout=30)
        said = notebook.js(f"return {line};")
        notebook.wait_for(lambda: notebook.js(f"return {line};") != said)
        assert not last.is_done
    last.wait()
    assert last.data() == ["410011"]
    notebook.wait_for(
        f"{line} === 'Of 499999 numbers, 410011 takes the most steps to reach 1: 448.'"
    )
    assert notebook.console_errors(MATHJAX) == []


def test_the_fractal_is_drawn_by_a_cluster(open_example: Open) -> None:
    notebook = open_example("fractal.ipynb")
    try:
        cells = notebook.run_all(timeout=120)
        assert "fractal.gif" in cells[2].data()[0]
        press(notebook, 0, "play")
        notebook.wait_for(lambda: frame_of(notebook, 0) > 10, 60)
        assert "by 2 workers" in notebook.run("player._frames.drawing").data()[0]
    finally:
        notebook.run("cluster.stop_cluster_sync()")
    assert notebook.console_errors(MATHJAX) == []
