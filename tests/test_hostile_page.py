"""Whatever a kernel says, a page understands it or refuses it, and stays as it was."""

import base64
import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pybridge import codec

from .hostile import FIELDS, NAMES, buffers, scalars, texts, trees, trees_of
from .node import Node

CODES = ("bad-argument", "too-large", "lost-reply", "destroyed")
REFUSALS = {f"BridgeError {code}" for code in CODES}

ERROR = ["code", "type", "message", "traceback", "frames", "cause", "path"]


@pytest.fixture(scope="module")
def page():
    with Node("hostile.mjs") as node:
        yield node


def outcome(page, what, **given):
    """What the page makes of it, having stayed as it was."""
    answer = page.ask({"what": what, **given})
    assert answer["isPolluted"] is False
    return answer["outcome"]


def hexed(parts):
    return [part.hex() for part in parts]


def mostly(fields, **special):
    """Objects with these fields, most of which make sense, and others."""
    known = {name: special.get(name, st.nothing()) | trees for name in fields}
    return st.fixed_dictionaries({}, optional=known) | trees_of(scalars, [*fields, *FIELDS])


def hostile(*args):
    """As `given`, with the page of the module."""

    def decorate(test):
        fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
        return fixtures(given(*args)(test))

    return decorate


@hostile(texts, buffers)
@example('{"__proto__": {"polluted": 1}}', [])
@example('{"$": "dict", "v": [["__proto__", {"polluted": 1}]]}', [])
@example('{"$": "map", "v": [["__proto__", {"polluted": 1}]]}', [])
@example('{"$": "ndarray", "dtype": "constructor", "shape": [1], "b": 0}', [b"1"])
@example('{"$": "ndarray", "dtype": "int8", "shape": [1e308, 1e308, 0], "b": 0}', [b""])
@example('{"$": "bytes", "b": "__proto__"}', [b""])
@example('{"$": "bytes", "b": "length"}', [b""])
@example('{"$": {"toString": 1}}', [])
def test_any_text_is_a_value_or_refused(page, text, parts):
    assert outcome(page, "decode", text=text, buffers=hexed(parts)) in {"value", *REFUSALS}


@pytest.mark.parametrize("nesting", ["[", '{"a":', '{"$":"set","v":', '{"$":"dict","v":[["a",'])
@pytest.mark.parametrize("closed", [False, True])
def test_what_is_deep_is_refused(page, nesting, closed):
    brackets = {"[": "]", "{": "}"}
    end = "".join(brackets[each] for each in reversed(nesting) if each in brackets)
    text = nesting * 100_000 + ("0" + end * 100_000 if closed else "")
    assert outcome(page, "decode", text=text, buffers=[]) == "BridgeError bad-argument"


@pytest.mark.parametrize("shape", [[2**40], [2**53, 2**53], [1e300, 1e300], [2**20] * 64, [-1, -1]])
def test_a_shape_that_lies_is_refused(page, shape):
    text = json.dumps({"$": "ndarray", "dtype": "float64", "shape": shape, "b": 0})
    assert outcome(page, "decode", text=text, buffers=["00" * 8]) == "BridgeError bad-argument"


replies = mostly(
    ["kind", "value", "values", "error", "number", "fraction", "text", "done"],
    kind=st.sampled_from(["result", "error", "items", "progress"]),
    error=mostly(ERROR, code=st.sampled_from(["python", "no-handle"])),
)


@hostile(replies.map(json.dumps) | texts, buffers)
@example('{"kind": "error"}', [])
@example('{"kind": "error", "error": {"code": "python", "cause": {"cause": 1}}}', [])
@example('{"kind": "items", "values": 5}', [])
@example("null", [])
def test_any_reply_settles_its_call(page, text, parts):
    seen = outcome(page, "reply", message={"body": text}, buffers=hexed(parts))
    assert seen == "value" or seen.startswith(("BridgeError ", "PythonError "))


@hostile(trees | st.fixed_dictionaries({"body": trees}), buffers)
@example(None, [])
@example({"body": None}, [])
@example({"body": {"__proto__": None}}, [])
def test_anything_in_the_place_of_a_reply_settles_the_call(page, message, parts):
    seen = outcome(page, "reply", message=message, buffers=hexed(parts))
    assert seen == "value" or seen.startswith(("BridgeError ", "PythonError "))


headers = mostly(
    ["type", "shape", "strides", "nbytes", "columns", "length"],
    type=st.sampled_from(["u8", "f64", "dataview", *NAMES]),
    nbytes=st.integers(-1, 9) | st.sampled_from([2**40, 2**53 - 1, 2**70, 1e300, 0.5]),
    columns=st.lists(st.text(max_size=3) | st.sampled_from(NAMES), max_size=3),
)


@hostile(st.tuples(headers, st.lists(trees, max_size=3)).map(lambda of: [of[0], *of[1]]), buffers)
@example([{"type": "constructor", "nbytes": 0}], [])
@example([{"type": "u8", "nbytes": 2**50}], [])
@example([{"type": "f64", "nbytes": 1}, {"$": "bytes", "b": 0}], [b"1"])
@example([{"columns": ["__proto__"]}, {"polluted": 1}], [])
@example([], [])
def test_any_memory_is_a_buffer_or_refused(page, items, parts):
    text = json.dumps(items)
    assert outcome(page, "buffer", text=text, buffers=hexed(parts)) in {"value", *REFUSALS}


