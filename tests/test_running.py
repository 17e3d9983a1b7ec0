"""Cancels and interrupts reach the call that they are meant for, and nothing else."""

import asyncio
import os
import random
import signal
import sys
import threading
import time

import pytest

from pybridge import running
from pybridge.errors import CancelledError
from pybridge.errors import InterruptedError as StoppedError
from pybridge.running import Call, cancel


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    monkeypatch.setattr(running, "_calls", {})
    monkeypatch.setattr(running, "_early", type(running._early)())
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before
    assert running._calls == {}
    assert not running._lock.locked()


def interrupt():
    """Interrupt this process as a notebook's stop button does."""
    os.kill(os.getpid(), signal.SIGINT)


class Background:
    """Runs something in another thread, which is over at the end of the block."""

    def __init__(self, function, *args):
        self.thread = threading.Thread(target=function, args=args)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc_info):
        self.thread.join()


def work():
    """Compute until stopped. A signal that comes just before a sleep is seen only after it."""
    while True:
        time.sleep(0.001)


def test_a_cancel_stops_what_runs():
    with Call("a") as call:
        begun = threading.Event()
        with Background(lambda: (begun.wait(), cancel("a"))):  # noqa: SIM117
            with pytest.raises(KeyboardInterrupt), call.interruptible():  # noqa: PT012
                begun.set()
                work()
        assert isinstance(call.error(), CancelledError)


def test_a_cancel_reaches_only_its_own_call():
    with Call("a") as call, call.interruptible():
        cancel("b")
    with pytest.raises(CancelledError), Call("b"):
        pytest.fail("it ran")


def test_a_cancel_that_comes_first_keeps_its_call_from_running_once():
    cancel("a")
    with pytest.raises(CancelledError), Call("a"):
        pytest.fail("it ran")
    with Call("a") as call:
        assert not call.cancelled


@pytest.mark.parametrize(
    ("stop", "error"), [(lambda: cancel("a"), CancelledError), (interrupt, StoppedError)]
)
def test_a_stop_between_two_steps_stops_the_call_before_the_next(stop, error):
    with Call("a") as call:
        with call.interruptible():
            pass
        stop()
        with pytest.raises(error), call.interruptible():
            pytest.fail("it ran")


def test_two_cancels_are_one():
    with Call("a") as call:
        with pytest.raises(KeyboardInterrupt), call.interruptible():  # noqa: PT012
            cancel("a")
            work()
        cancel("a")


def test_a_cancel_after_the_last_step_ends_with_the_call():
    with Call("a") as call:
        with call.interruptible():
            pass
        cancel("a")


def test_cancels_whose_call_never_comes_are_forgotten_in_turn():
    for number in range(1500):
        cancel(f"a{number}")
    assert len(running._early) == running._EARLY_LIMIT
    assert "a1499" in running._early and "a0" not in running._early


def test_an_interrupt_stops_the_call_and_is_no_cancel():
    with Call("a") as call:
        with pytest.raises(KeyboardInterrupt), call.interruptible():  # noqa: PT012
            interrupt()
            work()
        assert isinstance(call.error(), StoppedError)


@pytest.fixture
def received():
    """Every SIGINT that comes to who was there before the calls."""
    signals = []
    before = signal.signal(signal.SIGINT, lambda *_: signals.append(1))
    yield signals
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_before_or_after_the_call_is_for_who_was_there_before(received):
    interrupt()
    with Call("a") as call, call.interruptible():
        pass
    interrupt()
    cancel("b")
    with pytest.raises(CancelledError), Call("b"):
        pytest.fail("it ran")
    interrupt()
    assert received == [1, 1, 1]


def test_an_interrupt_after_the_last_step_ends_with_the_call(received):
    with Call("a") as call:
        with call.interruptible():
            pass
        interrupt()
    assert received == []


def while_a_call_waits(block, ends_within=0.05):
    """Run something while the call "a" awaits; give what becomes of the call, None if nothing.

    It is given so many seconds to end.
    """

    async def wait(call):
        try:
            await call.wait(asyncio.sleep(30))
        except CancelledError as error:
            return error.code

    async def both():
        with Call("a") as call:
            waiting = asyncio.ensure_future(wait(call))
            await asyncio.sleep(0.01)
            block()
            done, _ = await asyncio.wait([waiting], timeout=ends_within)
            waiting.cancel()
            await asyncio.wait([waiting])
            return waiting.result() if done else None

    return asyncio.run(both())


