"""The harness itself, in a real browser on the installed host."""

from __future__ import annotations

from pathlib import Path

import nbformat
import psutil
import pytest

from .cell import CellError
from .chromium import Chromium
from .notebook import JavaScriptError, Notebook
from .server import AWKWARD_BASE_URL, Server

SCRIPT = nbformat.v4.new_output(
    "display_data", {"text/html": "<script>window.scriptOfOutputRan = true</script>"}
)


def test_opens_below_the_awkward_base_url(notebook: Notebook, host: str) -> None:
    prefix = "nbclassic/" if "/nbclassic/" in notebook.server.notebook_url("x.ipynb") else ""
    path = notebook.js("return location.pathname;")
    assert path == f"{AWKWARD_BASE_URL}{prefix}notebooks/{notebook.path}"
    assert host in ("notebook6", "nbclassic")


def test_console_of_an_untouched_notebook_has_no_errors(notebook: Notebook) -> None:
    assert notebook.console_errors() == []


def test_console_error_is_reported_once(shared_notebook: Notebook) -> None:
    shared_notebook.console_errors()
    shared_notebook.js("console.error('seen by the harness')")
    messages = shared_notebook.console_errors()
    assert len(messages) == 1 and "seen by the harness" in messages[0]
    assert shared_notebook.console_errors() == []


def test_run_returns_the_cell_with_all_its_outputs(shared_notebook: Notebook) -> None:
    cell = shared_notebook.run("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7")
    assert cell.stream() == "out\n"
    assert cell.stream("stderr") == "err\n"
    assert cell.data() == ["42"]
    assert isinstance(cell.execution_count, int)
    assert cell.error is None


def test_run_finds_elements_in_the_output(shared_notebook: Notebook) -> None:
    cell = shared_notebook.run(
        "from IPython.display import HTML\n"
        "HTML('<button onclick=\"this.dataset.pressed = 1\">press</button>')"
    )
    button = cell.find("button")
    shared_notebook.click(button)
    assert button.get_attribute("data-pressed") == "1"


