"""Requests to a real kernel, sent as the page sends them, and all that comes back."""

import json
import time

import ipykernel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pybridge import codec
from pybridge._version import PROTOCOL, __version__
from pybridge.dispatch import MIME
from pybridge.operations import _OPERATIONS

from .kernel import call, kernel, literal_code, request

__all__ = ["kernel"]

HANDLES = '''
import asyncio, sys, time
import numpy as np
import pybridge

class Thing:
    """What the tests call."""

    @pybridge.export
    def add(self, a, b=1):
        return a + b

    @pybridge.export
    def echo(self, *args, **kwargs):
        return [list(args), kwargs]

    @pybridge.export
    def nothing(self):
        pass

    @pybridge.export
    def fail(self, message):
        try:
            {}["first"]
        except KeyError as error:
            raise ValueError(message) from error

    @pybridge.export
    def give(self, source):
        return eval(source)

    @pybridge.export
    def speak(self):
        print("out", end="")
        print("err", end="", file=sys.stderr)
        return "said"

    @pybridge.export
    def count(self, n):
        for i in range(n):
            yield i
        return n

    @pybridge.export
    def count_and_fail(self, n):
        yield from range(n)
        raise ValueError("enough")

    @pybridge.export
    def count_and_print(self, n):
        for i in range(n):
            print(i)
            yield i

    @pybridge.export
    def count_to_an_object(self, n):
        yield from range(n)
        yield object()

    @pybridge.export
    def one_array(self, times):
        array = np.zeros(1, "int8")
        for i in range(times):
            array[0] = i
            yield array

    @pybridge.export
    async def later(self, value):
        await asyncio.sleep(0)
        return value

    @pybridge.export
    async def fail_later(self):
        await asyncio.sleep(0)
        raise ValueError("late")

    @pybridge.export
    async def count_later(self, n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i

    @pybridge.export
    async def count_to_what_cannot_be_sent(self):
        try:
            yield 1
            yield np.broadcast_to(np.int8(0), 2**40)
        finally:
            await asyncio.sleep(0)
            print("cleaned up")

    @pybridge.export
    async def count_later_and_fail(self, n):
        for i in range(n):
            await asyncio.sleep(0)
            yield i
        raise ValueError("enough")

    @pybridge.export
    def slow(self, n, seconds):
        for i in range(n):
            yield i
            time.sleep(seconds)

    @pybridge.export
    def leave(self):
        sys.exit(3)

    @pybridge.export
    async def leave_later(self):
        await asyncio.sleep(0)
        sys.exit(3)

    @pybridge.export
    async def interrupt_itself_later(self):
        raise KeyboardInterrupt

    @pybridge.export
    def ask(self):
        return input("your name? ")

    @pybridge.export
    def show(self):
        from IPython.display import display
        display("shown")

    @pybridge.export
    def sleep(self, seconds):
        print("begun", flush=True)
        time.sleep(seconds)

    @pybridge.export
    def spin(self):
        print("begun", flush=True)
        while True:
            pass

    @pybridge.export
    async def sleep_later(self, seconds):
        print("begun", flush=True)
        await asyncio.sleep(seconds)

    @pybridge.export
    def count_for_ever(self):
        print("begun", flush=True)
        while True:
            yield 1
            # A signal that comes just before a sleep begins is noticed after it.
            for _ in range(60):
                time.sleep(1)

    @pybridge.export
    async def count_later_for_ever(self):
        print("begun", flush=True)
        while True:
            yield 1
            await asyncio.sleep(60)

    @pybridge.export
    async def spin_later(self):
        await asyncio.sleep(0)
        print("begun", flush=True)
        while True:
            pass

    @pybridge.export
    async def count_without_a_pause(self):
        print("begun", flush=True)
        while True:
            yield 1

    @pybridge.export
    def stubborn(self):
        print("begun", flush=True)
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            return "went on"

    def secret(self):
        return "secret"

    def _private(self):
        return "private"

thing = Thing()
pybridge.register(thing, "thing")

@pybridge.export
def double(x):
    return 2 * x

@pybridge.export
async def double_later(x):
    return 2 * x
'''