def test_an_interrupt_reaches_what_runs_while_a_call_waits(received):
    def block():
        with pytest.raises(KeyboardInterrupt), running.interruptible():  # noqa: PT012
            interrupt()
            work()

    assert while_a_call_waits(block) is None
    assert received == []


def test_a_cancel_passes_what_runs_while_its_call_waits(received):
    def block():
        with running.interruptible():
            cancel("a")
            time.sleep(0.01)

    assert while_a_call_waits(block, ends_within=30) == "cancelled"
    assert received == []


def test_a_call_waits_for_a_signal_that_is_still_on_its_way(received, monkeypatch):
    send = running._signal_main_thread
    sent = []
    timer = threading.Timer(0.02, lambda: (sent.append(True), send()))
    monkeypatch.setattr(running, "_signal_main_thread", timer.start)
    monkeypatch.setattr(running, "_AGAIN", 60)
    with Call("a") as call:
        with call.interruptible():
            pass
        cancel("a")
    assert sent == [True]
    assert received == []
    timer.join()


@pytest.mark.parametrize("unseen", [1, 3])
def test_a_signal_that_python_does_not_notice_is_sent_again(received, monkeypatch, unseen):
    send = running._signal_main_thread
    sent = []

    def send_unseen():
        sent.append(True)
        if len(sent) > unseen:
            send()

    monkeypatch.setattr(running, "_signal_main_thread", send_unseen)
    with Call("a") as call, pytest.raises(KeyboardInterrupt), call.interruptible():  # noqa: PT012
        cancel("a")
        time.sleep(30)
    assert len(sent) > unseen
    assert received == []


def test_a_call_that_has_ended_is_sent_no_signal_again(received, monkeypatch):
    sent = []
    monkeypatch.setattr(running, "_signal_main_thread", lambda: sent.append(True))
    monkeypatch.setattr(running, "_SIGNAL_WAIT", 0.02)
    with Call("a"):
        cancel("a")
    while_it_ran = len(sent)
    time.sleep(0.2)
    assert len(sent) == while_it_ran
    assert received == []


def test_a_handler_of_the_users_own_gets_the_signal_once(received):
    signals = []
    with Call("a") as call, call.interruptible():
        ours = signal.signal(signal.SIGINT, lambda *_: signals.append(1))
        cancel("a")
        time.sleep(0.1)
        signal.signal(signal.SIGINT, ours)
    assert signals == [1]
    assert received == []


def test_an_error_in_the_block_goes_through_it():
    with Call("a") as call, pytest.raises(ValueError, match="mine"), call.interruptible():
        raise ValueError("mine")


def test_a_cancel_at_any_moment_never_escapes_the_call(received):
    stopped = 0
    for number in range(1000):
        call_id = f"a{number}"
        begun = threading.Event()
        delay = random.random() * 3e-4

        def stop(call_id=call_id, begun=begun, delay=delay):
            begun.wait()
            time.sleep(delay)
            cancel(call_id)

        with Background(stop):
            begun.set()
            try:
                with Call(call_id) as call:
                    for _ in range(3):
                        with call.interruptible():
                            time.sleep(5e-5)
            except (KeyboardInterrupt, CancelledError):
                stopped += 1
            # What follows is the user's next cell.
            sum(range(2000))
    assert 0 < stopped
    assert received == []


