"""What `pybridge.debug()` tells, of a real kernel and of this process."""

import json
import logging
import sys
import threading
import time

import pytest

import pybridge
from pybridge import debugging, journal, pages, running, subshells, uploads
from pybridge.histogram import Histogram
from pybridge.operations import describe

from .kernel import call, kernel, request

__all__ = ["kernel"]

SETUP = """
import asyncio, json, logging, threading
import pybridge

@pybridge.export
def add(a, b):
    return a + b

@pybridge.export
def fail():
    raise ValueError("as asked")

@pybridge.export
def now():
    return pybridge.debug().as_dict()

@pybridge.export
async def doze():
    print("dozing", flush=True)
    await asyncio.sleep(60)

class Thing:
    pass

@pybridge.export
def make():
    return Thing()
"""


@pytest.fixture(scope="module")
def ready(kernel):
    kernel.setup(SETUP)
    return kernel


def now(kernel):
    return kernel.call("now").value


@pytest.fixture
def _nothing_happens(monkeypatch):
    monkeypatch.setattr(journal, "_latency", Histogram())
    monkeypatch.setattr(journal, "_errors", type(journal._errors)())
    monkeypatch.setattr(pages, "_pages", {})
    monkeypatch.setattr(running, "_calls", {})
    monkeypatch.setattr(subshells, "_opened", set())
    monkeypatch.setattr(uploads, "_uploads", {})


# -- in a kernel --------------------------------------------------------------------------------


def test_a_call_sees_itself_in_flight(ready):
    told = now(ready)
    [seen] = told["calls"]
    assert (seen["what"], seen["lane"], told["in_flight"]) == ("call now", "main", 1)
    assert seen["age"] >= 0


def test_calls_are_counted_once_they_are_answered(ready):
    before = now(ready)
    ready.call("add", 1, 2)
    after = now(ready)
    # The call that told of `before` is the other one.
    assert after["answered"] == before["answered"] + 2
    assert after["latency"]["count"] == after["answered"]
    assert after["latency"]["longest"] > 0


def test_errors_are_counted_by_their_code(ready):
    before = now(ready)["errors"]
    ready.call("fail")
    ready.call("nobody")
    ready.call("nobody")
    ready.do({"nonsense": True})
    after = now(ready)["errors"]
    more = {code: count - before.get(code, 0) for code, count in after.items()}
    assert more == {"python": 1, "no-handle": 2, "bad-argument": 1}


def test_a_cancelled_call_is_counted_and_in_flight_no_more(ready):
    doze = call("doze")
    msg_id = ready.ask(doze)
    ready.wait_for_text(msg_id, "dozing")
    ready.cancel(doze)
    assert ready.replies(msg_id).error["code"] == "cancelled"
    told = now(ready)
    assert told["errors"]["cancelled"] == 1
    assert told["in_flight"] == 1


def test_what_pages_hold_is_counted_by_page(ready):
    reference = ready.call("make").value
    told = now(ready)
    [page] = told["pages"]
    assert page["py_proxies"] == told["py_proxies"] == 1
    assert told["js_proxies"] == 0
    assert len(page["page"]) == 8
    ready.release(reference)
    # It goes by another channel than the calls.
    deadline = time.monotonic() + 30
    while now(ready)["py_proxies"]:
        assert time.monotonic() < deadline, "it was not given back"


def test_unfinished_uploads_are_counted(ready):
    ready.do(request("upload", upload="u", offset=0, total=8), [b"half"])
    assert now(ready)["uploads"] == 1
    ready.do(request("upload.drop", upload="u"))
    assert now(ready)["uploads"] == 0


def test_handles_and_models_are_counted(ready):
    before = now(ready)
    ready.setup("model = pybridge.Model(); handle = pybridge.register(model)")
    after = now(ready)
    assert after["handles"] == before["handles"] + 1
    assert after["models"] == before["models"] + 1
    ready.setup("handle.release(); del handle, model")
    assert now(ready)["handles"] == before["handles"]


def test_a_notebook_shows_it_as_tables(ready):
    ready.call("fail")
    [shown] = [
        message["content"]["data"]
        for message in ready.cell("pybridge.debug()").messages
        if message["msg_type"] == "execute_result"
    ]
    assert "<td>answered</td>" in shown["text/html"]
    assert "python" in shown["text/plain"] and "python" in shown["text/html"]
    assert shown["text/plain"].startswith("pybridge ")


