"""The Plot kernel, as a pupil uses it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.keys import Keys

from .cell import Cell
from .chromium import Chromium
from .notebook import Notebook
from .server import Server
from .waiting import wait_until

KERNELSPEC = {"name": "plot", "display_name": "Plot", "language": "plot"}

# Whether a pixel of the canvas has a colour close to the one given, near a point in coordinates.
FIND_COLOUR = """
const [canvas, dataX, dataY, colour] = arguments;
const [x, y] = [canvas.dataset.x, canvas.dataset.y].map(text => text.split(' ').map(Number));
const [left, top, right, bottom] = canvas.dataset.box.split(' ').map(Number);
const scale = canvas.width / canvas.clientWidth;
const px = scale * (left + (dataX - x[0]) / (x[1] - x[0]) * (right - left));
const py = scale * (top + (y[1] - dataY) / (y[1] - y[0]) * (bottom - top));
const context = canvas.getContext('2d'), around = 4 * scale;
const {data} = context.getImageData(px - around, py - around, 2 * around, 2 * around);
for (let i = 0; i < data.length; i += 4) {
    if (colour.every((part, j) => Math.abs(part - data[i + j]) < 40)) return true;
}
return false;
"""
BLUE = [31, 119, 180]


class PlotView:
    """What a cell shows."""

    def __init__(self, cell: Cell) -> None:
        self.notebook = cell.notebook
        self.root = cell.find(".pybridge-plot")
        self.notebook.wait_for(lambda: self.drawn > 0, 20, "the plot is drawn")
        self.canvas = self.root.find_element("css selector", "canvas")

    @property
    def drawn(self) -> int:
        """How many pictures it has shown."""
        canvases = self.root.find_elements("css selector", "canvas[data-drawn]")
        return int(canvases[0].get_dom_attribute("data-drawn")) if canvases else 0

    def range(self, axis: str) -> tuple[float, float]:
        low, high = self.canvas.get_dom_attribute(f"data-{axis}").split()
        return float(low), float(high)

    @property
    def readout(self) -> str:
        return self.root.find_element("css selector", ".pybridge-readout").text

    def shows(self, x: float, y: float, colour: list[int] = BLUE) -> bool:
        """Tell whether there is something of a colour at a point."""
        return bool(self.notebook.js(FIND_COLOUR, self.canvas, x, y, colour))

    def press(self, action: str) -> None:
        self.notebook.click(self.root.find_element("css selector", f"[data-action={action}]"))

    def wait_for_range(self, axis: str, low: float, high: float) -> None:
        self.notebook.wait_for(
            lambda: self.range(axis) == (pytest.approx(low), pytest.approx(high)),
            what=f"{axis} goes from {low} to {high}",
        )


@pytest.fixture(scope="module")
def page(driver: Chromium, server: Server) -> Iterator[Notebook]:
    """A notebook of the Plot kernel."""
    # What came of the tests before is none of this one's.
    driver.read_console()
    notebook = Notebook.create(
        driver, server, name="plots.ipynb", metadata={"kernelspec": KERNELSPEC}
    )
    yield notebook
    assert notebook.console_errors() == []
    notebook.close()


def test_a_notebook_is_made_from_the_new_menu(driver: Chromium, server: Server) -> None:
    driver.switch_to.new_window("window")
    tree = driver.current_window_handle
    driver.get(server.tree_url())
    try:
        before = set(driver.window_handles)
        entry = wait_until(
            lambda: driver.find_elements("css selector", "#kernel-plot a"), 20, "the New menu"
        )[0]
        driver.find_element("css selector", "#new-dropdown-button, #new-buttons button").click()
        entry.click()
        [new] = wait_until(lambda: set(driver.window_handles) - before, 20, "a new window")
        driver.switch_to.window(new)
        kernel = "return window.Jupyter?.notebook?.kernel?.info_reply?.implementation;"
        wait_until(lambda: driver.execute_script(kernel) == "plot", 60, "the Plot kernel")
        driver.execute_script("window.onbeforeunload = null;")
        driver.close()
    finally:
        driver.switch_to.window(tree)
        driver.close()
        driver.switch_to.window(driver.window_handles[0])


def test_a_line_is_a_picture_and_says_what_it_is(page: Notebook) -> None:
    cell = page.run("y = x**2 - 3")
    assert "y = x**2 - 3" in cell.stream()
    view = PlotView(cell)
    assert view.range("x") == (-10, 10)
    assert view.shows(2, 1)
    assert view.shows(0, -3)
    assert not view.shows(2, 30)


def test_cells_are_coloured(page: Notebook) -> None:
    cell = page.append("y = 2*x + 1  # a line")
    page.wait_for(lambda: cell.element.find_elements("css selector", ".cm-number"))
    assert cell.element.find_elements("css selector", ".cm-comment")


def test_names_are_known_in_later_cells(page: Notebook) -> None:
    page.run("f(x) = x/2")
    view = PlotView(page.run("y = f(x) + 1"))
    assert view.shows(4, 3)


def test_zooming_draws_anew_and_sharper(page: Notebook) -> None:
    view = PlotView(page.run("x in [-8, 8]; y in [-2, 2]; y = sin(x)"))
    view.press("closer")
    view.wait_for_range("x", -6.4, 6.4)
    view.wait_for_range("y", -1.6, 1.6)
    assert view.shows(1.5707, 1)
    view.press("farther")
    view.wait_for_range("x", -8, 8)
    view.press("closer")
    view.press("home")
    view.wait_for_range("x", -8, 8)


def test_dragging_pans(page: Notebook) -> None:
    view = PlotView(page.run("x in [-8, 8]; y in [-2, 2]; y = cos(x)"))
    page.js("arguments[0].scrollIntoView({block: 'center'});", view.canvas)
    drag = ActionChains(page.driver).move_to_element(view.canvas).click_and_hold()
    drag.move_by_offset(100, 0).release().perform()
    page.wait_for(lambda: view.range("x")[0] < -9)
    low, high = view.range("x")
    assert high - low == pytest.approx(16)
    assert view.range("y") == (pytest.approx(-2), pytest.approx(2))


def test_keys_move_and_zoom(page: Notebook) -> None:
    view = PlotView(page.run("x in [-10, 10]; y in [-2, 2]; y = x/10"))
    count = len(page.cells)
    view.canvas.send_keys(Keys.ARROW_RIGHT)
    page.wait_for(lambda: view.range("x")[0] > -9)
    view.canvas.send_keys("0")
    view.wait_for_range("x", -10, 10)
    view.canvas.send_keys("+")
    view.wait_for_range("x", -8, 8)
    view.canvas.send_keys("b")
    assert len(page.cells) == count


def test_the_wheel_zooms_around_the_pointer_only_when_it_is_meant(page: Notebook) -> None:
    view = PlotView(page.run("x in [-10, 10]; y in [-2, 2]; y = x/5"))
    wheel = (
        "arguments[0].dispatchEvent(new WheelEvent('wheel', {deltaY: -100, ctrlKey: arguments[1],"
        " bubbles: true, cancelable: true}));"
    )
    page.js("document.activeElement.blur();")
    page.js(wheel, view.canvas, False)
    assert view.range("x") == (-10, 10)
    page.js(wheel, view.canvas, True)
    page.wait_for(lambda: view.range("x")[1] - view.range("x")[0] == pytest.approx(16))


def test_the_pointer_traces_the_curves(page: Notebook) -> None:
    view = PlotView(page.run("x in [-10, 10]; y in [-10, 10]; y = 2*x\nf(x) = sqrt(x)"))
    page.js("arguments[0].scrollIntoView({block: 'center'});", view.canvas)
    ActionChains(page.driver).move_to_element_with_offset(view.canvas, -100, 0).perform()
    page.wait_for(lambda: "undefined" in view.readout)
    assert view.readout.startswith("x = -")
    ActionChains(page.driver).move_to_element_with_offset(view.canvas, 100, 0).perform()
    readout = page.wait_for(
        lambda: (text := view.readout).startswith("x = ") and "undefined" not in text and text
    )
    x = float(readout.split()[2])
    assert f"{2 * x:.4g}"[:4] in readout


def test_a_slider_changes_the_picture(page: Notebook) -> None:
    view = PlotView(page.run("a in [0, 4]\nx in [-5, 5]; y in [-5, 5]\ny = a*x"))
    assert view.shows(1, 2)
    slider = view.root.find_element("css selector", "input[name=a]")
    page.js(
        "arguments[0].value = 4; arguments[0].dispatchEvent(new Event('input'));",
        slider,
    )
    page.wait_for(lambda: view.shows(1, 4))
    assert not view.shows(1, 2)
    assert view.root.find_element("css selector", ".pybridge-params output").text == "4"


def test_gaps_stay_gaps(page: Notebook) -> None:
    view = PlotView(page.run("x in [-5, 5]; y in [-5, 5]; y = 1/x"))
    assert view.shows(1, 1)
    assert view.shows(-1, -1)
    # Where a vertical line would be.
    assert not view.shows(0.05, 3)


def test_a_circle_is_round(page: Notebook) -> None:
    view = PlotView(page.run("x in [-5, 5]; y in [-5, 5]; x**2 + y**2 = 16"))
    assert view.shows(4, 0)
    assert view.shows(0, -4)
    assert not view.shows(2, 0.5)


def test_an_error_has_its_place_and_the_rest_is_drawn(page: Notebook) -> None:
    cell = page.run("y = x\ny = sine(x)", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "PlotError"
    text = "\n".join(cell.error["traceback"])
    assert "line 2" in text
    assert "sin" in text
    assert "^" in text
    assert PlotView(cell).shows(5, 5)


def test_a_page_asks_in_its_language(page: Notebook) -> None:
    result = page.py("""
        const heard = [];
        await py.execute('2 + 3', {result: ({data}) => heard.push(data['text/plain'])});
        await py.execute('x in [0, 1]; y = x', {stream: ({text}) => heard.push(text)});
        const failed = await py.execute('y = nothing(x)', {error() {}}).catch(e => e.type);
        const code = await py.runPython('1').catch(({code}) => code);
        return [heard, failed, code];
    """)
    assert result == [["5", "y = x  for x in [0, 1]\n"], "PlotError", "not-python"]


def test_a_saved_notebook_has_pictures(page: Notebook) -> None:
    cell = page.run("y = x**3")
    PlotView(cell)
    [display] = [o for o in page.save().cells[-1].outputs if o["output_type"] == "display_data"]
    assert {"text/html", "image/png", "image/svg+xml"} <= set(display["data"])


def test_a_restart_is_told(page: Notebook) -> None:
    view = PlotView(page.run("y = x**3"))
    page.restart_kernel()
    view.press("closer")
    note = view.root.find_element("css selector", ".pybridge-note")
    page.wait_for(lambda: "run the cell again" in note.text)