@pytest.fixture(scope="module", autouse=True)
def _handles(kernel):
    kernel.setup(HANDLES)


def on_thing(kernel, method, *args, **kwargs):
    return kernel.do(call("thing", *args, method=method, kwargs=kwargs))


@pytest.fixture(autouse=True)
def _goes_on(kernel):
    """Whatever a test does to the kernel, the user's cells and the page's calls go on."""
    yield
    assert kernel.call("double", 21).value == 42
    assert kernel.cell("1 + 1").reply["status"] == "ok"


class TestResults:
    def test_a_method_answers_with_its_value(self, kernel):
        assert on_thing(kernel, "add", 1).value == 2
        assert on_thing(kernel, "add", 1, b=5).value == 6

    def test_a_function_answers_itself(self, kernel):
        assert kernel.call("double", 4).value == 8
        assert kernel.call("double_later", 4).value == 8

    def test_an_async_method_answers_once_it_is_done(self, kernel):
        assert on_thing(kernel, "later", [1]).value == [1]

    def test_none_is_a_value(self, kernel):
        assert on_thing(kernel, "nothing").last == {"kind": "result", "value": None}

    def test_there_is_one_reply_and_nothing_else(self, kernel):
        assert on_thing(kernel, "add", 1).kinds == ["result"]

    def test_binary_arguments_and_values_travel_as_buffers(self, kernel):
        array = np.arange(12, dtype="int16").reshape(3, 4)
        sent = call("thing", array, b"ab", method="echo", kwargs={"k": array[::2]})
        replies = kernel.replies(kernel.ask_encoded(sent))
        (back, data), kwargs = replies.value
        assert back.tolist() == array.tolist() and back.dtype == "int16"
        assert data == b"ab" and kwargs["k"].tolist() == array[::2].tolist()
        assert [len(b) for m in replies.messages for b in m["buffers"]] == [24, 2, 16]

    def test_arrays_that_come_in_are_the_methods_own(self, kernel):
        kernel.setup("thing.flags = lambda a: (a.__setitem__(0, 9), a.flags.aligned)[1]")
        kernel.setup("pybridge.register(thing.flags, 'flags')")
        assert kernel.replies(kernel.ask_encoded(call("flags", np.zeros(3)))).value is True

    def test_a_long_reply_lies_in_a_buffer(self, kernel):
        replies = on_thing(kernel, "give", "'é' * 5000")
        assert replies.value == "é" * 5000
        assert replies.messages[0]["content"]["data"][MIME] == {"body": None}

    def test_a_long_request_lies_in_a_buffer(self, kernel):
        text = json.dumps(call("thing", "é" * 5000, method="later"), ensure_ascii=False).encode()
        msg_id = kernel.send(literal_code('{"at":"buffer"}'), buffers=[text])
        assert kernel.replies(msg_id).value == "é" * 5000

    def test_binary_parts_follow_a_request_in_a_buffer(self, kernel):
        buffers = []
        tree = codec.encode(call("thing", b"ab", b"cd", method="echo"), buffers)
        msg_id = kernel.send(
            literal_code('{"at":"buffer"}'), buffers=[json.dumps(tree).encode(), *buffers]
        )
        assert kernel.replies(msg_id).value == [[b"ab", b"cd"], {}]

    def test_a_request_may_come_in_pieces_in_any_order(self, kernel):
        array = np.arange(1000.0)
        buffers = []
        tree = codec.encode(call("thing", array, method="echo"), buffers)
        parts = [json.dumps(tree).encode(), *buffers]
        whole = b"".join(parts)
        size = len(whole) // 3 + 1
        offsets = range(0, len(whole), size)
        for offset in reversed(offsets):
            piece = request("upload", upload="u1", offset=offset, total=len(whole))
            assert kernel.do(piece, [whole[offset : offset + size]]).value is None
        envelope = {
            "at": "upload",
            "upload": "u1",
            "pieces": len(offsets),
            "sizes": [len(part) for part in parts],
        }
        replies = kernel.replies(kernel.send(literal_code(json.dumps(envelope))))
        assert replies.value[0][0].tolist() == array.tolist()
        again = kernel.replies(kernel.send(literal_code(json.dumps(envelope))))
        assert again.error["code"] == "bad-argument"

    def test_calls_are_counted(self, kernel):
        before = kernel.look("pybridge.get('double').calls")
        kernel.call("double", 1)
        assert kernel.look("pybridge.get('double').calls") == before + 1


