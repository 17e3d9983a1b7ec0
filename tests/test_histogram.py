"""How long things take, counted in a few numbers."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybridge.histogram import Histogram

from .node import Node

TIMES = st.lists(st.floats(0, 1e7, allow_nan=False), max_size=50)


@pytest.fixture(scope="module")
def page():
    with Node("count.mjs") as started:
        yield started


def histogram_of(*times):
    made = Histogram()
    for took in times:
        made.add(took)
    return made.summary()


def places(latency):
    """The places that hold any."""
    return [pair for pair in latency.histogram if pair[1]]


def test_of_nothing_nothing_is_known():
    latency = histogram_of()
    assert (latency.count, latency.median, latency.p95, latency.longest) == (0, None, None, None)
    assert not places(latency)


def test_each_is_counted_in_the_place_that_it_fits_into():
    latency = histogram_of(0, 0.1, 0.11, 1, 1.5, 2, 7, 50_000)
    assert places(latency) == [(0.1, 2), (0.2, 1), (1, 1), (2, 2), (10, 1), (50_000, 1)]
    assert latency.longest == 50_000


def test_what_is_beyond_all_bounds_is_counted():
    assert places(histogram_of(50_001, 1e9)) == [(None, 2)]


def test_the_median_and_the_slow_ones_are_about_right():
    latency = histogram_of(*(i / 10 for i in range(1, 1001)))
    assert latency.median == pytest.approx(50, abs=1)
    assert latency.p95 == pytest.approx(95, abs=1)


@given(TIMES)
def test_every_one_is_counted_once_and_none_took_longer_than_the_longest(times):
    latency = histogram_of(*times)
    assert latency.count == len(times) == sum(count for _, count in latency.histogram)
    if times:
        assert 0 <= latency.median <= latency.p95 <= latency.longest == max(times)


@given(TIMES)
def test_the_page_counts_as_python_does(page, times):
    theirs = page.ask(times)
    ours = asdict(histogram_of(*times))
    assert [tuple(pair) for pair in theirs.pop("histogram")] == list(ours.pop("histogram"))
    assert theirs == pytest.approx(ours)
