"""Items of a generator on their way out, with a clock that the test turns."""

import threading
import time

import numpy as np
import pytest

from pybridge import items
from pybridge.errors import NotSerializableError
from pybridge.items import INTERVAL, ItemBatch


class Clock:
    """Stands in for `time` and `timers`."""

    def __init__(self):
        self.now = 100.0
        self.timers = []

    def monotonic(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds
        due = [timer for timer in self.timers if timer.at <= self.now]
        self.timers = [timer for timer in self.timers if timer.at > self.now]
        for timer in due:
            timer.function()

    def call_later(self, seconds, function):
        timer = Timer(self, self.now + seconds, function)
        self.timers.append(timer)
        return timer


class Timer:
    def __init__(self, clock, at, function):
        self.clock, self.at, self.function = clock, at, function

    def cancel(self):
        if self in self.clock.timers:
            self.clock.timers.remove(self)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(items.time, "monotonic", made.monotonic)
    monkeypatch.setattr(items.timers, "call_later", made.call_later)
    return made


@pytest.fixture
def sent():
    return []


@pytest.fixture
def batch(sent):
    return ItemBatch(lambda reply, buffers: sent.append((reply, [bytes(b) for b in buffers])))


def values(sent):
    return [reply["values"] for reply, _ in sent]


def all_values(sent):
    return [value for reply, _ in sent for value in reply["values"]]


def test_the_first_item_is_sent_at_once(clock, batch, sent):
    with batch:
        batch.add(1)
        assert sent == [({"kind": "items", "first": 0, "values": [1]}, [])]
    assert values(sent) == [[1]]
    assert clock.timers == []


def test_items_that_come_fast_share_a_message_that_is_not_late(clock, batch, sent):
    with batch:
        for item in range(5):
            batch.add(item)
        assert values(sent) == [[0]] and len(clock.timers) == 1
        clock.advance(INTERVAL)
        assert values(sent) == [[0], [1, 2, 3, 4]]
        batch.add(5)
        assert values(sent)[2:] == []
    assert values(sent) == [[0], [1, 2, 3, 4], [5]]
    assert [reply["first"] for reply, _ in sent] == [0, 1, 5]
    assert batch.count == 6


def test_items_that_come_slowly_are_sent_one_by_one(clock, batch, sent):
    with batch:
        for item in range(3):
            batch.add(item)
            clock.advance(INTERVAL)
    assert values(sent) == [[0], [1], [2]]


def test_no_more_than_one_message_goes_in_an_interval(clock, batch, sent):
    with batch:
        for item in range(1000):
            batch.add(item)
            clock.advance(INTERVAL / 50)
    assert all_values(sent) == list(range(1000))
    assert len(sent) <= 22


def test_the_end_sends_the_rest_even_after_an_error(clock, batch, sent):
    with pytest.raises(ValueError, match="enough"), batch:  # noqa: PT012
        batch.add(1)
        batch.add(2)
        raise ValueError("enough")
    assert values(sent) == [[1], [2]]
    assert clock.timers == []


def test_nothing_is_sent_for_nothing(clock, batch, sent):
    with batch:
        pass
    assert sent == [] and clock.timers == []


def test_an_item_that_cannot_be_sent_does_not_keep_back_the_others(clock, batch, sent):
    with pytest.raises(NotSerializableError), batch:  # noqa: PT012
        batch.add(1)
        batch.add(2)
        batch.add({"a": print})
    assert values(sent) == [[1], [2]]
    assert clock.timers == []


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_could_not_be_sent_is_sent_later(sent, error):
    failures = [error]

    def send(reply, _):
        if failures:
            raise failures.pop()
        sent.append((reply, []))

    with ItemBatch(send) as batch:
        with pytest.raises(error):
            batch.add(1)
        batch.add(2)
    assert [(reply["first"], reply["values"]) for reply, _ in sent] == [(0, [1, 2])]
    assert batch.count == 2


def test_binary_parts_go_with_their_items_as_they_were(clock, batch, sent):
    array = np.zeros(1, "int8")
    with batch:
        for number in range(3):
            array[0] = number
            batch.add(array)
    assert [buffers for _, buffers in sent] == [[b"\0"], [b"\1", b"\2"]]
    assert [value["b"] for value in all_values(sent)] == [0, 0, 1]
    assert clock.timers == []


def test_real_timers_send_without_the_help_of_another_item(sent):
    with ItemBatch(lambda reply, _: sent.append(reply)) as batch:
        batch.add(1)
        batch.add(2)
        deadline = time.monotonic() + 30
        while len(sent) < 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        assert [reply["values"] for reply in sent] == [[1], [2]]


def test_a_long_row_of_fast_items_takes_no_thread_for_each_message():
    senders = set()
    with ItemBatch(lambda *_: senders.add(threading.get_ident())) as batch:
        for item in range(200):
            batch.add(item)
            time.sleep(INTERVAL / 5)
    assert 1 < len(senders) <= 2
