"""Python waits for the page: who can be asked, what ends the waiting, and what is left of it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator

import nbformat
import pytest

from .notebook import Notebook

SETUP = """
import getpass, time
import pybridge
from pybridge.js import document, window

def caught(do):
    begin = time.monotonic()
    try:
        do()
    except BaseException as error:
        took = time.monotonic() - begin
        return type(error).__name__, str(error), took
    return 'nothing was raised', '', 0
"""


@pytest.fixture
def page(notebook: Notebook) -> Iterator[Notebook]:
    """A notebook of its own that speaks to its page."""
    notebook.run(SETUP)
    yield notebook
    assert notebook.console_errors() == []


def answer_prompt(notebook: Notebook, text: str) -> None:
    """Type an answer to the `input()` of a running cell, and press Enter."""
    field = notebook.find("div.output_area input.raw_input", timeout=20)
    field.send_keys(text, "\n")


# -- where there is no page ---------------------------------------------------------------------


def run_python(code: str, *command: str) -> str:
    """Run code in a process of this environment; give what it prints."""
    done = subprocess.run(
        [sys.executable, *command, textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout + done.stderr


ASK = """
import time
begin = time.monotonic()
try:
    from pybridge.js import document
except Exception as error:
    print(type(error).__name__, error.code, error)
