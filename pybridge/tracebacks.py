"""Exceptions as data: what JavaScript's ``PythonError`` is made of."""

from __future__ import annotations

import contextlib
import json
import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BridgeError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["describe"]

# With the separator: a package beside this one may have a longer name.
_PACKAGE = f"{Path(__file__).parent}{os.sep}"
# What the bridge itself goes through: the parser that calls its decoder, its context managers.
_BETWEEN = (f"{Path(json.__file__).parent}{os.sep}", contextlib.__file__)
# Chains of causes are short in life; one made by a loop has to end somewhere.
_MAX_CAUSES = 10
_MAX_FRAMES = 50


def describe(error: BaseException, depth: int = 0) -> dict[str, Any]:
    """Describe an exception with JSON's own values only.

    Returns
    -------
    dict
        ``code`` ("python" for anything that the user's code raised), ``type``, ``message``,
        ``traceback`` (text, as Python prints it), ``frames`` (a list of ``file``, ``line``,
        ``name`` and ``text``, outermost first) and ``cause`` (the same again, or None). The
        frames of the bridge itself, outside the user's, are left out. For one of the bridge's own
        errors also ``path``, where it has one.
    """
    own = _without_bridge(error.__traceback__)
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    description: dict[str, Any] = {
        "code": error.code if isinstance(error, BridgeError) and own is None else "python",
        "type": type(error).__qualname__,
        "message": _message(error),
        "traceback": "".join(traceback.format_exception(type(error), error, own)),
        "frames": _frames(own),
        "cause": None,
    }
    if isinstance(cause, BaseException) and depth < _MAX_CAUSES:
        description["cause"] = describe(cause, depth + 1)
    # The user's own exceptions may have properties that raise others.
    path = getattr(error, "path", None) if description["code"] != "python" else None
    if isinstance(path, str):
        description["path"] = path
    return description


def _frames(tb: TracebackType | None) -> list[dict[str, Any]]:
    frames = [
        {"file": f.filename, "line": f.lineno, "name": f.name, "text": f.line}
        for f in traceback.extract_tb(tb)
    ]
    # A runaway recursion has thousands; its two ends tell the story.
    return (
        frames if len(frames) <= 2 * _MAX_FRAMES else frames[:_MAX_FRAMES] + frames[-_MAX_FRAMES:]
    )


def _without_bridge(tb: TracebackType | None) -> TracebackType | None:
    """Give the rest of a traceback from the user's first frame on, None for an error of ours."""
    users = tb
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith((_PACKAGE, *_BETWEEN)):
        # Where it ends in a library, as a method that is one of a library's does, that is shown.
        if tb.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            users = tb.tb_next
        tb = tb.tb_next
    return users


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the user's __str__ may raise anything
        return f"<str() of {type(error).__qualname__} failed>"
