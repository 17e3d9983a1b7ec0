"""Values to trees and back, by the vectors that the JavaScript twin reads too."""

import json
import math
import string
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybridge import codec
from pybridge.errors import BadArgumentError, NotSerializableError, TooLargeError

from .node import Node
from .values import REFUSALS, VALUES, evaluate, local_zone, same

DTYPES = sorted(codec.DTYPES)


def vectors(direction):
    return [
        pytest.param(vector, id=vector["name"])
        for vector in VALUES
        if vector["direction"] in ("both", direction)
    ]


def encode(value):
    """Encode to what is sent: JSON text, and bytes."""
    buffers = []
    tree = codec.encode(value, buffers)
    return json.dumps(tree, allow_nan=False), [bytes(buffer) for buffer in buffers]


def decode_tree(tree, *buffers):
    return codec.decode(json.dumps(tree), buffers)


@pytest.mark.parametrize("vector", vectors("to-js"))
def test_encodes_as_the_vectors_say(vector):
    with local_zone(vector.get("tz")):
        text, buffers = encode(evaluate(vector["python"]))
    assert same(json.loads(text), vector["tree"])
    assert [buffer.hex() for buffer in buffers] == vector["buffers"]


@pytest.mark.parametrize("vector", vectors("to-python"))
def test_decodes_as_the_vectors_say(vector):
    buffers = [bytes.fromhex(digits) for digits in vector["buffers"]]
    value = decode_tree(vector["tree"], *buffers)
    assert same(value, evaluate(vector["python"]))


@pytest.mark.parametrize(
    "refusal", [pytest.param(r, id=r["name"]) for r in REFUSALS if "python" in r]
)
def test_refuses_what_has_no_form_and_says_where_it_is(refusal):
    with pytest.raises(NotSerializableError) as caught:
        codec.encode(evaluate(refusal["python"]), [])
    assert caught.value.code == refusal["code"]
    assert caught.value.path == refusal["path"]
    assert refusal["path"] in str(caught.value)


def test_every_dtype_with_a_typed_array_is_in_the_vectors():
    in_vectors = {v["tree"].get("dtype") for v in VALUES if isinstance(v["tree"], dict)}
    assert in_vectors - {None} == codec.DTYPES


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_of_5000_digits_survive(sign):
    value = sign * (10**5000 - 1)
    assert codec.decode(encode(value)[0]) == value


@pytest.mark.parametrize(
    "make", [lambda v: [v], lambda v: (v,), lambda v: {"a": v}, lambda v: {1: v}]
)
def test_nesting_well_within_the_bound_is_fine(make):
    value = 0
    for _ in range(codec.MAX_DEPTH - 10):
        value = make(value)
    text, _ = encode(value)
    assert encode(codec.decode(text))[0] == text


def test_a_value_that_appears_twice_is_no_cycle():
    shared = [1, {}]
    assert encode([shared, shared, {"a": shared}])[0] == '[[1, {}], [1, {}], {"a": [1, {}]}]'


def test_the_root_of_the_path_is_the_callers():
    with pytest.raises(NotSerializableError) as caught:
        codec.encode({"a": print}, [], "result")
    assert caught.value.path == "result.a"


def test_a_key_that_cannot_be_shown_is_no_obstacle_to_the_error():
    class Key:
        def __repr__(self):
            raise RuntimeError

    for key in (Key(), 10**5000):
        with pytest.raises(NotSerializableError):
            codec.encode({key: print}, [])


def test_a_later_change_of_an_array_is_not_sent():
    array, raw = np.zeros(3, "int8"), bytearray(2)
    buffers = []
    codec.encode([array, raw], buffers)
    array[:] = 1
    raw[:] = b"\1\1"
    assert list(map(bytes, buffers)) == [b"\0\0\0", b"\0\0"]


@pytest.mark.parametrize("kind", [bytes, bytearray, lambda data: memoryview(bytes(data))])
@pytest.mark.parametrize("dtype", DTYPES)
def test_decoded_arrays_are_writable_and_in_the_machines_byte_order(dtype, kind):
    buffer = kind(bytes(16 * np.dtype(dtype).itemsize))
    array = decode_tree({"$": "ndarray", "dtype": dtype, "shape": [4, 4], "b": 0}, buffer)
    array[1, 1] = 1
    assert array.dtype.isnative and array.dtype == dtype and array.flags.c_contiguous


@pytest.mark.parametrize("dtype", DTYPES)
def test_decoded_arrays_are_aligned_wherever_they_lie_in_a_message(dtype):
    size = np.dtype(dtype).itemsize
    message = memoryview(bytearray(1 + 2 * size))
    array = decode_tree({"$": "ndarray", "dtype": dtype, "shape": [2], "b": 0}, message[1:])
    assert array.flags.aligned and array.flags.writeable


