"""One code cell of a notebook page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from .waiting import wait_until

if TYPE_CHECKING:
    from .notebook import Notebook

FIND = "const cell = Jupyter.notebook.get_cells().find(c => c.cell_id === arguments[0]);"

RUN = """
const notebook = Jupyter.notebook;
notebook.select(notebook.find_cell_index(cell));
Jupyter.keyboard_manager.actions.call("jupyter-notebook:run-cell");
"""

# The reply and the outputs travel separately: a cell is done when the reply and `idle` are in.
# A restart forgets the callbacks of what was running.
DONE = """
const callbacks = cell.last_msg_id && cell.kernel._msg_callbacks[cell.last_msg_id];
return !callbacks || (callbacks.shell_done && callbacks.iopub_done);
"""

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class CellError(AssertionError):
    """A cell that should have run raised.

    Attributes
    ----------
    cell : Cell
        The cell.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        error = cell.error or {}
        traceback = "\n".join(error.get("traceback", []))
        text = f"{error.get('ename')}: {error.get('evalue')}\n{ANSI.sub('', traceback)}"
        super().__init__(f"the cell raised {text}")


class Cell:
    """A cell, found by its id, so that it stays the same when cells move.

    Attributes
    ----------
    notebook
        The page it is on.
    cell_id
        Its id in that page.
    """

    def __init__(self, notebook: Notebook, cell_id: str) -> None:
        self.notebook = notebook
        self.cell_id = cell_id

    def js(self, body: str, *args: Any) -> Any:
        """`Notebook.js` with the page's cell as ``cell``; `args` begin at ``arguments[1]``."""
        return self.notebook.js(FIND + body, self.cell_id, *args)

    # -- running --------------------------------------------------------------------------------

    def run(self, *, wait: bool = True, check: bool = True, timeout: float = 60) -> Cell:
        """Select and execute the cell, as the Run button does.

        Parameters
        ----------
        wait
            Return only when it is done.
        check
            Raise when it raised.
        timeout
            Longest wait, in seconds.

        Raises
        ------
        CellError
            When `check` and the cell raised.
        TimeoutError
            When it does not finish in time.
        """
        self.js(RUN)
        return self.wait(timeout, check=check) if wait else self

    def wait(self, timeout: float = 60, *, check: bool = True) -> Cell:
        """Wait until the reply and all outputs are in; raises as `run` does."""
        wait_until(lambda: self.is_done, timeout, f"this cell is done:\n{self.source}")
        if check and self.error:
            raise CellError(self)
        return self

    @property
    def is_done(self) -> bool:
        """Whether the reply and all outputs of the last execution are in."""
        return bool(self.js(DONE))

    # -- content --------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The code."""
        source: str = self.js("return cell.get_text();")
        return source

    @source.setter
    def source(self, text: str) -> None:
        self.js("cell.set_text(arguments[1]);", text)

    @property
    def execution_count(self) -> int | str | None:
        """The number in ``In[n]``, ``"*"`` while it runs, None before."""
        count: int | str | None = self.js("return cell.input_prompt_number ?? null;")
        return count

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs in nbformat 4, as the page holds them."""
        outputs: list[dict[str, Any]] = self.js("return cell.output_area.outputs;")
        return outputs

    @property
    def text(self) -> str:
        """All text: streams, ``text/plain`` of results and displays, tracebacks without colours."""
        parts = []
        for output in self.outputs:
            if output["output_type"] == "stream":
                parts.append(output["text"])
            elif output["output_type"] == "error":
                parts.append("\n".join(output["traceback"]) + "\n")
            else:
                parts.append(output["data"].get("text/plain", "") + "\n")
        return ANSI.sub("", "".join(parts))

    def stream(self, name: str = "stdout") -> str:
        """What was printed to ``"stdout"`` or ``"stderr"``."""
        return "".join(
            output["text"]
            for output in self.outputs
            if output["output_type"] == "stream" and output["name"] == name
        )

    def data(self, mime: str = "text/plain") -> list[Any]:
        """The representations of one MIME type, in order, of results and displays."""
        bundles = (output.get("data", {}) for output in self.outputs)
        return [bundle[mime] for bundle in bundles if mime in bundle]

    @property
    def error(self) -> dict[str, Any] | None:
        """The error output (``ename``, ``evalue``, ``traceback``), None when there is none."""
        for output in self.outputs:
            if output["output_type"] == "error":
                return output
        return None

    # -- elements -------------------------------------------------------------------------------

    @property
    def element(self) -> WebElement:
        """The element of the whole cell."""
        element: WebElement = self.js("return cell.element[0];")
        return element

    @property
    def output_element(self) -> WebElement:
        """The element of the output area."""
        element: WebElement = self.js("return cell.output_area.element[0];")
        return element

    def find_all(self, css: str) -> list[WebElement]:
        """The elements in the output area that match now."""
        elements: list[WebElement] = self.output_element.find_elements(By.CSS_SELECTOR, css)
        return elements

    def find(self, css: str, timeout: float = 10) -> WebElement:
        """The first element in the output area that matches, waited for.

        Raises
        ------
        TimeoutError
            When none appears in time.
        """
        found = wait_until(lambda: self.find_all(css), timeout, f"the output holds {css!r}")
        return found[0]

    def screenshot(self, path: Path) -> Path:
        """Write a PNG of the whole cell."""
        path.parent.mkdir(parents=True, exist_ok=True)
        element = self.element
        self.notebook.js("arguments[0].scrollIntoView({block: 'center'});", element)
        element.screenshot(str(path))
        return path
