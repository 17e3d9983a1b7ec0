"""The memory of Python's objects, read by the page."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from .notebook import Notebook

# Reads an element where the strides and the offset say that it is.
READ = """
const p = await py.runPython(arguments[0], {as: 'proxy'});
const b = await p.getBuffer(...(arguments[1] ? [arguments[1]] : []));
const at = index => b.data[index.reduce((sum, i, axis) => sum + i * b.strides[axis], b.offset)];
const walk = (index) => index.length === b.shape.length
    ? (typeof at(index) === 'bigint' ? String(at(index)) : at(index))
    : Array.from({length: b.shape[index.length]}, (_, i) => walk([...index, i]));
const {memory, ...header} = b, {data} = b;
const values = data instanceof DataView ? null : walk([]);
return {...header, kind: data.constructor.name, values};
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with NumPy."""
    shared_notebook.run("import array, ctypes, gc\nimport numpy as np\nimport pybridge")
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def read(page: Notebook, code: str, kind: str | None = None) -> dict[str, Any]:
    """What `getBuffer` gives of the value of Python code, with its elements as nested lists."""
    buffer: dict[str, Any] = page.py(READ, code, kind)
    return buffer


@pytest.mark.parametrize(
    ("dtype", "kind", "array"),
    [
        ("int8", "i8", "Int8Array"),
        ("uint8", "u8", "Uint8Array"),
        ("int16", "i16", "Int16Array"),
        ("uint16", "u16", "Uint16Array"),
        ("int32", "i32", "Int32Array"),
        ("uint32", "u32", "Uint32Array"),
        ("float32", "f32", "Float32Array"),
        ("float64", "f64", "Float64Array"),
        ("int64", "i64", "BigInt64Array"),
        ("uint64", "u64", "BigUint64Array"),
    ],
)
def test_an_array_is_read_as_its_own_kind(
    page: Notebook, dtype: str, kind: str, array: str
) -> None:
    buffer = read(page, f"np.arange(6, dtype={dtype!r}).reshape(2, 3)")
    assert (buffer["type"], buffer["kind"], buffer["dtype"]) == (kind, array, dtype)
    assert (buffer["shape"], buffer["strides"], buffer["offset"]) == ([2, 3], [3, 1], 0)
    expected = [[0, 1, 2], [3, 4, 5]]
    if "64" in dtype and "int" in dtype:
        expected = [[str(value) for value in row] for row in expected]  # type: ignore[misc]
    assert buffer["values"] == expected


@pytest.mark.parametrize(
    "code",
    [
        "np.arange(24.).reshape(2, 3, 4)",
        "np.arange(24.).reshape(2, 3, 4).T",
        "np.arange(24.).reshape(2, 3, 4).transpose(1, 2, 0)",
        "np.arange(24.).reshape(4, 6)[::-1]",
        "np.arange(24.).reshape(4, 6)[:, ::-1]",
        "np.arange(24.).reshape(4, 6)[::-1, ::-1].T",
        "np.arange(24.).reshape(4, 6)[1:3, 2::2]",
        "np.arange(24.)[::-3]",
        "np.broadcast_to(np.arange(3.), (2, 3))",
        "np.asfortranarray(np.arange(6.).reshape(2, 3))",
        "np.arange(6, dtype='>f8').reshape(2, 3)",
        "np.arange(6, dtype='>i2')",
        "np.array(5.)",
        "np.zeros((0, 3))",
        "np.array([True, False])",
        "np.array([1, 2], 'c8').real",
        "np.array([(1, 2.5)], [('a', 'i4'), ('b', 'f8')])['b']",
        "bytearray(b'abc')",
        "bytearray()",
        "memoryview(b'abcdef')[::2]",
        "array.array('h', [1, -2])",
        "(ctypes.c_int32 * 3)(1, 2, 3)",
    ],
)
def test_each_element_is_where_the_strides_say(page: Notebook, code: str) -> None:
    buffer = read(page, code)
    plain = page.run(f"import json\nprint(json.dumps(np.asarray({code}).astype(float).tolist()))")
    assert buffer["values"] == page.js("return JSON.parse(arguments[0]);", plain.stream())


def test_the_header_says_what_python_knows(page: Notebook) -> None:
    buffer = read(page, "np.arange(6, dtype='int16').reshape(2, 3).T")
    assert (buffer["ndim"], buffer["itemsize"], buffer["nbytes"]) == (2, 2, 12)
    assert (buffer["c_contiguous"], buffer["f_contiguous"]) == (False, True)
    assert (buffer["strides"], buffer["readonly"], buffer["format"]) == ([1, 3], False, "h")
    assert read(page, "b'abc'")["readonly"] is True


@pytest.mark.parametrize(
    ("kind", "name", "shape"),
    [
        ("u8", "Uint8Array", [2]),
        ("u8clamped", "Uint8ClampedArray", [2]),
        ("i32", "Int32Array", [2]),
        ("f32", "Float32Array", [2]),
        ("dataview", "DataView", [2]),
    ],
)
def test_the_bytes_are_seen_as_asked(
    page: Notebook, kind: str, name: str, shape: list[int]
) -> None:
    buffer = read(page, "np.arange(2, dtype='int32')", kind)
    assert (buffer["type"], buffer["kind"], buffer["shape"]) == (kind, name, shape)


@pytest.mark.parametrize(
    ("code", "kind", "code_of_error"),
    [
        ("np.arange(3)", "'nope'", "bad-argument"),
        ("np.arange(3, dtype='u1')", "'f64'", "bad-argument"),
        ("np.arange(3)", "5", "bad-argument"),
        ("np.arange(3)", "['u8']", "bad-argument"),
        ("__import__('pybridge').codec.np.ma.array([1])", "undefined", "not-serializable"),
    ],
)
def test_what_cannot_be_read_says_why(
    page: Notebook, code: str, kind: str, code_of_error: str
) -> None:
    error = page.py_error(
        f"const p = await py.runPython(arguments[0], {{as: 'proxy'}}); await p.getBuffer({kind});",
        code,
    )
    assert (error.name, error.code) == ("BridgeError", code_of_error)


def test_what_has_no_buffer_has_no_such_method(page: Notebook) -> None:
    for code in ("[1]", "np.array([object()])", "object()", "{}"):
        # The name is an attribute's then, which Python does not know either.
        error = page.py_error(
            "const p = await py.runPython(arguments[0], {as: 'proxy'}); await p.getBuffer();", code
        )
        assert error.type == "AttributeError"


def test_a_buffer_is_a_copy(page: Notebook) -> None:
    page.run("source = np.zeros(3)")
    assert page.py(
        """
        const p = await py.globals.get('source', {as: 'proxy'});
        const b = await p.getBuffer();
        b.data[0] = 7;
        await p.set(1, 8);
        return [[...b.data], [...(await p.getBuffer()).data]];
        """
    ) == [[7, 0, 0], [0, 8, 0]]


def test_a_released_buffer_says_so(page: Notebook) -> None:
    error = page.py_error(
        """
        const b = await (await py.runPython('np.zeros(3)', {as: 'proxy'})).getBuffer();
        b.release();
        b.release();
        b.data;
        """
    )
    assert (error.name, error.code) == ("BridgeError", "destroyed")


def test_a_large_buffer_comes_in_chunks_and_tells_how_far_it_is(page: Notebook) -> None:
    steps, length, same = page.py(
        """
        const p = await py.runPython('large = np.arange(20 * 2**20 // 8); large', {as: 'proxy'});
        const steps = [];
        const onProgress = (done, all) => steps.push([done, all]);
        const b = await p.getBuffer(undefined, {onProgress});
        return [steps, b.data.length, b.data.every((value, i) => value === BigInt(i))];
        """,
        timeout=60,
    )
    all_of_it = 20 * 2**20
    assert len(steps) == 5
    assert [done for done, _ in steps] == [all_of_it // 5 * i for i in range(1, 6)]
    assert {total for _, total in steps} == {all_of_it}
    assert (length, same) == (all_of_it // 8, True)


def test_reading_can_be_cancelled(page: Notebook) -> None:
    error = page.py_error(
        """
        const p = await py.runPython('np.zeros(2**26, "u1")', {as: 'proxy'});
        const abort = new AbortController();
        await p.getBuffer(undefined, {signal: abort.signal, onProgress: () => abort.abort()});
        """,
        timeout=60,
    )
    assert (error.name, error.code) == ("BridgeError", "cancelled")
    assert page.py("return await py.runPython('1 + 1');") == 2


def test_reading_leaves_no_lock_on_the_memory(page: Notebook) -> None:
    page.run("grows = bytearray(b'abc')")
    page.py("await (await py.globals.get('grows', {as: 'proxy'})).getBuffer();")
    page.run("gc.collect()\ngrows.extend(b'd')")


# -- tables -------------------------------------------------------------------------------------

FRAMES = {
    "pandas": """
