"""Two windows, fifty handles, five players, restarts and failing cells: all comes out even."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.browser.chromium import Chromium
from tests.browser.host import installed_host
from tests.browser.notebook import Notebook
from tests.browser.server import Server

from .kernel_side import LOAD, PLAYERS, SETUP

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"
TRAFFIC = (HERE / "traffic.js").read_text()

EPOCHS = 3
WORKERS = 3
PLAYER_COUNT = 5
HANDLES = 50
# A cell fails every so many seconds, and calls behind it are dropped.
FAILING = 3.0
BEHIND_A_FAILING_CELL = frozenset({"aborted"})
# The server interrupts a kernel before it ends it.
IN_A_RESTART = frozenset({"restarted", "interrupted", "disconnected", "no-handle", "destroyed"})
# So many calls have their answer, for each that ends otherwise.
MOST = 5
# Memory at the end of an epoch, as a multiple of that after its first part, at most.
GROWTH = 1.05
# No less is taken for growth, in bytes: what allocators and compilers do by themselves, of a heap
# that is counted and of a process as the system sees it.
NOISE = 3 * 2**20
PROCESS_NOISE = 16 * 2**20
# What a page counts that is to come to nothing.
IN_A_PAGE = ("inFlight", "queued", "pyProxies", "jsProxies", "mounted", "models", "comms")
# How much of an epoch goes by before memory is measured for the first time.
WARMING = 0.4


@dataclass
class Load:
    """What there is when nothing goes on: bytes, and how many of what has to come back to 0.

    Python's own memory in the kernel is counted in blocks, which is exact. Each lane of a page is
    one of its threads.
    """

    blocks: int
    threads: int
    kernel: int
    server: int
    pages: list[int]
    open: dict[str, int]


class Soak:
    """A notebook in two windows, and their traffic.

    Parameters
    ----------
    driver, server
        The browser and the server.
    """

    def __init__(self, driver: Chromium, server: Server) -> None:
        self.driver = driver
        self.server = server
        self.first = Notebook.create(driver, server, name="soak.ipynb")
        self.windows = [self.first, self.first.second_window()]
        # These are run again and again: the notebook keeps each cell that has ever been run, also
        # when it is deleted.
        self.setup = self.first.append("")
        self.players = self.first.append(PLAYERS.format(count=PLAYER_COUNT))
        self.failing = self.first.append("raise RuntimeError('on purpose')")
        self.right = 0
        self.accepted: dict[str, int] = {}

    def set_up(self, epoch: str) -> None:
        """Run the cell that a user runs in a new kernel."""
        self.setup.source = SETUP.format(epoch=epoch)
        self.setup.run()

    def show_players(self) -> None:
        """Show the players, and have them play."""
        self.players.run()
        # By script: the browser's driver would keep each element that it is shown.
        self.first.js("document.querySelector('.pybridge-player').scrollIntoView();")
        self.first.wait_for(
            "[...document.querySelectorAll('.pybridge-player canvas')]"
            f".filter(canvas => canvas.width > 0).length === {PLAYER_COUNT}",
            what="the players have drawn",
        )
        self.first.js(
            "document.querySelectorAll('[data-action=play]').forEach(one => one.click());"
        )

    def clear(self) -> None:
        """Clear what the cells show."""
        self.first.js("Jupyter.notebook.get_cells().forEach(cell => cell.clear_output());")

    def begin(self, codes: frozenset[str] = BEHIND_A_FAILING_CELL) -> None:
        """Have both windows call Python, over and over again; calls may end in these codes."""
        for number, window in enumerate(self.windows):
            window.py(
                "const AsyncFunction = (async () => {}).constructor;"
                "const [body, ...more] = arguments;"
                "await new AsyncFunction('py', 'number', 'workers', 'codes', body)(py, ...more);",
                TRAFFIC,
                number,
                WORKERS,
                sorted(codes),
            )

    def go_on(self, seconds: float) -> None:
        """Let the traffic go on, with a failing cell now and then."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, FAILING))
            self.failing.run(check=False)

    def finish(self) -> None:
        """Have the traffic end, and look at what came of it."""
        for window in self.windows:
            told = window.js_async(
                "soak.running = false; await soak.ended;"
                "const {right, accepted, wrong} = soak; return {right, accepted, wrong};",
                timeout=90,
            )
            assert told["wrong"] == []
            self.right += told["right"]
            for code, count in told["accepted"].items():
                self.accepted[code] = self.accepted.get(code, 0) + count

    def load(self) -> Load:
        """Measure, with all garbage collected and nothing going on."""
        pages = [self._heap(window) for window in self.windows]
        kernel = self.first.py("return await py.runPython(arguments[0]);", LOAD)
        server = psutil.Process(self.server.process.pid).memory_info().rss  # type: ignore[union-attr]
        return Load(
            kernel["blocks"],
            kernel["threads"],
            kernel["resident"],
            server,
            pages,
            self._open(kernel),
        )

    def _heap(self, window: Notebook) -> int:
        driver = window.focus()
        for _ in range(2):
            driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        usage: dict[str, int] = driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
        return usage["usedSize"]

    def _open(self, kernel: dict[str, Any]) -> dict[str, int]:
        names = ("py_proxies", "js_proxies", "uploads")
        counts = {name: kernel[name] for name in names}
        # But for the one that asks.
        counts["kernel calls"] = kernel["in_flight"] - 1
        # Each window has a model of its own, which is a handle, too.
        counts["handles"] = kernel["handles"] - HANDLES - len(self.windows)
        counts["models"] = kernel["models"] - len(self.windows)
        for number, window in enumerate(self.windows):
            page = window.js("return JSON.parse(JSON.stringify(pybridge.debug));")
            page["models"] -= 1
            for name in IN_A_PAGE:
                counts[f"{name} of window {number}"] = page[name]
        return counts

    def settle(self) -> Load:
        """Wait until nothing is open any more, and measure."""

        def settled() -> Load | None:
            load = self.load()
            return None if any(load.open.values()) else load

        try:
            return self.first.wait_for(settled, 60, "nothing is open")  # type: ignore[return-value]
        except TimeoutError:
            raise AssertionError(f"still open: {self.load().open}") from None


