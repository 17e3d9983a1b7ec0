"""DataFrames as the columns that the bridge carries."""

import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pybridge import codec, tables
from pybridge.errors import BadArgumentError, NotSerializableError

NAN = np.nan
DAY = 86_400_000.0
NEW_YEAR = 1_577_836_800_000.0  # 2020-01-01 UTC
MOMENTS = [datetime(2020, 1, 1, microsecond=500), None]  # noqa: DTZ001 - that is the point
ZONED = [datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2))), None]
NUMBERS = sorted(codec.DTYPES - {"bool", "float16"})
POLARS = {name: getattr(pl, name.title().replace("Ui", "UI")) for name in NUMBERS}


def one(column):
    """Give the values of a column, as of a frame of it and as of itself."""
    frame = column.to_frame("a") if isinstance(column, pd.Series) else column.alias("a").to_frame()
    values = tables.columns(frame)["a"]
    alone = tables.values(column)
    assert type(alone) is type(values)
    if isinstance(values, list):
        assert alone == values
    else:
        np.testing.assert_array_equal(alone, values)
    return values


def assert_array(values, dtype, expected):
    assert isinstance(values, np.ndarray) and values.flags.c_contiguous
    assert values.dtype == dtype and values.dtype.isnative
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize("frame", [pd.DataFrame(), pl.DataFrame()], ids=["pandas", "polars"])
def test_a_frame_is_a_table_and_nothing_else_is(frame):
    class Mine(type(frame)):
        pass

    assert tables.is_table(frame) and tables.is_table(Mine())
    for other in (pd.Series(dtype="f8"), pl.Series(), pl.LazyFrame(), {}, [[1]], np.ones((2, 2))):
        assert not tables.is_table(other)


def test_a_class_that_only_has_the_name_is_no_table():
    class DataFrame:
        pass

    assert not tables.is_table(DataFrame())


def test_a_column_is_no_table():
    for column in (pd.Series([1]), pd.RangeIndex(3), pl.Series([1])):
        assert tables.is_series(column) and not tables.is_table(column)
    assert not tables.is_series(pd.DataFrame()) and not tables.is_series(np.ones(2))


def test_what_is_no_table_is_a_bad_argument():
    with pytest.raises(BadArgumentError, match="a list is no table"):
        tables.columns([1])
    with pytest.raises(BadArgumentError, match="a DataFrame is no column"):
        tables.values(pd.DataFrame())


def test_neither_library_is_imported():
    code = (
        "import sys; from pybridge import tables; tables.is_table({}); tables.is_series(1);"
        "assert not {'pandas', 'polars'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("dtype", [*NUMBERS, "bool", "float16"])
def test_numbers_of_pandas_keep_their_dtype_and_memory(dtype):
    source = np.array([0, 1, 1], dtype)
    column = pd.Series(source, copy=False)
    assert_array(one(column), dtype, source)
    assert np.shares_memory(tables.columns(column.to_frame("a"))["a"], source)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_numbers_of_polars_keep_their_dtype_and_memory(dtype):
    column = pl.Series([0, 1, 1], dtype=POLARS[dtype])
    assert_array(one(column), dtype, [0, 1, 1])
    assert np.shares_memory(one(column), column.to_numpy())


def test_booleans_are_booleans():
    for column in (
        pd.Series([True, False]),
        pd.Series([True, False], dtype="boolean"),
        pl.Series([True, False]),
    ):
        assert_array(one(column), "bool", [True, False])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None], dtype="Int8"),
        pd.Series([1, None], dtype="UInt64"),
        pd.Series([1, None], dtype="Float32"),
        pd.Series([True, None], dtype="boolean"),
        pl.Series([1, None], dtype=pl.Int8),
        pl.Series([1, None], dtype=pl.UInt64),
        pl.Series([1, None], dtype=pl.Float32),
        pl.Series([True, None]),
    ],
    ids=lambda column: f"{type(column).__module__.split('.')[0]} {column.dtype}",
)
def test_missing_numbers_are_nan(column):
    assert_array(one(column), "float64", [1, NAN])


