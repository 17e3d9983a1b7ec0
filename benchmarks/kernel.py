"""What runs in the kernel: the page's counterpart, run as a cell of the notebook."""
# ruff: noqa: SLF001 - what nobody else may touch is what has to be counted

from __future__ import annotations

import asyncio
import gc
import json
import linecache
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from IPython import get_ipython

import pybridge
from pybridge import running, uploads

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of full precision, as measured data is: the text of each number has 17 digits or so.
many = np.random.default_rng(0).random(8_000_000)
numbers = many[:1_000_000]


class Bench:
    """Answers the page, in both ways."""

    answer = 42

    @pybridge.export
    def add(self, a: int, b: int) -> int:
        return a + b

    @pybridge.export
    def fail(self) -> None:
        raise ValueError("as asked")

    @pybridge.export
    def some(self, count: int) -> np.ndarray[Any, Any]:
        return many[:count]

    @pybridge.export
    def items(self, count: int) -> Iterator[int]:
        yield from range(count)

    @pybridge.export
    def total(self, array: np.ndarray[Any, Any]) -> float:
        return float(array.sum())

    @pybridge.export
    def length(self, array: np.ndarray[Any, Any]) -> int:
        return len(array)

    @pybridge.export
    def census(self) -> dict[str, int]:
        """Count all that a call could leave behind in this process."""
        gc.collect()
        shell = get_ipython()
        return {
            "handles": len(pybridge.handles()),
            "calls under way": len(running._calls),
            "cancels kept": len(running._early),
            "uploads": len(uploads._uploads),
            "linecache entries": len(linecache.cache),
            "IPython's cell sources": len(getattr(shell.compile, "_filename_map", ())),
            "names in the namespace": len(shell.user_ns),
            "history entries": len(shell.history_manager.input_hist_raw),
            "Out entries": len(shell.user_ns["Out"]),
            "In[n]": shell.execution_count,
            "threads": threading.active_count(),
            "tasks": len(asyncio.all_tasks()),
            "tracked objects": len(gc.get_objects()),
            "resident bytes": psutil.Process().memory_info().rss,
        }


def send(content: dict[str, Any], buffers: list[memoryview] | None = None) -> None:
    """Publish a display_data message for the request that runs now, with nothing in between."""
    publisher = get_ipython().display_pub
    publisher.session.send(
        publisher.pub_socket,
        "display_data",
        {"data": content, "metadata": {}, "transient": {}},
        parent=publisher.parent_header,
        ident=publisher.topic,
        buffers=buffers,
    )


def send_array(count: int = len(numbers)) -> None:
    send({"text/plain": ""}, [memoryview(many[:count]).cast("B")])


def send_list() -> None:
    send({"application/json": numbers.tolist()})


def send_text() -> None:
    send({"text/plain": json.dumps(numbers.tolist())})


def ask_the_page(count: int) -> None:
    """Publish how long the page takes to answer, in ms: a function called, and input typed."""
    from pybridge.js import nextNumber  # noqa: PLC0415 - there once the page has its script

    times: dict[str, list[float]] = {"asked": [], "typed": []}
    kernel = get_ipython().kernel
    for number in range(count):
        begin = time.perf_counter()
        assert nextNumber(number) == number + 1  # noqa: S101 - a benchmark
        middle = time.perf_counter()
        assert kernel.raw_input("?") == "1"  # noqa: S101 - a benchmark
        times["asked"].append(1000 * (middle - begin))
        times["typed"].append(1000 * (time.perf_counter() - middle))
    send({"text/plain": json.dumps(times)})


def make_frame(rows: int) -> Any:
    import pandas as pd  # noqa: PLC0415 - a second, and only one measure needs it

    return pd.DataFrame(np.random.default_rng(0).random((rows, 10))).add_prefix("c")


def send_records() -> None:
    send({"text/plain": get_ipython().user_ns["frame"].to_json(orient="records")})


def received_total() -> float:
    (buffer,) = get_ipython().kernel.get_parent()["buffers"]
    return float(np.frombuffer(buffer).sum())


def received_length() -> int:
    (buffer,) = get_ipython().kernel.get_parent()["buffers"]
    return len(np.frombuffer(buffer))


bench = Bench()
pybridge.register(bench, "bench")
