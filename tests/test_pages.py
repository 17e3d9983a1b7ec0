"""Pages from their first message to their end, with a kernel that plays them."""

import asyncio
import gc
import json
import threading
import time
from collections import deque

import numpy as np
import pytest

from pybridge import codec, host, pages, uploads
from pybridge import page as page_module
from pybridge.errors import (
    AnswerTimeoutError,
    DestroyedError,
    JsError,
    NoPageError,
    VersionMismatchError,
)
from pybridge.jsproxy import JsProxy
from pybridge.page import set_js_timeout

from .fake_kernel import PAGE, FakeKernel

WINDOW = {"$": "js", "id": 1, "type": "Window", "can": ""}


@pytest.fixture
def kernel(monkeypatch):
    kernel = FakeKernel()
    monkeypatch.setattr(host, "this_kernel", lambda: kernel)
    monkeypatch.setattr(host, "_owed", {})
    monkeypatch.setattr(host, "_LOOK", 1)
    monkeypatch.setattr(pages, "_pages", {})
    monkeypatch.setattr(pages, "_INTRODUCTION", 0.1)
    monkeypatch.setattr(pages, "_watch", lambda: None)
    monkeypatch.setattr(uploads, "_uploads", {})
    monkeypatch.setattr(uploads, "_left", deque())
    yield kernel
    set_js_timeout(60)


@pytest.fixture
def page(kernel):
    del kernel
    return pages.of("page", PAGE)


def say(what, session="page", buffers=(), **values):
    """Let a page say something on the control channel."""
    pages.heard({"what": what, **values}, session, PAGE, [memoryview(b) for b in buffers])


def answer_with(kernel, *trees, parts=(), **fields):
    """Let the page answer every question, with each tree in turn, behind binary parts."""
    remaining = list(trees)

    def react(kind, content):
        if kind == "input_request":
            tree = remaining.pop(0) if len(remaining) > 1 else remaining[0]
            number = content["pybridge"]["ask"]
            say_parts(number, parts)
            kernel.answer({"ask": number, "body": json.dumps(tree), **fields})

    kernel.on_send = react


def say_parts(ask, parts):
    """Let the page send the pieces of an answer, as the upload `u`."""
    total, offset = sum(map(len, parts)), 0
    for part in parts:
        say("part", ask=ask, upload="u", offset=offset, total=total, buffers=[part])
        offset += len(part)


def questions(kernel):
    return [content["pybridge"] for kind, content in kernel.sent if kind == "input_request"]


def test_a_session_is_one_page(page):
    assert pages.of("page", [b"new address"]) is page
    assert page.ident == [b"new address"]
    assert pages.of("other", PAGE) is not page
    assert len(list(pages.pages())) == 2


def test_two_threads_that_meet_a_page_meet_the_same(kernel):
    del kernel
    barrier = threading.Barrier(8)
    met = []

    def meet():
        barrier.wait()
        met.append(pages.of("new", PAGE))

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(met)) == 1


def test_a_question_may_hold_any_text(kernel, page):
    answer_with(kernel, None)
    page.ask("set", name="half of an emoji: \ud83d")
    [question] = questions(kernel)
    # As jupyter_client does.
    assert json.dumps(question, ensure_ascii=False).encode()
    assert json.loads(question["with"]) == {"name": "half of an emoji: \ud83d"}


def test_a_question_and_its_answer(kernel, page):
    answer_with(kernel, [1, "two"])
    assert page.ask("get", name="x") == [1, "two"]
    [question] = questions(kernel)
    assert question["op"] == "get"
    assert json.loads(question["with"]) == {"name": "x"}
    assert question["parts"] == 0


def test_binary_parts_go_before_the_question(kernel, page):
    answer_with(kernel, None)
    page.ask("set", value=codec.Whole(np.arange(3.0)))
    assert [kind for kind, _ in kernel.sent] == [host.EVENT, "input_request"]
    [question] = questions(kernel)
    assert question["parts"] == 1
    assert kernel.told("parts")[0]["ask"] == question["ask"]


def test_an_answer_in_pieces(kernel, page):
    data = np.array([1.0, 2.0]).tobytes()
    tree = {"$": "ndarray", "dtype": "float64", "shape": [2], "b": 0}
    answer_with(kernel, tree, parts=[data[:5], data[5:]], upload="u", pieces=2, sizes=[16])
    assert page.ask("get").tolist() == [1, 2]


