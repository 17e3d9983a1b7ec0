"""One cell of the matrix: a call of a kind, brought to a moment, and a fault."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.browser.cell import Cell
from tests.browser.chromium import Chromium
from tests.browser.javascript import JavaScriptError
from tests.browser.notebook import Notebook
from tests.browser.pending import Pending
from tests.browser.player.player import Player
from tests.browser.waiting import wait_until

from .kinds import GIVEN, SETUP, Kind
from .link import Link
from .moments import AfterReply, Moment, Sending

# How long a call may take once nothing keeps it, in seconds: the page asks after 30 what became
# of an answer of which a part is missing.
BOUND = 45.0
VALUE = "value"
CLOSED = "page closed"
# Tokens of the call and of the next one. As frames, none that a player asks for by itself.
FIRST, SECOND = 47, 83

_numbers = itertools.count(1)

# A cell that others wait for, and that may fail in the end.
HOLD = """
note("held", 0)
gate()
if (place / "fail").exists():
    raise RuntimeError("this cell fails")
"""

KERNEL_LOAD = """
load = pybridge.debug()
[load.in_flight - 1, load.uploads, load.js_proxies]
"""


class Case:
    """A call that something happens to.

    Parameters
    ----------
    driver, link
        The browser, and its way to the server.
    kind
        The call's.
    moment
        When it happens.

    Attributes
    ----------
    page
        The notebook.
    place
        A folder in which test and kernel leave notes for each other.
    others
        More windows.
    excused
        What may be left behind, for a while.
    """

    def __init__(self, driver: Chromium, link: Link, kind: Kind, moment: type[Moment]) -> None:
        self.driver = driver
        self.link = link
        self.kind = kind
        self.moment = moment(self)
        self.others: list[Notebook] = []
        self.excused: set[str] = set()
        self._asked = 0
        name = f"case-{next(_numbers)}"
        self.place = Path(link.folder, name)
        self.place.mkdir()
        self._set_mode(0, "plain")
        self.page = Notebook.create(driver, link, name=f"{name}.ipynb")  # type: ignore[arg-type]
        self.set_up()

    def set_up(self) -> None:
        """Run the cells that a user runs in a new kernel."""
        self.page.run(SETUP.format(place=str(self.place)))
        # A notebook whose connection is cut in its first second takes the kernel for dead.
        self.page.js_async("await new Promise(resolve => setTimeout(resolve, 1000));")
        if self.kind.cell:
            self.show()
        self.prepare_page()

    def show(self) -> None:
        """Show what a cell shows for the call."""
        for cell in self.page.cells:
            cell.js("cell.clear_output();")
        Player.of(self.page.run(self.kind.cell))

    def prepare_page(self) -> None:
        """Do in the page what comes before the call."""
        if self.kind.prepare:
            self.page.py(self.kind.prepare)

    # -- the call ---------------------------------------------------------------------------------

    def begin(self, token: int = FIRST, mode: str = "plain") -> Pending:
        """Begin a call, which Python notes under its token."""
        self._set_mode(token, mode)
        self._asked = len(self.link.calls)
        self._answers = self.link.answers
        gated = mode in ("running", "streaming")
        body = f"const gated = {str(gated).lower()};" + GIVEN + self.kind.start
        return self.page.start(body, token, mode == "sending")

    def reach(self, pending: Pending) -> None:
        """Wait until a call is in its moment."""

        def is_reached() -> bool:
            if self.moment.is_reached():
                return True
            early = pending.settled and not self.moment.settled
            assert not early, f"{self.outcome(pending)} before {self.moment.name!r}"
            return False

        wait_until(is_reached, 30, f"the call is in the moment {self.moment.name!r}")

    def outcome(self, pending: Pending, token: int = FIRST) -> str:
        """Wait for what becomes of a call: `VALUE`, or the error's code or type; or `CLOSED`."""
        if not self.page.is_open:
            return CLOSED
        try:
            assert pending.result(BOUND) == f"did {token}"
        except JavaScriptError as error:
            return str(error.code or error.type or error.message)
        return VALUE

    def new_calls(self) -> list[str]:
        """What the page has sent since the call began."""
        return self.link.calls[self._asked :]

    @property
    def parts(self) -> int:
        """How many messages of the call have reached the page before its result."""
        return self.link.answers - self._answers

    @property
    def is_answered(self) -> bool:
        """Whether the kernel has done its part when the call is in its moment."""
        return isinstance(self.moment, AfterReply) or (
            isinstance(self.moment, Sending) and self.kind.down and self.kind.name != "stdin"
        )

    # -- notes between test and kernel ------------------------------------------------------------

    def notes(self, token: int = FIRST) -> list[str]:
        """What Python has noted of a call."""
        notes = self.place / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        return [what for what, of in map(str.split, lines) if of == str(token)]

    def _set_mode(self, token: int, mode: str) -> None:
        (self.place / "mode").write_text(f"{mode} {token}")

    def leave_word(self, word: str) -> None:
        """Have the kernel do what it does upon a word."""
        (self.place / word).touch()

    def open_gate(self) -> None:
        """Have what waits in the kernel, and in the page, go on."""
        self.leave_word("open")
        if self.page.is_open:
            self.page.js("window.openGate?.();")

    def hold_the_kernel(self) -> Cell:
        """Run a cell that ends once the gate is open."""
        cell = self.page.run(HOLD, wait=False)
        wait_until(lambda: "held" in self.notes(0), 20, "the cell runs")
        return cell

    # -- afterwards -------------------------------------------------------------------------------

    def _left_behind(self) -> dict[str, int]:
        """What is still there that a call needs: in the page, then in the kernel."""
        names = ["inFlight", "queued", "jsProxies"]
        page = self.page.js(f"const {{debug}} = pybridge; return {names}.map(name => debug[name]);")
        # But for the one that asks.
        kernel = self.page.py("return await py.runPython(arguments[0]);", KERNEL_LOAD)
        counted = [*names, "in_flight", "uploads", "js_proxies"]
        left = {name: n for name, n in zip(counted, page + kernel, strict=True) if n}
        return {name: n for name, n in left.items() if name not in self.excused}

    def wait_until_nothing_is_left(self) -> None:
        """Wait until neither side keeps anything for the call, which ends a while before."""
        wait_until(lambda: not self._left_behind(), BOUND, "nothing is left behind")

    def close(self) -> None:
        """Close the notebook, whatever has become of it."""
        self.leave_word("open")
        for notebook in (*self.others, self.page):
            notebook.close()
