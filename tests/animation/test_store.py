from __future__ import annotations

import random

import pytest

from pybridge.animation.frame import EncodedFrame
from pybridge.animation.store import FrameStore


def frame(index, size=10, scale=1.0):
    return EncodedFrame(index, bytes(size), 1, 1, scale, "")


def filled(budget, indexes, *, length_known):
    store = FrameStore(budget)
    for index in indexes:
        store.put(frame(index), length_known=length_known)
    return store


@pytest.mark.parametrize("length_known", [True, False])
def test_everything_is_kept_while_it_fits(length_known):
    store = filled(100, range(10), length_known=length_known)
    assert sorted(store) == list(range(10))
    assert (len(store), store.nbytes, store.evicted) == (10, 100, 0)


def test_without_a_length_the_least_recently_used_goes():
    store = filled(100, range(10), length_known=False)
    store.get(0, 1.0)
    for index in range(10, 15):
        store.put(frame(index), length_known=False)
    assert sorted(store) == [0, *range(6, 15)]
    assert store.evicted == 5


def test_with_a_length_the_beginning_and_the_latest_stay():
    store = filled(100, range(50), length_known=True)
    assert sorted(store) == [*range(7), 47, 48, 49]


def test_a_loop_longer_than_the_budget_still_finds_most_of_what_is_held():
    store, hits = FrameStore(100), 0
    for _ in range(10):
        for index in range(20):
            if store.get(index, 1.0):
                hits += 1
            else:
                store.put(frame(index), length_known=True)
    assert hits >= 9 * 7


def test_a_frame_larger_than_the_budget_is_not_kept():
    store = filled(100, range(3), length_known=True)
    store.put(frame(9, size=101), length_known=True)
    assert sorted(store) == [0, 1, 2]


def test_the_newest_stays_even_if_it_takes_most_of_the_room():
    store = filled(100, range(10), length_known=True)
    store.put(frame(10, size=95), length_known=True)
    assert sorted(store) == [10]


def test_scales_are_kept_apart():
    store = FrameStore()
    small, large = frame(3, scale=1.0), frame(3, scale=2.0)
    store.put(large, length_known=True)
    assert store.get(3, 1.0) is None
    store.put(small, length_known=True)
    assert store.get(3, 1.0) is small
    assert store.at_any_scale(3) is large
    store.remove(large)
    assert store.at_any_scale(3) is small
    assert store.at_any_scale(4) is None


def test_a_new_drawing_takes_the_place_of_the_old_one():
    store = filled(100, range(5), length_known=True)
    again = frame(2, size=20)
    store.put(again, length_known=True)
    assert store.get(2, 1.0) is again
    assert store.nbytes == 60


def test_clearing():
    store = filled(100, range(50), length_known=True)
    store.clear()
    assert (len(store), store.nbytes, sorted(store)) == (0, 0, [])
    store.put(frame(1), length_known=True)
    assert store.nbytes == 10


@pytest.mark.parametrize("seed", range(5))
def test_never_over_budget_whatever_is_done(seed):
    rng = random.Random(seed)
    store = FrameStore(1000)
    for _ in range(2000):
        index, scale = rng.randrange(60), rng.choice([1.0, 2.0])
        action = rng.random()
        if action < 0.6:
            new = frame(index, rng.randrange(1, 300), scale)
            store.put(new, length_known=rng.random() < 0.8)
            assert store.get(index, scale) is new
        elif action < 0.9:
            store.get(index, scale)
        else:
            store.remove(frame(index, scale=scale))
        held = [store.get(i, s) for i in range(60) for s in (1.0, 2.0)]
        assert store.nbytes == sum(len(f.data) for f in held if f) <= 1000
        assert sorted(store) == sorted({f.index for f in held if f})
        assert len(store) == sum(f is not None for f in held)
