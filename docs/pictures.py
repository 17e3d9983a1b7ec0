"""Take the pictures of the docs, in an environment with a host.

``python -m docs.pictures`` takes all, ``python -m docs.pictures chart form`` some.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from selenium.webdriver import ActionChains
from selenium.webdriver.remote.webelement import WebElement

from pybridge.nbconvert.exporter import PybridgeExporter
from tests.browser.chromium import Chromium
from tests.browser.notebook import Cell, Notebook
from tests.browser.server import Server
from tests.browser.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
from dataclasses import dataclass

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
EXAMPLES = ROOT / "examples"

COUNTER = '''\
import pybridge

class Counter:
    total = 0

    @pybridge.export
    def add(self, n):
        self.total += n
        return self.total

    def _repr_html_(self):
        return """<button onclick="pybridge.connect()
            .then(py => py.handle('counter').add(5))
            .then(total => this.textContent = total)">add 5</button>"""

pybridge.register(Counter(), "counter").obj'''


def show_counter(notebook: Notebook) -> Cell:
    """Press the README's button three times."""
    cell = notebook.run(COUNTER)
    button = cell.find("button")
    for total in ("5", "10", "15"):
        button.click()
        notebook.wait_for(lambda total=total: button.text == total)
    return cell


def show_form(notebook: Notebook) -> Cell:
    """Set a variable."""
    cell = notebook.run_cell(1)
    notebook.wait_for("document.querySelector('.variable-form[data-ready]')")
    cell.find("button").click()
    notebook.wait_for("document.querySelector('.variable-form output').value")
    return cell


def show_codebox(notebook: Notebook) -> Cell:
    """Run the code in the box."""
    cell = notebook.run_cell(1)
    notebook.wait_for("document.querySelector('.code-box[data-ready]')")
    cell.find(".run").click()
    notebook.wait_for("document.querySelector('.code-box .result')")
    return cell


def show_chart(notebook: Notebook) -> Cell:
    """Drag over some of the points."""
    notebook.run_all()
    notebook.wait_for("document.querySelectorAll('.brush-chart circle').length === 400")
    chart = notebook.find(".brush-chart svg")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", chart)
    drag = ActionChains(notebook.driver).move_to_element_with_offset(chart, 40, -100)
    drag.click_and_hold().move_by_offset(60, 60).move_by_offset(80, 60).release().perform()
    notebook.wait_for("document.querySelector('.brush-chart p').textContent.includes('sold')")
    return notebook.cells[2]


def show_canvas(notebook: Notebook) -> Cell:
    """Draw all of it."""
    notebook.run_all()
    return notebook.cells[1]


def show_modelform(notebook: Notebook) -> Cell:
    """Change a parameter."""
    notebook.run_all()
    notebook.wait_for("document.querySelector('.model-form[data-ready=shown]')")
    field = notebook.find(".model-form .lil-number input")
    field.clear()
    field.send_keys("0.3")
    notebook.wait_for(lambda: notebook.run("model.infection").text.strip() == "0.3")
    return notebook.cells[2]


def drag_wave(notebook: Notebook) -> None:
    """Drag the first of the models' views, once all are there."""
    live = "document.querySelectorAll('.pybridge-model[data-status=live]').length === 4"
    notebook.wait_for(live)
    wave = notebook.find(".wave")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", wave)
    drag = ActionChains(notebook.driver).move_to_element(wave).click_and_hold()
    drag.move_by_offset(-90, -30).move_by_offset(-60, 10).release().perform()


def show_models(notebook: Notebook) -> Cell:
    """Drag one view; both cells follow, and the slider."""
    notebook.run_all()
    drag_wave(notebook)
    notebook.js(
        "for (const cell of Jupyter.notebook.get_cells()) cell.input?.hide();"
        "for (const cell of Jupyter.notebook.get_cells().slice(6)) cell.element.hide();"
    )
    return notebook.cells[1]


def show_window(notebook: Notebook) -> Cell:
    """Drag a view in one window; the picture is of another."""
    notebook.run_all()
    notebook.save()
    other = notebook.second_window()
    other.driver.emulate_screen(1000, 1400, 1)
    other.wait_for("document.querySelectorAll('.pybridge-model[data-status=live]').length === 4")
    drag_wave(notebook)
    other.wait_for("!document.querySelector('.wave + p').textContent.includes('2.00')")
    return other.cells[1]


def show_plots(notebook: Notebook) -> Cell:
    """Move the slider of the parabola, and point at it."""
    notebook.run_all()
    cell = notebook.cells[9]
    cell.find(".pybridge-plot canvas[data-drawn]")
    slider = cell.find("input[name=a]")
    drawn = "Number(arguments[0].dataset.drawn)"
    before = notebook.js(f"return {drawn};", cell.find(".pybridge-plot canvas"))
    notebook.js("arguments[0].value = -2; arguments[0].dispatchEvent(new Event('input'));", slider)
    canvas = cell.find(".pybridge-plot canvas")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", canvas)
    ActionChains(notebook.driver).move_to_element_with_offset(canvas, 60, 40).perform()
    notebook.wait_for(lambda: cell.find(".pybridge-readout").text)
    notebook.wait_for(lambda: notebook.js(f"return {drawn};", canvas) > before)
    return cell


def play_to(notebook: Notebook, frame: int) -> None:
    """Play the first player up to a frame, as a person would."""
    player = notebook.find(".pybridge-player")
    notebook.js("arguments[0].scrollIntoView({block: 'center'})", player)
    notebook.wait_for("document.querySelector('.pybridge-player').dataset.shown > 0", timeout=30)
    player.find_element("css selector", "[data-action=play]").click()
    reached = f"document.querySelector('.pybridge-player').dataset.frame > {frame}"
    notebook.wait_for(reached, timeout=60)
    player.find_element("css selector", "[data-action=pause]").click()


def reopen(notebook: Notebook) -> None:
    """Save, and open again with another kernel."""
    notebook.wait_for("document.querySelector('.pybridge-player').dataset.shown > 0", timeout=30)
    notebook.save()
    notebook.restart_kernel()
    notebook.reload()
    notebook.wait_for("document.querySelector('.pybridge-note:not([hidden])')")


def show_gone(notebook: Notebook) -> Cell:
    """Open again an animation of which a picture was saved."""
    notebook.run_cell(1)
    reopen(notebook)
    return notebook.cells[1]


def show_kept(notebook: Notebook) -> Cell:
    """Open again an animation that was baked, and play it."""
    notebook.run_all()
    reopen(notebook)
    play_to(notebook, 20)
    return notebook.cells[1]


def show_untrusted(notebook: Notebook) -> Cell:
    """Open a notebook that somebody else has saved."""
    notebook.run_all()
    cells = notebook.save().cells
    stranger = Notebook.create(
        notebook.driver, notebook.server, cells, name="stranger.ipynb", trusted=False
    )
    stranger.driver.emulate_screen(1000, 1400, 1)
    return stranger.cells[1]


def show_exported(notebook: Notebook) -> WebElement:
    """Export the notebook, and play the page from the disk."""
    notebook.run_all()
    html, _ = PybridgeExporter().from_notebook_node(notebook.save())
    page = notebook.server.folder / "exported.html"
    page.write_text(html, "utf-8")
    driver = notebook.driver
    driver.get(page.as_uri())
    driver.emulate_screen(1000, 1400, 1)
    player = driver.find_element("css selector", ".pybridge-player")
    player.find_element("css selector", "[data-action=play]").click()
    wait_until(lambda: int(player.get_dom_attribute("data-frame")) > 20, 10, "it plays")
    player.find_element("css selector", "[data-action=pause]").click()
    return driver.find_element("css selector", "main")


def show_animation(notebook: Notebook) -> Cell:
    """Play for a while."""
    cell = notebook.run_cell(1)
    play_to(notebook, 40)
    return cell


def show_busy(notebook: Notebook) -> Cell:
    """Play while the last cell computes."""
    for index in (1, 2):
        notebook.run_cell(index)
    notebook.js(
        "const [title, ...cells] = Jupyter.notebook.get_cells(); title.element.hide();"
        "for (const cell of cells.slice(0, 2)) cell.input.hide();"
    )
    notebook.cells[1].find("[data-action=play]").click()
    cell = notebook.run_cell(3, wait=False)
    notebook.wait_for("document.querySelector('.pybridge-bars progress')?.value > 0.4", 60)
    return cell


def show_fractal(notebook: Notebook) -> Cell:
    """Play for a while, drawn by a cluster."""
    notebook.run_all()
    cell = notebook.cells[3]
    play_to(notebook, 60)
    notebook.run("cluster.stop_cluster_sync()")
    return cell


def show_pendulum(notebook: Notebook) -> Cell:
    """Play for a while, and ask for the figures."""
    cell = notebook.run_cell(1)
    cell.find("[data-action=info]").click()
    play_to(notebook, 120)
    return cell


def show_dark(notebook: Notebook) -> Cell:
    """Do the same on a dark page, as themes for the notebook make it."""
    dark = (
        "body, #site, #notebook, #notebook-container, div.cell { background: #1b1e24 !important }"
    )
    script = (
        "document.head.append(Object.assign(document.createElement('style'), {textContent: %r}))"
    )
    notebook.js(script % dark)
    return show_pendulum(notebook)


@dataclass
class Picture:
    """One picture of the docs."""

    example: str | None
    """The notebook; an empty one for None."""
    show: Callable[[Notebook], Cell | WebElement]
    """Gives the cell, or the very element."""
    whole: bool = False
    """Whether the cell's code belongs into the picture."""
    page: bool = False
    """Whether the whole notebook does."""
    width: int = 1000
    scale: float = 1.5


PICTURES = {
    "counter": Picture(None, show_counter, whole=True),
    "form": Picture("form.ipynb", show_form),
    "codebox": Picture("codebox.ipynb", show_codebox),
    "chart": Picture("chart.ipynb", show_chart),
    "canvas": Picture("canvas.ipynb", show_canvas, scale=1),
    "modelform": Picture("modelform.ipynb", show_modelform),
    "models": Picture("models.ipynb", show_models, page=True),
    "models-window": Picture("models.ipynb", show_window, scale=1),
    "plots": Picture("plots.ipynb", show_plots, whole=True),
    "animation": Picture("animation.ipynb", show_animation),
    "saved-picture": Picture("animation.ipynb", show_gone, scale=1),
    "saved-baked": Picture("saved.ipynb", show_kept, scale=1),
    "saved-exported": Picture("saved.ipynb", show_exported, scale=1),
    "saved-untrusted": Picture("saved.ipynb", show_untrusted, scale=1),
    "busy": Picture("busy.ipynb", show_busy, page=True),
    "fractal": Picture("fractal.ipynb", show_fractal, scale=1),
    "pendulum": Picture("pendulum.ipynb", show_pendulum, scale=2),
    "pendulum-dark": Picture("pendulum.ipynb", show_dark, scale=1),
    "narrow": Picture("animation.ipynb", show_animation, width=560, scale=2),
    "narrow-dark": Picture("pendulum.ipynb", show_dark, width=560, scale=1),
}


def take(notebook: Notebook, picture: Picture, path: Path) -> None:
    """Take one picture."""
    notebook.driver.emulate_screen(picture.width, 1400, picture.scale)
    cell = picture.show(notebook)
    if isinstance(cell, WebElement):
        cell.screenshot(str(path))
        return
    element = cell.element if picture.whole else cell.output_element
    if picture.page:
        element = notebook.find("#notebook-container")
    cell.notebook.js("arguments[0].scrollIntoView({block: 'center'})", element)
    element.screenshot(str(path))


def main(names: Collection[str] = ()) -> None:
    """Take the pictures of these names, or all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES.glob("*.ipynb"):
            shutil.copy(example, folder)
        shutil.copytree(EXAMPLES / "vendor", Path(folder) / "vendor")
        with Server(Path(folder)) as server, Chromium(size=(1000, 1400)) as driver:
            for name, picture in PICTURES.items():
                if names and name not in names:
                    continue
                if picture.example is None:
                    notebook = Notebook.create(driver, server)
                else:
                    notebook = Notebook(driver, server, picture.example)
                take(notebook, picture, IMAGES / f"{name}.png")
                print(f"docs/images/{name}.png")
                notebook.close()


if __name__ == "__main__":
    main(sys.argv[1:])