@pytest.mark.parametrize("dtype", NUMBERS)
def test_nullable_numbers_without_missing_ones_are_plain(dtype):
    nullable = dtype.title().replace("Ui", "UI")
    assert_array(one(pd.Series([0, 1], dtype=nullable)), dtype, [0, 1])


def test_numbers_without_a_typed_array_of_their_own_become_doubles():
    assert_array(one(pd.Series(np.ones(2, "g"))), "float64", [1, 1])


def test_numbers_of_the_other_byte_order_are_turned_round():
    assert_array(one(pd.Series(np.array([1, 2], ">i4"))), "int32", [1, 2])


def test_sparse_numbers_are_written_out():
    sparse = pd.arrays.SparseArray([0, 0, 7], dtype=pd.SparseDtype("int64", 0))
    assert_array(one(pd.Series(sparse)), "int64", [0, 0, 7])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_of_pandas_are_milliseconds(unit):
    half = 0 if unit in ("s", "ms") else 0.5
    naive = pd.Series(np.array(MOMENTS, "M8[us]").astype(f"M8[{unit}]"))
    assert_array(one(naive), "float64", [NEW_YEAR + half, NAN])
    zoned = naive.dt.tz_localize("Asia/Tokyo")
    assert_array(one(zoned), "float64", [NEW_YEAR + half - 9 / 24 * DAY, NAN])


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_datetimes_of_polars_are_milliseconds(unit):
    half = 0 if unit == "ms" else 0.5
    naive = pl.Series(MOMENTS, dtype=pl.Datetime(unit))
    assert_array(one(naive), "float64", [NEW_YEAR + half, NAN])
    zoned = naive.dt.replace_time_zone("Asia/Tokyo")
    assert_array(one(zoned), "float64", [NEW_YEAR + half - 9 / 24 * DAY, NAN])


def test_datetimes_with_an_offset_are_milliseconds():
    for column in (pd.Series(ZONED), pl.Series(ZONED)):
        assert_array(one(column), "float64", [NEW_YEAR - 2 / 24 * DAY, NAN])


def test_dates_of_polars_are_their_midnights():
    assert_array(one(pl.Series([date(2020, 1, 1), None])), "float64", [NEW_YEAR, NAN])


def test_timedeltas_are_milliseconds():
    spans = [timedelta(days=1, microseconds=-500), None]
    for column in (pd.Series(spans), pl.Series(spans)):
        assert_array(one(column), "float64", [DAY - 0.5, NAN])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "é"]),
        pd.Series(["a", NAN, "é"], dtype=object),
        pd.Series(["a", pd.NA, "é"], dtype="string"),
        pd.Series(["a", None, "é"], dtype="category"),
        pl.Series(["a", None, "é"]),
        pl.Series(["a", None, "é"], dtype=pl.Categorical),
        pl.Series(["a", None, "é"], dtype=pl.Enum(["é", "a"])),
    ],
    ids=lambda column: f"{type(column).__module__.split('.')[0]} {column.dtype}",
)
def test_text_is_a_list_with_none_for_missing(column):
    assert one(column) == ["a", None, "é"]


def test_categories_are_text_whatever_they_are():
    assert one(pd.Series(pd.Categorical([3, 1, None]))) == ["3", "1", None]
    assert one(pd.Series(pd.Categorical([True, False]))) == ["True", "False"]


@pytest.mark.parametrize(
    ("column", "items"),
    [
        (pd.Series([1, "a", None, pd.NA, pd.NaT, [2]]), [1, "a", None, None, None, [2]]),
        (pd.Series([2**70, 1]), [2**70, 1]),
        (pd.Series([b"a", {"b": 1}]), [b"a", {"b": 1}]),
        (pd.Series([None, None]), [None, None]),
        (pl.Series([[1, 2], None]), [[1, 2], None]),
        (pl.Series([{"a": 1}, None]), [{"a": 1}, None]),
        (pl.Series([b"a"]), [b"a"]),
        (pl.Series([None, None]), [None, None]),
    ],
    ids=lambda value: ascii(value) if isinstance(value, list) else type(value).__module__[:6],
)
def test_other_values_are_a_list_of_them(column, items):
    assert one(column) == items