def test_decoded_booleans_are_zeros_and_ones():
    tree = {"$": "ndarray", "dtype": "bool", "shape": [3], "b": 0}
    assert decode_tree(tree, b"\x00\x01\xff").tobytes() == b"\0\1\1"


def test_decoded_bytes_are_bytes_whatever_held_them():
    assert decode_tree([{"$": "bytes", "b": 0}], bytearray(b"ab")) == [b"ab"]


ARRAY = {"$": "ndarray", "dtype": "int16", "shape": [2], "b": 0}

HOSTILE = {
    "an unknown tag": {"$": "object", "v": 1},
    "a tag that is a method": {"$": "__class__"},
    "a tag that is a list": {"$": []},
    "a tag that is null": {"$": None},
    "a tag that is a set": {"$": {"$": "set", "v": []}},
    "a tag alone": {"$": "int"},
    "an int that is a number": {"$": "int", "v": 5},
    "an int that is no hexadecimal": {"$": "int", "v": "xyz"},
    "a float that is a word": {"$": "float", "v": "many"},
    "a float that is a list": {"$": "float", "v": []},
    "bytes without a buffer": {"$": "bytes", "b": 3},
    "bytes at a negative index": {"$": "bytes", "b": -1},
    "bytes at true": {"$": "bytes", "b": True},
    "bytes at a float": {"$": "bytes", "b": 0.0},
    "bytes at text": {"$": "bytes", "b": "0"},
    "bytes at a list": {"$": "bytes", "b": [0]},
    "a datetime that is text": {"$": "datetime", "v": "now"},
    "a datetime beyond Python's": {"$": "datetime", "v": 8.64e15},
    "a datetime beyond anything": {"$": "datetime", "v": 1e308},
    "a datetime that is NaN": {"$": "datetime", "v": {"$": "float", "v": "nan"}},
    "a datetime that is infinite": {"$": "datetime", "v": {"$": "float", "v": "inf"}},
    "a set that is a number": {"$": "set", "v": 5},
    "a set of lists": {"$": "set", "v": [[1]]},
    "a set of dicts": {"$": "set", "v": [{}]},
    "a set of arrays": {"$": "set", "v": [ARRAY]},
    "a map that is a number": {"$": "map", "v": 5},
    "a map of numbers": {"$": "map", "v": [1]},
    "a map of triples": {"$": "map", "v": [[1, 2, 3]]},
    "a map with a list as key": {"$": "map", "v": [[[], 1]]},
    "a dict with a dict as key": {"$": "dict", "v": [[{}, 1]]},
    "an array of no dtype that we know": {**ARRAY, "dtype": "object"},
    "an array of a dtype with fields": {**ARRAY, "dtype": "i4,i4"},
    "an array whose dtype is a list": {**ARRAY, "dtype": [["a", "i4"]]},
    "an array whose dtype is null": {**ARRAY, "dtype": None},
    "an array that is too short": {**ARRAY, "shape": [3]},
    "an array that is too long": {**ARRAY, "shape": [1]},
    "an array with a negative side": {**ARRAY, "shape": [-2]},
    "an array with two negative sides": {**ARRAY, "shape": [-1, -2]},
    "an array with a side of text": {**ARRAY, "shape": ["2"]},
    "an array with a side that is a bool": {**ARRAY, "shape": [2, True]},
    "an array with a fraction of a side": {**ARRAY, "shape": [2.0]},
    "an array of 100 dimensions": {**ARRAY, "shape": [2] + 99 * [1]},
    "an array of nothing times everything": {**ARRAY, "shape": [0, 2**70], "b": 1},
    "an array whose size overflows to the right one": {**ARRAY, "shape": [2**63 + 1, 2]},
    "an array whose shape is a number": {**ARRAY, "shape": 2},
    "an array whose shape is an object": {**ARRAY, "shape": {}, "b": 2},
    "an array whose shape is text": {**ARRAY, "shape": "", "b": 2},
    "an array without a shape": {"$": "ndarray", "dtype": "int16", "b": 0},
}


@pytest.mark.parametrize(
    "wrap", [lambda tree: tree, lambda tree: [{"a": tree}]], ids=["", "inside"]
)
@pytest.mark.parametrize("tree", [pytest.param(tree, id=name) for name, tree in HOSTILE.items()])
def test_a_lie_is_a_bad_argument(tree, wrap):
    with pytest.raises(BadArgumentError):
        decode_tree(wrap(tree), b"abcd", b"", b"ab")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nul",
        "[1,]",
        "{'a': 1}",
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1" * 5000,
        "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"$":' + "[" * 900 + "]" * 900 + "}",
        '{"$":' * 900 + "1" + "}" * 900,
        b"\xff\xfe",
        b'"\xff"',
        "\ufeff1",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_not_json_is_a_bad_argument(text):
    with pytest.raises(BadArgumentError):
        codec.decode(text)


