"""Everything the bridge itself raises.

::

    BridgeError                 code            data
    ├── NoHandleError           no-handle       .name
    ├── NotExportedError        not-exported    .name, .method
    ├── BadArgumentError        bad-argument    .path
    ├── NotSerializableError    not-serializable  .path, .type_name
    ├── TooLargeError           too-large       .size, .limit (bytes)
    ├── VersionMismatchError    version-mismatch  .page, .kernel
    ├── DestroyedError          destroyed
    ├── NoPageError             no-page
    ├── NotPythonError          not-python
    ├── WrongLaneError          wrong-lane
    ├── AnswerTimeoutError      timeout
    ├── CancelledError          cancelled
    └── InterruptedError        interrupted

and, beside it, what JavaScript threw at Python's call::

    JsError                     .name, .message, .stack

``code`` is what JavaScript sees as ``BridgeError.code``. An exception raised by the user's own
code is not in this tree: it reaches JavaScript as a ``PythonError``.
"""

from __future__ import annotations

import sys

__all__ = [
    "AnswerTimeoutError",
    "BadArgumentError",
    "BridgeError",
    "CancelledError",
    "DestroyedError",
    "InterruptedError",
    "JsError",
    "NoHandleError",
    "NoPageError",
    "NotExportedError",
    "NotPythonError",
    "NotSerializableError",
    "TooLargeError",
    "VersionMismatchError",
    "WrongLaneError",
]


class BridgeError(Exception):
    """Root of the bridge's own errors.

    Attributes
    ----------
    code : str
        The same short word that JavaScript sees, such as ``"no-handle"``.
    """

    code = "bridge"


class NoHandleError(BridgeError, LookupError):
    """No handle is registered under this name."""

    code = "no-handle"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no handle named {name!r} is registered in this kernel; run the cell that calls"
            f" pybridge.register(..., {name!r}) (a restart of the kernel forgets every handle)"
        )
        self.name = name


class NotExportedError(BridgeError, AttributeError):
    """The handle exists, but this method was not exported."""

    code = "not-exported"

    def __init__(self, name: str, method: str | None, exported: list[str]) -> None:
        asked = (
            f"{name!r} itself is not callable" if method is None else f"{method!r} is not exported"
        )
        listed = ", ".join(exported) if exported else "nothing"
        super().__init__(
            f"{asked}: handle {name!r} exports {listed}; decorate the method with @pybridge.export"
            " or name it in pybridge.register(..., methods=[...])"
        )
        # AttributeError has its own `name`; here it is the handle's.
        self.name: str = name
        self.method = method


class BadArgumentError(BridgeError, ValueError):
    """A request or an argument cannot be understood."""

    code = "bad-argument"

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(message)
        self.path = path


class NotSerializableError(BridgeError, TypeError):
    """A value has no form in the other language.

    ``path`` leads to the culprit, in the manner of JSONPath: ``$.a[3]``.
    """

    code = "not-serializable"

    def __init__(self, path: str, type_name: str, hint: str) -> None:
        super().__init__(f"cannot send {type_name} at {path}: {hint}")
        self.path = path
        self.type_name = type_name


class TooLargeError(BridgeError, ValueError):
    """More bytes than the bridge will carry or render."""

    code = "too-large"

    def __init__(self, message: str, size: int, limit: int) -> None:
        super().__init__(message)
        self.size = size
        self.limit = limit


class VersionMismatchError(BridgeError):
    """The page's script and the kernel's package are of versions that cannot talk."""

    code = "version-mismatch"

    def __init__(self, page: str, kernel: str, *, page_is_older: bool) -> None:
        advice = (
            "reload the page with Ctrl+Shift+R (Cmd+Shift+R on a Mac). If that does not help, the"
            " notebook server has the old files: run `pip install -U pybridge-nbext` in its"
            " environment, and `jupyter nbextension install --py pybridge` again where they were"
            " copied with it, restart the server and reload the page"
            if page_is_older
            else f"run `{sys.executable} -m pip install -U pybridge-nbext` and restart the kernel"
        )
        super().__init__(
            f"the page runs pybridge {page}, which is {'older' if page_is_older else 'newer'} than"
            f" the kernel's, {kernel}: {advice}"
        )
        self.page = page
        self.kernel = kernel


class DestroyedError(BridgeError, ReferenceError):
    """A proxy is used whose object was given back."""

    code = "destroyed"


class NoPageError(BridgeError, RuntimeError):
    """There is no page that could answer Python."""

    code = "no-page"


class NotPythonError(BridgeError):
    """The kernel runs another language: it has no namespace of Python's."""

    code = "not-python"


class WrongLaneError(BridgeError):
    """Something is to be served beside the cells that was not declared safe there."""

    code = "wrong-lane"


class AnswerTimeoutError(BridgeError, TimeoutError):
    """The page did not answer Python in time."""

    code = "timeout"


class JsError(Exception):
    """JavaScript has thrown something at a call from Python.

    Attributes
    ----------
    name : str
        Of the error, such as ``"TypeError"``.
    message : str
    stack : str
        Where it was thrown, as the browser tells it; may be empty.
    """

    def __init__(self, name: str, message: str, stack: str = "") -> None:
        super().__init__(f"{name}: {message}" if message else name)
        self.name = name
        self.message = message
        self.stack = stack


class CancelledError(BridgeError):
    """The page withdrew the call."""

    code = "cancelled"


class InterruptedError(BridgeError):  # noqa: A001 - the page's own word for it
    """The kernel was interrupted while the call ran."""

    code = "interrupted"
