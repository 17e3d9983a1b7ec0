"""What becomes of calls, counted from several threads."""

import threading
from collections import Counter

import pytest

from pybridge import journal
from pybridge.histogram import Histogram


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch):
    monkeypatch.setattr(journal, "_latency", Histogram())
    monkeypatch.setattr(journal, "_errors", Counter())


def test_nothing_is_counted_before_the_first_call():
    latency, errors = journal.counts()
    assert latency.count == 0
    assert errors == {}


def test_calls_are_counted_with_their_time_and_errors_by_their_code():
    journal.answered(3)
    journal.answered(7, "python")
    journal.answered(1, "no-handle")
    journal.answered(2, "python")
    latency, errors = journal.counts()
    assert (latency.count, latency.longest) == (4, 7)
    assert errors == {"python": 2, "no-handle": 1}


def test_what_was_given_does_not_change_any_more():
    journal.answered(1, "python")
    _, errors = journal.counts()
    journal.answered(1, "python")
    assert errors == {"python": 1}


def test_no_call_is_lost_that_several_threads_count():
    def count():
        for _ in range(1000):
            journal.answered(1, "python")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    latency, errors = journal.counts()
    assert latency.count == errors["python"] == 4000