# Two lone surrogates side by side would be one character to JavaScript.
texts = st.text(st.characters(codec=None), max_size=8).filter(
    lambda text: text == text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
moments = st.datetimes(timezones=st.just(timezone.utc)).map(
    lambda moment: moment - timedelta(microseconds=moment.microsecond % 1000)
)
keys = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=8)
    | moments
)
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
    )
)
leaves = keys | st.floats() | arrays
nested = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts | st.sampled_from(["$", "v", "b", "__proto__"]), inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
    ),
    max_leaves=12,
)


@given(nested)
def test_any_value_survives_the_way_through_json(value):
    text, buffers = encode(value)
    assert same(codec.decode(text, buffers), value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$"), inner),
)
tags = st.sampled_from([*codec._DECODERS, "object", "ndarray"])
parts = (
    json_values
    | st.lists(st.integers(-1, 4), max_size=4)
    | st.integers(-2, 3)
    | st.sampled_from([*DTYPES, "0x1", "-0x", "nan"])
)
tagged = st.fixed_dictionaries(
    {"$": tags}, optional=dict.fromkeys(("v", "b", "dtype", "shape"), parts)
)
hostile_trees = st.recursive(
    tagged | json_values,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"$": tags, "v": inner | st.lists(st.lists(inner, max_size=2))})
    ),
    max_leaves=8,
)


@given(
    hostile_trees.map(json.dumps)
    | st.text()
    | st.text(string.punctuation + "1aeflnrstu")
    | st.binary()
)
def test_any_text_decodes_or_is_a_bad_argument(text):
    with suppress(BadArgumentError):
        codec.decode(text, [b"", b"abcd", bytearray(b"abcdefgh")])


@given(st.lists(st.integers() | st.floats() | st.booleans() | st.none() | texts))
def test_lists_that_json_takes_as_they_are_give_strict_json(values):
    text, _ = encode(values)

    def refuse(name):
        raise AssertionError(name)

    json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def echo():
    with Node("echo.mjs") as node:
        yield node


def through_javascript(value, *, is_key=False, halves):
    """Give what a value is once JavaScript has had it.

    There is one kind of number there, a zero that is a key has no sign, and keys that look like
    indices come first. Without ``halves`` there is no Float16Array.
    """

    def there(inner, *, is_key=False):
        return through_javascript(inner, is_key=is_key, halves=halves)

    if type(value) is float and value.is_integer() and abs(value) <= codec.MAX_SAFE_INTEGER:
        negative_zero = value == 0 and math.copysign(1, value) < 0
        return value if negative_zero and not is_key else int(value)
    if isinstance(value, np.ndarray) and value.dtype == "float16" and not halves:
        return value.astype("float32")
    if isinstance(value, list):
        return [there(item) for item in value]
    if isinstance(value, set):
        return {there(item, is_key=True) for item in value}
    if isinstance(value, dict):
        return {there(key, is_key=True): there(item) for key, item in value.items()}
    return value


def in_order(value):
    """Put the keys of dicts in one order."""
    if isinstance(value, list):
        return [in_order(item) for item in value]
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: (type(pair[0]).__name__, repr(pair[0])))
        return {key: in_order(item) for key, item in pairs}
    return value


@given(value=nested)
@example(value=[10**5000, -(10**5000), 2**53, -(2**53)])
@example(value=[2.0**53, 2.0**64, 1e20, 1e21, -1e22, 5e-324, -0.0])
@example(value={"b": 1, "2": 2, "1": 3, "__proto__": [{"__proto__": None}]})
@example(value=datetime(1, 1, 1, tzinfo=timezone.utc))
def test_any_value_survives_the_way_through_javascript(echo, value):
    text, buffers = encode(value)
    answer = echo.ask({"text": text, "buffers": [buffer.hex() for buffer in buffers]})
    assert "error" not in answer
    back = codec.decode(answer["text"], [bytes.fromhex(digits) for digits in answer["buffers"]])
    expected = through_javascript(value, halves=answer["halves"])
    assert same(in_order(back), in_order(expected))


class Thing:
    """What has no form in JavaScript."""


class Abroad(codec.Foreign):
    """What stands for something in JavaScript."""


def refer_to(value):
    """Encode with references that name the class; give the tree and how many buffers it has."""
    buffers = []
    tree = codec.encode(value, buffers, refer=lambda obj: {"$": "py", "type": type(obj).__name__})
    return json.loads(json.dumps(tree)), len(buffers)


