"""Calls of one object that take turns, each for as long as it computes."""

from __future__ import annotations

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
        return _steps(lock, result)
    if isinstance(result, AsyncGenerator):
        return _async_items(lock, result)
    return result


def _steps(lock: AbstractContextManager[Any], of: Any) -> Generator[Any, Any, Any]:
    """Pass on all that goes to and comes from a generator or a coroutine, each step locked."""
    step, value = of.send, None
    while True:
        try:
            with lock:
                item = step(value)
        except StopIteration as stop:
            return stop.value
        try:
            step, value = of.send, (yield item)
        except GeneratorExit:
            with lock:
                of.close()
            raise
        except BaseException as error:  # noqa: BLE001 - it is meant for the other
            step, value = of.throw, error


class _Awaited:
    """Something awaitable whose steps are locked."""

    def __init__(self, lock: AbstractContextManager[Any], of: Any) -> None:
        self._lock = lock
        self._of = of

    def __await__(self) -> Generator[Any, Any, Any]:
        return _steps(self._lock, self._of)


async def _in_turns(lock: AbstractContextManager[Any], coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await _Awaited(lock, coroutine)


async def _async_items(
    lock: AbstractContextManager[Any], generator: AsyncGenerator[Any, Any]
) -> AsyncGenerator[Any, Any]:
    step: Any = generator.asend
    value: Any = None
    try:
        while True:
            try:
                item = await _Awaited(lock, step(value))
            except StopAsyncIteration:
                return
            try:
                step, value = generator.asend, (yield item)
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001 - it is meant for the other
                step, value = generator.athrow, error
    finally:
        await _Awaited(lock, generator.aclose())
