"""A pandas or polars DataFrame as its columns, which the bridge can carry.

::

    integers, floats, bool        NumPy array of the same dtype; the frame's own memory if it can be
    with missing values           float64, NaN for missing
    datetimes and dates           float64, milliseconds since 1970 UTC, NaN for missing
    timedeltas                    float64, milliseconds, NaN for missing
    text, categoricals            list of str, None for missing
    anything else                 list of the values, None for missing

A datetime without a time zone counts as UTC, which is how both libraries compute with it. Neither
library is imported before an object of its own comes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import codec
from .errors import BadArgumentError, NotSerializableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["columns", "is_series", "is_table", "values"]

Values = np.ndarray[Any, Any] | list[Any]

_MILLISECOND = np.timedelta64(1, "ms")


def is_table(obj: object) -> bool:
    """Tell whether an object is a pandas or polars DataFrame."""
    return _library(obj, "DataFrame") is not None


def is_series(obj: object) -> bool:
    """Tell whether an object is one column: a pandas Series or Index, or a polars Series."""
    return _library(obj, "Series", "Index") is not None


def columns(frame: Any) -> dict[str, Values]:
    """Give a table's columns, in their order, by their labels.

    The index of a pandas frame comes first, as a column ``"index"`` or of its own name, unless it
    is a RangeIndex, which only counts the rows. A MultiIndex gives a column a level: by the levels'
    names, else ``"level_0"`` and so on. Arrays are C-contiguous and may be read-only.

    Parameters
    ----------
    frame : pandas.DataFrame or polars.DataFrame

    Raises
    ------
    BadArgumentError
        When it is no table, or two columns have the same label once written as text.
    NotSerializableError
        When a column holds what the bridge cannot carry; ``path`` names the column.
    """
    library = _library(frame, "DataFrame")
    if library is None:
        raise BadArgumentError(
            f"a {type(frame).__qualname__} is no table; a pandas or polars DataFrame is"
        )
    labelled = [(str(label), column) for label, column in _COLUMNS[library](frame)]
    for label, times in Counter(label for label, _ in labelled).items():
        if times > 1:
            raise BadArgumentError(
                f"{times} columns are called {label!r:.80}; rename them, or reset the index"
            )
    return {label: _VALUES[library](column, _path(label)) for label, column in labelled}


def values(series: Any) -> Values:
    """Give the values of one column, as `columns` does.

    Raises
    ------
    BadArgumentError
        When the object is no column.
    NotSerializableError
        When it holds what the bridge cannot carry.
    """
    library = _library(series, "Series", "Index")
    if library is None:
        raise BadArgumentError(
            f"a {type(series).__qualname__} is no column; a pandas or polars Series is"
        )
    return _VALUES[library](series, "$")


def _library(obj: object, *names: str) -> str | None:
    """Name the library whose class the object is of, by the class alone."""
    for cls in type(obj).__mro__:
        library = cls.__module__.partition(".")[0]
        if cls.__name__ in names and library in _COLUMNS:
            return library
    return None


def _path(label: str) -> str:
    return f"$.{label}" if label.isidentifier() else f"$[{label!r:.80}]"


def _pandas_columns(frame: Any) -> Iterator[tuple[Any, Any]]:
    from pandas import RangeIndex  # noqa: PLC0415 - there is a frame of it, so it is loaded

    index = frame.index
    if not isinstance(index, RangeIndex):
        for level in range(index.nlevels):
            name = index.names[level]
            unnamed = "index" if index.nlevels == 1 else f"level_{level}"
            yield unnamed if name is None else name, index.get_level_values(level)
    yield from frame.items()


def _pandas_values(series: Any, path: str) -> Values:
    from pandas import CategoricalDtype  # noqa: PLC0415 - as above

    if getattr(series, "nlevels", 1) > 1:
        hint = "take one of its levels, as with .get_level_values(0)"
        raise NotSerializableError(path, "a MultiIndex", hint)
    dtype = series.dtype
    if isinstance(dtype, CategoricalDtype):
        texts: np.ndarray[Any, Any] = np.array([*map(str, dtype.categories), None], dtype=object)
        # A missing value has the code -1, the last in the opinion of `take` too.
        items: list[Any] = texts.take(series.array.codes).tolist()
        return items
    if dtype.kind in "biuf":
        if isinstance(dtype, np.dtype):
            return _numbers(series.to_numpy())
        if series.isna().any():
            return _numbers(series.to_numpy("float64", na_value=np.nan))
        return _numbers(series.to_numpy(getattr(dtype, "numpy_dtype", None)))
    if dtype.kind in "mM":
        if isinstance(dtype, np.dtype):
            return _milliseconds(series.to_numpy())
        unit = getattr(getattr(dtype, "pyarrow_dtype", dtype), "unit", None)
        if unit is None:  # Arrow's dates
            return _milliseconds(series.astype("M8[ms]").to_numpy())
        # With a time zone they come as objects unless asked for by their unit.
        return _milliseconds(series.to_numpy(f"{dtype.kind}8[{unit}]"))
    objects = series.to_numpy(dtype=object, copy=True)
    objects[np.asarray(series.isna())] = None
    return _carried(objects.tolist(), path)


def _polars_columns(frame: Any) -> Iterator[tuple[Any, Any]]:
    return zip(frame.columns, frame.get_columns(), strict=True)


def _polars_values(series: Any, path: str) -> Values:
    import polars as pl  # noqa: PLC0415 - as above

    dtype = series.dtype
    if dtype == pl.Boolean or str(dtype).lower() in codec.DTYPES:
        return _numbers((series.cast(pl.Float64) if series.null_count() else series).to_numpy())
    if dtype.is_temporal() and dtype != pl.Time:
        return _milliseconds(series.to_numpy())
    if dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    return _carried(series.to_list(), path)


def _numbers(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give numbers in a dtype that has a typed array; a long double loses digits."""
    dtype = array.dtype.newbyteorder("=")
    return np.ascontiguousarray(array, dtype if dtype.name in codec.DTYPES else "float64")


def _milliseconds(times: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    since_1970 = times.view(times.dtype.str.replace("M", "m"))
    milliseconds: np.ndarray[Any, Any] = since_1970 / _MILLISECOND
    return milliseconds


def _carried(items: list[Any], path: str) -> list[Any]:
    """Make sure that the codec can take a column, so that an error names it."""
    if set(map(type, items)) <= {str, type(None)}:
        return items
    try:
        codec.encode(items, [], path)
    except NotSerializableError as error:
        hint = "convert the column, say to text with .astype(str) or .cast(pl.String), or drop it"
        raise NotSerializableError(error.path, error.type_name, hint) from None
    return items


_COLUMNS = {"pandas": _pandas_columns, "polars": _polars_columns}
_VALUES = {"pandas": _pandas_values, "polars": _polars_values}
