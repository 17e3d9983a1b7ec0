"""What JavaScript is given of an object's memory."""

import array
import ctypes
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pybridge import buffers
from pybridge.buffers import ELEMENTS, Reading
from pybridge.errors import BadArgumentError, NotSerializableError


def rebuild(reading, dtype=None):
    """Read what is sent as the page does: elements of the type, by strides and offset."""
    header = json.loads(json.dumps(reading.header, allow_nan=False))
    data = b"".join(reading.chunks(7))
    assert len(data) == header["nbytes"]
    assert header["ndim"] == len(header["shape"]) == len(header["strides"])
    element = ELEMENTS[header["type"]]
    strides = [stride * element.itemsize for stride in header["strides"]]
    return np.ndarray(
        header["shape"], dtype or element, data, header["offset"] * element.itemsize, strides
    )


def lies_in(reading, source):
    """Tell whether the chunks are views of the source's own memory."""
    return np.shares_memory(np.frombuffer(reading.memory, "u1"), source)


GRID = np.arange(24, dtype="i4").reshape(2, 3, 4)

DENSE = {
    "C order": GRID,
    "Fortran order": np.asfortranarray(GRID),
    "transposed": GRID.transpose(1, 0, 2),
    "transposed and reversed": GRID.transpose(2, 0, 1)[::-1, :, ::-1],
    "reversed": GRID[::-1, ::-1, ::-1],
    "part of the first axis": GRID[1:],
    "with an axis of one": GRID[:, :, None].transpose(3, 2, 0, 1),
    "one of each": GRID[::2, ::3, ::4],
    "one element": GRID[1:, 2:, 3:][::-1],
    "one dimension": GRID.ravel()[::-1],
    "no dimension": GRID[1, 2, 3, ...],
}

GAPPED = {
    "every other": GRID[:, :, ::2],
    "a column": GRID[0, :, 1],
    "a part": GRID[:, 1:, :],
    "backwards with gaps": GRID[:, :, ::-2],
    "repeated": np.broadcast_to(GRID[0, 0], (3, 4)),
    "overlapping": np.lib.stride_tricks.sliding_window_view(GRID.ravel(), 3),
    "a field": np.array([(1, 2.0), (3, 4.0)], "i2,f8")["f1"],
}


@pytest.mark.parametrize("name", DENSE)
def test_dense_memory_travels_as_it_lies(name):
    source = DENSE[name]
    reading = Reading.of(source)
    assert (rebuild(reading) == source).all()
    assert lies_in(reading, source)
    assert reading.header["c_contiguous"] == source.flags.c_contiguous
    assert reading.header["f_contiguous"] == source.flags.f_contiguous


@pytest.mark.parametrize("name", GAPPED)
def test_memory_with_gaps_travels_as_a_copy_in_c_order(name):
    source = GAPPED[name]
    reading = Reading.of(source)
    assert (rebuild(reading) == source).all()
    assert not lies_in(reading, source)
    copied = np.empty(source.shape, source.dtype)
    assert reading.header["offset"] == 0
    assert reading.header["strides"] == [n // source.itemsize for n in copied.strides]
    assert reading.header["c_contiguous"] is True


def test_strides_and_offset_count_elements_from_the_first():
    header = Reading.of(GRID[::-1].transpose(2, 0, 1)).header
    assert header["strides"] == [1, -12, 4]
    assert header["offset"] == 12


dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes(endianness="?")
    | hnp.byte_string_dtypes(min_len=1)
    | hnp.unicode_string_dtypes(endianness="?", min_len=1)
)
views = st.tuples(
    hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)),
    st.randoms(use_true_random=False),
    st.booleans(),
)


@given(views)
def test_any_view_of_any_array_arrives(made):
    source, random, contiguous = made
    steps = [1, -1] if contiguous else [1, -1, 2, -2]
    source = source[(*(slice(None, None, random.choice(steps)) for _ in source.shape), ...)]
    source = source.transpose(random.sample(range(source.ndim), source.ndim))
    reading = Reading.of(source)
    there = rebuild(reading, source.dtype.newbyteorder("<"))
    assert there.tobytes() == source.astype(source.dtype.newbyteorder("<")).tobytes()
    if contiguous and source.size and source.dtype == source.dtype.newbyteorder("<"):
        assert lies_in(reading, source)


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int), ("y", ctypes.c_double))


