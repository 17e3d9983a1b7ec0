"""A notebook's page in which everything is measured: one server, one browser, one kernel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.browser.chromium import Chromium
from tests.browser.notebook import Notebook
from tests.browser.server import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent

SERVERS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "stock": {"LowLatency": {"enabled": False}},
    "low-latency": {},
}
"""Kinds of servers and their configuration; pybridge's own extension makes the difference."""

# More would block Selenium's connection for longer than a lost answer should take to notice.
_CHUNK = 50


Pages = Mapping[str, "Page"]
"""Open pages by the kind of their server."""


class Sample(NamedTuple):
    """Times of one call, in ms."""

    result: float
    """Until the page has the value."""
    over: float
    """Until reply and idle are in as well."""
    kernel: float | None
    """Between the kernel's messages that it is busy, and that with the value."""


class Page:
    """A fresh notebook with both ways of doing each thing set up; a context manager.

    Parameters
    ----------
    server
        Its kind, a key of `SERVERS`.

    Attributes
    ----------
    kind
        The same.
    """

    def __init__(self, server: str) -> None:
        self.kind = server
        self._stack = ExitStack()

    def __enter__(self) -> Page:
        with ExitStack() as stack:
            self.server = stack.enter_context(Server(settings=SERVERS[self.kind]))
            self.browser = stack.enter_context(Chromium())
            self.notebook = Notebook.create(self.browser, self.server, name="benchmarks.ipynb")
            self.notebook.run((HERE / "kernel.py").read_text("utf-8"))
            self.notebook.js_async((HERE / "page.js").read_text("utf-8"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def do(self, name: str, *args: Any, timeout: float = 120) -> Any:
        """Call one of the functions that ``page.js`` leaves in ``window.benchmarks``."""
        body = "const [name, ...args] = arguments; return await benchmarks[name](...args);"
        return self.notebook.js_async(body, name, *args, timeout=timeout)

    def compare(
        self, ways: Sequence[str], rounds: int, *, warm_up: int = 5
    ) -> dict[str, list[Sample]]:
        """Sample several ways in turn.

        Parameters
        ----------
        ways
            Names of ``WAYS`` in ``page.js``.
        rounds
            Samples of each.
        warm_up
            Rounds before that, whose times are thrown away.
        """
        self.do("compare", ways, warm_up)
        samples: dict[str, list[Sample]] = {way: [] for way in ways}
        for start in range(0, rounds, _CHUNK):
            measured = self.do("compare", ways, min(_CHUNK, rounds - start))
            for way in ways:
                samples[way] += [Sample(**sample) for sample in measured[way]]
        return samples

    def census(self) -> dict[str, dict[str, int]]:
        """Count what lies about in the kernel and in the page, garbage collected first."""
        kernel = self.do("kernelCensus")
        page = self.do("census")
        cdp = self.notebook.focus().execute_cdp_cmd
        # What finalizers let go of is collected by the next round.
        for _ in range(3):
            cdp("HeapProfiler.collectGarbage", {})
        counters = cdp("Memory.getDOMCounters", {})
        page["DOM nodes"] = counters["nodes"]
        page["event listeners"] = counters["jsEventListeners"]
        page["heap bytes"] = round(cdp("Runtime.getHeapUsage", {})["usedSize"])
        return {"kernel": kernel, "page": page}

    def versions(self) -> dict[str, str]:
        """Return the versions of what was measured, by name."""
        capabilities = self.browser.capabilities
        found: dict[str, str] = self.notebook.py(
            "return await py.runPython(`__import__('json').dumps({name:"
            " __import__('importlib.metadata').metadata.version(name) for name in"
            " ['pybridge-nbext', 'nbclassic', 'notebook', 'ipykernel', 'ipython', 'tornado',"
            " 'pyzmq', 'numpy']})`).then(JSON.parse);"
        )
        return {**found, capabilities["browserName"]: capabilities["browserVersion"]}
