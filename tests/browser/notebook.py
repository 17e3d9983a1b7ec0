"""The page of a classic notebook, as a person uses it.

A `Notebook` owns one browser window and switches to it before it acts, so tests can hold several.
Everything that waits has a timeout in seconds and raises TimeoutError saying what was waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from selenium.common.exceptions import NoSuchWindowException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from .cell import Cell
from .chromium import Chromium, errors
from .firefox import Firefox
from .javascript import JavaScriptError, run_async, run_sync
from .notebook_file import sign_notebook, write_notebook
from .pending import Pending
from .server import Server
from .waiting import wait_until

__all__ = ["Browser", "Cell", "JavaScriptError", "Notebook"]

T = TypeVar("T")

Browser = Chromium | Firefox

LOADED = """
const notebook = window.Jupyter && Jupyter.notebook, kernel = notebook && notebook.kernel;
return Boolean(notebook && notebook._fully_loaded && kernel && kernel.is_connected()
    && kernel.info_reply.protocol_version);
"""

# The banner that invites to Notebook 7 would move the page about and spoil screenshots.
NO_BANNER = "try { localStorage.setItem('showNbClassicNews', 'false'); } catch (blocked) {}"

# What `info_reply` holds may be older than the process: only an answer tells that it is there.
ANSWERS = "await new Promise(resolve => Jupyter.notebook.kernel.kernel_info(resolve)); return true;"

# The page is ready before it has loaded all of its extensions.
EXTENDED = """
const {config} = Jupyter.notebook;
await config.loaded;
if (config.data.load_extensions?.["pybridge/main"])
    await new Promise((...settle) => require(["nbextensions/pybridge/main"], ...settle));
"""

RESTART = """
await new Promise((resolve, reject) => {
    Jupyter.notebook.events.one("kernel_ready.Kernel", resolve);
    Jupyter.notebook.kernel.restart(null, (xhr, status, error) => reject(new Error(error)));
});
"""

DISCONNECT = """
await new Promise(resolve => {
    Jupyter.notebook.events.one("kernel_disconnected.Kernel", () => resolve());
    Jupyter.notebook.kernel.ws.close();
});
"""

CONNECT = """
const py = window.bridgeOfTests ??= await new Promise(
    resolve => require(['nbextensions/pybridge/main'], main => resolve(main.connect())));
