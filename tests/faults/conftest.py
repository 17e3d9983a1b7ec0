"""A server, a browser and a way between them for all cells; what came of each is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Chromium
from tests.browser.host import installed_host
from tests.browser.server import Server

from .link import Link

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-faults", action="store_true", help="every cell of the matrix of faults, not a few"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(settings={"App": {"iopub_data_rate_limit": 1e9}}) as server:
        yield server


@pytest.fixture(scope="session")
def link(server: Server) -> Iterator[Link]:
    with Link(server) as link:
        yield link


@pytest.fixture(scope="session")
def driver() -> Iterator[Chromium]:
    with Chromium() as driver:
        yield driver


@pytest.fixture(scope="session")
def outcomes() -> Iterator[dict[str, str]]:
    """By cell, what its call ended in; written down for `report`, beside those of earlier runs."""
    path = BUILD / f"faults-{installed_host()}.json"
    outcomes: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    yield outcomes
    BUILD.mkdir(exist_ok=True)
    path.write_text(json.dumps(outcomes, indent=1))
