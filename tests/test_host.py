"""The kernel as the bridge sees it, with a kernel that only notes what it is told."""

import json
import threading

import pytest
import zmq
from jupyter_client.session import Session

from pybridge import host, stamp

from .fake_kernel import PAGE, FakeKernel


@pytest.fixture
def kernel(monkeypatch):
    kernel = FakeKernel()
    monkeypatch.setattr(host, "this_kernel", lambda: kernel)
    monkeypatch.setattr(host, "_owed", {})
    monkeypatch.setattr(host, "_LOOK", 1)
    return kernel


def ask(number, look=lambda: None):
    return host.ask(PAGE, {"ask": number, "op": "get"}, "prompt", look=look)


def give_up():
    raise TimeoutError


def test_a_question_gets_its_answer(kernel):
    kernel.on_send = lambda _, content: kernel.answer({"ask": content["pybridge"]["ask"], "a": 1})
    assert ask(5) == {"ask": 5, "a": 1}
    [(kind, content)] = kernel.sent
    assert kind == "input_request"
    assert content == {"prompt": "prompt", "password": False, "pybridge": {"ask": 5, "op": "get"}}
    assert not host.is_owed(5)


@pytest.mark.parametrize("noise", ["what was typed", "5", "[]", "null", '{"a": 1}', {"ask": 4}])
def test_what_is_no_answer_to_it_is_passed_over(kernel, noise):
    kernel.answer(noise)
    kernel.answer({"ask": 5})
    assert ask(5) == {"ask": 5}


def test_an_answer_may_come_in_another_way(kernel):
    assert ask(5, lambda: {"ask": 5, "a": 1}) == {"ask": 5, "a": 1}
    assert host.is_owed(5)
    assert not kernel.stdin_socket.waiting


def test_what_the_look_raises_ends_the_waiting(kernel):
    with pytest.raises(TimeoutError):
        ask(5, give_up)
    assert host.is_owed(5)
    assert [kind for kind, _ in kernel.sent] == ["input_request"]


def test_input_waits_for_the_answers_that_are_owed(kernel):
    host.guard_input()
    with pytest.raises(TimeoutError):
        ask(5, give_up)
    threading.Timer(0.05, kernel.answer, [{"ask": 5}]).start()
    assert kernel._input_request("say: ") == "say: typed"
    assert not host.is_owed(5)


def test_input_waits_for_the_receipt_of_a_withdrawal(kernel):
    host.guard_input()
    with pytest.raises(TimeoutError):
        ask(5, give_up)
    # The answer itself was taken out of the socket, and lost in an interrupt.
    host.expect(7, instead_of=5)
    assert not host.is_owed(5)
    threading.Timer(0.05, kernel.answer, [{"ask": 7}]).start()
    assert kernel._input_request("say: ") == "say: typed"
    assert not host.is_owed(7)


@pytest.mark.parametrize("taken", range(1, 7))
def test_the_rest_of_a_message_that_an_interrupt_has_torn_is_passed_over(kernel, taken):
    session = Session(key=b"key")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as ours:
        theirs = context.socket(zmq.DEALER)
        theirs.connect(f"tcp://127.0.0.1:{ours.bind_to_random_port('tcp://127.0.0.1')}")
        for number in (4, 5):
            session.send(theirs, "input_reply", {"value": json.dumps({"ask": number})})
        # So many of its seven frames were taken when the interrupt came.
        for _ in range(taken):
            ours.recv()
        kernel.session.recv, kernel.stdin_socket = session.recv, ours
        try:
            assert ask(5) == {"ask": 5}
        finally:
            theirs.close(linger=0)


def test_input_waits_for_nothing_else(kernel):
    host.guard_input()
    kernel.answer({"ask": 5})
    ask(5)
    assert kernel._input_request("say: ") == "say: typed"


def test_a_page_that_is_gone_owes_nothing(kernel):
    host.guard_input()
    with pytest.raises(TimeoutError):
        ask(5, give_up)
    host.forgive([b"another"])
    assert host.is_owed(5)
    host.forgive(PAGE)
    assert kernel._input_request("say: ") == "say: typed"


def test_input_does_not_wait_for_ever(kernel, monkeypatch):
    monkeypatch.setattr(host, "_OWED", 0.01)
    host.guard_input()
    with pytest.raises(TimeoutError):
        ask(5, give_up)
    assert kernel._input_request("say: ") == "say: typed"


def test_whose_request_runs(kernel):
    assert host.who_asks() == ("page", PAGE)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(host.who_asks()))
    thread.start()
    thread.join()
    assert seen == [None]
    kernel.get_parent()["header"]["session"] = ""
    assert host.who_asks() is None


def test_an_event_goes_to_every_page(kernel):
    host.broadcast("name", {"what": "news", "data": b"ab"})
    [(kind, content)] = kernel.sent
    assert kind == host.EVENT
    assert content["name"] == "name"
    assert stamp.STAMP.items() <= content.items()
    assert kernel.told("news") == [{"what": "news", "data": {"$": "bytes", "b": 0}}]


def test_control_messages_are_heard(kernel):
    heard = []
    host.on_control("kind", lambda *message: heard.append(message))
    message = {"content": {"a": 1}, "header": {"session": "page"}, "buffers": [b"x"]}
    kernel.control_handlers["kind"](None, PAGE, message)
    assert heard == [({"a": 1}, "page", PAGE, [memoryview(b"x")])]


def test_without_a_kernel_nothing_happens(monkeypatch):
    monkeypatch.setattr(host, "this_kernel", lambda: None)
    host.broadcast("name", {})
    host.guard_input()
    host.on_control("kind", print)
    assert host.who_asks() is None
    called = []
    host.call_soon(lambda: called.append(1))
    assert called == [1]


def test_waiting_for_another_thread():
    event = threading.Event()
    assert not host.wait(event, 0.01)
    event.set()
    assert host.wait(event, 0)