class TestRunAndGlobals:
    def test_the_value_of_the_last_expression(self, kernel):
        assert kernel.do(request("run", code="z = 3\nz * 2")).value == 6
        assert kernel.do(request("run", code="await asyncio.sleep(0, 'slept')")).value == "slept"

    def test_an_error_in_code_shows_its_line(self, kernel):
        error = kernel.do(request("run", code="x = 1\n\nx / 0")).error
        assert (error["code"], error["type"]) == ("python", "ZeroDivisionError")
        assert error["frames"][0]["line"] == 3 and error["frames"][0]["text"] == "x / 0"
        assert "x / 0" in error["traceback"]

    def test_a_syntax_error_is_the_pythons_own(self, kernel):
        assert kernel.do(request("run", code="1 +")).error["type"] == "SyntaxError"

    def test_variables_are_set_got_and_deleted_as_they_are(self, kernel):
        evil = '\'; import os; os.system("x")'
        assert kernel.do(request("globals.has", name="evil")).value is False
        assert kernel.do(request("globals.set", name="evil", value=evil)).value is None
        assert kernel.look("evil") == evil
        assert kernel.do(request("globals.get", name="evil")).value == evil
        assert "evil" in kernel.do(request("globals.keys")).value
        assert kernel.do(request("globals.delete", name="evil")).value is None
        assert kernel.do(request("globals.delete", name="evil")).error["type"] == "KeyError"

    def test_a_name_that_is_not_there_has_no_value_at_all(self, kernel):
        assert kernel.do(request("globals.get", name="nowhere")).last == {"kind": "result"}


