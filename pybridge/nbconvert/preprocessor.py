"""Executes a notebook, and asks its kernel for what outlives it."""

from __future__ import annotations

import contextlib
import json
import queue
import sys
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import run_sync
from nbconvert.preprocessors import ExecutePreprocessor
from tqdm import tqdm
from traitlets import Bool, Int, Unicode, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BakePreprocessor"]

# Between two looks whether the kernel is still there, in seconds.
_PATIENCE = 1.0
_EVENT = "pybridge_event"


class BakePreprocessor(ExecutePreprocessor):
    """Executes all code cells, if it is enabled; then bakes players and takes models' last state.

    What a cell has shown takes its output's place as it is once all cells have run.
    """

    bake = Union(
        [Bool(), Int(), Unicode()],
        default_value="2 MB",
        help="How much of each animation to keep that does not say so itself: true, at most so many"
        " frames, or a size like '2 MB'; false for none.",
    ).tag(config=True)
    lossless = Bool(False, help="Whether frames keep every pixel.").tag(config=True)
    progress = Bool(
        help="Whether to show how far it is. By default where the output is a terminal."
    ).tag(config=True)

    def _progress_default(self) -> bool:
        return sys.stderr.isatty()

    @contextlib.contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """Start a kernel, and once all has run, ask it."""
        with super().setup_kernel(**kwargs):
            yield
            self._show_again()

    def _show_again(self) -> None:
        asked = [
            (output, expression)
            for cell in self.nb.cells
            for output in cell.get("outputs", ())
            if (expression := self._expression(output.get("metadata", {}).get("pybridge", {})))
        ]
        with tqdm(total=len(asked), desc="baking", disable=not (asked and self.progress)) as bar:
            for number, (output, expression) in enumerate(asked):
                shown = run_sync(self._ask)(expression, bar, number)
                if shown:
                    output["data"], output["metadata"] = shown
                bar.n = number + 1
                bar.refresh()

    def _expression(self, noted: Any) -> str | None:
        """Give what evaluates to what an output shows, by the output's metadata."""
        handle, model = noted.get("handle"), noted.get("model")
        if isinstance(handle, str):
            arguments = f"{handle!r}, bake={self.bake!r}, lossless={self.lossless!r}"
            return f"__import__('pybridge.shown').shown.again({arguments})"
        if isinstance(model, str):
            return f"__import__('pybridge.state.sync').state.sync.find({model!r}).model"
        return None

    async def _ask(self, expression: str, bar: Any, done: int) -> tuple[Any, Any] | None:
        """Evaluate something in the kernel; give its representations and their metadata."""
        client: Any = self.kc
        request = client.execute("", silent=True, user_expressions={"shown": expression})
        if not await self._until_idle(request, bar, done):
            return None
        while True:
            reply = await client.get_shell_msg()
            if reply["parent_header"].get("msg_id") == request:
                break
        answer = reply["content"].get("user_expressions", {}).get("shown", {})
        if answer.get("status") == "ok":
            return answer["data"], answer["metadata"]
        if answer:
            self.log.warning(
                "An output stays as it was: %s: %s", answer.get("ename"), answer.get("evalue")
            )
        return None

    async def _until_idle(self, request: str, bar: Any, done: int) -> bool:
        """Wait for the end of a request, showing how far it is; tell whether it came."""
        client: Any = self.kc
        while True:
            try:
                message = await client.get_iopub_msg(timeout=_PATIENCE)
            except queue.Empty:
                if not await client.is_alive():
                    self.log.warning("The kernel died; what players show stays as it was")
                    return False
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return True
            if message["msg_type"] == _EVENT:
                bar.n = done + _fraction(content)
                bar.refresh()


def _fraction(event: Any) -> float:
    """Give how far something is that the kernel tells its pages, from 0 to 1."""
    body = json.loads(event["body"])
    return float(body.get("fraction", 0)) if isinstance(body, dict) else 0.0