# object, type, shape, format, readonly
OBJECTS = {
    "bytes": (b"abc", "u8", [3], "B", True),
    "bytearray": (bytearray(b"abc"), "u8", [3], "B", False),
    "no bytes": (b"", "u8", [0], "B", True),
    "array.array of doubles": (array.array("d", [1, 2]), "f64", [2], "d", False),
    "array.array of longs": (array.array("q", [1, 2]), "i64", [2], "q", False),
    "memoryview": (memoryview(b"abcd").cast("H"), "u16", [2], "H", True),
    "memoryview of chars": (memoryview(b"abcd").cast("c"), "u8", [4], "B", True),
    "memoryview of a matrix": (
        memoryview(bytes(24)).cast("B").cast("I", [2, 3]),
        "u32",
        [2, 3],
        "I",
        True,
    ),
    "memoryview of a number": (memoryview(bytes(8)).cast("d", []), "f64", [], "d", True),
    "ctypes array": ((ctypes.c_float * 3)(1, 2, 3), "f32", [3], "f", False),
    "ctypes matrix": ((ctypes.c_int16 * 2 * 3)(), "i16", [3, 2], "h", False),
    "ctypes number": (ctypes.c_uint8(7), "u8", [], "B", False),
    "ctypes string": (ctypes.create_string_buffer(b"abc"), "u8", [4], "B", False),
    "ctypes structures": ((Point * 2)(), "dataview", [2], "T{i:x:xxxxd:y:}", False),
    "ctypes pointers": (
        (ctypes.POINTER(ctypes.c_int) * 2)(),
        "dataview",
        [2],
        f"{ctypes.sizeof(ctypes.c_void_p)}x",
        False,
    ),
    "NumPy bool": (np.array([True, False]), "u8", [2], "?", False),
    "NumPy half": (np.ones(2, "f2"), "f16", [2], "e", False),
    "NumPy long double": (np.ones(2, "g"), "dataview", [2], "g", False),
    "NumPy complex": (np.ones(2, "c16"), "dataview", [2], "Zd", False),
    "NumPy bytes": (np.array([b"ab", b"c"]), "dataview", [2], "2s", False),
    "NumPy text": (np.array(["ab", "c"]), "dataview", [2], "2w", False),
    "NumPy void": (np.zeros(2, "V3"), "dataview", [2], "3x", False),
    "NumPy records": (np.zeros(2, "u1,<i4"), "dataview", [2], "T{B:f0:=i:f1:}", False),
    "NumPy records of nothing": (np.zeros(2, []), "dataview", [2], "T{}", False),
    "NumPy read-only": (np.broadcast_to(np.ones(1), (2,)), "f64", [2], "d", True),
    "NumPy big-endian": (np.array([1, 2], ">u2"), "u16", [2], "H", False),
    "NumPy scalar": (np.float32(1), "f32", [], "f", False),
    "NumPy datetime": (np.array(["2020", "NaT"], "M8[s]"), "i64", [2], "q", False),
    "NumPy timedelta": (np.array([1], ">m8[D]"), "i64", [1], "q", False),
    "NumPy records with dates": (np.zeros(2, "M8[s],u1"), "dataview", [2], "9x", False),
    "pandas": (pd.Series([1.0, 2.0]), "f64", [2], "d", None),
    "pandas with gaps": (pd.DataFrame(np.ones((2, 3)))[1], "f64", [2], "d", None),
    "pandas nullable": (pd.Series([1, None], dtype="Int8"), "f64", [2], "d", None),
    "pandas index": (pd.Index([1, 2], dtype="i2"), "i16", [2], "h", None),
    "polars": (pl.Series([1, 2], dtype=pl.Int32), "i32", [2], "i", True),
}


def same_format(one, other):
    # A 64-bit integer is "l" or "q", a 32-bit one "i" or "l", as the platform has it.
    return one.translate(str.maketrans("lL", "qQ")) == other.translate(str.maketrans("lL", "qQ"))


@pytest.mark.parametrize("name", OBJECTS)
def test_buffers_of_all_kinds_are_read(name):
    obj, kind, shape, form, readonly = OBJECTS[name]
    reading = Reading.of(obj)
    header = reading.header
    assert (header["type"], header["shape"]) == (kind, shape)
    assert same_format(header["format"], form)
    assert readonly is None or header["readonly"] is readonly
    there = rebuild(reading, f"V{header['itemsize']}" if kind == "dataview" else None)
    if kind != "dataview":
        expected = np.asarray(obj if name.startswith(("NumPy", "p")) else memoryview(obj))
        if expected.dtype.kind in "mMS":
            expected = expected.astype(expected.dtype.newbyteorder("="))
            expected = expected.view("u1" if expected.dtype.kind == "S" else "i8")
        np.testing.assert_array_equal(there, expected.astype(there.dtype))


