"""Values to a tree of JSON with binary buffers beside it, and back; twin of ``nbext/codec.js``.

JSON's own values stand for themselves. Everything else is an object with the key ``"$"``::

    {"$": "int", "v": "-0x1f"}                          int beyond 2**53 - 1     BigInt
    {"$": "float", "v": "nan" | "inf" | "-inf" | "-0" | "1e20"}
                                                        float                    number
    {"$": "bytes", "b": 0}                              bytes                    Uint8Array
    {"$": "ndarray", "dtype": "int16", "shape": [2, 3], "b": 1}
                                                        numpy.ndarray            NdArray
    {"$": "datetime", "v": 1700000000000}               datetime, milliseconds   Date
    {"$": "set", "v": [...]}                            set, frozenset           Set
    {"$": "map", "v": [[key, value], ...]}              dict with other keys     Map
    {"$": "dict", "v": [[key, value], ...]}             dict with a key "$"      object
    {"$": "py", "id": "3f-1", "type": "range", "can": "..."}
                                                        any object               PyProxy
    {"$": "js", "id": 1, "type": "Event", "can": "..."} JsProxy                  any object
    {"$": "model", "id": "9c0f..."}                     Model                    Model

``b`` is the index of a buffer. Arrays travel in C order, little-endian. The last three are
references to what stays on its side; see `references`, `jsproxy` and `state`. What has no form of
its own becomes one where the encoder is told how to `refer` to it: in a `Whole` it is the whole
value, in a `Deep` only the part that has none. Anywhere else it raises `NotSerializableError`,
which names the path to the culprit. What is `Foreign` goes home: a reference to it has a place in
any value.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import BadArgumentError, BridgeError, NotSerializableError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Deep", "Foreign", "Whole", "decode", "encode", "loads"]

MAX_BYTES = 2**30
"""How many bytes of binary parts a value may have: an array's size is no sign of its memory."""

