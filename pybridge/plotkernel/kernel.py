"""The Plot kernel: cells are functions, and what they show is their plots."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pybridge import __version__
from pybridge.kernel import BridgeKernel

from .history import History
from .service import PlotService
from .session import Session

if TYPE_CHECKING:
    from .errors import PlotError
    from .plot import Plot
    from .session import Result

__all__ = ["PlotKernel"]

_logger = logging.getLogger(__name__)


class PlotKernel(BridgeKernel):
    """A graphing calculator as a Jupyter kernel; `session` has its language."""

    implementation = "plot"
    implementation_version = __version__
    language = "plot"
    language_version = "1.0"
    banner = "A graphing calculator. Each line is a function, such as y = x**2 - 3"
    language_info = {  # noqa: RUF012 - as ipykernel declares it
        "name": "plot",
        "version": language_version,
        "mimetype": "text/x-plot",
        "file_extension": ".plot",
        # Numbers, operators and comments look the same there.
        "codemirror_mode": "octave",
        "pygments_lexer": "octave",
    }
    help_links = [  # noqa: RUF012 - as above
        {"text": "NumPy's functions", "url": "https://numpy.org/doc/stable/reference/ufuncs.html"}
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plots = Session()
        self._history = History()

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: dict[str, str] | None = None,
        allow_stdin: bool = False,  # noqa: ARG002 - the protocol's; nothing here asks
        **_: Any,
    ) -> dict[str, Any]:
        """Run a cell: draw what it says, and say what is wrong with the rest."""
        if store_history and not silent:
            self._history.add(self.execution_count, code)
        try:
            return self._run(code, silent, user_expressions or {})
        except KeyboardInterrupt:
            return self._failed("KeyboardInterrupt", "interrupted", ["interrupted"], silent)
        except Exception as error:
            # ipykernel would leave the cell without an answer.
            _logger.exception("a cell could not be run")
            name = type(error).__name__
            message = f"the fault is the kernel's own and not the cell's: {name}: {error}"
            return self._failed(name, message, [message], silent)

    def _run(self, code: str, silent: bool, expressions: dict[str, str]) -> dict[str, Any]:
        topic = code.strip()
        if topic.endswith("?") and "\n" not in topic:
            return self._explain(topic.rstrip("? "), silent)
        result = self._plots.run(code)
        if not silent:
            self._print(result)
            if result.plot is not None:
                self._show(result.plot)
        if result.errors:
            first = result.errors[0]
            lines = [str(error) for error in result.errors]
            return self._failed("PlotError", first.message, lines, silent)
        return self._reply(expressions)

    def _print(self, result: Result) -> None:
        if result.value is not None:
            data = {"text/plain": result.value}
            content = {"execution_count": self.execution_count, "data": data, "metadata": {}}
            self.send_response(self.iopub_socket, "execute_result", content)
        elif result.printed:
            text = "".join(f"{line}\n" for line in result.printed)
            self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": text})

    def _show(self, plot: Plot) -> None:
        data, metadata = PlotService(plot).show()
        content = {"data": data, "metadata": metadata, "transient": {}}
        self.send_response(self.iopub_socket, "display_data", content)

    def _reply(
        self, expressions: dict[str, str], payload: list[dict[str, Any]] | None = None
    ) -> dict[str, Any]:
        return {
            "status": "ok",
            "execution_count": self.execution_count,
            "payload": payload or [],
            "user_expressions": {name: self._value(text) for name, text in expressions.items()},
        }

    def _value(self, expression: str) -> dict[str, Any]:
        """Evaluate one of a request's expressions."""
        result = self._plots.run(expression)
        if result.errors:
            error = result.errors[0]
            return {"status": "error", **_describe(error)}
        text = result.value if result.value is not None else "\n".join(result.printed)
        return {"status": "ok", "data": {"text/plain": text}, "metadata": {}}

    def _failed(self, name: str, message: str, lines: list[str], silent: bool) -> dict[str, Any]:
        if not silent:
            self.show_error(lines, name, message)
        error = {"ename": name, "evalue": message, "traceback": lines}
        return {"status": "error", "execution_count": self.execution_count, **error}

    def _explain(self, name: str, silent: bool) -> dict[str, Any]:
        """Open the page's help on a name, as ``sin?`` asks for."""
        text = self._plots.inspect(name, len(name))
        if text is None:
            message = f"there is nothing named {name!r:.80}"
            return self._failed("PlotError", message, [message], silent)
        page = {"source": "page", "data": {"text/plain": text}, "start": 0}
        return self._reply({}, [page])

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete a name."""
        found, start, end = self._plots.complete(code, cursor_pos)
        typed = [{"text": name, "type": kind, "start": start, "end": end} for name, kind in found]
        return {
            "status": "ok",
            "matches": [name for name, _ in found],
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {"_jupyter_types_experimental": typed},
        }

    async def do_inspect(
        self,
        code: str,
        cursor_pos: int,
        detail_level: int = 0,  # noqa: ARG002 - there is but one
        omit_sections: object = (),  # noqa: ARG002 - nor are there sections
    ) -> dict[str, Any]:
        """Tell about a name: a function's documentation, a parameter's value."""
        text = self._plots.inspect(code, cursor_pos)
        data = {} if text is None else {"text/plain": text}
        return {"status": "ok", "found": text is not None, "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Tell a console whether to run what was typed."""
        status = self._plots.is_complete(code)
        return {"status": status, **({"indent": ""} if status == "incomplete" else {})}

    async def do_history(
        self,
        hist_access_type: str,
        output: bool,
        raw: bool,  # noqa: ARG002 - there is no other form
        *args: Any,
        **options: Any,
    ) -> dict[str, Any]:
        """Give cells that were run: the last ones, a range, or those that match."""
        names = ("session", "start", "stop", "n", "pattern", "unique")
        given = {**dict(zip(names, args, strict=False)), **options}
        entries = self._history.get(hist_access_type, output=output, **given)
        return {"status": "ok", "history": entries}


def _describe(error: PlotError) -> dict[str, Any]:
    return {"ename": "PlotError", "evalue": error.message, "traceback": str(error).splitlines()}