THING = {"$": "py", "type": "Thing"}
LIST = {"$": "py", "type": "list"}
ABROAD = {"$": "py", "type": "Abroad"}
CYCLE: list = []
CYCLE.append(CYCLE)


class TestReferences:
    @pytest.mark.parametrize(
        ("value", "tree"),
        [
            (1, 1),
            ([1, {"a": None}], [1, {"a": None}]),
            (Thing(), THING),
            ([1, Thing()], LIST),
            ({"a": [Thing()]}, {"$": "py", "type": "dict"}),
            ({Thing(): 1}, {"$": "py", "type": "dict"}),
            (CYCLE, LIST),
            (np.zeros(1, "c8"), {"$": "py", "type": "ndarray"}),
        ],
    )
    def test_a_whole_goes_by_value_or_by_reference(self, value, tree):
        assert refer_to(codec.Whole(value)) == (tree, 0)
        assert refer_to({"args": [codec.Whole(value), codec.Whole(2)]})[0] == {"args": [tree, 2]}

    @pytest.mark.parametrize(
        ("value", "tree"),
        [
            (Thing(), THING),
            ([1, Thing(), [Thing()]], [1, THING, [THING]]),
            ({"a": {"b": Thing()}, "c": 1}, {"a": {"b": THING}, "c": 1}),
            ({Thing(): Thing()}, {"$": "map", "v": [[THING, THING]]}),
            ((1, CYCLE), [1, [LIST]]),
        ],
    )
    def test_a_deep_one_refers_to_parts(self, value, tree):
        assert refer_to(codec.Deep(value))[0] == tree

    @pytest.mark.parametrize(
        ("depth", "tree"),
        [
            (0, LIST),
            (1, [1, LIST, "text"]),
            (2, [1, [2, LIST], "text"]),
            (3, [1, [2, [3]], "text"]),
            (-1, [1, [2, [3]], "text"]),
        ],
    )
    def test_a_deep_one_stops_at_its_depth(self, depth, tree):
        assert refer_to(codec.Deep([1, [2, [3]], "text"], depth))[0] == tree
        # It counts from where the value begins.
        assert refer_to({"a": [codec.Deep([1, [2, [3]], "text"], depth)]})[0] == {"a": [tree]}

    def test_nesting_without_an_end_is_referred_to(self):
        deep = 0
        for _ in range(10_000):
            deep = [deep]
        assert refer_to(codec.Whole(deep))[0] == LIST
        tree, _ = refer_to(codec.Deep(deep))
        for _ in range(codec.MAX_DEPTH - 1):
            (tree,) = tree
        assert tree in (LIST, [LIST])

    def test_what_is_not_sent_is_not_referred_to(self):
        class Abroad(codec.Foreign):
            pass

        referred = []

        def refer(obj):
            referred.append(obj)
            return {"$": "py", "id": len(referred)}

        whole = [Abroad(), Thing()]
        assert codec.encode(codec.Whole(whole), [], refer=refer) == {"$": "py", "id": 1}
        assert referred == [whole]
        # Memory that nobody has written to takes none.
        big = np.zeros(codec.MAX_BYTES + 1, np.uint8)
        for value in ([Abroad(), big], codec.Deep([Thing(), big])):
            with pytest.raises(TooLargeError):
                codec.encode(value, [], refer=refer)
        assert len(referred) == 1

    def test_what_is_referred_to_leaves_no_buffers(self):
        array = np.zeros(2)
        assert refer_to(codec.Whole([array, Thing()])) == (LIST, 0)
        tree, count = refer_to([array, codec.Whole([array, Thing()]), array])
        assert (tree[0]["b"], tree[1], tree[2]["b"], count) == (0, LIST, 1, 2)

    def test_what_is_foreign_goes_home_from_anywhere(self):
        value = {"a": [1, Abroad()]}
        tree = {"a": [1, ABROAD]}
        assert refer_to(codec.Whole(value))[0] == tree
        assert refer_to(codec.Deep(value))[0] == tree
        assert refer_to(value)[0] == tree
        with pytest.raises(NotSerializableError, match=r"\$\.a\[1\]"):
            codec.encode(value, [])

    @pytest.mark.parametrize("mark", [codec.Whole, codec.Deep])
    def test_without_references_the_culprit_is_named(self, mark):
        assert codec.encode(mark([1]), []) == [1]
        with pytest.raises(NotSerializableError, match=r"a Thing at \$\[0\]"):
            codec.encode(mark([Thing()]), [])

    def test_references_are_adopted_from_the_inside_out(self):
        text = json.dumps([{"$": "py", "id": "1"}, {"a": {"$": "js", "id": 2}}])
        assert codec.decode(text, adopt=lambda tree: tree["id"]) == ["1", {"a": 2}]
        with pytest.raises(BadArgumentError, match="no meaning"):
            codec.decode(text)