MAX_DEPTH = 200
"""How deep values may nest: far below the recursion limit of either language."""

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer up to which a JavaScript number is exact (ECMA-262, 21.1.2.6)."""

# Every dtype for which JavaScript has a typed array; bool travels as bytes of 0 and 1.
DTYPES = frozenset(
    "bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64".split()
)

# NumPy's own limit.
_MAX_DIMENSIONS = 64

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_PATH = 120

Tree = Any
Path = tuple[Any, ...]
Buffer = bytes | bytearray | memoryview


class Foreign:
    """Root of what stands for an object of the other side."""

    __slots__ = ()


class Whole:
    """A value that goes by value if all of it can, else by reference.

    Parameters
    ----------
    value : object
    """

    def __init__(self, value: object) -> None:
        self.value = value


class Deep:
    """A value that goes by value as far as it can, with references inside to what cannot.

    Parameters
    ----------
    value : object
    depth : int, optional
        So many containers inside of one another go by value; -1 for any number.
    """

    def __init__(self, value: object, depth: int = -1) -> None:
        self.value = value
        self.depth = MAX_DEPTH if depth < 0 else depth


def encode(
    value: object,
    buffers: list[Buffer],
    root: str = "$",
    *,
    refer: Callable[[object], Tree] | None = None,
) -> Tree:
    """Turn a value into a JSON tree; append its binary parts to `buffers`.

    Parameters
    ----------
    value : object
        Any of the values in this module's table, nested.
    buffers : list
        Collects the binary parts, each a copy: changing an array later changes nothing sent.
    root : str
        How an error's path begins.
    refer : callable, optional
        Gives the tree of a reference to an object.

    Raises
    ------
    NotSerializableError
        For anything else, a cycle, or nesting beyond `MAX_DEPTH`.
    TooLargeError
        When its binary parts are more than `MAX_BYTES`. They are not copied then.
    """
    encoder = _Encoder(buffers, refers=refer is not None)
    tree = encoder.encode(value, (root,))
    if refer is not None:
        # Last of all: what turns out not to be sent must not be held for its receiver.
        for place, obj in encoder.references:
            place.update(refer(obj))
    return tree


def decode(
    text: str | bytes,
    buffers: Sequence[Buffer] = (),
    adopt: Callable[[dict[str, Any]], Any] | None = None,
) -> Any:
    """Parse the JSON text of an encoded value and put its buffers in place.

    Arrays that come out are writable. One out of an upload lies in the upload's memory, which stays
    as long as the array does: copy what is to outlive a large request.

    Parameters
    ----------
    text : str or bytes
    buffers : sequence of bytes-like
    adopt : callable, optional
        Gives what the tree of a reference stands for. Without it there is no place for them.

    Raises
    ------
    BadArgumentError
        When the text is not an encoded value, or a buffer does not fit its description.
    """
    return loads(text, _Decoder(buffers, adopt).untag)


def loads(text: str | bytes, object_hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """Parse strict JSON: no NaN, no unbounded nesting.

    Raises
    ------
    BadArgumentError
        When it is not.
    """
    try:
        return json.loads(text, object_hook=object_hook, parse_constant=_no_constant)
    except RecursionError:
        msg = "the request nests too deeply"
        raise BadArgumentError(msg) from None
    except BridgeError:
        raise
    except ValueError as error:
        msg = f"the request is not JSON: {error}"
        raise BadArgumentError(msg) from None


def _no_constant(name: str) -> None:
    msg = f"{name} is not JSON"
    raise BadArgumentError(msg)


class _Encoder:
    """One value on its way out; knows the containers that it is inside of."""

    def __init__(self, buffers: list[Buffer], *, refers: bool) -> None:
        self.buffers = buffers
        self.refers = refers
        # Objects to refer to, each with the tree that is to become the reference's.
        self.references: list[tuple[dict[str, Any], object]] = []
        self.open: set[int] = set()
        self.nbytes = 0

    def encode(self, value: object, path: Path) -> Tree:
        if value is None or value is True or value is False:
            return value
        by_type = _ENCODERS.get(type(value))
        if by_type is not None:
            return by_type(self, value, path)
        for base, by_base in _ENCODERS.items():
            if isinstance(value, base):
                return by_base(self, value, path)
        raise _refuse(value, path)

    def text(self, value: str, path: Path) -> Tree:  # noqa: ARG002
        # Not str(): a member of an Enum of str is sent as its value.
        return str.__str__(value)

    def integer(self, value: int, path: Path) -> Tree:  # noqa: ARG002
        if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            return int(value)
        # Hexadecimal: Python bounds the length of decimal conversions.
        return {"$": "int", "v": hex(value)}

    def real(self, value: float, path: Path) -> Tree:  # noqa: ARG002
        if math.isfinite(value):
            return float(value)
        return {"$": "float", "v": repr(float(value))}

    def blob(self, value: Buffer, path: Path) -> Tree:  # noqa: ARG002
        self.make_room(memoryview(value).nbytes)
        return {"$": "bytes", "b": self.add(bytes(value))}

    def moment(self, value: datetime, path: Path) -> Tree:
        try:
            since = value.astimezone(timezone.utc) - _EPOCH
        except (ValueError, OverflowError, TypeError) as error:
            raise NotSerializableError(_format(path), "datetime", str(error)) from None
        return {"$": "datetime", "v": since // _MILLISECOND}

    def array(self, value: np.ndarray[Any, Any], path: Path) -> Tree:
        kind = value.dtype.name
        if kind not in DTYPES or isinstance(value, np.ma.MaskedArray):
            hint = "JavaScript has no typed array for it; convert it with .astype() or .tolist()"
            raise NotSerializableError(_format(path), f"an array of {kind}", hint)
        self.make_room(value.nbytes)
        data = value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()
        return {"$": "ndarray", "dtype": kind, "shape": list(value.shape), "b": self.add(data)}

    def scalar(self, value: np.generic, path: Path) -> Tree:
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[us]")
        plain = value.item()
        # A long double has no twin in Python; a time without one becomes a count of its units.
        is_time = isinstance(value, np.datetime64 | np.timedelta64)
        if isinstance(plain, np.generic) or (is_time and isinstance(plain, int)):
            raise _refuse(value, path)
        return self.encode(plain, path)

    def sequence(self, value: Sequence[object], path: Path) -> Tree:
        if _is_plain(value):
            return list(value)
        with _Inside(self, value, path):
            return [self.encode(item, (*path, index)) for index, item in enumerate(value)]

    def unordered(self, value: Iterable[object], path: Path) -> Tree:
        return {"$": "set", "v": self.sequence(list(value), path)}

    def mapping(self, value: dict[Any, object], path: Path) -> Tree:
        with _Inside(self, value, path):
            plain = all(isinstance(key, str) for key in value)
            if plain and "$" not in value:
                return {
                    str.__str__(key): self.encode(item, (*path, key)) for key, item in value.items()
                }
            pairs = [
                [self.encode(key, (*path, key)), self.encode(item, (*path, key))]
                for key, item in value.items()
            ]
            return {"$": "dict" if plain else "map", "v": pairs}

    def foreign(self, value: Foreign, path: Path) -> Tree:
        if not self.refers:
            raise _refuse(value, path)
        return self.refer(value)

    def whole(self, value: Whole, path: Path) -> Tree:
        if not self.refers:
            return self.encode(value.value, path)
        mark = self.mark()
        try:
            return self.encode(value.value, path)
        except NotSerializableError:
            self.take_back(mark)
            return self.refer(value.value)

    def deep(self, value: Deep, path: Path) -> Tree:
        if not self.refers:
            return self.encode(value.value, path)
        inner = _DeepEncoder(self, len(path) + value.depth)
        tree = inner.encode(value.value, path)
        self.nbytes = inner.nbytes
        return tree

    def make_room(self, nbytes: int) -> None:
        """Count bytes that are about to be copied. Raises TooLargeError."""
        if self.nbytes + nbytes > MAX_BYTES:
            raise TooLargeError(
                f"{self.nbytes + nbytes} bytes are over the limit of {MAX_BYTES} for one value:"
                " send a part of it",
                self.nbytes + nbytes,
                MAX_BYTES,
            )
        self.nbytes += nbytes

    def add(self, data: bytes) -> int:
        self.buffers.append(data)
        return len(self.buffers) - 1

    def refer(self, obj: object) -> Tree:
        """Give the tree of a reference, which is empty until all is encoded."""
        place: dict[str, Any] = {}
        self.references.append((place, obj))
        return place

    def mark(self) -> tuple[int, int]:
        """Give where one may go back to with `take_back`."""
        return len(self.buffers), len(self.references)

    def take_back(self, mark: tuple[int, int]) -> None:
        """Leave out the buffers and references that came after a mark."""
        buffers, references = mark
        self.nbytes -= sum(map(len, self.buffers[buffers:]))
        del self.buffers[buffers:]
        del self.references[references:]


class _DeepEncoder(_Encoder):
    """Refers to what has no form of its own, and to containers that lie too deep."""

    def __init__(self, outer: _Encoder, limit: int) -> None:
        super().__init__(outer.buffers, refers=True)
        self.references = outer.references
        self.nbytes = outer.nbytes
        self.limit = limit

    def encode(self, value: object, path: Path) -> Tree:
        if len(path) >= self.limit and isinstance(value, _CONTAINERS):
            return self.refer(value)
        mark = self.mark()
        try:
            return super().encode(value, path)
        except NotSerializableError:
            self.take_back(mark)
            return self.refer(value)


class _Inside:
    """Holds a container open while its items are encoded, to notice cycles and depth."""

    def __init__(self, encoder: _Encoder, value: object, path: Path) -> None:
        self.encoder, self.value, self.path = encoder, value, path

    def __enter__(self) -> None:
        name = type(self.value).__name__
        if id(self.value) in self.encoder.open:
            raise NotSerializableError(_format(self.path), name, "it contains itself")
        if len(self.path) > MAX_DEPTH:
            hint = f"it is nested more than {MAX_DEPTH} deep"
            raise NotSerializableError(_format(self.path), name, hint)
        self.encoder.open.add(id(self.value))

    def __exit__(self, *exc_info: object) -> None:
        self.encoder.open.discard(id(self.value))


# Tried in this order for subclasses, so np.float64 (a float) and enum.IntEnum are at home here.
_ENCODERS: dict[type, Callable[[_Encoder, Any, Path], Tree]] = {
    str: _Encoder.text,
    int: _Encoder.integer,
    float: _Encoder.real,
    list: _Encoder.sequence,
    tuple: _Encoder.sequence,
    dict: _Encoder.mapping,
    bytes: _Encoder.blob,
    bytearray: _Encoder.blob,
    memoryview: _Encoder.blob,
    datetime: _Encoder.moment,
    set: _Encoder.unordered,
    frozenset: _Encoder.unordered,
    np.ndarray: _Encoder.array,
    np.generic: _Encoder.scalar,
    Foreign: _Encoder.foreign,
    Whole: _Encoder.whole,
    Deep: _Encoder.deep,
}

_CONTAINERS = (list, tuple, dict, set, frozenset)


class _Decoder:
    """Puts tagged objects back; JSON's parser calls `untag` from the inside out."""

    def __init__(
        self, buffers: Sequence[Buffer], adopt: Callable[[dict[str, Any]], Any] | None
    ) -> None:
        self.buffers = buffers
        self.adopt = adopt

    def untag(self, tree: dict[str, Any]) -> Any:
        if "$" not in tree:
            return tree
        try:
            return _DECODERS[tree["$"]](self, tree)
        except BridgeError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
            msg = f"not an encoded value: {tree['$']!r:.80} ({error!r:.200})"
            raise BadArgumentError(msg) from None

    def integer(self, tree: dict[str, Any]) -> int:
        return int(tree["v"], 16)

    def real(self, tree: dict[str, Any]) -> float:
        return float(tree["v"])

    def blob(self, tree: dict[str, Any]) -> bytes:
        return bytes(self.buffer(tree))

    def moment(self, tree: dict[str, Any]) -> datetime:
        return _EPOCH + timedelta(milliseconds=tree["v"])

    def array(self, tree: dict[str, Any]) -> np.ndarray[Any, Any]:
        name, shape, data = tree["dtype"], tree["shape"], self.buffer(tree)
        if name not in DTYPES:
            msg = f"no such dtype: {name!r:.80}"
            raise BadArgumentError(msg)
        if (
            type(shape) is not list
            or len(shape) > _MAX_DIMENSIONS
            or not all(type(n) is int and n >= 0 for n in shape)
        ):
            msg = f"not a shape: {shape!r:.80}"
            raise BadArgumentError(msg)
        dtype = np.dtype(name)
        if math.prod(shape) * dtype.itemsize != len(data):
            msg = f"{len(data)} bytes are not an array of {name} with shape {shape!r:.80}"
            raise BadArgumentError(msg)
        if name == "bool":  # any byte but 0 is true, as in C; NumPy relies on 1
            return np.not_equal(np.frombuffer(data, dtype=np.uint8), 0).reshape(shape)
        flat = np.frombuffer(data, dtype=dtype.newbyteorder("<")).astype(dtype, copy=False)
        array = flat.reshape(shape)
        # Read-only memory, or an odd place in an upload: not what other libraries expect.
        return array if array.flags.behaved else array.copy()

    def unordered(self, tree: dict[str, Any]) -> set[Any]:
        return set(tree["v"])

    def mapping(self, tree: dict[str, Any]) -> dict[Any, Any]:
        return dict(tree["v"])

    def reference(self, tree: dict[str, Any]) -> Any:
        if self.adopt is None:
            msg = "a reference has no meaning here"
            raise BadArgumentError(msg)
        return self.adopt(tree)

    def buffer(self, tree: dict[str, Any]) -> memoryview:
        index = tree["b"]
        if type(index) is not int or not 0 <= index < len(self.buffers):
            msg = f"the request has {len(self.buffers)} buffers, none with index {index!r:.80}"
            raise BadArgumentError(msg)
        return memoryview(self.buffers[index]).cast("B")