def test_a_long_answer_lies_in_a_buffer(kernel, page):
    text = json.dumps("long" * 1000).encode()
    answer_with(kernel, None, parts=[text], body=None, upload="u", pieces=1, sizes=[len(text)])
    assert page.ask("get") == "long" * 1000


def test_a_part_that_is_lost(kernel, page, monkeypatch):
    monkeypatch.setattr(page_module, "_PARTS", 0.01)
    answer_with(kernel, None, parts=[b"one"], upload="u", pieces=2, sizes=[6])
    with pytest.raises(NoPageError, match="lost"):
        page.ask("get")
    assert uploads.count() == 0


def test_parts_of_an_answer_that_is_given_up_are_dropped_as_they_come(kernel, page):
    set_js_timeout(0.01)

    def early(kind, content):
        if kind == "input_request":
            say_parts(content["pybridge"]["ask"], [b"early"])

    kernel.on_send = early
    with pytest.raises(AnswerTimeoutError):
        page.ask("get")
    assert uploads.count() == 0
    say_parts(questions(kernel)[0]["ask"], [b"late"])
    assert uploads.count() == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"kind": "attribute", "message": "m"}, AttributeError),
        ({"kind": "index", "message": "m"}, IndexError),
        ({"kind": "key", "message": "m"}, KeyError),
        ({"kind": "stop", "message": ""}, StopIteration),
        ({"kind": "type", "message": "m"}, TypeError),
        ({"name": "RangeError", "message": "m", "stack": "s"}, JsError),
        ({}, JsError),
    ],
)
def test_errors_are_what_they_mean_in_python(kernel, page, error, kind):
    answer_with(kernel, None, error=error)
    with pytest.raises(kind) as caught:
        page.ask("get")
    if kind is JsError and error:
        assert (caught.value.name, caught.value.message, caught.value.stack) == (
            "RangeError",
            "m",
            "s",
        )


def test_a_question_that_takes_too_long_is_withdrawn(kernel, page):
    set_js_timeout(0.01)
    with pytest.raises(AnswerTimeoutError, match=r"'get' within 0\.01 s"):
        page.ask("get")
    [question] = questions(kernel)
    [told] = kernel.told("withdraw")
    assert told["ask"] == question["ask"]
    assert list(host._owed) == [told["receipt"]]


