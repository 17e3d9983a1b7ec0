"""Executes a notebook, and asks its kernel for what outlives it."""

from __future__ import annotations

import contextlib
import json
import math
import queue
import sys
import time
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbconvert.preprocessors import ExecutePreprocessor
from tqdm import tqdm
from traitlets import Bool, Int, Unicode, Union, default, validate

from pybridge.animation.bake import Limit
from pybridge.host import EVENT
from pybridge.reporting import PROGRESS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ["BakePreprocessor"]

# Between two looks whether the kernel is still there, in seconds.
_PATIENCE = 1.0


class BakePreprocessor(ExecutePreprocessor):
    """Executes all code cells, if it is enabled; then bakes players and takes models' last state.

    What a cell has shown takes its output's place as it is once all cells have run.
    """

    bake = Union(
        [Int(), Bool(), Unicode()],
        default_value="2 MB",
        help="How much of each animation to keep that does not say so itself: true, at most so many"
        " frames, or a size like '2 MB'; false for none.",
    ).tag(config=True)
    lossless = Bool(False, help="Whether frames keep every pixel.").tag(config=True)
    progress = Bool(
        help="Whether to show how far it is. By default where the output is a terminal."
    ).tag(config=True)

    @default("progress")
    def _is_watched(self) -> bool:
        return sys.stderr.isatty()

    @validate("bake")
    def _check_bake(self, proposal: Any) -> Any:
        if proposal["value"]:
            Limit.of(proposal["value"])
        return proposal["value"]

    @contextlib.contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """Start a kernel, and once all has run, ask it."""
        with super().setup_kernel(**kwargs):
            yield
            self._show_again()

    def _show_again(self) -> None:
        if self.nb.metadata.get("language_info", {}).get("name") != "python":
            return
        asked = [
            (output, expression)
            for cell in self.nb.cells
            for output in cell.get("outputs", ())
            if (expression := self._expression(output.get("metadata", {}).get("pybridge")))
        ]
        with tqdm(total=len(asked), desc="baking", disable=not (asked and self.progress)) as bar:
            for number, (output, expression) in enumerate(asked):
                try:
                    answer = run_sync(self._ask)(expression, bar, number)
                except (TimeoutError, DeadKernelError) as error:
                    self.log.warning("What players and models show stays as it was: %s", error)
                    return
                if answer.get("status") == "ok":
                    output["data"], output["metadata"] = answer["data"], answer["metadata"]
                elif answer:
                    what = f"{answer.get('ename')}: {answer.get('evalue')}"
                    self.log.warning("An output stays as it was: %s", what)
                bar.n = number + 1
                bar.refresh()

    def _expression(self, noted: Any) -> str | None:
        """Give what evaluates to what an output shows, by the output's metadata."""
        noted = noted if isinstance(noted, dict) else {}
        handle, model = noted.get("handle"), noted.get("model")
        if isinstance(handle, str):
            arguments = f"{handle!r}, bake={self.bake!r}, lossless={self.lossless!r}"
            return f"__import__('pybridge.shown').shown.again({arguments})"
        if isinstance(model, str):
            return f"__import__('pybridge.state.sync').state.sync.find({model!r}).model"
        return None

    async def _ask(self, expression: str, bar: Any, done: int) -> dict[str, Any]:
        """Evaluate something in the kernel; give what it answers, as ``user_expressions`` have it.

        Raises
        ------
        TimeoutError
            When it takes longer than a cell may.
        DeadKernelError
        """
        client: Any = self.kc
        request = client.execute("", silent=True, user_expressions={"shown": expression})
        # As nbclient reads it.
        limit = self.timeout if self.timeout and self.timeout > 0 else math.inf
        deadline = time.monotonic() + limit

        async def answer_from(receive: Callable[..., Awaitable[Any]]) -> Any:
            while True:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{expression} took longer than {limit} s")
                try:
                    message = await receive(timeout=_PATIENCE)
                except queue.Empty:
                    if not await client.is_alive():
                        raise DeadKernelError("the kernel died") from None
                else:
                    if message["parent_header"].get("msg_id") == request:
                        return message

        while True:
            message = await answer_from(client.get_iopub_msg)
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
            if message["msg_type"] == EVENT and content["name"] == PROGRESS:
                bar.n = done + (json.loads(content["body"])["fraction"] or 0)
                bar.refresh()
        reply = await answer_from(client.get_shell_msg)
        answer: dict[str, Any] = reply["content"].get("user_expressions", {}).get("shown", {})
        return answer