@pytest.fixture
def _frequent_switches():
    """As with a subshell, threads do not wait long for each other."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_frequent_switches")
def test_in_another_thread_a_cancel_at_any_moment_comes_before_the_end_or_never():
    begun, escaped, stopped = threading.Semaphore(0), [], 0

    def side(call_id, outcome):
        try:
            with Call(call_id) as call:
                begun.release()
                try:
                    for _ in range(3):
                        with call.interruptible():
                            for _ in range(20_000):
                                pass
                except (KeyboardInterrupt, CancelledError):
                    outcome.append("stopped")
                sum(range(2000))
        except BaseException as error:  # noqa: BLE001
            escaped.append(error)

    for number in range(500):
        outcome = []
        with Background(side, f"a{number}", outcome):
            begun.acquire()
            time.sleep(random.random() * 2e-3)
            cancel(f"a{number}")
        stopped += bool(outcome)
    assert escaped == []
    assert 0 < stopped


def test_in_another_thread_nothing_touches_the_signals():
    seen = []

    def in_thread():
        with Call("a") as call, call.interruptible():
            seen.append(signal.getsignal(signal.SIGINT))

    with Background(in_thread):
        pass
    assert seen == [signal.getsignal(signal.SIGINT)]


async def later(value):
    await asyncio.sleep(0)
    return value


async def escape(error):
    await asyncio.sleep(0)
    raise error


def waited(awaitable, meanwhile=lambda: None):
    """Give what waiting for something gives, in a loop that goes on afterwards."""

    async def main():
        with Call("a") as call:
            asyncio.get_running_loop().call_soon(meanwhile)
            try:
                return await call.wait(awaitable)
            finally:
                await asyncio.sleep(0)

    return asyncio.run(main())


def test_what_is_awaited_gives_its_value_or_its_error():
    assert waited(later(5)) == 5
    with pytest.raises(ValueError, match="mine"):
        waited(escape(ValueError("mine")))


def test_a_cancel_stops_what_is_awaited():
    with pytest.raises(CancelledError):
        waited(asyncio.sleep(60), lambda: cancel("a"))


def test_a_cancel_from_another_thread_wakes_the_loop():
    thread = threading.Thread(target=cancel, args=["a"])
    with pytest.raises(CancelledError):
        waited(asyncio.sleep(60), thread.start)
    thread.join()


def test_an_interrupt_stops_what_is_awaited():
    with pytest.raises(StoppedError):
        waited(asyncio.sleep(60), interrupt)


def test_what_is_awaited_may_clean_up_after_a_cancel():
    cleaned = []

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    with pytest.raises(CancelledError):
        waited(work(), lambda: cancel("a"))
    assert cleaned == [True]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_what_would_end_the_loop_is_the_calls_own_error(error):
    after = []

    async def main():
        with Call("a") as call:
            try:
                await call.wait(escape(error))
            except BaseException as caught:  # noqa: BLE001
                after.append(caught)
        after.append(await later("the loop goes on"))

    asyncio.run(main())
    assert after == [error, "the loop goes on"]


def test_code_that_computes_before_it_awaits_is_stopped_too():
    async def computes():
        await asyncio.sleep(0)
        interrupt()
        work()

    with pytest.raises(KeyboardInterrupt):
        waited(computes())


def test_an_interrupt_before_the_first_line_of_what_is_awaited_comes_again(monkeypatch):
    async def main():
        with Call("a") as call:
            waiting = asyncio.ensure_future(call.wait(asyncio.sleep(60)))
            await asyncio.sleep(0)
            # Python may notice a signal where a task has begun, and nothing of its code has.
            with monkeypatch.context() as patch:
                patch.setattr(asyncio, "current_task", lambda _: call._task)
                call._on_sigint(signal.SIGINT, call._task.get_coro().cr_frame)
            await waiting

    with pytest.raises(StoppedError):
        asyncio.run(main())


def test_a_cancel_that_the_code_makes_itself_is_its_own():
    async def gives_up():
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        waited(gives_up())


def test_a_call_cancelled_before_it_waits_never_begins_to():
    ran = []

    async def work():
        ran.append(True)

    async def main():
        with Call("a") as call:
            cancel("a")
            await call.wait(work())

    with pytest.raises(CancelledError):
        asyncio.run(main())
    assert ran == []


def test_of_two_calls_that_wait_only_one_is_cancelled():
    async def one(name):
        with Call(name) as call:
            return await call.wait(asyncio.sleep(60) if name == "a" else later(name))

    async def main():
        first = asyncio.ensure_future(one("a"))
        # It has begun, and waits.
        await asyncio.sleep(0)
        second = await one("b")
        cancel("a")
        [first] = await asyncio.gather(first, return_exceptions=True)
        return first, second

    first, second = asyncio.run(main())
    assert isinstance(first, CancelledError) and second == "b"


def test_a_cancel_while_a_finalizer_runs_is_not_lost():
    class Thing:
        def __del__(self):
            cancel("a")
            time.sleep(0.2)

    with Call("a") as call:
        with pytest.raises(KeyboardInterrupt), call.interruptible():  # noqa: PT012
            Thing()
            work()
        assert isinstance(call.error(), CancelledError)


def test_what_finalizers_of_another_thread_raise_is_none_of_the_call(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda ignored: told.append(ignored.exc_type))

    class Thing:
        def __del__(self):
            raise KeyboardInterrupt

    with Call("a") as call, call.interruptible():
        with Background(Thing):
            pass
        time.sleep(0.05)
    assert told == [KeyboardInterrupt]


def test_what_else_finalizers_raise_is_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda ignored: told.append(ignored.exc_type))

    class Thing:
        def __del__(self):
            raise ZeroDivisionError

    with Call("a"):
        Thing()
    assert told == [ZeroDivisionError]
