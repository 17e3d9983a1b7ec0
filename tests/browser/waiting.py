"""Waiting on conditions: the one place of the browser tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout: float, what: str, interval: float = 0.02) -> T:
    """Poll `condition` until it is truthy.

    Parameters
    ----------
    condition
        Called at least once, without arguments.
    timeout
        Longest wait, in seconds.
    what
        What is waited for, completing the sentence "timed out waiting until ...".
    interval
        Pause between two polls, in seconds.

    Returns
    -------
    The first truthy value of `condition`.

    Raises
    ------
    TimeoutError
        When `condition` stays false for `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise TimeoutError(f"timed out after {timeout:g} s waiting until {what}")
        time.sleep(interval)
