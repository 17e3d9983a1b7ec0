"""Bars under cells: not for what is over soon, and never left behind."""

from __future__ import annotations

import pytest

from pybridge import host, progress


@pytest.fixture
def told(monkeypatch):
    """What pages are told, and a clock that the test moves."""

    class Told(list):
        now = 0.0

    messages = Told()
    monkeypatch.setattr(host, "has_pages", lambda: True)
    monkeypatch.setattr(
        host, "broadcast", lambda name, value: messages.append((name, value["fraction"]))
    )
    monkeypatch.setattr(progress.time, "monotonic", lambda: messages.now)
    return messages


def test_what_is_over_soon_shows_nothing(told):
    with progress.cell_progress("counting") as tell:
        tell(0.5)
    assert told == []


def test_what_takes_long_is_told_now_and_then_and_taken_back(told):
    with progress.cell_progress("counting") as tell:
        for step in range(100):
            told.now = step / 20
            tell(step / 100)
    fractions = [fraction for _, fraction in told]
    assert fractions[0] >= 0.1
    assert 20 < len(fractions) <= 50
    assert fractions[-1] is None
    assert {name for name, _ in told} == {progress.PROGRESS}


def test_what_fails_is_taken_back(told):
    def fail():
        with progress.cell_progress("counting") as tell:
            told.now = 1
            tell(0.5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [fraction for _, fraction in told] == [0.5, None]


def test_without_pages_nobody_is_told(told, monkeypatch):
    monkeypatch.setattr(host, "has_pages", lambda: False)
    with progress.cell_progress("counting") as tell:
        told.now = 1
        tell(0.5)
    assert told == []