_DECODERS: dict[str, Callable[[_Decoder, dict[str, Any]], Any]] = {
    "int": _Decoder.integer,
    "float": _Decoder.real,
    "bytes": _Decoder.blob,
    "ndarray": _Decoder.array,
    "datetime": _Decoder.moment,
    "set": _Decoder.unordered,
    "map": _Decoder.mapping,
    "dict": _Decoder.mapping,
    "py": _Decoder.reference,
    "js": _Decoder.reference,
    "model": _Decoder.reference,
}


def _is_plain(values: Sequence[object]) -> bool:
    """Tell whether JSON can take a sequence as it stands; quick, for long lists of numbers."""
    types = set(map(type, values))
    if types <= {str, bool, type(None)}:
        return True
    if types == {float}:
        return all(map(math.isfinite, values))  # type: ignore[arg-type]
    if types == {int}:
        low, high = min(values), max(values)  # type: ignore[type-var]
        return -MAX_SAFE_INTEGER <= low and high <= MAX_SAFE_INTEGER  # type: ignore[operator]
    return False


def _refuse(value: object, path: Path) -> NotSerializableError:
    hint = (
        "by value the bridge sends None, bool, numbers, str, bytes, datetime, NumPy arrays and"
        " scalars, and lists, tuples, sets and dicts of those"
    )
    return NotSerializableError(_format(path), f"a {type(value).__qualname__}", hint)


def _format(path: Path) -> str:
    """Write a path in the manner of JSONPath, the middle of a long one left out."""
    root, *keys = path
    text = str(root) + "".join(map(_step, keys))
    if len(text) > _MAX_PATH:
        text = f"{text[: _MAX_PATH // 2]}…{text[-_MAX_PATH // 2 :]}"
    return text


def _step(key: object) -> str:
    if isinstance(key, str) and key.isidentifier():
        return f".{key}"
    try:
        return f"[{key!r:.40}]"
    except Exception:  # noqa: BLE001 - the user's __repr__ may raise anything
        return f"[<{type(key).__qualname__}>]"