print('at once' if time.monotonic() - begin < 1 else 'late')
"""


@pytest.mark.parametrize(
    "command", [["-c"], ["-m", "IPython", "--no-banner", "-c"]], ids=["python", "ipython"]
)
def test_without_a_kernel_there_is_no_page(command: list[str]) -> None:
    printed = run_python("import pybridge.dispatch" + ASK, *command)
    assert "NoPageError no-page there is no page here" in printed
    assert "at once" in printed


def test_nbconvert_shows_no_page() -> None:
    nbclient = pytest.importorskip("nbclient")
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import pybridge.dispatch" + ASK)]
    )
    nbclient.NotebookClient(book, timeout=60, kernel_name="python3").execute()
    printed = "".join(output["text"] for output in book.cells[0].outputs)
    assert "NoPageError no-page whatever runs this code shows no page" in printed
    assert "nbconvert" in printed
    assert "at once" in printed


def test_a_background_thread_cannot_ask(page: Notebook) -> None:
    cell = page.run(
        "import threading\n"
        "seen = []\n"
        "thread = threading.Thread(target=lambda: seen.append(caught(lambda: document.title)))\n"
        "thread.start(); thread.join()\n"
        "name, text, took = seen[0]\n"
        "print(name, took < 1, text)"
    )
    assert cell.stream().startswith("NoPageError True JavaScript can be called from the kernel's")


def test_a_background_thread_cannot_import(page: Notebook) -> None:
    cell = page.run(
        "import threading\n"
        "seen = []\n"
        "def late_import():\n"
        "    from pybridge.js import navigator\n"
        "thread = threading.Thread(target=lambda: seen.append(caught(late_import)))\n"
        "thread.start(); thread.join()\n"
        "print(seen[-1][0])"
    )
    assert cell.stream() == "NoPageError\n"


def test_a_page_without_the_script_is_an_error(notebook: Notebook) -> None:
    notebook.js(
        "const handlers = Jupyter.notebook.kernel._iopub_handlers;"
        "handlers.pybridge_event = () => {};"
    )
    cell = notebook.run("import pybridge.dispatch" + ASK)
    assert "the page that ran this cell does not answer" in cell.stream()


# -- the page goes away -------------------------------------------------------------------------


def test_the_window_closed_while_python_waits_for_a_promise(page: Notebook) -> None:
    other = page.second_window()
    other.js("window.never = new Promise(() => {});")
    cell = other.run(
        "import asyncio\n"
        "try:\n"
        "    from pybridge.js import never\n"
        # Once this waits.
        "    asyncio.get_running_loop().call_soon(lambda: print('begins', flush=True))\n"
        "    await never\n"
        "except Exception as error:\n"
        "    seen = type(error).__name__, str(error)",
        wait=False,
    )
    other.wait_for(lambda: "begins" in cell.stream(), what="the cell waits")
    other.close_window()
    # This cell runs after that one, so the waiting has ended.
    assert page.run("print(*seen)").stream() == (
        "NoPageError the page was closed before its promise was settled\n"
    )


def test_the_window_closed_while_python_waits_for_an_answer(page: Notebook) -> None:
    other = page.second_window()
    # A question whose answer never comes: what it waits for is lost.
    other.js("Jupyter.notebook.kernel.send_input_reply = () => { window.asked = true; };")
    other.run("import pybridge.js\nseen = caught(lambda: pybridge.js.name)", wait=False)
    other.wait_for("window.asked")
    other.close_window()
    cell = page.run("print(*seen[:2])")
    assert cell.stream().startswith("NoPageError the page that was asked is closed")


def test_objects_of_a_page_that_was_loaded_again(page: Notebook) -> None:
    page.run("old = document\nwait = window.Promise.resolve(1)")
    page.reload()
    cell = page.run(
        "print(*caught(lambda: old.title)[:2])\n"
        "from pybridge.js import document\n"
        "print(document is not old, document.title == document.title)\n"
        "try:\n"
        "    await wait\n"
        "except pybridge.BridgeError as error:\n"
        "    print(error)"
    )
    assert cell.stream() == (
        "NoPageError the page that was asked is closed or was loaded again\n"
        "True True\n"
        "the page of this promise is closed or was loaded again\n"
    )


def test_a_restart_of_the_kernel(page: Notebook) -> None:
    page.js("window.count = 0; window.up = () => ++window.count;")
    page.run("window.up(); window.kept = [document]")
    page.restart_kernel()
    page.run(SETUP)
    assert page.run("[window.up() for i in range(20)][-1]").data() == ["21"]
    assert page.run("document is document").data() == ["True"]


# -- what is never answered, or too late --------------------------------------------------------


def test_a_page_that_takes_too_long(page: Notebook) -> None:
    page.js("window.slow = ms => { const end = Date.now() + ms; while (Date.now() < end); };")
    cell = page.run(
        "slow = window.slow\n"
        "pybridge.set_js_timeout(0.3)\n"
        "name, text, took = caught(lambda: slow(3000))\n"
        "print(name, text, 0.3 <= took < 2.5)\n"
        "pybridge.set_js_timeout(60)\n"
        "print(document.title == document.title)"
    )
    assert cell.stream() == (
        "AnswerTimeoutError the page did not answer 'call' within 0.3 s;"
        " see pybridge.set_js_timeout True\nTrue\n"
    )


@pytest.mark.parametrize("seconds", ["0", "-1"])
def test_a_timeout_is_positive(page: Notebook, seconds: str) -> None:
    cell = page.run(f"print(caught(lambda: pybridge.set_js_timeout({seconds}))[0])")
    assert cell.stream() == "ValueError\n"


@pytest.mark.parametrize("how", ["input('say: ')", "getpass.getpass('say: ')"])
def test_an_answer_that_comes_too_late_is_not_what_the_user_types(page: Notebook, how: str) -> None:
    page.js("window.slow = ms => { const end = Date.now() + ms; while (Date.now() < end); };")
    cell = page.run(
        "pybridge.set_js_timeout(0.2)\n"
        "caught(lambda: window.slow(1500))\n"
        f"typed = {how}\n"
        "pybridge.set_js_timeout(60)\n"
        "print('typed', typed)",
        wait=False,
    )
    answer_prompt(page, "by hand")
    assert "typed by hand" in cell.wait().stream()


def test_an_interrupt_while_the_page_works(page: Notebook) -> None:
    # The page is busy, so the interrupt comes from elsewhere.
    page.js("window.slow = ms => { const end = Date.now() + ms; while (Date.now() < end); };")
    cell = page.run(
        "import os, signal, threading\n"
        "interrupt = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))\n"
        "interrupt.start()\n"
        "name, _, took = caught(lambda: window.slow(2000))\n"
        "quick = took < 1.5\n"
        "typed = input('say: ')\n"
        "print(name, quick, typed, document.title == document.title)",
        wait=False,
    )
    answer_prompt(page, "after all")
    assert "KeyboardInterrupt True after all True" in cell.wait().stream()


def test_interrupts_in_a_loop_of_questions_leave_input_alone(page: Notebook) -> None:
    cell = page.run(
        # ipykernel is called back by the collector, and Python ignores an interrupt there.
        "import gc, os, signal, threading\n"
        "gc.disable()\n"
        "def ask_on(delay):\n"
        "    threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    while True:\n"
        "        document.title\n"
        "names = set()\n"
        "for i in range(10):\n"
        "    names.add(caught(lambda: ask_on(0.05 + i / 1000))[0])\n"
        "gc.enable()\n"
        "print(names)\n"
        "typed = input('say: ')\n"
        "print(typed)",
        wait=False,
    )
    answer_prompt(page, "mine")
    said = cell.wait().stream()
    # What is printed and what is asked come on two channels, in any order.
    assert "{'KeyboardInterrupt'}\n" in said and said.endswith("mine\n")


def test_the_interrupt_of_the_menu_ends_the_wait_for_a_promise(page: Notebook) -> None:
    page.js("window.never = new Promise(() => {});")
    cell = page.run("print('begins', flush=True)\nawait window.never", wait=False)
    page.wait_for(lambda: "begins" in cell.stream(), what="the cell waits")
    page.interrupt_kernel()
    cell.wait(check=False)
    assert cell.error is not None
    assert cell.error["ename"] in ("KeyboardInterrupt", "CancelledError")
    assert page.run("print(document.title == document.title)").stream() == "True\n"


def test_a_handler_that_throws_leaves_input_alone(page: Notebook) -> None:
    page.js("window.fail = () => { throw new Error('mine'); };")
    cell = page.run(
        "print(caught(lambda: window.fail())[:2])\nprint('typed', input('say: '))", wait=False
    )
    answer_prompt(page, "fine")
    stream = cell.wait().stream()
    assert "('JsError', 'Error: mine')" in stream
    assert "typed fine" in stream


def test_input_works_between_questions(page: Notebook) -> None:
    cell = page.run(
        "texts = []\n"
        "for i in range(2):\n"
        "    window.seen = i\n"
        "    texts.append(input(f'number {window.seen}: '))\n"
        "window.texts = texts\n"
        "print(window.texts.to_py())",
        wait=False,
    )
    answer_prompt(page, "one")
    page.wait_for("window.seen === 1")
    page.wait_for(lambda: "number 1" in (page.js("return document.body.innerText;")))
    answer_prompt(page, "two")
    assert "['one', 'two']" in cell.wait().stream()


def test_a_call_of_the_page_waits_while_input_is_pending(page: Notebook) -> None:
    page.js("window.hits = [];")
    page.run("window.note = lambda x: window.hits.push(x)")
    cell = page.run("print('typed', input('say: '))", wait=False)
    page.find("div.output_area input.raw_input", timeout=20)
    call = page.start("await window.note('during');")
    assert not call.settled
    answer_prompt(page, "done")
    assert "typed done" in cell.wait().stream()
    call.result()
    assert page.js("return window.hits;") == ["during"]


def test_input_gets_what_is_typed_while_callbacks_are_served(page: Notebook) -> None:
    page.js("window.hits = 0; window.hit = () => { window.hits += 1; };")
    page.run("window.call = lambda: window.hit()")
    calls = page.start("for (let i = 0; i < 30; i++) await window.call();")
    cell = page.run("print('typed', input('say: '))", wait=False)
    answer_prompt(page, "meanwhile")
    assert "typed meanwhile" in cell.wait().stream()
    calls.result()
    assert page.js("return window.hits;") == 30


# -- two windows --------------------------------------------------------------------------------


def test_the_window_that_ran_the_cell_is_spoken_to(page: Notebook) -> None:
    other = page.second_window()
    page.run("window.name_ = 'one'")
    other.run("from pybridge.js import window as second\nsecond.name_ = 'two'")
    assert page.js("return window.name_;") == "one"
    assert other.js("return window.name_;") == "two"
    assert page.run("import pybridge.js\npybridge.js.name_").data() == ["'one'"]
    assert other.run("pybridge.js.name_").data() == ["'two'"]


def test_a_proxy_speaks_to_its_own_window(page: Notebook) -> None:
    other = page.second_window()
    page.run("first = window")
    other.run(
        "import pybridge.js\n"
        "second = pybridge.js.window\n"
        "first.mark = 'for the first'; second.mark = 'for the second'\n"
        "assert first is not second and first != second"
    )
    assert page.js("return window.mark;") == "for the first"
    assert other.js("return window.mark;") == "for the second"


def test_an_object_of_one_window_can_be_handed_to_the_other(page: Notebook) -> None:
    other = page.second_window()
    other.run("import pybridge.js\nsecond = pybridge.js.window\nsecond.secret = 'of the second'")
    page.run("window.other = second\nassert window.other is second")
    assert page.js_async("return await other.secret;") == "of the second"


def test_a_call_speaks_to_the_window_that_made_it(page: Notebook) -> None:
    other = page.second_window()
    page.run("import pybridge.js\n@pybridge.export\ndef mark():\n    pybridge.js.marked = True")
    other.py("await py.handle('mark')();")
    assert other.js("return window.marked;") is True
    assert page.js("return window.marked === undefined;") is True