class TestErrors:
    def test_pythons_errors_carry_all_that_python_knows(self, kernel):
        error = on_thing(kernel, "fail", "no luck").error
        assert (error["code"], error["type"], error["message"]) == (
            "python",
            "ValueError",
            "no luck",
        )
        assert error["cause"]["type"] == "KeyError" and error["cause"]["message"] == "'first'"
        assert [frame["name"] for frame in error["frames"]] == ["fail"]
        assert error["frames"][0]["text"] == "raise ValueError(message) from error"
        assert "direct cause" in error["traceback"]
        assert "pybridge/dispatch.py" not in error["traceback"]

    def test_errors_of_async_methods_start_at_the_users_code_too(self, kernel):
        error = on_thing(kernel, "fail_later").error
        assert error["message"] == "late"
        assert [frame["name"] for frame in error["frames"]] == ["fail_later"]

    def test_an_unknown_handle(self, kernel):
        assert kernel.call("nobody").error["code"] == "no-handle"

    @pytest.mark.parametrize("method", ["secret", "_private", "__class__", "__init__", "", None])
    def test_what_is_not_exported_does_not_answer(self, kernel, method):
        assert on_thing(kernel, method).error["code"] == "not-exported"

    @pytest.mark.parametrize(
        "name", ["", "a\nb", "a'b\"c", "a\0b", "\U0001f600", "__class__", "then", "\ud800"]
    )
    def test_a_handle_may_have_any_name(self, kernel, name):
        assert kernel.call(name, 1).error["code"] == "no-handle"
        kernel.setup(f"pybridge.register(double, {name!a})")
        assert kernel.call(name, 4).value == 8
        kernel.setup(f"pybridge.release({name!a})")

    def test_wrong_arguments_are_pythons_own_error(self, kernel):
        assert on_thing(kernel, "add").error["type"] == "TypeError"
        assert on_thing(kernel, "nothing", 1).error["type"] == "TypeError"

    def test_a_value_that_cannot_be_sent_is_referred_to_as_a_whole(self, kernel):
        reference = on_thing(kernel, "give", "{'a': [1, 2, 3, object()]}").value
        assert (reference["$"], reference["type"]) == ("py", "dict")
        kernel.release(reference)

    def test_a_page_of_another_version_is_told_what_to_do(self, kernel):
        sent = call("double", 1) | {"protocol": PROTOCOL + 1, "version": "9.9"}
        error = kernel.do(sent).error
        assert error["code"] == "version-mismatch"
        assert "9.9" in error["message"] and __version__ in error["message"]
        assert "pip install" in error["message"]

    @pytest.mark.parametrize("at", [None, "buffer", "upload", "elsewhere"])
    def test_nothing_else_is_read_of_what_a_page_of_another_version_says(self, kernel, at):
        sent = call("double", {"$": "newer"}) | {"protocol": PROTOCOL + 1, "id": None}
        replies = kernel.do(sent if at is None else sent | {"at": at})
        assert replies.error["code"] == "version-mismatch"

    def test_an_operation_that_only_another_version_knows(self, kernel):
        sent = request("newer") | {"version": "9.9"}
        assert kernel.do(sent).error["code"] == "version-mismatch"

    @pytest.mark.parametrize(
        "change",
        [
            {"op": "nothing"},
            {"op": "__class__"},
            {"op": None},
            {"op": []},
            {"id": 5},
            {"id": None},
            {"name": 5},
            {"name": None},
            {"name": []},
            {"method": 5},
            {"args": {}},
            {"args": None},
            {"args": "ab"},
            {"kwargs": []},
            {"kwargs": {"$": "map", "v": [[1, 2]]} | {"v": 5}},
            {"args": [{"$": "bytes", "b": 0}]},
            {"args": [{"$": "unknown"}]},
            {"op": "run", "code": 5},
            {"op": "run"},
            {"op": "globals.get", "name": ["a"]},
            {"op": "globals.set", "name": 5},
            {"op": "upload"},
            {"op": "upload", "upload": "u", "offset": 0, "total": 1},
            {"op": "upload", "upload": "u", "offset": 0.5, "total": 1},
            {"op": "upload", "upload": [], "offset": 0, "total": 1},
        ],
        ids=json.dumps,
    )
    def test_a_request_that_makes_no_sense_is_a_bad_argument(self, kernel, change):
        assert kernel.do(call("double", 1) | change).error["code"] == "bad-argument"

    @pytest.mark.parametrize(
        "literal",
        [
            "",
            "null",
            "5",
            '"text"',
            "[]",
            "{}",
            '{"op":"run"}',
            "print(1)",
            "[" * 10_000,
            "[" * 10_000 + "]" * 10_000,
            '{"at":"buffer"}',
            '{"at":"nowhere"}',
            '{"at":["buffer"]}',
            '{"at":"upload"}',
            '{"at":"upload","upload":"none","pieces":1,"sizes":[1]}',
            '{"at":"upload","upload":[],"pieces":1,"sizes":[1]}',
            '{"at":"upload","upload":"none","pieces":1,"sizes":5}',
            '{"at":"upload","upload":"none","pieces":1,"sizes":["a"]}',
        ],
        ids=lambda literal: literal[:30],
    )
    def test_a_literal_that_makes_no_sense_is_a_bad_argument(self, kernel, literal):
        replies = kernel.replies(kernel.send(literal_code(literal)))
        assert replies.error["code"] == "bad-argument"

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
    @given(
        st.text()
        | st.recursive(
            st.none() | st.text(),
            lambda x: (
                st.lists(x) | st.dictionaries(st.sampled_from(["at", "op", "id", "$", "v"]), x)
            ),
        ).map(json.dumps)
    )
    def test_any_text_has_one_reply_and_no_error_message(self, kernel, text):
        replies = kernel.replies(kernel.send(literal_code(text)))
        assert replies.error["code"] in ("bad-argument", "version-mismatch")
        assert replies.kinds == ["error"]

    def test_a_buffer_that_is_no_request_is_a_bad_argument(self, kernel):
        for data in (b"", b"\xff\xfe", b"nul", b"[" * 100_000):
            msg_id = kernel.send(literal_code('{"at":"buffer"}'), buffers=[data])
            assert kernel.replies(msg_id).error["code"] == "bad-argument"


