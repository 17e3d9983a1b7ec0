"""Something asynchronous that goes on in a page while the test does something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .javascript import DESCRIBE, HAND_OVER, JavaScriptError

if TYPE_CHECKING:
    from .notebook import Notebook

START = (
    DESCRIBE
    + HAND_OVER
    + """
const [body, ...given] = arguments;
const AsyncFunction = (async () => {}).constructor;
const entry = {answer: null};
const entries = window.pendingOfTests ??= [];
entries.push(entry);
(async () => ({value: handOver(await new AsyncFunction(body).apply(window, given))}))()
    .catch(error => ({error: describe(error)}))
    .then(answer => { entry.answer = answer; });
return entries.length - 1;
"""
)

ANSWER = "return window.pendingOfTests[arguments[0]].answer;"


class Pending:
    """The body of an async function, running in a page; made by `Notebook.start`."""

    def __init__(self, notebook: Notebook, body: str, *args: Any) -> None:
        self.notebook = notebook
        self.body = body
        self._number = notebook.js(START, body, *args)

    @property
    def settled(self) -> bool:
        """Whether it has a value or an error by now."""
        return self._answer() is not None

    def result(self, timeout: float = 30) -> Any:
        """Wait for its value.

        Raises
        ------
        JavaScriptError
            When it threw.
        TimeoutError
            When it does not settle within `timeout` seconds.
        """
        answer = self.notebook.wait_for(self._answer, timeout, f"this settles:\n{self.body}")
        if answer.get("error"):
            raise JavaScriptError(answer["error"])
        return answer.get("value")

    def error(self, timeout: float = 30) -> JavaScriptError:
        """Wait for what it throws.

        Raises
        ------
        AssertionError
            When it gives a value instead.
        """
        try:
            value = self.result(timeout)
        except JavaScriptError as error:
            return error
        raise AssertionError(f"no error but the value {value!r} of\n{self.body}")

    def _answer(self) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self.notebook.js(ANSWER, self._number)
        return answer
