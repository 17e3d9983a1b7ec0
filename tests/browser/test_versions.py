"""A page whose script is older or newer than the kernel's package: each path says what to do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybridge._assets import asset_folder
from pybridge._version import PROTOCOL, __version__

from .chromium import Chromium
from .notebook import Notebook
from .server import Server

SETUP = """
import numpy as np
import pybridge
import traitlets

class Slider(pybridge.Model):
    value = traitlets.Int(5).tag(sync=True)

@pybridge.comm_target("echo")
def echo(comm):
    pass

@pybridge.export
def double(x):
    return 2 * x

pybridge.register(double)
"""

OLDER = "is older than the kernel's"
RELOAD = "Ctrl+Shift+R"


def open_page(
    driver: Chromium, folder: Path, version: str, protocol: int, name: str
) -> Iterator[Notebook]:
    """A notebook whose server has the script of another version."""
    copy = folder / "nbextensions" / "pybridge"
    shutil.copytree(asset_folder("nbext"), copy)
    script = copy / "version.js"
    stated, other = f"'{__version__}', PROTOCOL: {PROTOCOL}", f"'{version}', PROTOCOL: {protocol}"
    assert stated in script.read_text()
    script.write_text(script.read_text().replace(stated, other))
    with Server(env={"JUPYTER_PATH": str(folder)}) as server:
        notebook = Notebook.create(driver, server, name=f"{name}.ipynb")
        notebook.run(SETUP)
        notebook.wait_for(f"window.pybridge?.version === '{version}'")
        yield notebook
        notebook.close()


@pytest.fixture(scope="module")
def older(driver: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A page that the browser has kept since before the package was upgraded."""
    folder = tmp_path_factory.mktemp("older")
    yield from open_page(driver, folder, "0.0.1", PROTOCOL - 1, "older")


@pytest.fixture(scope="module")
def newer(driver: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A page of a server with a newer package than the kernel's."""
    folder = tmp_path_factory.mktemp("newer")
    yield from open_page(driver, folder, "9.9.9", PROTOCOL + 1, "newer")


@pytest.mark.parametrize(
    "body",
    [
        "await py.runPython('1');",
        "await py.handle('double')(2);",
        "await py.handle('double')('x'.repeat(10_000));",
        "await py.handle('double')(new Uint8Array(5 * 2 ** 20));",
        "await py.handle('double').call(null, [2], {}, {lane: 'side'});",
        "await py.handle('double')(() => 1);",
        "await py.comm('echo');",
        "await py.model('slider');",
    ],
)
def test_an_older_page_is_told_to_reload_at_each_call(older: Notebook, body: str) -> None:
    error = older.py_error(body)
    assert (error.name, error.code) == ("BridgeError", "version-mismatch")
    assert "the page runs pybridge 0.0.1" in error.message
    assert OLDER in error.message and __version__ in error.message
    assert RELOAD in error.message


def test_an_older_page_says_so_in_a_models_view(older: Notebook) -> None:
    cell = older.run("Slider()")
    note = cell.find(".pybridge-note")
    older.wait_for(lambda: RELOAD in note.text, what="the view says that the page is older")
    older.wait_for("document.querySelector('.pybridge-model').dataset.status === 'gone'")


def test_an_older_page_says_so_in_a_player(older: Notebook) -> None:
    cell = older.run("pybridge.Animation(lambda i: np.full((9, 9, 3), i, np.uint8), frames=4)")
    player = cell.find(".pybridge-player")
    older.wait_for(lambda: RELOAD in player.text, what="the player says that the page is older")


def test_python_that_needs_an_older_page_says_so(older: Notebook) -> None:
    cell = older.run("from pybridge.js import document\ndocument.title", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "VersionMismatchError"
    assert RELOAD in cell.error["evalue"]


def test_an_older_page_says_so_in_its_console(older: Notebook) -> None:
    older.focus().read_console()
    told = [e["message"] for e in older.driver.console if "this page runs 0.0.1" in e["message"]]
    assert len(told) == 1
    assert RELOAD in told[0]


def test_for_a_newer_page_the_kernels_package_is_to_be_upgraded(newer: Notebook) -> None:
    executable = newer.run("import sys; print(sys.executable)").stream().strip()
    error = newer.py_error("await py.runPython('1');")
    assert (error.name, error.code) == ("BridgeError", "version-mismatch")
    assert "is newer than the kernel's" in error.message
    assert f"`{executable} -m pip install -U pybridge-nbext` and restart" in error.message


def test_python_that_needs_a_newer_page_says_so(newer: Notebook) -> None:
    cell = newer.run("from pybridge.js import document\ndocument.title", check=False)
    assert cell.error is not None
    assert re.search(r"is newer than .* pip install -U", cell.error["evalue"])