class TestGenerators:
    @pytest.mark.parametrize("method", ["count", "count_later"])
    def test_items_come_in_order_before_the_result(self, kernel, method):
        replies = on_thing(kernel, method, 1000)
        assert replies.items == list(range(1000))
        assert replies.kinds[-1] == "result"

    def test_what_a_generator_returns_is_the_result(self, kernel):
        assert on_thing(kernel, "count", 3).value == 3
        assert on_thing(kernel, "count_later", 3).value is None

    def test_a_generator_of_nothing_sends_a_result_alone(self, kernel):
        assert on_thing(kernel, "count", 0).kinds == ["result"]

    def test_many_items_share_few_messages(self, kernel):
        replies = on_thing(kernel, "count", 20_000)
        assert replies.items == list(range(20_000))
        # At most one message in 5 ms: 20,000 items take a fraction of a second to make.
        assert len(replies.messages) < 1000

    def test_slow_items_are_not_kept_back(self, kernel):
        replies = on_thing(kernel, "slow", 3, 0.05)
        assert [reply.get("values") for reply in replies.bridge] == [[0], [1], [2], None]

    def test_the_first_item_comes_while_the_generator_still_runs(self, kernel):
        sent = call("thing", method="count_for_ever")
        msg_id = kernel.ask(sent)
        kernel.wait_for_text(msg_id, "begun")
        while not any(MIME in m["content"].get("data", {}) for m in kernel._outputs[msg_id]):
            kernel._receive()
        kernel.cancel(sent)
        replies = kernel.replies(msg_id)
        assert replies.items == [1] and replies.error["code"] == "cancelled"

    @pytest.mark.parametrize("method", ["count_and_fail", "count_later_and_fail"])
    def test_items_before_an_error_arrive_before_it(self, kernel, method):
        replies = on_thing(kernel, method, 10)
        assert replies.items == list(range(10))
        assert replies.error["message"] == "enough"
        assert [frame["name"] for frame in replies.error["frames"]] == [method]

    def test_an_item_that_cannot_be_sent_is_referred_to(self, kernel):
        replies = on_thing(kernel, "count_to_an_object", 5)
        assert replies.items[:5] == list(range(5))
        assert replies.items[5]["type"] == "object"
        assert replies.value is None
        kernel.release(replies.items[5])

    def test_what_ends_a_call_has_its_asynchronous_generator_clean_up_within_it(self, kernel):
        replies = on_thing(kernel, "count_to_what_cannot_be_sent")
        assert replies.error["code"] == "too-large"
        assert replies.stream() == "cleaned up\n"

    def test_an_array_that_is_changed_after_its_yield_was_sent_as_it_was(self, kernel):
        replies = on_thing(kernel, "one_array", 50)
        assert [item.tolist() for item in replies.items] == [[i] for i in range(50)]

    def test_what_is_printed_between_items_is_all_there_before_the_result(self, kernel):
        replies = on_thing(kernel, "count_and_print", 100)
        assert replies.stream() == "".join(f"{i}\n" for i in range(100))
        assert replies.kinds[-1] == "result"


class TestOutput:
    def test_what_is_printed_comes_before_the_result(self, kernel):
        replies = on_thing(kernel, "speak")
        assert sorted(replies.kinds[:-1]) == ["stream", "stream"] and replies.kinds[-1] == "result"
        assert (replies.stream("stdout"), replies.stream("stderr")) == ("out", "err")

    def test_what_is_displayed_belongs_to_the_call(self, kernel):
        replies = on_thing(kernel, "show")
        assert replies.kinds == ["display_data", "result"]
        assert replies.messages[0]["content"]["data"]["text/plain"] == "'shown'"

    def test_input_is_refused(self, kernel):
        assert on_thing(kernel, "ask").error["type"] == "StdinNotImplementedError"

    @pytest.mark.parametrize("method", ["leave", "leave_later"])
    def test_sys_exit_is_an_error_like_any_other(self, kernel, method):
        error = on_thing(kernel, method).error
        assert (error["code"], error["type"], error["message"]) == ("python", "SystemExit", "3")

    def test_a_keyboard_interrupt_that_an_async_method_raises_is_an_interrupt(self, kernel):
        assert on_thing(kernel, "interrupt_itself_later").error["code"] == "interrupted"

    @pytest.mark.parametrize(
        "code", ["import sys; sys.exit()", "await asyncio.sleep(0); raise SystemExit"]
    )
    def test_code_that_leaves_does_not_end_the_kernel(self, kernel, code):
        pid = kernel.look("__import__('os').getpid()")
        kernel.do(request("run", code=code))
        assert kernel.look("__import__('os').getpid()") == pid