def test_every_typed_array_is_some_dtypes_own():
    own = {Reading.of(np.zeros(1, dtype)).header["type"] for dtype in set(ELEMENTS.values())}
    assert own == set(ELEMENTS) - {"dataview", "u8clamped"}


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        ("M8[ns]", "datetime64[ns]"),
        (">m8[10us]", "timedelta64[10us]"),
        (">i4", "int32"),
        ("c8", "complex64"),
        ("S3", "|S3"),
        ("i2,u1", "[('f0', '<i2'), ('f1', 'u1')]"),
    ],
)
def test_the_dtype_says_what_the_format_cannot(dtype, name):
    assert Reading.of(np.zeros(1, dtype)).header["dtype"] == name


def test_what_is_not_a_time_is_the_least_of_ticks():
    reading = Reading.of(np.array(["1970-01-02", "NaT"], "M8[h]"))
    assert rebuild(reading).tolist() == [24, -(2**63)]


def test_an_element_may_be_seen_as_several_smaller_ones():
    source = np.array([1 + 2j, 3 + 4j])[::-1]
    reading = Reading.of(source, "f64")
    header = reading.header
    assert (header["shape"], header["strides"], header["offset"]) == ([2], [-2], 2)
    assert (header["itemsize"], header["format"]) == (16, "Zd")
    assert np.frombuffer(reading.memory, "f8").tolist() == [1, 2, 3, 4]


def test_a_dataview_counts_in_bytes():
    header = Reading.of(GRID[::-1], "dataview").header
    assert (header["strides"], header["offset"]) == ([-48, 16, 4], 48)


@pytest.mark.parametrize("kind", ELEMENTS)
def test_bytes_may_be_seen_as_any_type(kind):
    data = bytes(range(64))
    reading = Reading.of(data, kind)
    assert rebuild(reading).tobytes() == data
    assert reading.header["type"] == kind
    assert reading.header["shape"] == [64 // ELEMENTS[kind].itemsize]
    assert reading.header["nbytes"] == 64 and lies_in(reading, np.frombuffer(data, "u1"))


def test_rows_are_taken_together_in_c_order():
    source = np.asfortranarray(np.arange(16, dtype="u1").reshape(2, 8))
    reading = Reading.of(source, "u32")
    assert (rebuild(reading) == np.ascontiguousarray(source).view("u4")).all()
    assert reading.header["itemsize"] == 4 and reading.header["dtype"] == "uint32"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (bytes(7), "u16"),
        (np.zeros((4, 3), "u1"), "f32"),
        (np.uint8(1), "i16"),
        (np.zeros(4, "V3"), "u16"),
        (np.zeros(2, "V12"), "f64"),
    ],
)
def test_a_type_that_does_not_fit_is_refused_with_those_that_do(source, kind):
    with pytest.raises(BadArgumentError, match=f"'{kind}'.*possible are i8, u8,") as caught:
        Reading.of(source, kind)
    possible = str(caught.value).split("possible are ")[1].split(", ")
    for other in possible:
        Reading.of(source, other)


def test_a_type_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(BadArgumentError, match=r"'f128'; there are i8, .* dataview") as caught:
        Reading.of(b"", "f128")
    assert caught.value.path == "$.type"


def released():
    view = memoryview(b"a")
    view.release()
    return view


@pytest.mark.parametrize(
    ("obj", "says"),
    [
        ([1.0], "a list.*numpy.asarray"),
        ("text", "a str.*no buffer"),
        (pd.DataFrame({"a": [1]}), "a DataFrame.*column"),
        (np.array([None]), "Python objects.*astype"),
        (np.zeros(1, "i4,O"), "Python objects"),
        (memoryview(np.array([None])), "Python objects"),
        (np.ma.zeros(2), r"masked.*filled\(\)"),
        (pd.Series(["a"]), "a Series.*to_list"),
        (pl.Series([[1]]), "a Series.*to_list"),
        (released(), "released"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_numbers_is_refused_with_what_to_do(obj, says):
    with pytest.raises(NotSerializableError, match=says):
        Reading.of(obj)


def test_chunks_are_of_one_size_but_the_last():
    reading = Reading.of(bytes(range(10)))
    assert [bytes(chunk) for chunk in reading.chunks(4)] == [
        b"\0\1\2\3",
        b"\4\5\6\7",
        b"\x08\x09",
    ]
    assert len(list(reading.chunks())) == 1 and buffers.CHUNK == 4 * 2**20
    assert list(Reading.of(b"").chunks()) == []


def test_a_copy_is_a_snapshot():
    source = GRID.copy()[:, :, ::2]
    reading = Reading.of(source)
    before = source.copy()
    source[:] = -1
    assert (rebuild(reading) == before).all()


def test_a_bytearray_can_grow_again_once_it_is_read():
    data = bytearray(b"abc")
    reading = Reading.of(data)
    with pytest.raises(BufferError):
        data.append(1)
    del reading
    data.append(1)