described = mostly(
    ["index", "digest", "size", "mime", "x", "y", "backdrop", "backdropSize"],
    index=st.integers(0, 3),
    size=st.integers(-1, 5) | st.just(2**40),
    backdropSize=st.integers(-1, 5),
    backdrop=st.sampled_from([None, "b", "__proto__"]),
)
answers = mostly(
    ["version", "frames", "data", "pending", "took", "error", "length", "reached"],
    version=st.integers(0, 2),
    frames=st.lists(described, max_size=3),
    data=st.just({"$": "bytes", "b": 0}),
    pending=st.lists(st.integers(0, 3), max_size=2),
    took=st.floats(0, 100),
    error=st.none() | mostly(["index", *ERROR], index=st.integers(0, 3)),
)


@hostile(answers.map(json.dumps), buffers)
@example('{"frames": [], "data": {"$": "bytes", "b": 0}, "pending": [], "version": 0}', [b""])
@example(
    '{"frames": [{"index": 0, "size": 1099511627776}], "data": {"$": "bytes", "b": 0},'
    ' "pending": [], "version": 0, "took": 1}',
    [b""],
)
def test_any_frames_are_taken_or_refused(page, text, parts):
    assert outcome(page, "frames", text=text, buffers=hexed(parts)) in {"value", *REFUSALS}


baked = mostly(
    ["format", "version", "length", "interval", "scale", "params", "text", "frames", "data"],
    format=st.just(1),
    version=st.just(1),
    length=st.none() | st.integers(1, 9),
    interval=st.just(40),
    scale=st.just(1),
    params=st.lists(mostly(["name", "kind"], kind=st.sampled_from(["slider", *NAMES])), max_size=2),
    text=st.text(max_size=5),
    frames=st.lists(described, max_size=3),
    data=st.binary(max_size=5).map(base64.b64encode).map(bytes.decode),
)


@hostile(baked.map(json.dumps) | texts)
def test_any_kept_frames_are_read_or_left(page, text):
    assert outcome(page, "baked", text=text) == "value"


said = mostly(
    ["kind", "to", "revision", "taken", "values", "sender", "number", "errors", "content"],
    kind=st.sampled_from(["patch", "state", "message", "failed"]),
    to=st.just("this-page"),
    sender=st.sampled_from(["this-page", None]),
    values=st.dictionaries(st.sampled_from(NAMES), trees, max_size=3),
    errors=st.dictionaries(st.sampled_from(NAMES), mostly(ERROR), max_size=2),
)


@hostile(said.map(json.dumps), buffers)
@example('{"kind": "state", "revision": 1, "taken": 0, "values": {"__proto__": {"a": 1}}}', [])
@example('{"kind": "patch", "revision": 1, "values": {"__proto__": {"a": 1}}, "errors": {}}', [])
def test_whatever_a_model_says_pollutes_nothing(page, text, parts):
    # The page tells errors in it as those of a callback.
    outcome(page, "model", text=text, buffers=hexed(parts))


@hostile(trees, mostly(["done", "error"]))
def test_whatever_a_comm_says_settles_its_opening(page, data, mark):
    assert outcome(page, "comm", data=data, mark=mark)


events = mostly(
    ["to", "what", "counts", "ask", "id", "parts", "receipt", "handles", "number", "text"],
    to=st.sampled_from([None, "this-page"]),
    what=st.sampled_from(["who", "release", "await", "parts", "withdraw", "ignore", *NAMES]),
    counts=st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=3),
    handles=st.lists(trees, max_size=2),
)


@pytest.mark.parametrize("name", ["pybridge.page", "pybridge.lanes"])
@hostile(events.map(json.dumps) | texts, buffers)
@example("null", [])
@example('{"to": null, "what": "release"}', [])
@example('{"to": null, "handles": [["__proto__", ["a"]]]}', [])
def test_any_event_is_heard_out(page, name, text, parts):
    assert outcome(page, "event", name=name, text=text, buffers=hexed(parts)) == "value"


OPS = [
    "globals",
    "get",
    "set",
    "delete",
    "dir",
    "keys",
    "string",
    "call",
    "item",
    "iterate",
    *NAMES,
]
questions = st.fixed_dictionaries(
    {
        "ask": st.integers(0, 2**40),
        "op": st.sampled_from(OPS) | trees,
        "with": mostly(["on", "name", "value", "args", "this", "key"]).map(json.dumps) | texts,
        "parts": st.just(0),
    }
)


@hostile(questions)
def test_any_question_has_an_answer(page, question):
    assert outcome(page, "question", question=question) == "value"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_prototype_comes_back_as_any_other(page, name):
    value = {name: {name: [1]}, "$": {name: name}}
    tree = codec.encode(value, [])
    text = json.dumps({"kind": "result", "value": tree})
    assert outcome(page, "reply", message={"body": text}, buffers=[]) == "value"