RUNNING = [
    "sleep",
    "spin",
    "sleep_later",
    "spin_later",
    "count_for_ever",
    "count_later_for_ever",
    "count_without_a_pause",
]
SECONDS = {"sleep": [60], "sleep_later": [60]}


class TestStopping:
    @pytest.mark.parametrize("method", RUNNING)
    def test_an_interrupt_of_the_kernel_ends_the_call(self, kernel, method):
        msg_id = kernel.ask(call("thing", *SECONDS.get(method, []), method=method))
        kernel.wait_for_text(msg_id, "begun")
        kernel.interrupt()
        assert kernel.replies(msg_id).error["code"] == "interrupted"

    @pytest.mark.parametrize("method", RUNNING)
    def test_a_cancel_ends_the_call(self, kernel, method):
        sent = call("thing", *SECONDS.get(method, []), method=method)
        msg_id = kernel.ask(sent)
        kernel.wait_for_text(msg_id, "begun")
        kernel.cancel(sent)
        assert kernel.replies(msg_id).error["code"] == "cancelled"

    @pytest.mark.parametrize(
        "code", ["time.sleep(60)", "while True: pass", "await asyncio.sleep(60)"]
    )
    def test_code_can_be_cancelled_too(self, kernel, code):
        sent = request("run", code=f"print('begun', flush=True)\n{code}")
        msg_id = kernel.ask(sent)
        kernel.wait_for_text(msg_id, "begun")
        kernel.cancel(sent)
        assert kernel.replies(msg_id).error["code"] == "cancelled"

    def test_a_queued_call_that_is_cancelled_never_runs(self, kernel):
        kernel.setup("ran = []; pybridge.register(ran, 'ran', methods=['append'])")
        first = call("thing", 60, method="sleep")
        second = call("ran", 2, method="append")
        third = call("ran", 3, method="append")
        ids = [kernel.ask(sent) for sent in (first, second, third)]
        kernel.wait_for_text(ids[0], "begun")
        kernel.cancel(second)
        kernel.cancel(first)
        assert [kernel.replies(msg_id).last["kind"] for msg_id in ids] == [
            "error",
            "error",
            "result",
        ]
        assert kernel.look("ran") == [3]

    def test_a_cancel_reaches_no_other_call(self, kernel):
        kernel.cancel({"id": "of nobody"})
        assert kernel.call("double", 2).value == 4

    def test_a_cancel_of_a_finished_call_does_nothing(self, kernel):
        sent = call("double", 2)
        assert kernel.do(sent).value == 4
        kernel.cancel(sent)
        assert kernel.cell("3").reply["status"] == "ok"

    def test_a_method_may_catch_the_cancel_and_go_on(self, kernel):
        sent = call("thing", method="stubborn")
        msg_id = kernel.ask(sent)
        kernel.wait_for_text(msg_id, "begun")
        kernel.cancel(sent)
        # The page has given the call up; what comes is not looked at, but there is an end.
        assert kernel.replies(msg_id).last["kind"] in ("result", "error")

    @pytest.mark.parametrize("method", ["nap", "nap_later", "nap_items"])
    def test_a_cancel_at_any_moment_leaves_the_users_next_cell_alone(self, kernel, method):
        kernel.setup(
            "class Naps:\n"
            "    def nap(self, s): time.sleep(s)\n"
            "    async def nap_later(self, s): await asyncio.sleep(s)\n"
            "    def nap_items(self, s):\n"
            "        yield 1\n"
            "        time.sleep(s)\n"
            "        yield 2\n"
            "pybridge.register(Naps(), 'naps', methods=['nap', 'nap_later', 'nap_items'])"
        )
        outcomes = set()
        for i in range(150):
            sent = call("naps", i % 30 * 1e-4, method=method)
            msg_id = kernel.ask(sent)
            cell_id = kernel.send(
                "for _ in range(20): time.sleep(1e-4); sum(range(2000))",
                silent=False,
                store_history=True,
            )
            kernel.wait_until_busy(msg_id)
            kernel.cancel(sent)
            last = kernel.replies(msg_id).last
            outcomes.add(last["kind"] if last["kind"] == "result" else last["error"]["code"])
            cell = kernel.replies(cell_id)
            assert cell.reply["status"] == "ok", (i, cell.reply)
        assert "cancelled" in outcomes
        assert outcomes <= {"result", "cancelled"}


