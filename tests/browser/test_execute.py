"""`py.execute`: code in the kernel's language, and callbacks for what comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .chromium import Chromium
from .notebook import Notebook
from .server import Server

# Counts what each callback gets: [["stream", content], ...].
COLLECT = """
const seen = [];
const take = name => (...given) => { seen.push([name, ...given]); };
"""

# Holds back messages of one kind for the request that comes next, until `release` is called.
HOLD_BACK = """
const kernel = Jupyter.notebook.kernel;
const [method, isHeld] = arguments[0] === "idle"
    ? ["_handle_iopub_message", msg => msg.content.execution_state === "idle"]
    : ["_handle_shell_reply", msg => msg.msg_type === "execute_reply"];
const original = kernel[method].bind(kernel);
const held = [];
window.held = held;
kernel[method] = msg => isHeld(msg) ? void held.push(msg) : original(msg);
window.release = () => {
    delete kernel[method];
    held.splice(0).forEach(original);
};
"""


@pytest.fixture(scope="module")
def echo_notebook(driver: Chromium, server: Server) -> Iterator[Notebook]:
    """A notebook whose kernel is not Python's."""
    kernelspec = server.add_kernel("echo", Path(__file__).with_name("echo_kernel.py"))
    notebook = Notebook.create(
        driver, server, name="echo.ipynb", metadata={"kernelspec": kernelspec}
    )
    yield notebook
    notebook.close()


def test_streams_reach_the_stream_callback(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT + "await py.execute(arguments[0], {stream: take('stream')}); return seen;",
        # In one piece each: the end of a `print` may come as a message of its own.
        "import sys\nsys.stdout.write('out\\n')\nsys.stderr.write('err\\n');",
    )
    contents = {content["name"]: content["text"] for _, content, *_ in seen}
    assert contents == {"stdout": "out\n", "stderr": "err\n"}


def test_displays_and_their_updates_reach_the_display_callback(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT + "await py.execute(arguments[0], {display: take('display')}); return seen;",
        "h = display('first', display_id='one')\nh.update('second')",
    )
    assert [(content["data"]["text/plain"], kind) for _, content, kind in seen] == [
        ("'first'", "display_data"),
        ("'second'", "update_display_data"),
    ]
    assert seen[0][1]["transient"]["display_id"] == "one"


def test_the_last_value_reaches_the_result_callback(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT + "await py.execute('6 * 7', {result: take('result')}); return seen;"
    )
    assert [content["data"]["text/plain"] for _, content, *_ in seen] == ["42"]
    assert isinstance(seen[0][1]["execution_count"], int)


def test_an_error_reaches_the_error_callback_and_the_promise(shared_notebook: Notebook) -> None:
    seen, caught = shared_notebook.py(
        COLLECT
        + "const caught = await py.execute('1 / 0', {error: take('error')}).catch(e => e);"
        + "return [seen, [caught instanceof pybridge.PythonError, caught.type, caught.message]];"
    )
    assert caught == [True, "ZeroDivisionError", "division by zero"]
    assert [content["ename"] for _, content, *_ in seen] == ["ZeroDivisionError"]
    assert any("1 / 0" in line or "division" in line for line in seen[0][1]["traceback"])


def test_who_takes_the_error_in_a_callback_need_not_take_it_from_the_promise(
    shared_notebook: Notebook,
) -> None:
    shared_notebook.console_errors()
    shared_notebook.py(
        "await new Promise(resolve => { py.execute('1 / 0', {error: resolve}); });"
        "await py.execute('');"
    )
    assert shared_notebook.console_errors() == []


def test_a_cleared_output_reaches_the_clear_callback(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT + "await py.execute(arguments[0], {clear: take('clear')}); return seen;",
        "from IPython.display import clear_output\nclear_output(wait=True)\nclear_output()",
    )
    assert [content for _, content, *_ in seen] == [{"wait": True}, {"wait": False}]


def test_the_input_callback_answers_what_python_asks(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT
        + """
        const answers = ["Ada", Promise.resolve("secret")];
        const input = (prompt, {password}) => {
            seen.push([prompt, password]);
            return answers.shift();
        };
        await py.execute(arguments[0], {input, stream: take('stream')});
        return seen;
        """,
        "import getpass\nprint([input('name?'), getpass.getpass('word?')])",
    )
    assert seen[:2] == [["name?", False], ["word?", True]]
    assert "".join(content["text"] for _, content, *_ in seen[2:]) == "['Ada', 'secret']\n"