def test_nothing_is_logged_unless_it_is_asked_for(ready):
    assert ready.call("add", 1, 2).kinds == ["result"]
    ready.setup("""
class Lines(logging.Handler):
    lines = []

    def emit(self, record):
        self.lines.append([record.name, record.levelname, self.format(record)])

logging.getLogger("pybridge").addHandler(Lines())
logging.getLogger("pybridge").setLevel("DEBUG")
""")
    ready.call("add", "a secret", "value")
    ready.setup('logging.getLogger("pybridge").setLevel("NOTSET")')
    lines = ready.look("Lines.lines")
    asked = [line for line in lines if "call add" in line[2]]
    assert [(name, level) for name, level, _ in asked] == [("pybridge.dispatch", "DEBUG")] * 2
    assert "began" in asked[0][2] and "answered after" in asked[1][2]
    assert "secret" not in str(lines)


# -- without one --------------------------------------------------------------------------------


@pytest.mark.usefixtures("_nothing_happens")
def test_where_nothing_has_happened_there_is_nothing_to_tell():
    told = pybridge.debug()
    assert (told.in_flight, told.answered, told.errors, told.pages) == (0, 0, {}, ())
    assert told.version == pybridge.__version__
    assert "no calls" in repr(told)
    assert "no page has called" in told._repr_html_()


@pytest.mark.usefixtures("_nothing_happens")
def test_all_of_it_can_be_written_as_json():
    journal.answered(3, "python")
    pages._pages["page"] = pages.Page("a-page-of-a-browser", [])
    told = json.loads(json.dumps(pybridge.debug().as_dict()))
    assert told["errors"] == {"python": 1}
    assert told["pages"][0]["page"] == "a-page-o"
    assert told["latency"]["histogram"][4:6] == [[2.0, 0], [5.0, 1]]


@pytest.mark.usefixtures("_nothing_happens")
def test_calls_of_other_threads_are_of_the_side_lane():
    begun, over = threading.Event(), threading.Event()

    def work():
        with running.Call("a", "call sim.status"):
            begun.set()
            over.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(30)
    told = pybridge.debug()
    over.set()
    thread.join()
    assert [(row.what, row.lane) for row in told.calls] == [("call sim.status", "side")]
    assert "call sim.status (side lane)" in repr(told)
    assert "<td>side</td>" in told._repr_html_()


@pytest.mark.usefixtures("_nothing_happens")
def test_what_a_page_has_named_is_escaped():
    with running.Call("a", "call <script>"):
        shown = pybridge.debug()._repr_html_()
    assert "&lt;script&gt;" in shown
    assert "<script>" not in shown


@pytest.mark.usefixtures("_nothing_happens")
def test_the_fullest_place_of_the_histogram_has_the_longest_bar():
    for took in (3, 3, 3, 3, 70):
        journal.answered(took)
    text = repr(pybridge.debug())
    assert f"  up to 5 ms              {'#' * 30} 4" in text
    assert f"  up to 100 ms            {'#' * 8} 1" in text


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"op": "call", "name": "sim", "method": "step", "args": ["secret"]}, "call sim.step"),
        ({"op": "call", "name": "f", "method": None}, "call f"),
        ({"op": "globals.set", "name": "x", "value": "secret"}, "globals.set x"),
        ({"op": "proxy.call", "path": ["a", "b"], "args": ["secret"]}, "proxy.call a.b"),
        ({"op": "proxy.get", "key": "secret"}, "proxy.get"),
        ({"op": "run", "code": "secret"}, "run"),
        ({"op": 5, "name": ["secret"], "path": "secret"}, "5"),
        ({"op": "call", "name": "n" * 1000}, f"call {'n' * 75}"),
    ],
)
def test_a_request_is_named_without_its_values(asked, name):
    assert describe(asked) == name


def test_every_logger_of_pybridge_is_named_after_its_module():
    found = {
        name: module._logger.name
        for name, module in list(sys.modules.items())
        if name.startswith("pybridge.") and hasattr(module, "_logger")
    }
    assert {"pybridge.dispatch", "pybridge.pages", "pybridge.running"} <= found.keys()
    assert all(name == logger for name, logger in found.items())
    handlers = logging.getLogger("pybridge").handlers
    assert any(isinstance(handler, logging.NullHandler) for handler in handlers)
    assert debugging.__name__ == "pybridge.debugging"