def test_an_interrupted_question_is_withdrawn_only_if_it_is_open(kernel, page, monkeypatch):
    def interrupted(ident, question, prompt, *, look):
        del ident, prompt, look
        host._owed.pop(question["ask"], None)
        raise KeyboardInterrupt

    monkeypatch.setattr(host, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        page.ask("get")
    assert kernel.told("withdraw") == []


def test_an_answer_that_was_lost_is_said_again(kernel, page):
    def react(kind, content):
        if kind == "input_request":
            say("answer", ask=7, body="0")
            say("answer", ask=content["pybridge"]["ask"], body="[1]")

    kernel.on_send = react
    assert page.ask("get") == [1]
    [question], [withdrawn] = questions(kernel), kernel.told("withdraw")
    assert withdrawn["ask"] == question["ask"]
    # The way for answers is clear for the user's input() once this has come.
    assert list(host._owed) == [withdrawn["receipt"]]
    say("answer", ask=question["ask"], body="[1]")
    assert page._open == {}


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_timeout_is_positive(seconds):
    with pytest.raises(ValueError, match="positive"):
        set_js_timeout(seconds)


def test_a_page_that_is_gone_is_not_asked(kernel, page):
    say("bye")
    with pytest.raises(NoPageError, match="closed or was loaded again"):
        page.ask("get")
    assert questions(kernel) == []


@pytest.mark.usefixtures("kernel")
def test_the_next_page_of_a_tab_says_what_the_one_before_it_may_not_have_said(page):
    say("here", session="next")
    say("bye", session="next", of="page")
    assert page.gone
    assert [each.session for each in pages.pages()] == ["next"]


def test_a_page_that_goes_meanwhile_ends_the_waiting(kernel, page):
    kernel.on_send = lambda *_: say("bye")
    with pytest.raises(NoPageError, match="closed or was loaded again"):
        page.ask("get")
    assert kernel.told("withdraw") == []
    assert host._owed == {}


def test_another_thread_cannot_ask(kernel, page):
    seen = []

    def ask():
        try:
            page.ask("get")
        except NoPageError as error:
            seen.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert "main thread" in seen[0]
    assert questions(kernel) == []


def test_one_object_of_the_page_is_one_proxy(page):
    one = page.adopt(dict(WINDOW))
    assert isinstance(one, JsProxy)
    assert page.adopt(dict(WINDOW)) is one
    assert page.refer(one) == {"$": "js", "id": 1}
    assert page.refer(pages.of("other", PAGE).adopt(dict(WINDOW)))["$"] == "py"


def test_what_python_needs_no_more_is_given_back_as_often_as_it_came(kernel, page):
    one = page.adopt(dict(WINDOW))
    assert page.adopt(dict(WINDOW)) is one
    del one
    gc.collect()
    assert [told["counts"] for told in kernel.told("release")] == [[[1, 2]]]
    assert isinstance(page.adopt(dict(WINDOW)), JsProxy)


def test_what_comes_and_is_dropped_again_and_again_is_given_back_as_often(
    kernel, page, monkeypatch
):
    later = []
    monkeypatch.setattr(host, "call_soon", later.append)
    for _ in range(100):
        page.adopt(dict(WINDOW))
        gc.collect(0)
    for call in later:
        call()
    assert [told["counts"] for told in kernel.told("release")] == [[[1, 100]]]


def test_a_long_cell_gives_back_what_it_drops(kernel, page, monkeypatch):
    monkeypatch.setattr(host, "call_soon", print)
    answer_with(kernel, 0)
    for key in range(600):
        page.adopt({**WINDOW, "id": key})
        page.ask("get")
    gc.collect()
    page.ask("get")
    given_back = [key for told in kernel.told("release") for key, _ in told["counts"]]
    assert sorted(given_back)[:512] == list(range(512))


def test_what_the_page_needs_no_more_is_let_go(page):
    obj = object()
    tree = page.refer(obj)
    assert page.adopt({"$": "py", "id": tree["id"]}) is obj
    [row] = pages.proxies()
    assert (row.obj, row.references, row.page) == (obj, 1, "page")
    say("release", counts=[[tree["id"], 1]])
    with pytest.raises(DestroyedError):
        page.adopt({"$": "py", "id": tree["id"]})


def test_a_page_that_leaves_lets_go_of_all(page):
    page.refer(object())
    say("bye")
    assert page.gone
    assert len(page.lease) == 0
    assert list(pages.pages()) == []


def test_a_page_that_is_silent_is_taken_to_be_gone(page, monkeypatch):
    page.refer(object())
    pages._sweep()
    assert not page.gone
    later = time.monotonic() + pages.LEASE + 1
    monkeypatch.setattr(pages.time, "monotonic", lambda: later)
    pages._sweep()
    assert page.gone
    assert len(page.lease) == 0


def test_a_page_whose_call_runs_is_there_however_long_that_takes(page, monkeypatch):
    began, passed = time.monotonic(), pages.LEASE + 1
    page.refer(object())
    with page.served():
        monkeypatch.setattr(pages.time, "monotonic", lambda: began + passed)
        pages._sweep()
        assert not page.gone
    pages._sweep()
    # It has just got its answer.
    assert not page.gone
    monkeypatch.setattr(pages.time, "monotonic", lambda: began + 2 * passed)
    pages._sweep()
    assert page.gone


def test_a_page_that_keeps_its_call_waiting_is_heard_of_or_gone(kernel, page, monkeypatch):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})
    began = time.monotonic()

    def crash(*_):
        monkeypatch.setattr(pages.time, "monotonic", lambda: began + pages.LEASE + 1)
        pages._sweep()

    settle(kernel, crash)

    async def call():
        with page.served():
            await promise

    with pytest.raises(NoPageError, match="closed"):
        asyncio.run(call())
    assert page.gone


def test_an_upload_whose_call_never_comes_is_forgotten_also_when_its_page_is(page, monkeypatch):
    watched = []
    monkeypatch.setattr(pages, "_watch", lambda: watched.append(uploads.count()))
    uploads.receive("a", 0, 2, b"x")
    began = time.monotonic()
    for later in (pages.LEASE + 1, 1900):
        monkeypatch.setattr(pages.time, "monotonic", lambda later=later: began + later)
        pages._sweep()
    assert page.gone
    assert watched == [1]
    assert uploads.count() == 0


def test_the_current_page_is_known(page):
    assert pages.current() is page


