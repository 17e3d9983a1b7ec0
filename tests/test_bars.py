"""What a bar says, and when: the test moves its clock."""

import math

import pytest

from pybridge import bars
from pybridge.bars import Bar, Estimate


@pytest.fixture
def now(monkeypatch):
    """The clock, as a list of one; the thread that looks at bars is kept out."""
    clock = [100.0]
    monkeypatch.setattr(bars.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(bars, "_watch", set())
    return clock


@pytest.fixture
def said():
    return []


def look(bar, now, seconds):
    """Look at a bar some time later."""
    now[0] += seconds
    return bar.tell(now[0])


def fields(said, *names):
    return [tuple(message[name] for name in names) for message in said]


def test_what_is_over_soon_is_never_shown(now, said):
    with Bar(said.append, "counting", 10) as bar:
        bar.count()()
        look(bar, now, 0.4)
    assert said == []


def test_a_first_step_that_takes_long_is_shown_while_it_lasts(now, said):
    with Bar(said.append, "counting", 10) as bar:
        bar.count()
        look(bar, now, 0.6)
        assert fields(said, "text", "fraction", "left", "done") == [("counting", 0, None, False)]


def test_each_look_tells_what_is_new_and_nothing_else(now, said):
    with Bar(said.append, total=4) as bar:
        advance = bar.count()
        for _ in range(3):
            look(bar, now, 0.6)
        advance()
        advance()
        look(bar, now, 0.6)
    assert fields(said, "fraction", "done") == [(0, False), (0.5, False), (0.5, True)]


def test_the_end_is_told_once_and_nothing_after_it(now, said):
    bar = Bar(said.append)
    bar.say(0.5)
    look(bar, now, 1)
    bar.end()
    bar.end()
    bar.say(0.7)
    assert not look(bar, now, 1)
    assert fields(said, "done") == [(False,), (True,)]


def test_without_a_total_the_steps_and_the_time_are_counted(now, said):
    with Bar(said.append) as bar:
        advance = bar.count()
        for _ in range(5):
            advance()
        look(bar, now, 2)
    assert fields(said, "fraction", "left", "count", "elapsed")[0] == (None, None, 5, 2)


def test_more_steps_than_there_should_be_are_all_of_them(now, said):
    with Bar(said.append, total=2) as bar:
        advance = bar.count()
        for _ in range(5):
            advance()
        look(bar, now, 1)
    assert said[0]["fraction"] == 1


def test_who_counts_is_looked_at_again_and_who_has_spoken_is_not(now, said):
    with Bar(said.append, total=2) as counting, Bar(said.append) as saying:
        counting.count()
        saying.say(0.1)
        assert look(counting, now, 0.1) and look(saying, now, 0.1)
        assert look(counting, now, 1)
        assert not look(saying, now, 1)


def test_bars_have_numbers_of_their_own(now, said):
    for _ in range(2):
        bar = Bar(said.append)
        bar.say(0.5)
        look(bar, now, 1)
    assert said[0]["number"] != said[1]["number"]


def test_a_text_beyond_a_line_is_cut(now, said):
    bar = Bar(said.append, "x" * 10_000)
    bar.say(0)
    look(bar, now, 1)
    assert len(said[0]["text"]) < 1000


def test_a_bar_that_cannot_be_sent_gives_up(now):
    asked = []

    def send(message):
        asked.append(message)
        raise OSError("the socket is closed")

    with Bar(send, total=2) as bar:
        advance = bar.count()
        assert not look(bar, now, 1)
        advance()
        assert not look(bar, now, 1)
    assert len(asked) == 1


def test_a_bar_may_end_while_another_is_told(now, said):
    dropped = Bar(said.append, "dropped")
    dropped.say(0.1)
    look(dropped, now, 1)

    def send(message):
        said.append(message)
        dropped.end()  # as when the garbage collector closes a generator

    bar = Bar(send, "told")
    bar.say(0.5)
    look(bar, now, 1)
    assert fields(said, "text", "done") == [("dropped", False), ("told", False), ("dropped", True)]


def run(estimate, fractions, step=1.0, start=0.0):
    """Give the last estimate, of something that gets further at each step."""
    left = None
    for number, fraction in enumerate(fractions, 1):
        left = estimate.left(fraction, start + number * step)
    return left


def test_at_a_steady_pace_the_time_left_is_exact():
    assert run(Estimate(0, 0), [i / 100 for i in range(1, 61)]) == pytest.approx(40)


def test_before_anything_is_done_nobody_knows_how_long_it_takes():
    assert run(Estimate(0, 0), [0, 0, 0]) is None


def test_the_time_left_follows_a_change_of_pace():
    slow = [i / 100 for i in range(1, 21)]
    fast = [0.2 + i / 50 for i in range(1, 21)]
    assert run(Estimate(0, 0), slow + fast) == pytest.approx(20, rel=0.2)


def test_one_slow_step_hardly_changes_the_time_left():
    estimate = Estimate(0, 0)
    before = run(estimate, [i / 100 for i in range(1, 51)])
    after = estimate.left(0.51, 54)
    assert after == pytest.approx(before, rel=0.2)


def test_while_a_step_lasts_the_time_left_goes_down_and_never_below_nothing():
    estimate = Estimate(0, 0)
    before = run(estimate, [0.1, 0.2, 0.3])
    assert estimate.left(0.3, 5) == pytest.approx(before - 2)
    assert estimate.left(0.3, 1000) == 0


def test_what_begins_again_is_estimated_anew():
    estimate = Estimate(0, 0)
    run(estimate, [0.3, 0.6, 0.9])
    assert estimate.left(0.0, 4) is None
    assert estimate.left(0.1, 14) == pytest.approx(90)


def test_what_goes_on_from_the_middle_does_not_count_what_was_done_before(now, said):
    bar = Bar(said.append)
    for fraction in (0.5, 0.6):
        bar.say(fraction)
        look(bar, now, 1)
    assert [message["left"] for message in said] == [None, pytest.approx(4)]
    assert not math.isnan(said[1]["elapsed"])