def test_an_input_callback_that_throws_gives_python_an_empty_line(
    shared_notebook: Notebook,
) -> None:
    text = shared_notebook.py(
        """
        let text = '';
        const input = () => { throw new Error('no answer'); };
        await py.execute("print([input()])", {input, stream: c => { text += c.text; }});
        return text;
        """
    )
    assert text == "['']\n"
    [message] = shared_notebook.console_errors()
    assert "pybridge: the input callback failed" in message


def test_input_without_a_callback_is_an_error_and_does_not_hang(shared_notebook: Notebook) -> None:
    error = shared_notebook.py_error("await py.execute('input()', {stream() {}, error() {}});")
    assert error.type == "StdinNotImplementedError"


def test_the_status_callback_sees_the_kernel_busy_and_idle(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        "const seen = []; await py.execute('1', {result() {}, status: s => seen.push(s)});"
        "return seen;"
    )
    assert seen == ["busy", "idle"]


def test_the_one_function_form_gets_everything_in_order(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        """
        const seen = [];
        const output = (type, content, buffers) => { seen.push([type, content, buffers.length]); };
        await py.execute(arguments[0], {output}).catch(() => {});
        return seen;
        """,
        "import sys\nfrom IPython.display import clear_output\n"
        "sys.stdout.write('a\\n')\nsys.stdout.flush()\nclear_output()\n"
        "h = display(1, display_id='all')\nh.update(2)\n"
        "get_ipython().displayhook(3)\nraise ValueError('last')",
    )
    assert [(kind, count) for kind, _, count in seen] == [
        ("stream", 0),
        ("clear_output", 0),
        ("display_data", 0),
        ("update_display_data", 0),
        ("execute_result", 0),
        ("error", 0),
    ]
    assert seen[0][1] == {"name": "stdout", "text": "a\n"}
    assert seen[-1][1]["evalue"] == "last"


def test_the_one_function_form_gets_binary_buffers(shared_notebook: Notebook) -> None:
    lengths = shared_notebook.py(
        """
        const got = [];
        await py.execute(arguments[0], {output(type, content, buffers) {
            for (const view of buffers) got.push(Array.from(new Uint8Array(
                view.buffer, view.byteOffset, view.byteLength)));
        }});
        return got;
        """,
        "pub = get_ipython().display_pub\n"
        "pub.session.send(pub.pub_socket, 'display_data', {'data': {}, 'metadata': {}},"
        " parent=get_ipython().kernel.get_parent(), ident=pub.topic, buffers=[b'\\x01\\x02', b''])",
    )
    assert lengths == [[1, 2], []]


def test_a_callback_that_throws_does_not_stop_the_others(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT
        + """
        const stream = () => { throw new Error('my own mistake'); };
        await py.execute(arguments[0], {stream, result: take('result')});
        return seen;
        """,
        "import sys\nsys.stdout.write('x')\nsys.stdout.flush()\n5",
    )
    assert [name for name, *_ in seen] == ["result"]
    [message] = shared_notebook.console_errors()
    assert "pybridge: a callback failed" in message


def test_silent_gives_no_result(shared_notebook: Notebook) -> None:
    seen = shared_notebook.py(
        COLLECT
        + "const output = take('output');"
        + "await py.execute(arguments[0], {output}, {silent: true});"
        + "await py.execute('3', {output});"
        + "return seen.map(([, type]) => type);",
        "import sys\nsys.stdout.write('1\\n')\n2",
    )
    assert seen == ["stream", "execute_result"]


def test_nothing_is_stored_in_the_history_unless_asked_for(shared_notebook: Notebook) -> None:
    before = shared_notebook.run("'before'").execution_count
    shared_notebook.py("await py.execute('\"not stored\"', {result() {}});")
    after = shared_notebook.run("In[-2]")
    assert after.data() == [repr("'before'")]
    assert isinstance(before, int)
    assert after.execution_count == before + 1


def test_store_history_numbers_the_run_as_a_cell(shared_notebook: Notebook) -> None:
    before = shared_notebook.run("'before'").execution_count
    shared_notebook.py("await py.execute('\"stored value\"', {result() {}}, {storeHistory: true});")
    after = shared_notebook.run("'stored value' in Out.values()")
    assert isinstance(before, int)
    assert after.execution_count == before + 2
    assert after.data() == ["True"]


