"""Calls of one object that take turns, each for as long as it computes."""

from __future__ import annotations

import types
from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["take_turn"]


def take_turn(
    lock: AbstractContextManager[Any],
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Any:
    """Call a function under a lock.

    A coroutine or a generator that it returns holds the lock while it computes, and not while it
    waits: what others do in the meantime it must expect as any asynchronous code must.

    Parameters
    ----------
    lock : context manager
    function : callable
    args, kwargs
        What it takes.
    """
    with lock:
        result = function(*args, **kwargs)
    if isinstance(result, Coroutine):
        return _in_turns(lock, result)
    if isinstance(result, Generator):
        return _items(lock, result)
    if isinstance(result, AsyncGenerator):
        return _async_items(lock, result)
    return result


@types.coroutine
def _steps(
    lock: AbstractContextManager[Any], coroutine: Coroutine[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    """Await a coroutine as ``await`` would, under the lock from one wait to the next."""
    step, value = coroutine.send, None
    while True:
        try:
            with lock:
                awaited = step(value)
        except StopIteration as stop:
            return stop.value
        try:
            step, value = coroutine.send, (yield awaited)
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:  # noqa: BLE001 - the coroutine is to have it
            step, value = coroutine.throw, error


async def _in_turns(lock: AbstractContextManager[Any], coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await _steps(lock, coroutine)


def _items(
    lock: AbstractContextManager[Any], generator: Generator[Any, Any, Any]
) -> Generator[Any, Any, Any]:
    try:
        while True:
            try:
                with lock:
                    item = next(generator)
            except StopIteration as stop:
                return stop.value
            yield item
    finally:
        generator.close()


async def _async_items(
    lock: AbstractContextManager[Any], generator: AsyncGenerator[Any, None]
) -> AsyncGenerator[Any, None]:
    try:
        while True:
            try:
                item = await _in_turns(lock, _next(generator))
            except StopAsyncIteration:
                return
            yield item
    finally:
        await generator.aclose()


async def _next(generator: AsyncGenerator[Any, None]) -> Any:
    return await anext(generator)
