"""Who is told how far something is: a call's page, a cell's pages, a terminal, or nobody."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import io
import itertools
import json
import subprocess
import sys
import threading

import pytest
import tqdm

import pybridge
from pybridge import bars, host, registry, reporting

from .kernel import call, kernel

__all__ = ["kernel"]


@pytest.fixture
def told(monkeypatch):
    """What pages of a cell are told; its `asked` is the message that runs, None for no kernel."""

    class Told(list):
        def news(self, *names):
            return [tuple(message[name] for name in names) for message in self]

    messages = Told()
    messages.asked = {"header": {"msg_id": "cell-1"}}
    monkeypatch.setattr(bars, "_PATIENCE", 0)
    monkeypatch.setattr(bars, "_INTERVAL", 0.001)
    monkeypatch.setattr(bars, "_watch", bars._Watch())
    monkeypatch.setattr(registry, "_handles", {})
    monkeypatch.setattr(reporting, "_cell", None)
    monkeypatch.setattr(host, "handled", lambda: messages.asked)
    monkeypatch.setattr(
        host,
        "broadcast",
        lambda name, value, during: messages.append({**value, "name": name, "during": during}),
    )
    return messages


def until(condition):
    """Wait for the thread that looks at bars."""
    event = threading.Event()
    for _ in range(10_000):
        if condition():
            return
        event.wait(0.001)
    raise AssertionError("it has never come")


def steps(iterable, told):
    """Iterate, and let each step be told before the next."""
    begun = len(told)
    for number, item in enumerate(iterable):
        until(lambda number=number: any(message["count"] == number for message in told[begun:]))
        yield item


def test_all_items_come_in_their_order():
    assert list(pybridge.progress(range(1000))) == list(range(1000))
    assert list(pybridge.progress(iter("abc"))) == ["a", "b", "c"]
    assert list(pybridge.progress({"a": 1})) == ["a"]


def test_a_cell_is_told_how_far_its_loop_is(told):
    list(steps(pybridge.progress("abcd", "spelling"), told))
    news = told.news("text", "fraction", "done")
    assert news[:4] == [("spelling", step / 4, False) for step in range(4)]
    assert news[-1] == ("spelling", 1, True)
    assert {message["during"]["header"]["msg_id"] for message in told} == {"cell-1"}


def test_a_total_stands_in_for_a_length_that_is_not_there(told):
    list(steps(pybridge.progress(iter("ab"), total=2), told))
    assert (0.5, 1) in told.news("fraction", "count")


@pytest.mark.parametrize("total", [None, 0, -3, float("inf"), float("nan")])
def test_without_a_length_only_the_count_is_told(told, total):
    list(steps(pybridge.progress(iter("ab"), total=total), told))
    assert (None, 1) in told.news("fraction", "count")


def test_a_length_beyond_all_numbers_is_none():
    loop = pybridge.progress(range(10**30))
    assert list(itertools.islice(loop, 2)) == [0, 1]


def test_nested_loops_have_bars_of_their_own(told):
    for _ in steps(pybridge.progress("ab", "outer"), told):
        list(steps(pybridge.progress("xy", "inner"), told))
    numbers = {message["number"]: message["text"] for message in told}
    assert sorted(numbers.values()) == ["inner", "inner", "outer"]
    assert sorted(message["number"] for message in told if message["done"]) == sorted(numbers)


def test_a_loop_that_is_left_or_fails_takes_its_bar_along(told):
    for _ in pybridge.progress("abc"):
        until(lambda: told)
        break
    assert told.news("done") == [(False,), (True,)]

    def fail():
        for _ in pybridge.progress("abc"):
            until(lambda: len(told) == 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told.news("done") == [(False,), (True,)] * 2


def test_asynchronous_iterables_are_iterated_asynchronously():
    async def letters():
        for letter in "ab":
            await asyncio.sleep(0)
            yield letter

    async def collect():
        return [letter async for letter in pybridge.progress(letters(), "waiting", total=2)]

    assert asyncio.run(collect()) == ["a", "b"]


def test_what_is_no_iterable_is_refused_at_once():
    with pytest.raises(TypeError, match="something to iterate over, not int"):
        pybridge.progress(5)


def test_without_a_kernel_a_loop_is_only_a_loop(told, capsys):
    told.asked = None
    assert list(pybridge.progress("ab", "quiet")) == ["a", "b"]
    assert told == []
    assert capsys.readouterr() == ("", "")


def in_a_terminal(told, monkeypatch):
    """Have neither page nor kernel, but a terminal; give it. Bars come at once."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    told.asked = None
    shown = tqdm.tqdm
    # Not in a fixture: pytest puts its own there when the test begins.
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(tqdm, "tqdm", lambda **options: shown(**{**options, "delay": 0}))
    return sys.stderr