"""


class Notebook:
    """An open notebook.

    Parameters
    ----------
    driver
        The browser; the notebook opens in a new window of it.
    server
        The server that has the notebook.
    path
        Path of the notebook in the server's folder.
    timeout
        Longest wait for the page and its kernel.
    kernel
        Whether to wait for the kernel, not only for the page.

    Attributes
    ----------
    path
        Path of the notebook in the server's folder.
    handle
        Selenium's handle of the window.
    """

    def __init__(
        self,
        driver: Browser,
        server: Server,
        path: str,
        *,
        timeout: float = 60,
        kernel: bool = True,
    ) -> None:
        self.driver = driver
        self.server = server
        self.path = path
        self._others: list[Notebook] = []
        driver.switch_to.new_window("window")
        self.handle: str = driver.current_window_handle
        driver.begin_pages_with(NO_BANNER)
        driver.get(server.notebook_url(path))
        if kernel:
            self.wait_ready(timeout)
        else:
            self.wait_for("window.Jupyter?.notebook?._fully_loaded", timeout)

    @classmethod
    def create(
        cls,
        driver: Browser,
        server: Server,
        cells: Sequence[str | nbformat.NotebookNode] = (),
        *,
        name: str = "notebook.ipynb",
        trusted: bool = True,
        kernel: bool = True,
        **content: Any,
    ) -> Notebook:
        """Write a notebook into the server's folder and open it.

        Parameters
        ----------
        cells
            Sources of code cells, or cells made by `nbformat.v4`.
        name
            Path in the server's folder; an existing file is overwritten.
        trusted
            Sign it, so that its saved outputs keep their scripts.
        kernel
            Whether to wait for the kernel, not only for the page.
        content
            More for `write_notebook`: ``outputs``, ``metadata``.
        """
        write_notebook(server.folder / name, cells, **content)
        if trusted:
            sign_notebook(server.folder / name, server.data_dir)
        return cls(driver, server, name, kernel=kernel)

    def focus(self) -> Browser:
        """Make this notebook's window the driver's current one."""
        try:
            current = self.driver.current_window_handle
        except NoSuchWindowException:
            current = None
        if current != self.handle:
            self.driver.switch_to.window(self.handle)
        return self.driver

    # -- JavaScript and waiting -----------------------------------------------------------------

    def js(self, body: str, *args: Any) -> Any:
        """Run the body of a function in the page; see `javascript.run_sync`."""
        return run_sync(self.focus(), body, *args)

    def js_async(self, body: str, *args: Any, timeout: float = 30) -> Any:
        """Run the body of an async function in the page; see `javascript.run_async`."""
        return run_async(self.focus(), body, *args, timeout=timeout)

    def py(self, body: str, *args: Any, timeout: float = 30) -> Any:
        """`js_async` with ``py``, what `pybridge.connect` gave to this page."""
        return self.js_async(CONNECT + body, *args, timeout=timeout)

    def py_error(self, body: str, *args: Any, timeout: float = 30) -> JavaScriptError:
        """What a body as for `py` throws.

        Raises
        ------
        AssertionError
            When it throws nothing.
        """
        try:
            value = self.py(body, *args, timeout=timeout)
        except JavaScriptError as error:
            return error
        raise AssertionError(f"no error but the value {value!r} of\n{body}")

    def start(self, body: str, *args: Any) -> Pending:
        """Begin what `py` would wait for."""
        return Pending(self, CONNECT + body, *args)

    def wait_for(
        self, condition: str | Callable[[], T], timeout: float = 10, what: str | None = None
    ) -> T:
        """Wait until a JavaScript expression or a Python callable is truthy.

        Returns
        -------
        Its value.
        """
        if isinstance(condition, str):
            expression = condition
            return wait_until(
                lambda: self.js(f"return ({expression});"), timeout, what or expression
            )
        return wait_until(condition, timeout, what or f"{condition!r} is truthy")

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until the page and its extension are loaded, and its kernel answers."""
        wait_until(lambda: self.js(LOADED), timeout, f"{self.path} is loaded and has its kernel")
        self.js_async(EXTENDED, timeout=timeout)

        def answers() -> bool:
            try:
                return bool(self.js_async(ANSWERS, timeout=min(5, timeout)))
            except TimeoutError:
                return False

        wait_until(answers, timeout, f"the kernel of {self.path} answers")

    # -- cells ----------------------------------------------------------------------------------

    @property
    def cells(self) -> list[Cell]:
        """All cells, from the top, text cells included."""
        ids = self.js("return Jupyter.notebook.get_cells().map(cell => cell.cell_id);")
        return [Cell(self, cell_id) for cell_id in ids]

    def append(self, source: str) -> Cell:
        """Add a code cell at the bottom."""
        cell_id = self.js(
            "const cell = Jupyter.notebook.insert_cell_at_bottom('code');"
            "cell.set_text(arguments[0]); return cell.cell_id;",
            source,
        )
        return Cell(self, cell_id)

    def run(
        self, source: str, *, wait: bool = True, check: bool = True, timeout: float = 60
    ) -> Cell:
        """Add a code cell at the bottom and execute it; see `Cell.run`."""
        return self.append(source).run(wait=wait, check=check, timeout=timeout)

    def run_cell(
        self, index: int, *, wait: bool = True, check: bool = True, timeout: float = 60
    ) -> Cell:
        """Execute the cell at an index; see `Cell.run`."""
        return self.cells[index].run(wait=wait, check=check, timeout=timeout)

    def run_all(self, *, check: bool = True, timeout: float = 120) -> list[Cell]:
        """Execute all cells, as the menu's Run All does, and wait for them.

        Returns
        -------
        The code cells.

        Raises
        ------
        CellError
            When `check` and a cell raised.
        """
        ids = self.js(
            "Jupyter.keyboard_manager.actions.call('jupyter-notebook:run-all-cells');"
            "return Jupyter.notebook.get_cells().filter(cell => cell.cell_type === 'code')"
            ".map(cell => cell.cell_id);"
        )
        return [Cell(self, cell_id).wait(timeout, check=check) for cell_id in ids]

    # -- the page -------------------------------------------------------------------------------

    def find_all(self, css: str) -> list[WebElement]:
        """The elements of the page that match now."""
        elements: list[WebElement] = self.focus().find_elements(By.CSS_SELECTOR, css)
        return elements

    def find(self, css: str, timeout: float = 10) -> WebElement:
        """The first element of the page that matches, waited for."""
        return self.wait_for(lambda: self.find_all(css), timeout, f"the page holds {css!r}")[0]

    def click(self, target: str | WebElement) -> None:
        """Click an element, or the first that matches a selector, in the middle of the window."""
        element = self.find(target) if isinstance(target, str) else target
        # Selenium scrolls only as far as needed, which may be under the notebook's own header.
        self.js("arguments[0].scrollIntoView({block: 'center'});", element)
        element.click()

    def screenshot(self, path: Path) -> Path:
        """Write a PNG of the window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.focus().save_screenshot(str(path))
        return path

    def console_errors(self, ignore: Sequence[str] = ()) -> list[str]:
        """Errors in the console, of all windows, since the last call; see `chromium.errors`."""
        return errors(self.focus().read_console(), ignore)

    def reload(self, timeout: float = 60) -> None:
        """Load the page anew and wait until it is ready; the kernel stays."""
        self.js("window.onbeforeunload = null;")
        self.driver.refresh()
        self.wait_ready(timeout)

    # -- kernel ---------------------------------------------------------------------------------

    @property
    def kernel_id(self) -> str:
        """Id of the kernel this page is connected to."""
        kernel_id: str = self.js("return Jupyter.notebook.kernel.id;")
        return kernel_id

    def restart_kernel(self, timeout: float = 60) -> None:
        """Restart the kernel, as the menu does, and wait until it is ready."""
        self.js_async(RESTART, timeout=timeout)
        self.wait_ready(timeout)

    def interrupt_kernel(self) -> None:
        """Interrupt the kernel, as the menu does."""
        self.js("Jupyter.notebook.kernel.interrupt();")

    def disconnect(self, then: str = "", *args: Any) -> Any:
        """Break the connection to the kernel; it comes back by itself, a second later.

        Parameters
        ----------
        then
            Body of a function to run as soon as the page knows.
        args
            Its arguments.

        Returns
        -------
        What that gives.
        """
        return self.js_async(DISCONNECT + then, *args)

    # -- files and windows ----------------------------------------------------------------------

    def save(self, timeout: float = 10) -> nbformat.NotebookNode:
        """Save the notebook.

        Returns
        -------
        What the file holds then.
        """
        self.js_async("await Jupyter.notebook.save_notebook();", timeout=timeout)
        return nbformat.read(self.server.folder / self.path, as_version=4)

    def second_window(self) -> Notebook:
        """Open the same notebook, on the same kernel, in one more window."""
        other = Notebook(self.driver, self.server, self.path)
        self._others.append(other)
        return other

    def close(self) -> None:
        """Close the window and those of `second_window`, then end the session and its kernel."""
        for other in self._others:
            other.close_window()
        self.close_window()
        for session in self.server.api("GET", "api/sessions"):
            if session["path"] == self.path:
                self.server.api("DELETE", f"api/sessions/{session['id']}")

    @property
    def is_open(self) -> bool:
        """Whether its window is there."""
        return self.handle in self.driver.window_handles

    def close_window(self) -> None:
        """Close the window, as a user does; the kernel stays."""
        if self.is_open:
            self.driver.switch_to.window(self.handle)
            self.driver.execute_script("window.onbeforeunload = null;")
            self.driver.close()
        # Without a current window every further command fails.
        self.driver.switch_to.window(self.driver.window_handles[0])
