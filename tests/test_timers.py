"""What is to be done later is done then, in one thread."""

import threading
import time

import pytest

from pybridge import timers
from pybridge.timers import call_later


@pytest.fixture
def done():
    """What was done, and in which thread; a test waits for it."""
    return Done()


class Done(list):
    def note(self, name):
        return lambda: self.append((name, threading.current_thread().name))

    def wait(self, count):
        deadline = time.monotonic() + 30
        while len(self) < count and time.monotonic() < deadline:
            time.sleep(0.001)
        return [name for name, _ in self]


def test_things_are_done_in_the_order_of_their_times(done):
    began = time.monotonic()
    call_later(0.06, done.note("c"))
    call_later(0.02, done.note("a"))
    call_later(0.04, done.note("b"))
    assert done.wait(3) == ["a", "b", "c"]
    assert time.monotonic() - began >= 0.06
    assert {thread for _, thread in done} == {"pybridge-timers"}


def test_what_is_cancelled_is_not_done(done):
    timer = call_later(0.01, done.note("a"))
    timer.cancel()
    call_later(0.02, done.note("b"))
    assert done.wait(1) == ["b"]


def test_what_fails_is_told_and_keeps_nothing_else_from_being_done(done, caplog):
    call_later(0, lambda: 1 / 0)
    call_later(0.01, done.note("a"))
    assert done.wait(1) == ["a"]
    assert "division" in caplog.text


def test_what_is_done_may_ask_for_more(done):
    call_later(0, lambda: call_later(0, done.note("a")))
    assert done.wait(1) == ["a"]


def test_a_thread_that_is_gone_is_replaced(done, monkeypatch):
    gone = threading.Thread(target=lambda: None)
    gone.start()
    gone.join()
    monkeypatch.setattr(timers, "_thread", gone)
    monkeypatch.setattr(timers, "_added", type(timers._added)())
    call_later(0, done.note("a"))
    assert done.wait(1) == ["a"]