@pytest.fixture
def soak() -> Iterator[Soak]:
    # As in the kernel.
    settings = {"Session": {"digest_history_size": 100}}
    with Server(settings=settings) as server, Chromium() as driver:
        yield Soak(driver, server)


def grown(before: int, after: int, noise: int = NOISE) -> bool:
    """Whether memory has grown by more than there is noise."""
    return after > before * GROWTH and after - before > noise


@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_nothing_is_lost_and_nothing_piles_up(soak: Soak, pytestconfig: pytest.Config) -> None:
    seconds = 60 * pytestconfig.getoption("--soak-minutes", default=2) / EPOCHS
    loads: list[tuple[Load, Load]] = []
    for epoch in range(EPOCHS):
        if epoch > 0:
            # In the midst of traffic.
            soak.begin(BEHIND_A_FAILING_CELL | IN_A_RESTART)
            soak.show_players()
            soak.go_on(3)
            soak.first.restart_kernel()
        soak.set_up(f"epoch {epoch}")
        if epoch > 0:
            soak.go_on(3)
            soak.finish()
            soak.clear()
        measured = []
        for share in (WARMING, 1 - WARMING):
            soak.show_players()
            soak.begin()
            soak.go_on(seconds * share)
            soak.finish()
            soak.clear()
            measured.append(soak.settle())
        loads.append((measured[0], measured[1]))

    told = {
        "right": soak.right,
        "accepted": soak.accepted,
        "loads": [[asdict(load) for load in pair] for pair in loads],
    }
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"soak-{installed_host()}.json").write_text(json.dumps(told, indent=1))

    for before, after in loads:
        assert not grown(before.blocks, after.blocks, 0), loads
        assert not grown(before.kernel, after.kernel, PROCESS_NOISE), loads
        assert after.threads == before.threads, loads
    first, last = loads[0][0], loads[-1][1]
    assert not grown(first.server, last.server, PROCESS_NOISE), loads
    for before_page, after_page in zip(first.pages, last.pages, strict=True):
        assert not grown(before_page, after_page), loads
    assert soak.right > MOST * sum(soak.accepted.values())
