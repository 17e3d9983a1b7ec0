"""The memory of a Python object, as ``PyProxy.getBuffer(type)`` gives it to JavaScript.

What is dense in memory, in whichever order of the axes and in either direction of each, travels as
it lies there: its header says by strides and an offset where each element is, and nothing is
copied. What has gaps, repeats itself or is big-endian travels as a little-endian copy in C order.

The header's names are those of Pyodide's ``PyBuffer``, and so is their meaning: strides and offset
count elements of the typed array, and bytes in a ``"dataview"``.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import tables
from .codec import MAX_BYTES
from .errors import BadArgumentError, NotSerializableError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CHUNK", "ELEMENTS", "Reading"]

CHUNK = 4 * 2**20
"""Size of the chunks that a buffer is sent in, in bytes."""

ELEMENTS: dict[str, np.dtype[Any]] = {
    "i8": np.dtype("i1"),
    "u8": np.dtype("u1"),
    "u8clamped": np.dtype("u1"),
    "i16": np.dtype("<i2"),
    "u16": np.dtype("<u2"),
    "i32": np.dtype("<i4"),
    "u32": np.dtype("<u4"),
    "i64": np.dtype("<i8"),
    "u64": np.dtype("<u8"),
    "f16": np.dtype("<f2"),
    "f32": np.dtype("<f4"),
    "f64": np.dtype("<f8"),
    "dataview": np.dtype("u1"),
}
"""Pyodide's names of the typed arrays, and ``"f16"``, with what one element is."""

Array = np.ndarray[Any, Any]
Order = range | list[int]