import pandas as pd
frame = pd.DataFrame({
    "whole": np.arange(3, dtype="int32"),
    "real": [0.5, None, 2.5],
    "text": ["a", None, "c"],
    "when": pd.to_datetime(["1970-01-01", None, "1970-01-02"]),
    "flag": [True, False, True],
    "kind": pd.Categorical(["x", "y", "x"]),
})
""",
    "polars": """
import datetime
import polars as pl
frame = pl.DataFrame({
    "whole": np.arange(3, dtype="int32"),
    "real": [0.5, None, 2.5],
    "text": ["a", None, "c"],
    "when": [datetime.datetime(1970, 1, 1), None, datetime.datetime(1970, 1, 2)],
    "flag": [True, False, True],
    "kind": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
})
""",
}


@pytest.fixture(params=FRAMES)
def table(page: Notebook, request: pytest.FixtureRequest) -> Notebook:
    """A notebook with a table, ``frame``."""
    if find_spec(request.param) is None:
        pytest.skip(f"needs {request.param}")
    page.run(FRAMES[request.param])
    return page


COLUMNS = """
const plain = values => Array.from(values, v => Number.isNaN(v) ? 'NaN' : v);
const shown = Object.fromEntries(Object.entries(columns).map(
    ([name, values]) => [name, [values.constructor.name, plain(values)]]));
