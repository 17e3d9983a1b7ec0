"""Fixtures of the browser tests: one server and one browser for all, a fresh notebook for each.

What a failing test leaves (screenshots, console, log) goes to ``build/test-artifacts/<host>/``.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from .chromium import Chromium
from .firefox import Firefox
from .host import installed_host
from .notebook import Browser, Notebook
from .server import Server

HERE = Path(__file__).parent
ARTIFACTS = HERE.parents[1] / "build" / "test-artifacts"

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def host() -> str:
    """The classic notebook of this environment: "notebook6" or "nbclassic"."""
    return installed_host()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with an awkward base URL, a token, and a temporary notebook folder."""
    with Server() as server:
        yield server


@pytest.fixture(scope="session")
def driver(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A headless browser whose first window stays empty."""
    browser = {"chromium": Chromium, "firefox": Firefox}[request.config.getoption("--browser")]
    with browser() as driver:
        yield driver


def _open_fresh(driver: Browser, server: Server, name: str) -> Iterator[Notebook]:
    slug = re.sub(r"\W+", "-", name)[:60].strip("-")
    driver.read_console()
    notebook = Notebook.create(driver, server, name=f"{slug}-{next(_numbers)}.ipynb")
    yield notebook
    notebook.close()


@pytest.fixture
def notebook(driver: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """An empty notebook with a kernel of its own."""
    yield from _open_fresh(driver, server, request.node.name)


@pytest.fixture(scope="module")
def shared_notebook(
    driver: Browser, server: Server, request: pytest.FixtureRequest
) -> Iterator[Notebook]:
    """An empty notebook and its kernel, shared by the tests of a module."""
    yield from _open_fresh(driver, server, request.node.path.stem)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if not report.failed or HERE not in item.path.parents:
        return
    fixtures = getattr(item, "funcargs", {})
    folder = ARTIFACTS / installed_host() / re.sub(r"\W+", "-", item.nodeid).strip("-")
    folder.mkdir(parents=True, exist_ok=True)
    driver, server = fixtures.get("driver"), fixtures.get("server")
    if isinstance(server, Server):
        (folder / "server.log").write_text(server.log_tail(200))
    if isinstance(driver, Browser):
        _save_windows(driver, folder)
    report.sections.append(("browser", f"screenshots, console and server log are in {folder}"))


def _save_windows(driver: Browser, folder: Path) -> None:
    try:
        driver.read_console()
        lines = [json.dumps(entry) for entry in driver.console]
        (folder / "console.jsonl").write_text("\n".join(lines))
        for number, handle in enumerate(driver.window_handles[1:], start=1):
            driver.switch_to.window(handle)
            driver.save_screenshot(str(folder / f"window-{number}.png"))
    except (WebDriverException, HTTPError) as error:
        # The report of the failing test matters more than its pictures.
        (folder / "no-screenshot.txt").write_text(str(error))
