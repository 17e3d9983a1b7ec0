"""Values between JavaScript and Python: each kind, both ways, small and large."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook

SETUP = '''
import datetime, enum, hashlib, numpy as np, pybridge

def describe(value):
    """Write a value so that its types show."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)} {value.tolist()!r}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(describe, value)) + "]"
    if isinstance(value, dict):
        items = [f"{describe(key)}: {describe(item)}" for key, item in value.items()]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, set):
        return "set" + describe(sorted(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return repr(value)

class Values:
    @pybridge.export
    def describe(self, value):
        return describe(value)

    @pybridge.export
    def echo(self, value):
        return value

    @pybridge.export
    def make(self, code):
        return eval(code)

    @pybridge.export
    def digest(self, value):
        return [len(memoryview(value).cast("B")), hashlib.sha256(value).hexdigest()]

    @pybridge.export
    def change(self, array):
        array += 1
        return array

pybridge.register(Values(), "values")
'''

# Writes a value so that its types show, as `describe` does in Python.
SHOW = """
const values = py.handle('values');
const show = value => {
    if (value instanceof pybridge.NdArray) {
        const {data, dtype, shape} = value;
        const elements = Array.from(data, show).join(', ');
        return `${dtype}[${shape}] ${data.constructor.name}[${elements}]`;
    }
    if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
    if (value instanceof Map) {
        return `Map{${[...value].map(([k, v]) => `${show(k)}: ${show(v)}`).join(', ')}}`;
    }
    if (value instanceof Set) return `Set${show([...value].sort())}`;
    if (value instanceof Uint8Array) return `bytes[${value}]`;
    if (value instanceof Date) return `Date ${value.toISOString()}`;
    if (typeof value === 'bigint') {
        return value < 2n ** 80n ? `${value}n` : `${value.toString(16)}h`;
    }
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'object' && value !== null) {
        return `{${Object.entries(value).map(([k, v]) => `${k}: ${show(v)}`).join(', ')}}`;
    }
    return typeof value === 'string' ? JSON.stringify(value) : String(value);
};
"""

# What JavaScript sends, what Python gets, what comes back.
ROUND_TRIPS = [
    ("null", "None", "null"),
    ("undefined", "None", "null"),
    ("true", "True", "true"),
    ("false", "False", "false"),
    ("0", "0", "0"),
    ("-0", "-0.0", "-0"),
    ("-1.5", "-1.5", "-1.5"),
    ("1e300", "1e+300", "1e+300"),
    ("5e-324", "5e-324", "5e-324"),
    ("Number.MAX_SAFE_INTEGER", "9007199254740991", "9007199254740991"),
    ("NaN", "nan", "NaN"),
    ("Infinity", "inf", "Infinity"),
    ("-Infinity", "-inf", "-Infinity"),
    ("5n", "5", "5"),
    ("2n ** 53n", "9007199254740992", "9007199254740992n"),
    ("-(2n ** 64n)", "-18446744073709551616", "-18446744073709551616n"),
    ("''", "''", '""'),
    ("'ü \\u{1f600} \"quoted\"'", "'ü \U0001f600 \"quoted\"'", '"ü \U0001f600 \\"quoted\\""'),
    ("'\\0\\u2028\\r\\n'", r"'\x00\u2028\r\n'", '"\\u0000\u2028\\r\\n"'),
    ("[]", "[]", "[]"),
    ("[1, 'a', [null]]", "[1, 'a', [None]]", '[1, "a", [null]]'),
    ("[1, , 3]", "[1, None, 3]", "[1, null, 3]"),
    ("{}", "{}", "{}"),
    ("{a: 1, b: {c: []}}", "{'a': 1, 'b': {'c': []}}", "{a: 1, b: {c: []}}"),
    ("{$: 'int', v: '0x1'}", "{'$': 'int', 'v': '0x1'}", '{$: "int", v: "0x1"}'),
    ("JSON.parse('{\"__proto__\": 1}')", "{'__proto__': 1}", "{__proto__: 1}"),
    ("{constructor: 1, then: 2}", "{'constructor': 1, 'then': 2}", "{constructor: 1, then: 2}"),
    ("new Map([[1, 'a'], ['b', null]])", "{1: 'a', 'b': None}", 'Map{1: "a", "b": null}'),
    ("new Map()", "{}", "{}"),
    ("new Set([1, 2])", "set[1, 2]", "Set[1, 2]"),
    (
        "new Date(1700000000123)",
        "2023-11-14T22:13:20.123000+00:00",
        "Date 2023-11-14T22:13:20.123Z",
    ),
    ("new Date(-1)", "1969-12-31T23:59:59.999000+00:00", "Date 1969-12-31T23:59:59.999Z"),
    ("Uint8Array.of(0, 255)", r"b'\x00\xff'", "bytes[0,255]"),
    ("new ArrayBuffer(2)", r"b'\x00\x00'", "bytes[0,0]"),
    ("new DataView(new ArrayBuffer(3), 1)", r"b'\x00\x00'", "bytes[0,0]"),
    ("new Uint8Array()", "b''", "bytes[]"),
    ("Int8Array.of(-1)", "int8[1] [-1]", "int8[1] Int8Array[-1]"),
    ("Uint8ClampedArray.of(300)", "uint8[1] [255]", "uint8[1] Uint8Array[255]"),
    ("Int16Array.of(-2)", "int16[1] [-2]", "int16[1] Int16Array[-2]"),
    ("Uint16Array.of(65535)", "uint16[1] [65535]", "uint16[1] Uint16Array[65535]"),
    ("Int32Array.of(-3)", "int32[1] [-3]", "int32[1] Int32Array[-3]"),
    ("Uint32Array.of(2 ** 32 - 1)", "uint32[1] [4294967295]", "uint32[1] Uint32Array[4294967295]"),
    (
        "BigInt64Array.of(-(2n ** 63n))",
        f"int64[1] [{-(2**63)}]",
        f"int64[1] BigInt64Array[{-(2**63)}n]",
    ),
    (
        "BigUint64Array.of(2n ** 64n - 1n)",
        f"uint64[1] [{2**64 - 1}]",
        f"uint64[1] BigUint64Array[{2**64 - 1}n]",
    ),
    ("Float16Array.of(0.5)", "float16[1] [0.5]", "float16[1] Float16Array[0.5]"),
    ("Float32Array.of(0.5, NaN)", "float32[2] [0.5, nan]", "float32[2] Float32Array[0.5, NaN]"),
    ("Float64Array.of(0.1, -0)", "float64[2] [0.1, -0.0]", "float64[2] Float64Array[0.1, -0]"),
    ("new Float64Array()", "float64[0] []", "float64[0] Float64Array[]"),
    (
        "new pybridge.NdArray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3])",
        "int16[2, 3] [[1, 2, 3], [4, 5, 6]]",
        "int16[2,3] Int16Array[1, 2, 3, 4, 5, 6]",
    ),
    (
        "new pybridge.NdArray(Uint8Array.of(1, 0), [2], 'bool')",
        "bool[2] [True, False]",
        "bool[2] Uint8Array[1, 0]",
    ),
    ("new pybridge.NdArray(Uint8Array.of(7))", "uint8[1] [7]", "uint8[1] Uint8Array[7]"),
    ("new pybridge.NdArray(Float64Array.of(2), [])", "float64[] 2.0", "float64[] Float64Array[2]"),
    ("new pybridge.NdArray(new Int8Array(), [0, 3])", "int8[0, 3] []", "int8[0,3] Int8Array[]"),
    (
        "{a: [Int8Array.of(1), {b: new Map([[2n, [Uint8Array.of(1), new Date(0)]]])}]}",
        r"{'a': [int8[1] [1], {'b': {2: [b'\x01', 1970-01-01T00:00:00+00:00]}}]}",
        "{a: [int8[1] Int8Array[1], {b: Map{2: [bytes[1], Date 1970-01-01T00:00:00.000Z]}}]}",
    ),
]

# What Python returns, and what JavaScript gets.
FROM_PYTHON = [
    ("(1, 'a', ())", '[1, "a", []]'),
    ("2**53", "9007199254740992n"),
    ("-2**53", "-9007199254740992n"),
    ("16**5000", "1" + "0" * 5000 + "h"),
    ("[2**53 - 1, 2**53]", "[9007199254740991, 9007199254740992n]"),
    ("[1.0, float('nan'), -0.0]", "[1, NaN, -0]"),
    ("{1: 'a', (1, 2): 'b'}", 'Map{1: "a", [1, 2]: "b"}'),
    ("{None: 1}", "Map{null: 1}"),
    ("frozenset([1])", "Set[1]"),
    ("[bytearray(b'a'), memoryview(b'b')]", "[bytes[97], bytes[98]]"),
    (
        "datetime.datetime(2000, 1, 2, tzinfo=datetime.timezone.utc)",
        "Date 2000-01-02T00:00:00.000Z",
    ),
    (
        "datetime.datetime(2000, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))",
        "Date 2000-01-01T22:00:00.000Z",
    ),
    ("enum.IntEnum('E', 'A B').B", "2"),
    ("[np.float64(1.5), np.int8(-1), np.bool_(True), np.str_('s')]", '[1.5, -1, true, "s"]'),
    ("np.uint64(2**64 - 1)", "18446744073709551615n"),
    ("np.datetime64('2000-01-02')", "Date 2000-01-02T00:00:00.000Z"),
    ("np.arange(6).reshape(2, 3).T.astype('i4')", "int32[3,2] Int32Array[0, 3, 1, 4, 2, 5]"),
    ("np.arange(10, dtype='u1')[8:2:-3]", "uint8[2] Uint8Array[8, 5]"),
    ("np.arange(3, dtype='>i2')", "int16[3] Int16Array[0, 1, 2]"),
    ("np.asfortranarray([[1., 2.], [3., 4.]])", "float64[2,2] Float64Array[1, 2, 3, 4]"),
    ("np.broadcast_to(np.float32(7), (2, 2))", "float32[2,2] Float32Array[7, 7, 7, 7]"),
    ("np.array(5, dtype='i8')", "int64[] BigInt64Array[5n]"),
    ("np.array([True, False])", "bool[2] Uint8Array[1, 0]"),
    ("np.zeros((0, 2), 'f2')", "float16[0,2] Float16Array[]"),
    ("[np.ones(1, 'u2'), {'a': b'xyz'}]", "[uint16[1] Uint16Array[1], {a: bytes[120,121,122]}]"),
]

# A pattern that would show pieces out of place.
FILL = """
const fill = bytes => {
    const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
    for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2654435761);
    return bytes;
};
const digest = async bytes => [bytes.length, Array.from(
    new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)),
    byte => byte.toString(16).padStart(2, '0')).join('')];
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with something to send values to."""
    shared_notebook.run(SETUP)
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def test_every_kind_of_value_arrives_in_python_as_what_it_is(page: Notebook) -> None:
    sources = [source for source, _, _ in ROUND_TRIPS]
    seen = page.py(
        SHOW
        + "return await Promise.all(arguments[0].map("
        + "source => values.describe(new Function(`return (${source});`)())));",
        sources,
    )
    expected = [python for _, python, _ in ROUND_TRIPS]
    assert dict(zip(sources, seen, strict=True)) == dict(zip(sources, expected, strict=True))


def test_every_kind_of_value_comes_back_as_what_it_was(page: Notebook) -> None:
    sources = [source for source, _, _ in ROUND_TRIPS]
    seen = page.py(
        SHOW
        + "return await Promise.all(arguments[0].map(async "
        + "source => show(await values.echo(new Function(`return (${source});`)()))));",
        sources,
    )
    expected = [back for _, _, back in ROUND_TRIPS]
    assert dict(zip(sources, seen, strict=True)) == dict(zip(sources, expected, strict=True))


def test_every_kind_of_python_value_arrives_as_what_it_is(page: Notebook) -> None:
    sources = [source for source, _ in FROM_PYTHON]
    seen = page.py(
        SHOW
        + "return await Promise.all(arguments[0].map("
        + "async source => show(await values.make(source))));",
        sources,
    )
    expected = [shown for _, shown in FROM_PYTHON]
    assert dict(zip(sources, seen, strict=True)) == dict(zip(sources, expected, strict=True))


def test_what_a_function_does_not_return_is_null(page: Notebook) -> None:
    page.run("pybridge.register(lambda: None, 'silent')")
    assert page.py("return (await py.handle('silent')()) === null;") is True


def test_a_view_is_sent_without_what_lies_around_it(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "const all = Uint8Array.from({length: 100}, (_, i) => i);"
        + "return [await values.describe(all.subarray(4, 8)),"
        + " await values.describe(new Int16Array(all.buffer, 2, 2))];"
    ) == [r"b'\x04\x05\x06\x07'", "int16[2] [770, 1284]"]


def test_an_array_that_arrives_in_javascript_owns_just_its_bytes(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "const array = await values.make(`np.arange(3, dtype='i2')`);"
        + "const bytes = await values.make(`b'abc'`);"
        + "return [array.data.buffer.byteLength, array.data.byteOffset, bytes.buffer.byteLength];"
    ) == [6, 0, 3]


def test_an_array_that_arrives_in_python_can_be_changed(page: Notebook) -> None:
    assert (
        page.py(SHOW + "return show(await values.change(Int32Array.of(1, 2)));")
        == "int32[2] Int32Array[2, 3]"
    )


def test_changing_an_argument_after_the_call_changes_nothing_sent(page: Notebook) -> None:
    assert (
        page.py(
            SHOW
            + "const array = Int32Array.of(1, 2), list = [1];"
            + "const sent = values.describe([array, list]);"
            + "array[0] = 9; list.push(9);"
            + "return await sent;"
        )
        == "[int32[2] [1, 2], [1]]"
    )


def test_changing_an_array_after_its_item_was_yielded_changes_nothing_sent(
    page: Notebook,
) -> None:
    page.run(
        "def growing():\n"
        "    array = np.zeros(1, 'i4')\n"
        "    for _ in range(5):\n"
        "        yield array\n"
        "        array += 1\n"
        "pybridge.register(growing, 'growing')"
    )
    assert page.py(
        "const items = [];"
        "for await (const {data} of py.handle('growing')()) items.push(data[0]);"
        "return items;"
    ) == [0, 1, 2, 3, 4]


def test_values_of_named_variables_travel_as_arguments_do(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "await py.globals.set('matrix', new pybridge.NdArray(Float32Array.of(1, 2), [1, 2]));"
        + "return [show(await py.globals.get('matrix')),"
        + " show(await py.runPython('matrix * 2')), await py.runPython('matrix.shape')];"
    ) == ["float32[1,2] Float32Array[1, 2]", "float32[1,2] Float32Array[2, 4]", [1, 2]]


def test_30_megabytes_arrive_whole_in_python(page: Notebook) -> None:
    sent, got = page.py(
        SHOW
        + FILL
        + "const bytes = fill(new Uint8Array(30_000_000));"
        + "return [await digest(bytes), await values.digest(bytes)];",
        timeout=60,
    )
    assert got == sent
    assert got[0] == 30_000_000


def test_30_megabytes_arrive_whole_in_javascript(page: Notebook) -> None:
    page.run("big = np.arange(7_500_000, dtype='u4') * np.uint32(2654435761)")
    got, expected = page.py(
        SHOW
        + FILL
        + "const {data} = await py.globals.get('big');"
        + "return [await digest(new Uint8Array(data.buffer)), await py.runPython("
        + "'[big.nbytes, hashlib.sha256(big).hexdigest()]')];",
        timeout=60,
    )
    assert got == expected


def test_a_text_of_20_megabytes_arrives_whole_both_ways(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "const text = 'ü\\u{1f600}0123456789'.repeat(1_500_000);"
        + "return (await values.echo(text)) === text;",
        timeout=60,
    )


def test_many_large_arguments_share_one_upload(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "const arrays = Array.from({length: 5}, (_, i) => new Float64Array(500_000).fill(i));"
        + "const back = await values.echo({arrays, text: 'x'.repeat(1e6)});"
        + "return [back.text.length, back.arrays.map(({data}) => "
        + "[data.length, data[0], data.at(-1)])];",
        timeout=60,
    ) == [1_000_000, [[500_000, i, i] for i in range(5)]]


def test_two_uploads_at_once_do_not_mix(page: Notebook) -> None:
    assert page.py(
        SHOW
        + "const echo = i => values.echo(new Uint8Array(9e6).fill(i));"
        + "const back = await Promise.all([echo(1), echo(2), echo(3)]);"
        + "return back.map((bytes, i) => bytes.length === 9e6 && bytes.every(b => b === i + 1));",
        timeout=60,
    ) == [True, True, True]


def test_200_megabytes_arrive_whole_and_the_page_stays_usable(page: Notebook) -> None:
    page.js("window.frames_ = 0; (function f() { frames_ += 1; requestAnimationFrame(f); })();")
    sent, got, frames = page.py(
        SHOW
        + FILL
        + "const bytes = fill(new Uint8Array(200_000_000));"
        + "const sent = await digest(bytes); const before = frames_;"
        + "const got = await values.digest(bytes); return [sent, got, frames_ - before];",
        timeout=120,
    )
    assert got == sent
    assert frames > 10
    assert page.py("return await py.handle('values').echo('next');") == "next"


def test_what_is_larger_than_the_limit_is_refused_and_the_page_stays_usable(
    page: Notebook,
) -> None:
    error = page.py_error(
        SHOW
        + "const bytes = new Uint8Array(200_000_000);"
        + "await values.digest(Array.from({length: 6}, () => bytes));",
        timeout=120,
    )
    assert error.code == "too-large"
    assert page.py("return await py.handle('values').echo('next');") == "next"