def test_a_failing_run_leaves_the_cells_behind_it_alone(shared_notebook: Notebook) -> None:
    cell = shared_notebook.append("print('I ran')")
    running = shared_notebook.start(
        "await py.execute('import time; time.sleep(0.3); 1 / 0', {error() {}});"
    )
    cell.run()
    assert running.error().type == "ZeroDivisionError"
    assert cell.stream() == "I ran\n"


def test_stop_on_error_aborts_what_is_queued_behind(shared_notebook: Notebook) -> None:
    first, second = shared_notebook.py(
        """
        const bad = py.execute(arguments[0], {error() {}}, {stopOnError: true});
        const behind = py.execute('1', {result() {}});
        return (await Promise.allSettled([bad, behind])).map(r => r.reason?.code ?? r.reason?.type);
        """,
        "import time\ntime.sleep(1)\n1 / 0",
    )
    assert (first, second) == ("ZeroDivisionError", "aborted")


def test_the_promise_gives_the_content_of_the_reply(shared_notebook: Notebook) -> None:
    reply = shared_notebook.py("return await py.execute('1', {result() {}});")
    assert reply["status"] == "ok"
    assert isinstance(reply["execution_count"], int)


@pytest.mark.parametrize("last", ["idle", "reply"])
def test_the_promise_waits_for_reply_and_idle_in_whichever_order(
    shared_notebook: Notebook, last: str
) -> None:
    shared_notebook.py("await py.runPython('0');")
    shared_notebook.js(HOLD_BACK, last)
    running = shared_notebook.start(
        "window.printed = [];"
        "return (await py.execute('print(1)', {stream: c => printed.push(c)})).status;"
    )
    try:
        # The other half of the answer is in, and so is the output.
        done = "shell_done" if last == "idle" else "iopub_done"
        shared_notebook.wait_for(
            "held.length > 0 && printed.length > 0 && Object.values("
            f"Jupyter.notebook.kernel._msg_callbacks).some(entry => entry.input && entry.{done})"
        )
        assert not running.settled
    finally:
        shared_notebook.js("release();")
    assert running.result() == "ok"


def test_a_timeout_stops_the_code_in_the_kernel(shared_notebook: Notebook) -> None:
    error = shared_notebook.py_error(
        "await py.execute('import time; time.sleep(60)', {error() {}}, {timeout: 500});"
    )
    assert error.code == "timeout"
    assert shared_notebook.py("return await py.runPython('1 + 1');", timeout=20) == 2


def test_an_abort_signal_stops_the_code_in_the_kernel(shared_notebook: Notebook) -> None:
    error = shared_notebook.py_error(
        """
        const controller = new AbortController();
        const stream = () => controller.abort('enough');
        await py.execute(arguments[0], {stream, error() {}}, {signal: controller.signal});
        """,
        "import time\nprint('started', flush=True)\ntime.sleep(60)",
    )
    assert error.code == "cancelled"
    assert shared_notebook.py("return await py.runPython('1 + 1');", timeout=20) == 2


def test_a_timeout_behind_a_cell_leaves_the_cell_alone(shared_notebook: Notebook) -> None:
    cell = shared_notebook.run(
        "import os, time\nprint('started', flush=True)\n"
        "while not os.path.exists('go on'): time.sleep(0.01)\n"
        "print('finished')",
        wait=False,
    )
    shared_notebook.wait_for(lambda: "started" in cell.stream())
    error = shared_notebook.py_error("await py.execute('1', {error() {}}, {timeout: 50});")
    assert error.code == "timeout"
    (shared_notebook.server.folder / "go on").touch()
    assert cell.wait().stream() == "started\nfinished\n"


def test_code_in_another_language_runs(echo_notebook: Notebook) -> None:
    text = echo_notebook.py(
        "let text = ''; await py.execute(arguments[0], {stream: c => { text += c.text; }});"
        "return text;",
        'say "ü"\n; drop',
    )
    assert text == 'say "ü"\n; drop'


def test_an_error_of_another_language_is_told_as_python_errors_are(echo_notebook: Notebook) -> None:
    error = echo_notebook.py_error("await py.execute('fail', {error() {}});")
    assert (error.type, error.message) == ("NoEcho", "no such word")


@pytest.mark.parametrize("call", ["runPython('1')", "globals.keys()", "handle('sim').step()"])
def test_what_needs_python_fails_clearly_on_another_kernel(
    echo_notebook: Notebook, call: str
) -> None:
    error = echo_notebook.py_error(f"await py.{call};")
    assert error.code == "not-installed"
    assert "this kernel does not answer as Python with pybridge does" in error.message
