"""Whatever comes from a page is understood or refused: nothing else, and not at a high price."""

import json
import sys
import tracemalloc
from contextlib import contextmanager

import numpy as np
import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pybridge
from pybridge import codec, lanes, operations, registry, subshells, uploads
from pybridge.buffers import Reading
from pybridge.errors import (
    BadArgumentError,
    BridgeError,
    NotExportedError,
    TooLargeError,
    WrongLaneError,
)

from .hostile import NAMES, buffers, trees


def refusal(function, *args):
    """The code of the error that a function raises, if it is one of the bridge's; None for none."""
    try:
        function(*args)
    except BridgeError as error:
        return error.code
    return None


@given(trees, buffers)
@example({"$": "ndarray", "dtype": "int8", "shape": [0, 2**80], "b": 0}, [b""])
@example({"$": "map", "v": [[[], 1]]}, [])
@example({"$": {"$": "int", "v": "1"}}, [])
def test_any_tree_is_a_value_or_refused(tree, buffers):
    assert refusal(codec.decode, json.dumps(tree), buffers) in {None, "bad-argument"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_value_or_refused(data):
    assert refusal(codec.decode, data) in {None, "bad-argument"}


@pytest.mark.parametrize("nesting", ["[", '{"a":', '{"$":"set","v":['])
def test_what_is_deep_is_refused(nesting):
    with pytest.raises(BadArgumentError):
        codec.decode(nesting * 200_000)


@contextmanager
def cheaply():
    """Bear no block that asks Python and NumPy for more than a few MiB."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "shape",
    [[2**40], [2**20, 2**20], [2**63], [2**200, 2**200], [10**9] * 30, [2**64] * 64, [0] * 65],
)
def test_a_shape_that_lies_costs_nothing(shape):
    text = json.dumps({"$": "ndarray", "dtype": "float64", "shape": shape, "b": 0})
    with cheaply(), pytest.raises(BadArgumentError, match=r"are not an array|not a shape"):
        codec.decode(text, [b"\0" * 8])


def test_a_shape_of_many_dimensions_is_not_multiplied():
    text = json.dumps({"$": "ndarray", "dtype": "int8", "shape": [2**60] * 10_000, "b": 0})
    with pytest.raises(BadArgumentError, match="not a shape"):
        codec.decode(text, [b""])


@pytest.mark.parametrize("text", ["9" * 10**6, '{"$":"int","v":"9e9"}', "1" * 5000 + ".5"])
def test_a_number_of_any_length_is_read_or_refused(text):
    # Reading decimal digits takes the square of their number; Python itself has the limit.
    assert refusal(codec.decode, text) in {None, "bad-argument"}


def test_an_integer_of_any_length_travels():
    number = -(2**3_000_000)
    assert codec.decode(json.dumps(codec.encode(number, []))) == number


def test_an_error_does_not_repeat_what_was_sent():
    for text in (json.dumps({"$": "x" * 10**6}), json.dumps({"$": "int", "v": "x" * 10**6})):
        with pytest.raises(BadArgumentError) as caught:
            codec.decode(text)
        assert len(str(caught.value)) < 500


# One number, over and over.
GIANT = np.lib.stride_tricks.as_strided(np.zeros(1), (2**37,), (0,))


@pytest.mark.parametrize(
    "value",
    [
        GIANT,
        {"a": [GIANT]},
        np.broadcast_to(np.zeros(1), (2**20, 2**20)),
        np.broadcast_to(np.uint8(0), (2**30 + 1,)),
        codec.Whole(GIANT),
        codec.Deep([GIANT]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_of_any_size_is_refused_before_it_is_copied(value):
    with cheaply(), pytest.raises(TooLargeError):
        codec.encode(value, [], refer=lambda _: {})


def test_many_parts_are_counted_together(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 10)
    with pytest.raises(TooLargeError) as caught:
        codec.encode([bytes(4), bytearray(4), np.zeros(3, "u1")], [])
    assert (caught.value.size, caught.value.limit) == (11, 10)
    # What is referred to after all counts no more.
    assert codec.encode([codec.Whole([b"12345678", object()]), b"12345678"], [], refer=lambda _: {})
    with pytest.raises(TooLargeError):
        codec.encode([codec.Deep([b"12345678"]), b"12345678"], [], refer=lambda _: {})


@pytest.mark.parametrize("kind", [None, "f32"])
def test_a_buffer_of_any_size_is_refused_before_it_is_copied(kind):
    with cheaply(), pytest.raises(TooLargeError):
        Reading.of(GIANT, kind)


def test_an_upload_of_any_size_is_refused_before_there_is_room_for_it():
    with cheaply():
        for total in (uploads.MAX_UPLOAD + 1, 2**62, sys.maxsize, float("nan"), -1):
            with pytest.raises(BridgeError):
                uploads.receive("hostile", 0, total, b"")


def test_an_upload_takes_no_more_memory_than_was_sent_of_it():
    process = psutil.Process()
    before = process.memory_info().rss
    try:
        for number in range(16):
            uploads.receive(f"hostile {number}", 0, uploads.MAX_UPLOAD, b"1")
        assert process.memory_info().rss - before < 2**28
    finally:
        for number in range(16):
            uploads.drop(f"hostile {number}")


numbers = st.integers(-3, 12) | st.sampled_from([2**70, 0.5, float("nan"), True, None, "1", []])


@given(
    st.lists(st.tuples(st.integers(-1, 9), st.binary(max_size=5)), max_size=5),
    numbers,
    st.lists(numbers, max_size=4) | numbers,
)
@example([(0, b"ab"), (1, b"ab"), (2, b"12345678")], 3, [10])
@example([(0, b"1234567890")], 1, [-5, 15])
@example([(0, b"12345")], 1, [10])
def test_an_upload_is_all_that_was_sent_or_refused(pieces, count, sizes):
    whole = bytearray(10)
    covered = set()
    try:
        for offset, piece in pieces:
            if refusal(uploads.receive, "hostile", offset, len(whole), piece) is None:
                whole[offset : offset + len(piece)] = piece
                covered |= set(range(offset, offset + len(piece)))
        try:
            taken = uploads.take("hostile", count, sizes)
        except (BadArgumentError, TypeError):
            return
    finally:
        uploads.drop("hostile")
    assert covered == set(range(10))
    assert [len(part) for part in taken] == sizes
    assert b"".join(taken) == whole


class Secretive:
    """Answers whatever it is asked for, and notes what that was."""

    def __init__(self):
        object.__setattr__(self, "asked", [])

    def __getattr__(self, name):
        self.asked.append(name)
        return lambda: name

    @pybridge.export
    def open(self):
        return "open"

    @pybridge.export
    def _closed(self):
        return "closed"

    @pybridge.export
    def ﬁnd(self):  # noqa: PLC2401 - Python reads it as `find`
        return "found"


# Names that Python's own reader takes for others: a low line of full width, a ligature.
LOOKALIKES = [
    *"\uff3fclosed _closed __class__ \ufb01nd \uff4fpen open\0 Open".split(" "),
    "open ",
    "",
]


@given(st.sampled_from([*LOOKALIKES, *NAMES]) | st.text(max_size=8) | st.from_regex(r"_+[a-z]*_*"))
def test_nothing_answers_but_what_is_exported(name):
    secretive = Secretive()
    handle = registry.Handle("secretive", secretive)
    assert handle.methods == ("find", "open")
    if name in handle.methods:
        assert handle.resolve(name)() in {"found", "open"}
    else:
        with pytest.raises(NotExportedError):
            handle.resolve(name)
        assert secretive.asked == []


@given(st.from_regex(r"_.*", fullmatch=True))
def test_no_private_name_can_be_exported(name):
    with pytest.raises(ValueError, match="private"):
        registry.Handle("secretive", Secretive(), methods=["open", name])


@given(st.dictionaries(st.sampled_from([*NAMES, "$"]) | st.text(max_size=3), trees, max_size=4))
def test_names_of_the_prototype_are_keys_like_others(value):
    tree = codec.encode(json.loads(json.dumps(value)), [])
    assert codec.decode(json.dumps(tree)) == value


@pytest.mark.parametrize("literal", ["[" * 100_000, "5", "nan", '"\\ud800', ""])
def test_code_for_a_subshell_that_is_no_call_is_left_to_the_kernel(literal):
    code = f'await __import__("pybridge").dispatch({literal})'
    assert subshells._literal({"content": {"code": code}}) is None


requests = st.fixed_dictionaries(
    {"op": st.sampled_from([*operations._OPERATIONS, "", "__class__"]) | trees},
    optional=dict.fromkeys(("name", "method", "args", "kwargs", "on", "path", "upload"), trees),
)


@given(requests)
def test_any_request_for_the_side_lane_is_let_through_or_refused(request):
    code = refusal(lanes.check, request)
    assert code in {None, WrongLaneError.code, "no-handle"}
    assert code is not None or request["op"] in {"upload", "upload.drop"}