def test_cell_that_raises_fails_the_run_unless_unchecked(shared_notebook: Notebook) -> None:
    with pytest.raises(CellError, match="ZeroDivisionError"):
        shared_notebook.run("1 / 0")
    cell = shared_notebook.run("1 / 0", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "ZeroDivisionError"
    assert "division by zero" in cell.text


def test_js_returns_values_and_raises_errors(shared_notebook: Notebook) -> None:
    assert shared_notebook.js("return [arguments[0] + 1, null, 'ü']; // end", 1) == [2, None, "ü"]
    with pytest.raises(JavaScriptError) as caught:
        shared_notebook.js("throw new RangeError('too far');")
    assert (caught.value.name, caught.value.message) == ("RangeError", "too far")
    with pytest.raises(JavaScriptError) as caught:
        shared_notebook.js("this is no JavaScript")
    assert caught.value.name == "SyntaxError"


def test_js_async_returns_what_the_body_awaits(shared_notebook: Notebook) -> None:
    body = "const [a, b] = arguments; return {sum: a + await Promise.resolve(b)};"
    assert shared_notebook.js_async(body, 1, 2) == {"sum": 3}
    assert shared_notebook.js_async("") is None


def test_js_async_raises_with_the_fields_of_the_error(shared_notebook: Notebook) -> None:
    with pytest.raises(JavaScriptError) as caught:
        shared_notebook.js_async(
            "const error = new TypeError('no', {cause: new Error('deeper')});"
            "throw Object.assign(error, {code: 'no-handle', type: 'KeyError', path: ['$', 1]});"
        )
    error = caught.value
    assert (error.name, error.message) == ("TypeError", "no")
    assert (error.code, error.type) == ("no-handle", "KeyError")
    assert error.fields["path"] == ["$", 1]
    assert error.cause is not None and error.cause.message == "deeper"


@pytest.mark.parametrize(
    "value", ["10n", "{a: [NaN]}", "new Map()", "(() => { const a = []; a.push(a); return a; })()"]
)
def test_js_async_value_that_json_cannot_hold_is_an_error(
    shared_notebook: Notebook, value: str
) -> None:
    with pytest.raises(JavaScriptError, match="which JSON cannot hold"):
        shared_notebook.js_async(f"return {value};")


def test_js_async_that_never_settles_times_out(shared_notebook: Notebook) -> None:
    with pytest.raises(TimeoutError, match=r"not settled after 0\.2 s"):
        shared_notebook.js_async("await new Promise(() => {});", timeout=0.2)
    assert shared_notebook.js("return 1;") == 1


def test_wait_for_takes_javascript_and_callables(shared_notebook: Notebook) -> None:
    shared_notebook.js("delete window.later; setTimeout(() => { window.later = 5; }, 50);")
    assert shared_notebook.wait_for("window.later") == 5
    assert shared_notebook.wait_for(lambda: "x") == "x"
    with pytest.raises(TimeoutError, match=r"window\.never"):
        shared_notebook.wait_for("window.never", timeout=0.1)


def test_two_windows_share_a_kernel(notebook: Notebook) -> None:
    notebook.run("shared = 'from the first window'")
    second = notebook.second_window()
    assert second.kernel_id == notebook.kernel_id
    assert second.handle != notebook.handle
    assert second.run("print(shared)").stream() == "from the first window\n"
    notebook.js("window.mine = 'first';")
    assert second.js("return window.mine ?? null;") is None
    assert notebook.js("return [window.mine, document.hidden];") == ["first", False]


def test_restart_gives_a_new_process_with_an_empty_namespace(notebook: Notebook) -> None:
    notebook.run("left = 1")
    before = notebook.server.kernel_pid(notebook.kernel_id)
    notebook.restart_kernel()
    assert notebook.server.kernel_pid(notebook.kernel_id) != before
    cell = notebook.run("left", check=False)
    assert cell.error is not None and cell.error["ename"] == "NameError"


def test_interrupt_ends_a_running_cell(notebook: Notebook) -> None:
    cell = notebook.run("print('started', flush=True)\nimport time\ntime.sleep(60)", wait=False)
    notebook.wait_for(lambda: "started" in cell.stream())
    assert not cell.is_done
    notebook.interrupt_kernel()
    cell.wait(check=False)
    assert cell.error is not None and cell.error["ename"] == "KeyboardInterrupt"


def test_killed_kernel_comes_back(notebook: Notebook) -> None:
    before = notebook.server.kernel_pid(notebook.kernel_id)
    assert notebook.run("import os; os.getpid()").data() == [str(before)]
    notebook.server.kill_kernel(notebook.kernel_id)
    notebook.wait_for(lambda: not psutil.pid_exists(before), timeout=30)
    notebook.wait_ready()
    assert notebook.server.kernel_pid(notebook.kernel_id) != before


@pytest.mark.parametrize("trusted", [True, False])
def test_saved_outputs_run_their_scripts_only_when_trusted(
    driver: Chromium, server: Server, trusted: bool
) -> None:
    page = Notebook.create(
        driver,
        server,
        ["1"],
        outputs={0: [SCRIPT]},
        name=f"trusted-{trusted}.ipynb",
        trusted=trusted,
    )
    try:
        assert page.js("return Boolean(window.scriptOfOutputRan);") is trusted
    finally:
        page.close()


def test_save_reload_and_run_all(notebook: Notebook) -> None:
    notebook.run("a = 1")
    notebook.run("print(a)")
    saved = notebook.save()
    assert [cell.source for cell in saved.cells if cell.source] == ["a = 1", "print(a)"]
    notebook.reload()
    cells = notebook.run_all()
    assert cells[-1].stream() == "1\n"


def test_dark_mode_and_screenshot(notebook: Notebook, tmp_path: Path) -> None:
    query = "return matchMedia('(prefers-color-scheme: dark)').matches;"
    notebook.focus().emulate_media(dark=True)
    assert notebook.js(query) is True
    notebook.focus().emulate_media(dark=False)
    assert notebook.js(query) is False
    notebook.driver.emulate_screen(800, 600, scale=2)
    assert notebook.js("return [innerWidth, devicePixelRatio];") == [800, 2]
    assert notebook.screenshot(tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_server_takes_settings_and_environment_and_leaves_no_process() -> None:
    with Server(
        base_url="/", settings={"App": {"token": "x"}}, token="x", env={"MARK": "1"}
    ) as own:
        assert own.api("POST", "api/kernels", {"name": "python3"})["name"] == "python3"
        assert own.process is not None
        family = psutil.Process(own.process.pid).children(recursive=True)
        family.append(psutil.Process(own.process.pid))
        assert all(process.environ()["MARK"] == "1" for process in family)
        assert own.kernel_pid(own.kernels()[0]["id"]) in [process.pid for process in family]
    assert not any(process.is_running() for process in family)


def test_server_that_cannot_start_fails_with_its_log() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)the end of its log:.*no-such-option"):
        Server(args=["--no-such-option=1"], timeout=60).start()


def test_server_that_is_too_slow_fails_with_its_log() -> None:
    with pytest.raises(RuntimeError, match=r"timed out after 0\.1 s waiting until the notebook"):
        Server(timeout=0.1).start()