# What a call must not add to, in the kernel's process.
STATE = {
    "names": "sorted(globals())",
    "inputs": "len(In)",
    "outputs": "sorted(Out)",
    "execution count": "get_ipython().execution_count",
    "last value": "_",
    "sources": "len(__import__('linecache').cache)",
    "names of sources": "len(get_ipython().compile._filename_map)",
    "calls": "len(pybridge.running._calls)",
    "uploads": "len(pybridge.uploads._uploads)",
    "threads": "__import__('threading').active_count()",
}


class TestTraces:
    def test_five_hundred_calls_leave_none(self, kernel):
        kernel.setup("'the last value'")
        state = f"({', '.join(STATE.values())})"
        kernel.call("double", 1)
        # The first look may import something.
        kernel.look(state)
        before = dict(zip(STATE, kernel.look(state), strict=True))
        for i in range(250):
            assert kernel.call("double", i).value == 2 * i
            assert kernel.call("nobody").error["code"] == "no-handle"
        assert dict(zip(STATE, kernel.look(state), strict=True)) == before

    def test_running_code_keeps_a_bounded_number_of_sources(self, kernel):
        for i in range(300):
            assert kernel.do(request("run", code=f"{i} + 0")).value == i
        sources = "[f for f in __import__('linecache').cache if f.startswith('<runPython')]"
        assert kernel.look(f"len({sources})") == 256

    def test_a_call_that_fails_keeps_no_frame_alive(self, kernel):
        kernel.setup("import gc, weakref\nclass Big: pass\nrefs = []")
        kernel.setup(
            "def hold():\n"
            "    big = Big()\n"
            "    refs.append(weakref.ref(big))\n"
            "    raise ValueError\n"
            "pybridge.register(hold, 'hold')"
        )
        for _ in range(3):
            assert kernel.call("hold").error["type"] == "ValueError"
        assert kernel.look("(gc.collect(), [r() is None for r in refs])[1]") == [True] * 3


class TestComms:
    def test_messages_between_calls_do_not_hide_the_end_of_one(self, kernel):
        kernel.setup(
            """
@pybridge.comm_target("echo")
def echo(comm):
    comm.on_msg(comm.send)
"""
        )
        kernel._send("shell", "comm_open", {"comm_id": "c", "target_name": "echo", "data": {}})
        for _ in range(100):
            asked = [kernel.ask(call("thing", 1, method="add")) for _ in range(3)]
            kernel._send("shell", "comm_msg", {"comm_id": "c", "data": {}})
            # Each waits for the status that ends it.
            assert [kernel.replies(msg_id).value for msg_id in asked] == [2, 2, 2]
        kernel.setup("get_ipython().events.register('post_execute', lambda: display('figure'))")
        try:
            for _ in range(50):
                cells = [kernel.send("await asyncio.sleep(0)", silent=False) for _ in range(3)]
                kernel._send("shell", "comm_msg", {"comm_id": "c", "data": {}})
                # As figures of matplotlib, which are shown when a cell is over.
                for msg_id in cells:
                    assert "display_data" in kernel.replies(msg_id).kinds
        finally:
            kernel.setup("get_ipython().events.callbacks['post_execute'].pop()")

    @pytest.mark.skipif(ipykernel.version_info < (7,), reason="comms wait for the call")
    def test_an_interrupt_reaches_one_that_runs_while_a_call_waits(self, kernel, tmp_path):
        kernel.setup(
            f"""
import pathlib, time

@pybridge.comm_target("stuck")
def stuck(comm):
    @comm.on_msg
    def heard(*_):
        pathlib.Path({str(tmp_path / "begun")!r}).touch()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            pass
        pathlib.Path({str(tmp_path / "ended")!r}).touch()

@pybridge.export
async def rest():
    await asyncio.sleep(1)
    return "rested"
"""
        )
        kernel._send("shell", "comm_open", {"comm_id": "s", "target_name": "stuck", "data": {}})
        asked = kernel.ask(call("rest"))
        kernel.wait_until_busy(asked)
        kernel._send("shell", "comm_msg", {"comm_id": "s", "data": {}})
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        kernel.interrupt()
        assert kernel.replies(asked).value == "rested"
        assert not (tmp_path / "ended").exists()


