"""A notebook's page in which everything is measured: one server, one browser, one kernel."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

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

PACKAGES = (
    "pybridge-nbext nbclassic notebook ipykernel ipython tornado pyzmq numpy matplotlib pillow isal"
    " jupyter_rfb simplejpeg ipympl ipywidgets"
).split()


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

    def open(self, name: str, *sources: str, script: str) -> Notebook:
        """Open a further notebook of the same server in a window of the same browser.

        Parameters
        ----------
        name
        sources
            Cells to run.
        script
            The body of an async function to run then.
        """
        notebook = Notebook.create(self.browser, self.server, name=f"{name}.ipynb")
        for source in sources:
            notebook.run(source)
        notebook.js_async(script)
        return notebook

    def cpu(self, notebook: Notebook) -> dict[str, float]:
        """Return the processor time that each part has taken so far, in seconds."""
        assert self.server.process is not None  # noqa: S101 - it runs
        server = self.server.process.pid
        return {
            "kernel": _cpu(psutil.Process(self.server.kernel_pid(notebook.kernel_id))),
            "server": _cpu(psutil.Process(server)),
            "browser": sum(map(_cpu, self._browser_processes())),
        }

    def memory(self, notebook: Notebook) -> dict[str, int]:
        """Return the bytes that each part holds in memory."""
        kernel = psutil.Process(self.server.kernel_pid(notebook.kernel_id))
        browser = self._browser_processes()
        return {
            "kernel": kernel.memory_info().rss,
            "page": sum(process.memory_full_info().uss for process in browser),
        }

    def collect(self) -> None:
        """Let the focused window's page collect its garbage."""
        # What finalizers let go of is collected by the next round.
        for _ in range(3):
            self.browser.execute_cdp_cmd("HeapProfiler.collectGarbage", {})

    def _browser_processes(self) -> list[psutil.Process]:
        driver = psutil.Process(self.browser.service.process.pid)
        return [*driver.children(recursive=True)]

    def census(self) -> dict[str, dict[str, int]]:
        """Count what lies about in the kernel and in the page, garbage collected first."""
        kernel = self.do("kernelCensus")
        page = self.do("census")
        cdp = self.notebook.focus().execute_cdp_cmd
        self.collect()
        counters = cdp("Memory.getDOMCounters", {})
        page["DOM nodes"] = counters["nodes"]
        page["event listeners"] = counters["jsEventListeners"]
        page["heap bytes"] = round(cdp("Runtime.getHeapUsage", {})["usedSize"])
        return {"kernel": kernel, "page": page}

    def versions(self) -> dict[str, str]:
        """Return the versions of what was measured, by name; the kernel's packages are ours."""
        capabilities = self.browser.capabilities
        installed = {name: version(name) for name in PACKAGES if _is_installed(name)}
        return {**installed, capabilities["browserName"]: capabilities["browserVersion"]}


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0
    return times.user + times.system
