"""The extension in the page: enabled or not, trusted or not, connected or not yet."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
import pytest

from .chromium import Chromium
from .notebook import JavaScriptError, Notebook
from .server import AWKWARD_BASE_URL, Server

REQUIRE = """
const pybridge = await new Promise((resolve, reject) => {
    require(['nbextensions/pybridge/main'], resolve, reject);
});
"""

EARLY_SCRIPT = """
<p id="early">not yet</p>
<script>
window.connectedAtScript = Boolean(Jupyter.notebook.kernel?.is_connected());
require(['nbextensions/pybridge/main'], pybridge => {
    pybridge.connect().then(py => py.runPython('6 * 7')).then(value => {
        document.getElementById('early').textContent = value;
    });
});
</script>
"""

INTERACTIVE = """
<p>a picture</p>
<button onclick="window.buttonRan = true; pybridge.connect()">press</button>
<script>window.scriptRan = true; window.pybridge.connect();</script>
"""


def saved_output(html: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "a picture"})


@pytest.fixture
def not_enabled(driver: Chromium) -> Iterator[Notebook]:
    """A notebook on a server where the extension is installed, but not enabled."""
    # What the user disables is disabled, whatever the environment has.
    with Server(env={"JUPYTER_PREFER_ENV_PATH": "0"}) as server:
        server.api("PATCH", "api/config/notebook", {"load_extensions": {"pybridge/main": False}})
        notebook = Notebook.create(driver, server, name="not-enabled.ipynb")
        yield notebook
        notebook.close()


def test_an_enabled_extension_is_there_by_itself(shared_notebook: Notebook) -> None:
    names = shared_notebook.wait_for("window.pybridge && Object.keys(window.pybridge).sort()")
    assert {"BridgeError", "NdArray", "PythonError", "connect", "version"} <= set(names)
    assert shared_notebook.console_errors() == []


def test_requiring_it_gives_the_same_object(shared_notebook: Notebook) -> None:
    assert shared_notebook.js_async(REQUIRE + "return pybridge === window.pybridge;") is True


def test_the_version_in_the_page_is_that_in_the_kernel(shared_notebook: Notebook) -> None:
    cell = shared_notebook.run("import pybridge\nprint(pybridge.__version__)")
    assert cell.stream().strip() == shared_notebook.js("return pybridge.version;")


def test_an_installed_extension_that_is_not_enabled_can_be_required(not_enabled: Notebook) -> None:
    assert not_enabled.js("return typeof window.pybridge;") == "undefined"
    assert (
        not_enabled.js_async(
            REQUIRE + "const py = await pybridge.connect(); return await py.runPython('6 * 7');"
        )
        == 42
    )
    assert not_enabled.console_errors() == []


def test_everything_is_loaded_from_below_the_base_url(shared_notebook: Notebook) -> None:
    paths = shared_notebook.js(
        "return performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)"
        ".filter(path => path.includes('pybridge/'));"
    )
    assert paths
    assert all(path.startswith(f"{AWKWARD_BASE_URL}nbextensions/pybridge/") for path in paths)


def test_calls_work_below_the_base_url_with_a_token(shared_notebook: Notebook) -> None:
    assert shared_notebook.js("return location.pathname;").startswith(AWKWARD_BASE_URL)
    assert shared_notebook.py("return await py.runPython('6 * 7');") == 42


def test_a_script_of_a_saved_output_waits_for_the_kernel(driver: Chromium, server: Server) -> None:
    notebook = Notebook.create(
        driver,
        server,
        ["1"],
        outputs={0: [saved_output(EARLY_SCRIPT)]},
        name="early.ipynb",
        kernel=False,
    )
    try:
        notebook.wait_for("document.getElementById('early').textContent === '42'", timeout=30)
        assert notebook.js("return window.connectedAtScript;") is False
        assert notebook.console_errors() == []
    finally:
        notebook.close()


def test_in_an_untrusted_notebook_nothing_runs_and_nothing_breaks(
    driver: Chromium, server: Server
) -> None:
    notebook = Notebook.create(
        driver,
        server,
        ["6 * 7"],
        outputs={0: [saved_output(INTERACTIVE)]},
        name="untrusted.ipynb",
        trusted=False,
    )
    try:
        cell = notebook.cells[0]
        assert cell.find("p").text == "a picture"
        notebook.click(cell.find("button"))
        assert notebook.js("return [window.scriptRan ?? null, window.buttonRan ?? null];") == [
            None,
            None,
        ]
        # Running a cell makes its new output trusted, and the bridge is there for it.
        assert notebook.run_cell(0).data() == ["42"]
        assert notebook.py("return await py.runPython('6 * 7');") == 42
        assert notebook.console_errors() == []
    finally:
        notebook.close()


def test_connecting_can_be_cancelled(shared_notebook: Notebook) -> None:
    with pytest.raises(JavaScriptError) as caught:
        shared_notebook.js_async("await pybridge.connect({signal: AbortSignal.abort('no')});")
    assert caught.value.code == "cancelled"


def test_connecting_twice_gives_two_bridges_to_one_kernel(shared_notebook: Notebook) -> None:
    assert shared_notebook.js_async(
        "const [one, two] = await Promise.all([pybridge.connect(), pybridge.connect()]);"
        "await one.globals.set('shared', 1);"
        "return [one === two, await two.globals.get('shared')];"
    ) == [False, 1]


def test_a_page_that_reloads_while_a_call_runs_finds_its_kernel_again(notebook: Notebook) -> None:
    notebook.run("import pybridge\npybridge.register(lambda: 'still here', 'kept')")
    notebook.start("await py.runPython('import time; time.sleep(0.5)');")
    notebook.reload()
    assert notebook.py("return await py.handle('kept')();") == "still here"
    assert notebook.console_errors() == []
