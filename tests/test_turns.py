"""Calls under one lock: they exclude each other while they compute, not while they wait."""

import asyncio
import threading

import pytest

from pybridge.turns import take_turn


class Lock:
    """A lock that notes when it was taken, and by how many at once."""

    def __init__(self):
        self._lock = threading.RLock()
        self.taken = 0
        self.held = False

    def __enter__(self):
        self._lock.acquire()
        self.taken += 1
        self.held = True
        return self

    def __exit__(self, *exc_info):
        self.held = False
        self._lock.release()


@pytest.fixture
def lock():
    return Lock()


def call(lock, function, *args, **kwargs):
    return take_turn(lock, function, args, kwargs)


def test_a_function_is_called_under_the_lock(lock):
    assert call(lock, lambda a, b=0: (a, b, lock.held), 1, b=2) == (1, 2, True)
    assert not lock.held


def test_an_error_releases_it(lock):
    with pytest.raises(ZeroDivisionError):
        call(lock, lambda: 1 / 0)
    assert not lock.held


def test_a_generator_holds_it_from_item_to_item(lock):
    closed = []

    def count(n):
        try:
            for i in range(n):
                yield i, lock.held
            return "done"
        finally:
            closed.append(lock.held)

    def drain():
        result = yield from call(lock, count, 2)
        yield result

    seen = []
    for item in drain():
        seen.append(item)
        assert not lock.held
    assert seen == [(0, True), (1, True), "done"]
    assert closed == [True]


def test_what_is_sent_to_a_generator_reaches_it(lock):
    def echo():
        heard = None
        while True:
            try:
                heard = yield heard, lock.held
            except KeyError as error:
                heard = error.args[0]

    items = call(lock, echo)
    assert next(items) == (None, True)
    assert items.send(5) == (5, True)
    assert items.throw(KeyError("thrown")) == ("thrown", True)

    async def echo_later():
        heard = None
        while True:
            try:
                heard = yield heard, lock.held
            except KeyError as error:
                heard = error.args[0]

    async def main():
        items = call(lock, echo_later)
        assert await anext(items) == (None, True)
        assert await items.asend(5) == (5, True)
        assert await items.athrow(KeyError("thrown")) == ("thrown", True)
        await items.aclose()

    asyncio.run(main())


def test_a_generator_that_is_left_is_closed(lock):
    closed = []

    def forever():
        try:
            while True:
                yield
        finally:
            closed.append(True)

    items = call(lock, forever)
    next(items)
    items.close()
    assert closed == [True]


def test_a_coroutine_holds_it_from_wait_to_wait(lock):
    async def work():
        before = lock.held
        await asyncio.sleep(0)
        between = lock.held
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.01)
        except asyncio.TimeoutError:  # Python 3.10 has one of its own
            return before, between, lock.held
        return None

    async def main():
        task = asyncio.ensure_future(call(lock, work))
        await asyncio.sleep(0)
        assert not lock.held
        return await task

    assert asyncio.run(main()) == (True, True, True)
    assert lock.taken > 2


def test_a_coroutine_hears_that_it_is_cancelled(lock):
    heard = []

    async def work():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            heard.append(lock.held)
            raise

    async def main():
        task = asyncio.ensure_future(call(lock, work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert heard == [True]


def test_an_asynchronous_generator_cleans_up_under_it(lock):
    cleaned = []

    async def count():
        try:
            while True:
                yield
        finally:
            cleaned.append(lock.held)
            await asyncio.sleep(0)
            cleaned.append(lock.held)

    async def main():
        items = call(lock, count)
        await anext(items)
        await items.aclose()

    asyncio.run(main())
    assert cleaned == [True, True]


def test_an_asynchronous_generator_holds_it_too(lock):
    closed = []

    async def count(n):
        try:
            for i in range(n):
                await asyncio.sleep(0)
                yield i, lock.held
        finally:
            closed.append(True)

    async def main():
        return [(item, lock.held) async for item in call(lock, count, 2)]

    assert asyncio.run(main()) == [((0, True), False), ((1, True), False)]
    assert closed == [True]


def test_two_threads_never_compute_at_once():
    lock = threading.RLock()
    inside, most = [], []

    def work():
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.001)
        inside.pop()

    threads = [
        threading.Thread(target=lambda: [take_turn(lock, work, (), {}) for _ in range(20)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