class Thing:
    pass


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"my col": [1, Thing()]}),
        pd.DataFrame({"my col": [None, date(2020, 1, 1)]}),
        pd.DataFrame({"my col": ["a", 1j]}),
        pd.DataFrame({"my col": pd.period_range("2020", periods=2, freq="D")}).shift(),
        pl.DataFrame({"my col": [None, time(1)]}),
        pl.DataFrame({"my col": pl.Series([None, Thing()], dtype=pl.Object)}),
        pl.DataFrame({"my col": pl.Series([None, 1]).cast(pl.Decimal(10, 2))}),
    ],
    ids=["object", "date", "complex", "period", "time", "polars object", "decimal"],
)
def test_a_value_that_cannot_be_sent_is_named_with_its_column(frame):
    with pytest.raises(NotSerializableError, match="convert the column") as caught:
        tables.columns(frame)
    assert caught.value.path == "$['my col'][1]"


def test_a_column_of_complex_numbers_is_named():
    with pytest.raises(NotSerializableError) as caught:
        tables.columns(pd.DataFrame({"z": [1j]}))
    assert caught.value.path == "$.z[0]"


def test_columns_keep_their_order_and_get_labels_of_text():
    frame = pd.DataFrame([[1, 2, 3]], columns=["b", 0, ("a", 1)])
    assert list(tables.columns(frame)) == ["b", "0", "('a', 1)"]
    assert list(tables.columns(pl.DataFrame({"b": [1], "a": [2]}))) == ["b", "a"]
    assert tables.columns(pd.DataFrame()) == tables.columns(pl.DataFrame()) == {}


@pytest.mark.parametrize(
    ("frame", "label"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "1"),
        (pd.DataFrame({"index": [1]}, index=["a"]), "index"),
    ],
    ids=["twice", "once written", "the index"],
)
def test_two_columns_of_one_name_are_refused(frame, label):
    with pytest.raises(BadArgumentError, match=f"2 columns are called '{label}'"):
        tables.columns(frame)


def test_an_index_that_only_counts_is_left_out():
    frame = pd.DataFrame({"a": [1, 2, 3]})
    assert list(tables.columns(frame[1:])) == ["a"]


def test_an_index_is_the_first_column():
    frame = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    assert tables.columns(frame)["index"] == ["x", "y"]
    frame.index = pd.to_datetime(["2020-01-01", None]).rename("when")
    columns = tables.columns(frame)
    assert list(columns) == ["when", "a"]
    assert_array(columns["when"], "float64", [NEW_YEAR, NAN])


def test_an_index_of_several_levels_is_refused_and_told_how_to_be_read():
    index = pd.MultiIndex.from_product([["x"], [1, 2]])
    with pytest.raises(NotSerializableError, match="get_level_values"):
        tables.values(index)


def test_levels_of_an_index_are_a_column_each():
    index = pd.MultiIndex.from_product([["x"], [1, 2]], names=["name", None])
    columns = tables.columns(pd.DataFrame({"a": [1, 2]}, index=index))
    assert list(columns) == ["name", "level_1", "a"]
    assert columns["name"] == ["x", "x"]
    assert_array(columns["level_1"], "int64", [1, 2])


def test_the_columns_of_one_block_of_numbers_are_contiguous():
    columns = tables.columns(pd.DataFrame(np.arange(12.0).reshape(4, 3)))
    assert_array(columns["1"], "float64", [1, 4, 7, 10])


def test_the_columns_of_many_chunks_are_contiguous():
    frame = pl.concat([pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [2]})], rechunk=False)
    assert_array(tables.columns(frame)["a"], "int64", [1, 2])


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_all_that_comes_of_a_table_can_be_encoded(library):
    frame = library.DataFrame(
        {"i": [1, 2], "f": [NAN, 1.5], "t": MOMENTS, "s": ["a", None], "l": [[1], [2, 3]]}
    )
    json.dumps(codec.encode(tables.columns(frame), []), allow_nan=False)
