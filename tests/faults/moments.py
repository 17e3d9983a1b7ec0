"""Moments in the life of a call, and how to have it stay there while something happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .link import Hold, Message

if TYPE_CHECKING:
    from .case import Case

# A message is large from here on, in bytes.
_LARGE = 200_000


class Moment:
    """A moment of a call.

    Parameters
    ----------
    case
        The call's.

    Attributes
    ----------
    mode
        What Python does in the call, see `kinds`.
    before
        Whether the fault comes before the call.
    settled
        Whether the call may have settled by then.
    """

    name = "before send"
    mode = "plain"
    before = True
    settled = False

    def __init__(self, case: Case) -> None:
        self.case = case

    def prepare(self) -> None:
        """Do what has to be done before the call begins."""

    def is_reached(self) -> bool:
        """Whether the call is there."""
        return True

    def let_go(self) -> None:
        """Have the call go on."""


class Queued(Moment):
    """A cell runs, and the call waits for its end."""

    name = "queued"
    before = False

    def prepare(self) -> None:
        self.case.hold_the_kernel()

    def is_reached(self) -> bool:
        return bool(self.case.new_calls())

    def let_go(self) -> None:
        self.case.open_gate()


class Running(Moment):
    """Python runs."""

    name = "running"
    mode = "running"
    before = False

    def is_reached(self) -> bool:
        case = self.case
        asked = case.kind.name != "stdin" or case.page.js("return window.asked;")
        return "began" in case.notes() and asked

    def let_go(self) -> None:
        self.case.open_gate()


class Streaming(Running):
    """A part of what comes before the result has arrived."""

    name = "streaming"
    mode = "streaming"

    def is_reached(self) -> bool:
        return super().is_reached() and self.case.parts > 0


class Sending(Moment):
    """Half of a large message has arrived on the other side."""

    name = "sending"
    mode = "sending"
    before = False

    def prepare(self) -> None:
        up = not self.case.kind.down
        self._hold = Hold(lambda m: m.up == up and len(m.raw) > _LARGE, half=True)
        self.case.link.hold = self._hold

    def is_reached(self) -> bool:
        return self._hold.reached.is_set()

    def let_go(self) -> None:
        self._hold.let_go()


class AfterReply(Moment):
    """The result has arrived, and not yet that the kernel is idle."""

    name = "after reply"
    before = False
    settled = True

    def prepare(self) -> None:
        self._hold = Hold(self._is_last)
        self.case.link.hold = self._hold

    def _is_last(self, message: Message) -> bool:
        if not self.case.link.answers_call(message) or not message.is_idle:
            return False
        # Pieces of an upload have ends of their own.
        return "ended" in self.case.notes()

    def is_reached(self) -> bool:
        return self._hold.reached.is_set()

    def let_go(self) -> None:
        self._hold.let_go()


MOMENTS = (Moment, Queued, Running, Streaming, Sending, AfterReply)