class TestReferences:
    """What stays in the kernel, by requests as a page makes them."""

    @pytest.fixture
    def thing(self, kernel):
        """Refer to a thing that nobody else holds."""
        kernel.setup("kept = Thing()")
        reference = kernel.do(request("globals.get", name="kept")).value
        yield reference
        kernel.release(reference)

    def held(self, kernel):
        return kernel.look("sorted(row.type_name for row in pybridge.proxies())")

    def wait_for_held(self, kernel, expected):
        # The control channel has its own thread, and the main one takes its message up when idle.
        deadline = time.monotonic() + 30
        while (held := self.held(kernel)) != expected:
            assert time.monotonic() < deadline, held

    def test_an_object_is_referred_to_and_worked_with(self, kernel, thing):
        assert (thing["$"], thing["type"]) == ("py", "Thing")
        added = request("proxy.call", on=thing, path=["add"], args=[1], kwargs={"b": 2})
        assert kernel.do(added).value == 3
        named = request("proxy.attribute", on=thing, path=["__class__", "__name__"])
        assert kernel.do(named).value == "Thing"

    def test_the_same_object_has_the_same_id(self, kernel, thing):
        again = kernel.do(request("globals.get", name="kept")).value
        assert again == thing
        kernel.release(again)

    def test_a_reference_in_an_argument_is_the_object(self, kernel, thing):
        request_ = request("globals.set", name="back", value=[thing, {"a": thing}])
        assert kernel.do(request_).value is None
        assert kernel.look("back[0] is kept and back[1]['a'] is kept") is True

    def test_a_container_is_referred_to_where_that_is_asked_for(self, kernel):
        asked = request("run", code="[1, 2]", globals=None) | {"as": "proxy"}
        reference = kernel.do(asked).value
        assert reference["type"] == "list"
        kernel.release(reference)
        assert kernel.do(request("run", code="5", globals=None) | {"as": "proxy"}).value == 5

    def test_a_generator_stays_one_where_that_is_asked_for(self, kernel):
        asked = request("run", code="(i for i in range(3))", globals=None, stream=False)
        replies = kernel.do(asked)
        assert (replies.items, replies.value["type"]) == ([], "generator")
        item = kernel.do(request("proxy.send", on=replies.value, value=None)).value
        assert item == {"done": False, "value": 0}
        kernel.release(replies.value)

    def test_what_is_released_is_freed(self, kernel):
        # What the test before has released may not be gone yet.
        self.wait_for_held(kernel, [])
        reference = kernel.do(request("run", code="Thing()", globals=None)).value
        assert "Thing" in self.held(kernel)
        kernel.release(reference)
        self.wait_for_held(kernel, [])
        error = kernel.do(request("proxy.text", on=reference)).error
        assert error["code"] == "destroyed"

    def test_a_page_that_leaves_holds_nothing(self, kernel):
        reference = kernel.do(request("run", code="[object(), Thing()]", globals=None)).value
        assert reference["type"] == "list"
        kernel.tell("bye")
        self.wait_for_held(kernel, [])

    @pytest.mark.parametrize("key", [None, [], {}, "x", -1, 10**30])
    def test_a_reference_to_nothing_is_an_error(self, kernel, key):
        error = kernel.do(request("proxy.text", on={"$": "py", "id": key})).error
        assert error["code"] in ("destroyed", "bad-argument")
        assert kernel.call("double", 2).value == 4

    @pytest.mark.parametrize("op", sorted(op for op in _OPERATIONS if op.startswith("proxy.")))
    def test_a_request_that_lacks_a_part_is_a_bad_argument(self, kernel, op):
        assert kernel.do(request(op)).error["code"] == "bad-argument"