def test_in_a_terminal_the_bar_is_tqdms(told, monkeypatch):
    terminal = in_a_terminal(told, monkeypatch)
    loop = pybridge.progress("ab", "spelling")
    assert list(loop) == ["a", "b"]
    assert "spelling: 100%" in terminal.getvalue()


def test_in_a_terminal_a_fraction_is_shown_as_well(told, monkeypatch):
    terminal = in_a_terminal(told, monkeypatch)
    with reporting.working("rendering") as tell:
        tell(0.25)
        tell(1.0)
    assert "rendering: 100%" in terminal.getvalue()
    assert "?" not in terminal.getvalue().rpartition("\r")[2]


def test_what_ends_early_is_not_shown_as_done(told, monkeypatch):
    terminal = in_a_terminal(told, monkeypatch)
    with contextlib.suppress(ZeroDivisionError), reporting.working("rendering") as tell:
        tell(0.5)
        1 / 0  # noqa: B018
    assert "rendering:  50%" in terminal.getvalue()
    assert "100%" not in terminal.getvalue()


def test_a_forked_process_says_nothing(told, monkeypatch):
    monkeypatch.setattr(reporting, "_is_fork", True)
    assert list(pybridge.progress("ab")) == ["a", "b"]
    assert told == []


def test_a_handle_reports_below_the_cell(told):
    handle = pybridge.register("object", "thing")
    handle.report(0.25, "loading")
    until(lambda: told)
    handle.report(0.5, "training")
    until(lambda: len(told) == 2)
    assert told.news("fraction", "text") == [(0.25, "loading"), (0.5, "training")]
    assert told[0]["number"] == told[1]["number"]
    told.asked = {"header": {"msg_id": "cell-2"}}
    handle.report(0.1)
    until(lambda: len(told) == 3)
    assert told[2]["number"] != told[0]["number"]
    assert told[2]["during"]["header"]["msg_id"] == "cell-2"


def test_handles_that_report_in_one_call_have_bars_of_their_own(told):
    replies = []
    with reporting.answering(replies.append):
        pybridge.register("object", "one").report(0.1)
        pybridge.register("object", "two").report(0.2)
        until(lambda: len(replies) == 2)
    assert len({reply["number"] for reply in replies}) == 2
    assert {reply["kind"] for reply in replies} == {"progress"}
    assert told == []


def test_what_a_call_left_behind_reports_to_nobody(told):
    replies = []
    with reporting.answering(replies.append):
        context = contextvars.copy_context()
    context.run(pybridge.register("object", "thing").report, 0.5)
    context.run(lambda: list(pybridge.progress(range(1000))))
    assert replies == [] and told == []


def test_a_report_that_is_beyond_is_at_the_end(told):
    handle = pybridge.register("object", "thing")
    for given, meant in ((1.5, 1), (-1, 0), (None, None), (float("nan"), None)):
        before = len(told)
        handle.report(given, f"{given}")
        until(lambda before=before: len(told) > before)
        assert told[-1]["fraction"] == meant


@pytest.mark.parametrize("fraction", ["half", [0.5]])
def test_a_report_of_no_number_is_refused_whoever_waits(told, fraction):
    told.asked = None
    with pytest.raises(TypeError, match="a number from 0 to 1, or None"):
        pybridge.register("object", "thing").report(fraction)


