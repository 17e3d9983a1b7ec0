"""Whatever comes from a page is understood or refused: nothing else, and not at a high price."""

import json
import sys
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pybridge import codec, lanes, operations, uploads
from pybridge.errors import BadArgumentError, BridgeError, WrongLaneError

TAGS = [*codec._DECODERS, "", "$", "__proto__", "constructor", None, 5, []]
FIELDS = ["$", "v", "b", "dtype", "shape", "id", "type", "can", "__class__"]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10)
    | st.sampled_from(["float64", "int8", "object", "-0x1f", "nan"])
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=5)
        | st.fixed_dictionaries({"$": st.sampled_from(TAGS), "v": inner, "b": inner})
        | st.fixed_dictionaries(
            {
                "$": st.just("ndarray"),
                "dtype": inner,
                "shape": st.lists(st.integers(-2, 2**70), max_size=4),
                "b": st.integers(-1, 3),
            }
        )
    ),
    max_leaves=12,
)


def refusal(function, *args):
    """The code of the error that a function raises, if it is one of the bridge's; None for none."""
    try:
        function(*args)
    except BridgeError as error:
        return error.code
    return None


@given(trees, st.lists(st.binary(max_size=40), max_size=3))
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


@pytest.mark.parametrize(
    "shape", [[2**40], [2**20, 2**20], [2**63], [2**200, 2**200], [10**9] * 30]
)
def test_a_shape_that_lies_costs_nothing(shape):
    text = json.dumps({"$": "ndarray", "dtype": "float64", "shape": shape, "b": 0})
    tracemalloc.start()
    try:
        with pytest.raises(BadArgumentError, match="are not an array"):
            codec.decode(text, [b"\0" * 8])
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_an_upload_of_any_size_is_refused_before_there_is_room_for_it():
    tracemalloc.start()
    try:
        for total in (uploads.MAX_UPLOAD + 1, 2**62, sys.maxsize):
            with pytest.raises(BridgeError):
                uploads.receive("hostile", 0, total, b"")
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


requests = st.fixed_dictionaries(
    {"op": st.sampled_from([*operations._OPERATIONS, "", "__class__"]) | trees},
    optional=dict.fromkeys(("name", "method", "args", "kwargs", "on", "path", "upload"), trees),
)


@given(requests)
def test_any_request_for_the_side_lane_is_let_through_or_refused(request):
    code = refusal(lanes.check, request)
    assert code in {None, WrongLaneError.code, "no-handle"}
    assert code is not None or request["op"] in {"upload", "upload.drop"}