def test_a_page_that_nobody_knows_is_asked_to_come_forward(kernel):
    kernel.on_send = lambda kind, _: say("here") if kind == host.EVENT else None
    assert pages.current().session == "page"
    assert kernel.told("who")[0]["to"] == "page"


def test_a_page_that_is_still_loading_is_asked_again(kernel, monkeypatch):
    monkeypatch.setattr(pages, "_ASK_AGAIN", 0.01)
    monkeypatch.setattr(pages, "_INTRODUCTION", 30)
    kernel.on_send = lambda *_: say("here") if len(kernel.told("who")) == 3 else None
    assert pages.current().session == "page"


def test_a_page_that_does_not_come_forward_is_an_error(kernel):
    del kernel
    with pytest.raises(NoPageError, match="enabled there"):
        pages.current()


def test_who_takes_no_input_shows_no_page(kernel):
    kernel._allow_stdin = False
    with pytest.raises(NoPageError, match="nbconvert"):
        pages.current()
    assert kernel.sent == []


def test_without_a_kernel_there_is_no_page(monkeypatch):
    monkeypatch.setattr(host, "this_kernel", lambda: None)
    with pytest.raises(NoPageError, match="there is no page here"):
        pages.current()


def settle(kernel, react):
    """Let the page react when Python awaits one of its promises."""

    def on_send(kind, content):
        body = json.loads(content["body"]) if kind == host.EVENT else {}
        if body.get("what") == "await":
            react(body)

    kernel.on_send = on_send


def test_a_promise_is_awaited(kernel, page):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})
    settle(kernel, lambda asked: say("answer", ask=asked["ask"], body="[1]"))

    async def wait():
        return await promise

    assert asyncio.run(wait()) == [1]
    assert page._waiting == {}


def test_a_promise_that_is_rejected_raises(kernel, page):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})
    error = {"name": "E", "message": "m"}
    settle(kernel, lambda asked: say("answer", ask=asked["ask"], error=error))

    async def wait():
        return await promise

    with pytest.raises(JsError, match="E: m"):
        asyncio.run(wait())


def test_a_promise_of_a_page_that_goes(kernel, page):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})
    settle(kernel, lambda _: say("bye"))

    async def wait():
        return await promise

    with pytest.raises(NoPageError, match="before its promise was settled"):
        asyncio.run(wait())
    with pytest.raises(NoPageError, match="loaded again"):
        asyncio.run(wait())


def test_a_promise_of_a_page_that_has_just_gone(page, monkeypatch):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})
    asking = page._asking

    def leave_and_ask():
        # On the control channel, between the look whether it is there and the wait.
        say("bye")
        return asking()

    monkeypatch.setattr(page, "_asking", leave_and_ask)

    async def wait():
        return await asyncio.wait_for(page.settled(promise), 5)

    with pytest.raises(NoPageError, match="loaded again"):
        asyncio.run(wait())
    assert page._waiting == {}


def test_a_promise_that_is_given_up(kernel, page):
    promise = page.adopt({"$": "js", "id": 3, "type": "Promise", "can": "a"})

    async def wait():
        await asyncio.wait_for(promise, 0.01)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(wait())
    assert len(kernel.told("ignore")) == 1
    # An answer that comes late answers nothing.
    number = kernel.told("ignore")[0]["ask"]
    say_parts(number, [b"late"])
    say("answer", ask=number, body="1")
    assert uploads.count() == 0


def test_uploads_are_swept_while_another_thread_fills_them(monkeypatch):
    monkeypatch.setattr(uploads, "_uploads", {})
    monkeypatch.setattr(uploads, "_PATIENCE", 0.0)
    errors = []

    def fill(name):
        try:
            for i in range(300):
                uploads.receive(f"{name}{i}", 0, 1, b"x")
        except RuntimeError as error:
            errors.append(error)

    threads = [threading.Thread(target=fill, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("introduced", [True, False])
def test_a_page_of_another_version_is_asked_nothing(kernel, introduced):
    stranger = {"protocol": 0, "version": "0.0.1"}
    if introduced:
        say("here", **stranger)
    else:
        kernel.on_send = lambda *_: say("here", **stranger)
    for _ in range(2):
        with pytest.raises(VersionMismatchError, match="reload the page"):
            pages.current()
    assert questions(kernel) == []


def test_what_a_page_of_another_version_says_is_not_read(kernel):
    del kernel
    say("release", protocol=0, counts="something else")
    say("bye", protocol=0)
    assert list(pages.pages()) == []
