"""Take the pictures of the docs: ``python -m docs.pictures``, in an environment with a host."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import Chromium
from tests.browser.notebook import Cell, Notebook
from tests.browser.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable

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


def show_animation(notebook: Notebook) -> Cell:
    """Play for a while."""
    cell = notebook.run_cell(1)
    cell.find("[data-action=play]").click()
    notebook.wait_for("document.querySelector('.pybridge-player').dataset.frame > 40", timeout=30)
    cell.find("[data-action=pause]").click()
    return cell


# Which example, what to do in it, and whether the cell's code belongs into the picture.
PICTURES: dict[str, tuple[str | None, Callable[[Notebook], Cell], bool]] = {
    "counter": (None, show_counter, True),
    "form": ("form.ipynb", show_form, False),
    "codebox": ("codebox.ipynb", show_codebox, False),
    "animation": ("animation.ipynb", show_animation, False),
}


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for example in EXAMPLES.glob("*.ipynb"):
            shutil.copy(example, folder)
        with Server(Path(folder)) as server, Chromium(size=(1000, 1400), scale=1.5) as driver:
            for name, (example, show, whole) in PICTURES.items():
                if example is None:
                    notebook = Notebook.create(driver, server)
                else:
                    notebook = Notebook(driver, server, example)
                cell = show(notebook)
                element = cell.element if whole else cell.output_element
                driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
                element.screenshot(str(IMAGES / f"{name}.png"))
                print(f"docs/images/{name}.png")
                notebook.close()


if __name__ == "__main__":
    main()
