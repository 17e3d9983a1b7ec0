"""The server extension, installed by the wheel, on the real servers."""

from __future__ import annotations

from .chromium import Chromium
from .notebook import Notebook
from .server import Server

LINE = "pybridge | kernel messages are sent without delay"


def test_installing_enables_it(server: Server, notebook: Notebook) -> None:
    assert notebook.js_async("return await (await pybridge.connect()).runPython('6 * 7')") == 42
    assert server.log.count(LINE) == 1


def test_the_configuration_switches_it_off(driver: Chromium) -> None:
    with Server(settings={"LowLatency": {"enabled": False}}) as server:
        notebook = Notebook.create(driver, server)
        assert notebook.js_async("return await (await pybridge.connect()).runPython('6 * 7')") == 42
        assert LINE not in server.log
        notebook.close()