def test_work_without_a_loop_shows_a_bar_for_as_long_as_it_lasts(told):
    with reporting.working("baking") as tell:
        tell(0.5)
        until(lambda: told)
    assert told.news("text", "fraction", "done") == [("baking", 0.5, False), ("baking", 0.5, True)]
    told.asked = None
    with reporting.working("baking") as tell:
        tell(0.5)
    assert len(told) == 2


def test_the_function_is_found_whatever_was_imported_before():
    code = (
        "import pybridge.reporting, pybridge\n"
        "from pybridge import progress\n"
        "assert progress is pybridge.progress is pybridge.reporting.progress"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


SLOW = """
import asyncio, threading, time
import pybridge

class Slow:
    @pybridge.export
    def loop(self):
        for i in pybridge.progress(range(4), "looping"):
            self.wait()
        return "done"

    @pybridge.export
    async def loop_later(self):
        for i in pybridge.progress(range(4), "looping"):
            await asyncio.to_thread(self.wait)

    @pybridge.export
    def items(self):
        for i in pybridge.progress(range(4), "looping"):
            self.wait()
            yield i

    @pybridge.export
    def report(self):
        handle = pybridge.get("slow")
        for i in range(4):
            handle.report(i / 4, "reporting")
            self.wait()

    @pybridge.export
    async def report_in_thread(self):
        await asyncio.to_thread(self.report)

    @pybridge.export
    def fail(self):
        for i in pybridge.progress(range(4), "failing"):
            self.wait()
            if i == 2:
                raise ValueError("enough")

    def wait(self):
        time.sleep(0.6)

pybridge.register(Slow(), "slow")
"""


@pytest.fixture
def slow(kernel):
    kernel.setup(SLOW)
    return kernel


def shown(replies):
    return [reply for reply in replies.bridge if reply["kind"] == "progress"]


@pytest.mark.parametrize("method", ["loop", "loop_later", "items", "report", "report_in_thread"])
def test_a_call_is_told_how_far_it_is(slow, method):
    replies = slow.call("slow", method=method)
    assert replies.last["kind"] == "result"
    told = shown(replies)
    fractions = [reply["fraction"] for reply in told]
    assert len(fractions) > 1 and fractions == sorted(fractions)
    assert {reply["text"] for reply in told} <= {"looping", "reporting"}
    assert any(reply["left"] is not None for reply in told)
    assert told[-1]["done"] == (not method.startswith("report"))


def test_a_call_that_fails_has_taken_back_its_bar_before(slow):
    replies = slow.call("slow", method="fail")
    assert replies.error["type"] == "ValueError"
    assert shown(replies)[-1]["done"]


def test_a_call_that_is_cancelled_has_taken_back_its_bar_before(slow):
    request = call("slow", method="loop")
    msg_id = slow.ask(request)
    slow.wait_until_busy(msg_id)
    slow.cancel(request)
    replies = slow.replies(msg_id)
    assert replies.error["code"] == "cancelled"
    assert not shown(replies) or shown(replies)[-1]["done"]


def test_a_cell_tells_events_and_puts_nothing_out(slow):
    replies = slow.replies(
        slow.send(
            "for i in pybridge.progress(range(4), 'looping'): time.sleep(0.6)",
            silent=False,
            allow_stdin=True,
        )
    )
    events = [message for message in replies.messages if message["msg_type"] == host.EVENT]
    told = [json.loads(event["content"]["body"]) for event in events]
    assert {event["content"]["name"] for event in events} == {reporting.PROGRESS}
    assert told[-1]["done"] and 0 < told[-1]["fraction"] <= 1
    assert {message["msg_type"] for message in replies.messages} == {host.EVENT, "execute_input"}


def test_a_cell_that_nobody_looks_at_tells_nothing(slow):
    replies = slow.cell("for i in pybridge.progress(range(4), 'looping'): time.sleep(0.6)")
    assert replies.kinds == ["execute_input"]