@dataclass(frozen=True)
class Reading:
    """What an object's buffer holds at the time of reading.

    Chunks of a dense buffer are views of the object's own memory, so they hold its present state
    as long as nothing else runs between them.

    Attributes
    ----------
    header : dict
        JSON values: ``type``, ``shape``, ``strides``, ``offset``, ``ndim``, ``itemsize`` and
        ``nbytes`` (bytes), ``readonly``, ``c_contiguous``, ``f_contiguous``, ``format`` (as the
        `struct` module writes it, with PEP 3118's additions) and ``dtype`` (as NumPy writes it).
        All of it describes what is sent.
    memory : memoryview
        The bytes to send, one-dimensional.
    """

    header: dict[str, Any]
    memory: memoryview

    @classmethod
    def of(cls, obj: object, type: str | None = None) -> Reading:  # noqa: A002 - Pyodide's word
        """Read an object's buffer.

        Parameters
        ----------
        obj : object
            Anything with the buffer protocol, a NumPy array or scalar of any dtype that holds no
            Python objects, or a pandas or polars Series or Index, which is read by its values as
            `tables.values` gives them. Dates of NumPy, which have no buffer, are read as ticks of
            int64; ``dtype`` says their unit.
        type : str, optional
            A name in `ELEMENTS`: how JavaScript sees the bytes. Without it, the typed array of the
            elements' own kind, else ``"dataview"``. An element may be seen as several smaller ones:
            the strides are counted in those then. Where the type is the larger one, neighbours
            along the last axis are taken together, and shape, ``itemsize`` and ``format`` are the
            type's; such a buffer is sent in C order.

        Raises
        ------
        BadArgumentError
            When there is no such type, or the elements do not fit into it.
        NotSerializableError
            When the object has no buffer, or one that holds Python objects.
        TooLargeError
            When a copy would be needed of more than `codec.MAX_BYTES`.
        """
        array, dtype = _array(obj)
        kind = _default_type(array.dtype) if type is None else type
        element = ELEMENTS.get(kind)
        if element is None:
            possible = ", ".join(ELEMENTS)
            raise BadArgumentError(f"no such type: {kind!r:.80}; there are {possible}", "$.type")
        readonly = not array.flags.writeable
        array, order = _dense(array)
        if array.itemsize % element.itemsize:
            array = _merged(array, element, kind)
            dtype, order = str(element), range(array.ndim)
        strides, offset = _layout(array, order)
        header = {
            "type": kind,
            "shape": list(array.shape),
            "strides": [stride // element.itemsize for stride in strides],
            "offset": offset // element.itemsize,
            "ndim": array.ndim,
            "itemsize": array.itemsize,
            "nbytes": array.nbytes,
            "readonly": readonly,
            "format": _format(array),
            "dtype": dtype,
            "c_contiguous": array.flags.c_contiguous,
            "f_contiguous": array.flags.f_contiguous,
        }
        return cls(header, _flat(array, order))

    def chunks(self, size: int = CHUNK) -> Iterator[memoryview]:
        """Give the bytes in pieces of `size`, the last one shorter; none of an empty buffer."""
        for start in range(0, len(self.memory), size):
            yield self.memory[start : start + size]


def _array(obj: object) -> tuple[Array, str]:
    """Give an array over the object's memory, and its dtype as NumPy writes it."""
    name = f"a {type(obj).__qualname__}"
    if tables.is_series(obj):
        obj = tables.values(obj)
        if isinstance(obj, list):
            raise NotSerializableError("$", name, "its values are no numbers; send it .to_list()")
    if isinstance(obj, np.ma.MaskedArray):
        hint = "a buffer does not say what is masked; read that of its .filled()"
        raise NotSerializableError("$", name, hint)
    array = np.asarray(obj) if isinstance(obj, np.ndarray | np.generic) else _exported(obj, name)
    if array.dtype.hasobject:
        hint = "its elements are Python objects; convert it with .astype() or .tolist()"
        raise NotSerializableError("$", f"the buffer of {name}", hint)
    dtype = str(array.dtype.newbyteorder("="))
    if array.dtype.kind in "mM":
        array = array.view(array.dtype.str[0] + "i8")
    return array, dtype


def _exported(obj: object, name: str) -> Array:
    try:
        exported = memoryview(obj)  # type: ignore[arg-type]
    except TypeError:
        hint = (
            "it has no buffer; read that of numpy.asarray(...) of it if it holds numbers, of a"
            " column if it is a table"
        )
        raise NotSerializableError("$", name, hint) from None
    except (ValueError, BufferError) as error:
        raise NotSerializableError("$", f"the buffer of {name}", str(error)) from None
    try:
        with warnings.catch_warnings():
            # Some versions of ctypes misstate the size of structures; NumPy knows, and says so.
            warnings.simplefilter("ignore", RuntimeWarning)
            array: Array = np.asarray(exported)
    except (ValueError, TypeError, NotImplementedError, RuntimeError):
        # A format that NumPy cannot read, such as a pointer of ctypes: its bytes are all there is.
        copied = bytearray(exported.tobytes())
        array = np.ndarray(exported.shape or (), f"V{exported.itemsize}", copied)
        array.flags.writeable = not exported.readonly
        return array
    # A char, of ctypes' strings above all, is a number to JavaScript; NumPy makes it text.
    return array.view("u1") if exported.format.lstrip("@=<>!") == "c" else array


def _default_type(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "b":
        return "u8"
    name = f"{dtype.kind}{8 * dtype.itemsize}"
    return name if dtype.kind in "iuf" and name in ELEMENTS else "dataview"


def _dense(array: Array) -> tuple[Array, Order]:
    """Give an array that can be sent as it lies in memory, and the order of its axes there."""
    dtype = array.dtype.newbyteorder("<")
    order = _dense_order(array)
    if order is None or dtype != array.dtype:
        _check_copy(array)
        return array.astype(dtype, order="C"), range(array.ndim)
    return array, order


def _check_copy(array: Array) -> None:
    # One number can fill an array of any size.
    if array.nbytes > MAX_BYTES:
        raise TooLargeError(
            f"{array.nbytes} bytes that do not lie one after the other in memory are over the limit"
            f" of {MAX_BYTES}: read a part of it",
            array.nbytes,
            MAX_BYTES,
        )


def _dense_order(array: Array) -> Order | None:
    """Give the axes from the slowest to the fastest, or None where memory between them is unused.

    An element that appears twice leaves the span of the array smaller than its size, which is as
    good as a gap.
    """
    if array.flags.c_contiguous:
        return range(array.ndim)
    if array.flags.f_contiguous:
        return range(array.ndim)[::-1]
    order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    return order if _forward(array).transpose(order).flags.c_contiguous else None


def _forward(array: Array) -> Array:
    """Turn round the axes that run backwards in memory."""
    steps: Any = [slice(None, None, -1 if stride < 0 else 1) for stride in array.strides]
    forward: Array = array[(*steps, ...)]
    return forward


def _layout(array: Array, order: Order) -> tuple[list[int], int]:
    """Give the strides and the place of the first element, in bytes.

    Computed rather than asked for: NumPy's strides along axes of length 1 may be anything.
    """
    strides, offset, step = [0] * array.ndim, 0, array.itemsize
    for axis in reversed(order):
        length = array.shape[axis]
        backwards = length > 1 and array.size > 0 and array.strides[axis] < 0
        strides[axis] = -step if backwards else step
        offset += (length - 1) * step if backwards else 0
        step *= max(length, 1)
    return strides, offset


def _merged(array: Array, element: np.dtype[Any], kind: str) -> Array:
    """Take neighbours along the last axis together, as elements of a larger type."""
    size = array.itemsize
    row = size * (array.shape[-1] if array.ndim else 1)
    if size > element.itemsize or array.ndim == 0 or row % element.itemsize:
        possible = [name for name, other in ELEMENTS.items() if size % other.itemsize == 0]
        raise BadArgumentError(
            f"rows of {row} bytes with {size} an element are not whole elements of {kind!r}, of"
            f" {element.itemsize} bytes; possible are {', '.join(possible)}",
            "$.type",
        )
    return np.ascontiguousarray(array).view(element)


def _format(array: Array) -> str:
    try:
        # What NumPy swapped says so, though it is the machine's own order now.
        return array.data.format.removeprefix("<")
    except ValueError:  # fields that are dates
        return f"{array.itemsize}x"


def _flat(array: Array, order: Order) -> memoryview:
    if array.nbytes == 0:
        return memoryview(b"")
    flat = _forward(array).transpose(order).reshape(-1).view(np.uint8)
    return flat.data
