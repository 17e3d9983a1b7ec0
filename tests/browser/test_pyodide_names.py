"""Each row of the tables in docs/pyodide.md, tried in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .notebook import Notebook

DOCS = Path(__file__).parents[2] / "docs" / "pyodide.md"

# | `name there` | name here | status | reason |
ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|(?P<here>[^|]*)\| (?P<status>\w+) \|(?P<why>[^|]*)\|$")
HEAD = {"Pyodide", "-"}

SETUP = """
import asyncio
import numpy as np

class Thing:
    x = 5
    def add(self, a, b=2):
        return a + b

async def late(value):
    await asyncio.sleep(0.01)
    return value

async def fail():
    raise ValueError("no")

def count():
    got = yield 1
    got = yield got
    return "end"

thing = Thing()
names = {"a": 1, "b": thing}
grid = np.arange(12.0).reshape(3, 4)[:, 1::2]
"""

# What every check may use.
PRELUDE = """
const thing = await py.globals.get("thing");
const names = await py.globals.get("names");
const function_ = await py.runPython("thing.add");
const buffer = async () => {
    const grid = await py.runPython("grid", {as: "proxy"});
    return grid.getBuffer();
};
const caught = async (work) => {
    try { await work(); } catch (error) { return error; }
    throw new Error("nothing was thrown");
};
const both = async (name, code) => {
    const yes = await py.runPython(code, {as: "proxy"});
    const no = await py.runPython("object()");
    return yes[name]() === true && no[name]() === false;
};
"""

# Of each name a body that returns true. A promised one says what it awaits, by PROMISED.
CHECKS = {
    "loadPyodide": "return typeof window.loadPyodide === 'undefined'",
    "pyodide": "return typeof window.pyodide === 'undefined'",
    "languagePluginLoader": "return typeof window.languagePluginLoader === 'undefined'",
    "languagePluginUrl": "return typeof window.languagePluginUrl === 'undefined'",
    # The module.
    "pyodide.globals": """
        await py.globals.set("made", 3);
        const there = [await py.globals.get("made"), await py.globals.has("made")];
        await py.globals.delete("made");
        return there[0] === 3 && there[1] === true && await py.globals.get("made") === undefined
            && (await py.globals.keys()).includes("thing");
    """,
    "pyodide.runPython": """
        const globals = await py.toPy({a: 20});
        return await py.runPython("a + 1", {globals}) === 21
            && (await py.runPython("[1]", {as: "proxy"})).type === "list";
    """,
    "pyodide.runPythonAsync": 'return await py.runPythonAsync("await late(3)") === 3',
    "pyodide.pyimport": 'return await (await py.pyimport("math")).sqrt(16) === 4',
    "pyodide.pyodide_py": "return py.pyodide_py === undefined",
    "pyodide.toPy": """
        const list = await py.toPy([1, [2]]);
        return list.type === "list" && await list.length === 2
            && await py.toPy(1) === 1;
    """,
    "pyodide.isPyProxy": "return py.isPyProxy(thing) === true && py.isPyProxy({}) === false",
    "pyodide.registerJsModule": """
        await py.registerJsModule("registered", {three: 3});
        const three = await py.runPython("import registered; registered.three");
        await py.unregisterJsModule("registered");
        return three === 3;
    """,
    "pyodide.unregisterJsModule": """
        await py.registerJsModule("unregistered", {});
        await py.unregisterJsModule("unregistered");
        const twice = await caught(() => py.unregisterJsModule("unregistered"));
        const error = await caught(() => py.runPython("import unregistered"));
        return twice instanceof py.PythonError && error.type === "ModuleNotFoundError";
    """,
    "pyodide.loadPackage": """
        const lines = [];
        const url = await caught(() => py.loadPackage("https://example.invalid/x.whl"));
        await py.loadPackage(["numpy"], {messageCallback: (line) => lines.push(line)});
        return url.code === "bad-argument" && lines.length === 0;
    """,
    "pyodide.loadPackagesFromImports": """
        return (await py.loadPackagesFromImports("import numpy, os")).length === 0;
    """,
    "pyodide.loadedPackages": """
        const metadata = await py.pyimport("importlib.metadata");
        return py.loadedPackages === undefined && /^[0-9]/.test(await metadata.version("numpy"));
    """,
    "pyodide.setInterruptBuffer": """
        const call = py.runPython("import time; time.sleep(20)");
        setTimeout(() => call.cancel(), 300);
        const {code} = await caught(() => call);
        return py.setInterruptBuffer === undefined && code === "cancelled";
    """,
    "pyodide.version": "return py.version === pybridge.version && py.version.length > 0",
    "pyodide.PythonError": """
        const error = await caught(() => py.runPython("1 / 0"));
        return error instanceof py.PythonError && error instanceof Error;
    """,
    "PythonError.message": """
        const {message, traceback, type} = await caught(() => py.runPython("1 / 0"));
        return message === "division by zero" && type === "ZeroDivisionError"
            && traceback.includes("ZeroDivisionError: division by zero");
    """,
    # PyProxy.
    "PyProxy.type": "return thing.type === 'Thing'",
    "PyProxy.length": """
        const {length} = names;
        return length instanceof Promise && await length === 2 && thing.supportsLength() === false;
    """,
    "PyProxy.get": """
        const missing = await caught(() => names.get("missing"));
        return await names.get("a") === 1 && missing.type === "KeyError";
    """,
    "PyProxy.set": "await names.set('c', 3); return await names.get('c') === 3",
    "PyProxy.has": "return await names.has('a') && !await names.has('missing')",
    "PyProxy.delete": """
        await names.set("d", 4);
        await names.delete("d");
        return !await names.has("d");
    """,
    "PyProxy.[Symbol.iterator]": """
        const items = [];
        for await (const item of await py.runPython("range(3)")) items.push(item);
        return names[Symbol.iterator] === undefined && items.join() === "0,1,2";
    """,
    "PyProxy.next": """
        const generator = await py.runPython("count()", {as: "proxy"});
        const got = [await generator.next(), await generator.next(5), await generator.next()];
        return JSON.stringify(got.map(({done, value}) => [done, value]))
            === '[[false,1],[false,5],[true,"end"]]';
    """,
    "PyProxy.then": """
        const {scope} = await py.runPython("{'scope': late(7), 'other': thing}", {as: "proxy"})
            .then((made) => made.toJs());
        return thing.then === undefined && await scope === 7;
    """,
    "PyProxy.catch": """
        const {scope} = await py.runPython("{'scope': fail(), 'other': thing}", {as: "proxy"})
            .then((made) => made.toJs());
        return thing.catch === undefined && await scope.catch(({type}) => type) === "ValueError";
    """,
    "PyProxy.finally": """
        let ended = false;
        const {scope} = await py.runPython("{'scope': late(8), 'other': thing}", {as: "proxy"})
            .then((made) => made.toJs());
        const value = await scope.finally(() => { ended = true; });
        return thing.finally === undefined && ended && value === 8;
    """,
    "PyProxy.apply": "return await function_.apply(null, [1, 2]) === 3",
    "PyProxy.call": "return await function_.call(null, 1, 3) === 4",
    "PyProxy.bind": "return await function_.bind(null, 1)(4) === 5",
    "PyProxy.()": """
        return typeof function_ === "function" && typeof thing === "object"
            && await function_(1) === 3;
    """,
    "PyProxy.toJs": """
        const copy = await names.toJs();
        const nested = await py.toPy([[1]]);
        return copy.a === 1 && copy.b === thing
            && py.isPyProxy((await nested.toJs({depth: 1}))[0]);
    """,
    "PyProxy.toString": """
        const list = await py.runPython("[1, 2]", {as: "proxy"});
        return await list.toString() === "[1, 2]" && `${list}` === "[PyProxy of list]";
    """,
    "PyProxy.getBuffer": """
        const bytes = await py.runPython("bytearray(b'abc')", {as: "proxy"});
        const {data} = await bytes.getBuffer("u8");
        return data instanceof Uint8Array && data.join() === "97,98,99"
            && !("getBuffer" in thing);
    """,
    "PyProxy.destroy": """
        const list = await py.runPython("[1]", {as: "proxy"});
        list.destroy();
        return (await caught(() => list.length)).code === "destroyed";
    """,
    "PyProxy.x": """
        return await thing.x === 5 && await thing.add(1) === 3
            && await thing.__class__.__name__ === "Thing";
    """,
    "PyProxy.x =": """
        const error = await caught(() => { "use strict"; thing.x = 1; });
        await thing.__setattr__("y", 6);
        return error instanceof TypeError && await thing.y === 6;
    """,
    "delete PyProxy.x": """
        await thing.__setattr__("z", 6);
        const error = await caught(() => { "use strict"; delete thing.z; });
        await thing.__delattr__("z");
        return error instanceof TypeError && await caught(() => thing.z).then(({type}) => type)
            === "AttributeError";
    """,
    "x in PyProxy": """
        return !("x" in thing) && "type" in thing && (await thing.__dir__()).includes("x");
    """,
    "Object.keys(PyProxy)": "return Object.keys(thing).length === 0",
    # PyBuffer.
    "PyBuffer.data": """
        const made = await buffer();
        const {data, offset, strides} = made;
        return data instanceof Float64Array && data[offset + 2 * strides[0] + strides[1]] === 11;
    """,
    "PyBuffer.format": "return (await buffer()).format === 'd'",
    "PyBuffer.itemsize": "return (await buffer()).itemsize === 8",
    "PyBuffer.nbytes": """
        const made = await buffer();
        return made.nbytes === made.data.byteLength;
    """,
    "PyBuffer.ndim": "return (await buffer()).ndim === 2",
    "PyBuffer.offset": "return (await buffer()).offset === 0",
    "PyBuffer.readonly": """
        const bytes = await py.runPython("b'abc'", {as: "proxy"});
        return (await buffer()).readonly === false && (await bytes.getBuffer()).readonly === true;
    """,
    "PyBuffer.shape": "return (await buffer()).shape.join() === '3,2'",
    "PyBuffer.strides": "return (await buffer()).strides.join() === '2,1'",
    "PyBuffer.c_contiguous": """
        const made = await py.runPython("np.zeros((2, 3))", {as: "proxy"});
        const {c_contiguous, f_contiguous} = await made.getBuffer();
        return c_contiguous === true && f_contiguous === false;
    """,
    "PyBuffer.f_contiguous": """
        const made = await py.runPython("np.zeros((2, 3)).T", {as: "proxy"});
        const {c_contiguous, f_contiguous} = await made.getBuffer();
        return c_contiguous === false && f_contiguous === true;
    """,
    "PyBuffer.release": """
        const made = await buffer();
        made.release();
        return (await caught(() => made.data)).code === "destroyed";
    """,
    # Later ones.
    "PyProxy.callKwargs": """
        return await function_.callKwargs(1, {b: 5}) === 6
            && await thing.add.callKwargs({a: 1, b: 6}) === 7;
    """,
    "PyProxy.copy": """
        const first = await py.runPython("[1]", {as: "proxy"});
        const second = first.copy();
        first.destroy();
        return second !== first && await second.length === 1;
    """,
    "PyProxy.supportsLength": "return both('supportsLength', '[1]')",
    "PyProxy.supportsGet": "return both('supportsGet', '[1]')",
    "PyProxy.supportsSet": "return both('supportsSet', '[1]')",
    "PyProxy.supportsHas": "return both('supportsHas', '[1]')",
    "PyProxy.isAwaitable": """
        const {held} = await (await py.runPython("{'held': late(1), 'o': thing}")).toJs();
        const is = held.isAwaitable();
        await held;
        return is === true && thing.isAwaitable() === false;
    """,
    "PyProxy.isBuffer": "return both('isBuffer', 'b\"abc\"')",
    "PyProxy.isCallable": "return both('isCallable', 'print')",
    "PyProxy.isIterable": "return both('isIterable', '[1]')",
    "PyProxy.isIterator": "return both('isIterator', 'iter([1])')",
    "pyodide.FS": "return py.FS === undefined",
    "pyodide.checkInterrupt": "return py.checkInterrupt === undefined",
    "pyodide.registerComlink": "return py.registerComlink === undefined",
    "pyodide.runPythonSimple": "return py.runPythonSimple === undefined",
}

# What gives the promise of a promised name.
PROMISED = {
    "pyodide.globals": "py.globals.get('thing')",
    "pyodide.runPython": "py.runPython('1')",
    "pyodide.runPythonAsync": "py.runPythonAsync('1')",
    "pyodide.pyimport": "py.pyimport('math')",
    "pyodide.toPy": "py.toPy([])",
    "pyodide.registerJsModule": "py.registerJsModule('promised', {})",
    "pyodide.unregisterJsModule": "py.unregisterJsModule('promised')",
    "pyodide.loadPackage": "py.loadPackage([])",
    "pyodide.loadPackagesFromImports": "py.loadPackagesFromImports('')",
    "PyProxy.length": "names.length",
    "PyProxy.get": "names.get('a')",
    "PyProxy.set": "names.set('a', 1)",
    "PyProxy.has": "names.has('a')",
    "PyProxy.delete": "names.delete('missing')",
    "PyProxy.next": "(await py.runPython('iter([1])', {as: 'proxy'})).next()",
    "PyProxy.apply": "function_.apply(null, [1])",
    "PyProxy.call": "function_.call(null, 1)",
    "PyProxy.()": "function_(1)",
    "PyProxy.toJs": "names.toJs()",
    "PyProxy.toString": "names.toString()",
    "PyProxy.getBuffer": "(await py.runPython('b\"a\"', {as: 'proxy'})).getBuffer()",
    "PyProxy.x": "thing.x",
    "PyProxy.callKwargs": "function_.callKwargs({a: 1})",
}

# Absent ones that are no names of an object, but what one does with it; their checks try that.
OPERATIONS = {"PyProxy.x =", "delete PyProxy.x", "x in PyProxy", "Object.keys(PyProxy)"}


def rows() -> dict[str, str]:
    """The status of each name, from the tables of the page."""
    found = [ROW.match(line) for line in DOCS.read_text(encoding="utf-8").splitlines()]
    return {row["name"]: row["status"] for row in found if row}


@pytest.fixture(scope="module")
def prepared(shared_notebook: Notebook) -> Notebook:
    shared_notebook.run(SETUP)
    return shared_notebook


def test_every_line_of_the_tables_is_a_row() -> None:
    lines = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    others = [line for line in lines if not ROW.match(line)]
    assert {line.split("|")[1].strip() for line in others} == HEAD
    assert set(rows().values()) == {"same", "promised", "absent"}


def test_every_row_has_a_check_and_every_check_a_row() -> None:
    assert list(rows()) == list(CHECKS)
    assert list(PROMISED) == [name for name, status in rows().items() if status == "promised"]


@pytest.mark.parametrize(("name", "status"), rows().items())
def test_a_name_of_pyodide(prepared: Notebook, name: str, status: str) -> None:
    assert prepared.py(PRELUDE + CHECKS[name], timeout=60) is True
    if status == "promised":
        body = f"""
        const made = {PROMISED[name]};
        const is = typeof made.then === "function";
        try {{ await made; }} catch {{ }}
        return is;
        """
        assert prepared.py(PRELUDE + body) is True
    elif status == "absent" and name not in OPERATIONS:
        where, _, own = name.partition(".") if "." in name else ("window", "", name)
        place = {"window": "window", "pyodide": "py", "PyProxy": "names"}[where]
        key = own if own.startswith("[") else f"[{own!r}]"
        assert prepared.py(PRELUDE + f"return {place}{key} === undefined") is True