"""

EXPECTED = {
    "whole": ["Int32Array", [0, 1, 2]],
    "real": ["Float64Array", [0.5, "NaN", 2.5]],
    "text": ["Array", ["a", None, "c"]],
    "when": ["Float64Array", [0, "NaN", 86_400_000]],
    "flag": ["Uint8Array", [1, 0, 1]],
    "kind": ["Array", ["x", "y", "x"]],
}


def test_a_table_is_read_as_its_columns(table: Notebook) -> None:
    kind, names, length, shown = table.py(
        "const p = await py.globals.get('frame'); const t = await p.getBuffer();"
        "const {columns} = t;" + COLUMNS + "return [p.type, t.names, t.length, shown];"
    )
    assert (kind, names, length) == ("DataFrame", list(EXPECTED), 3)
    assert shown == EXPECTED


def test_a_table_by_value_is_its_columns(table: Notebook) -> None:
    kinds = table.py(
        "const columns = await (await py.globals.get('frame')).toJs();"
        "return Object.entries(columns).map(([name, c]) => [name, c.constructor.name, c.dtype]);"
    )
    assert [name for name, *_ in kinds] == list(EXPECTED)
    assert kinds[0][1:] == ["NdArray", "int32"]
    assert kinds[2][1] == "Array"


def test_reading_a_table_tells_how_far_it_is(table: Notebook) -> None:
    assert table.py(
        """
        const steps = [];
        const p = await py.globals.get('frame');
        await p.getBuffer(undefined, {onProgress: (done, all) => steps.push([done, all])});
        return steps;
        """
    ) == [[i, 6] for i in range(1, 7)]


def test_a_released_table_says_so(table: Notebook) -> None:
    error = table.py_error(
        "const t = await (await py.globals.get('frame')).getBuffer(); t.release(); t.columns;"
    )
    assert error.code == "destroyed"


def test_a_column_is_read_as_an_array(table: Notebook) -> None:
    buffer = read(table, "frame['whole']")
    assert (buffer["type"], buffer["values"]) == ("i32", [0, 1, 2])


def test_a_table_is_worked_with_where_it_is(table: Notebook) -> None:
    assert table.py(
        """
        const frame = await py.globals.get('frame');
        const head = await frame.head(2);
        const t = await head.getBuffer();
        return [head.type, await head.length, [...t.columns.whole]];
        """
    ) == ["DataFrame", 2, [0, 1]]
