"""What can happen to a call, and in what it may end then."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from tests.browser.notebook import Notebook

from .case import CLOSED, VALUE, Case
from .link import Drop, Late, Message, Rule, Twice
from .moments import AfterReply, Moment, Queued

_SOME_TIME = 5.0
_SLOW = 500_000  # bytes per second

# What a page says of a kernel whose process is another one now, and which has been set up again by
# nobody: by kind of call, "NameError" of code, "no-handle" of handles, "destroyed" of proxies.
_NEW_PROCESS = frozenset({"restarted", "no-handle", "NameError", "destroyed", "gone", "note"})


class Fault:
    """Something that happens.

    Parameters
    ----------
    case
        To whom.

    Attributes
    ----------
    lasts
        Whether it goes on until the call has settled.
    new_kernel, new_page
        What is another one afterwards, and has to be set up by the user.
    """

    name = ""
    lasts = False
    new_kernel = False
    new_page = False

    def __init__(self, case: Case) -> None:
        self.case = case

    def begin(self) -> None:
        """Let it happen."""

    def end(self) -> None:
        """Let it be over."""

    def may_end_in(self) -> frozenset[str]:
        """Give what is right for the call to end in."""
        return frozenset({VALUE})

    def heal(self) -> None:
        """Do what a user does afterwards."""
        if self.new_kernel:
            self.case.page.wait_ready()
            self.case.set_up()
        elif self.new_page:
            self.case.prepare_page()


class Interrupt(Fault):
    """Kernel → Interrupt."""

    name = "interrupt"

    def begin(self) -> None:
        self.case.link.interrupt_kernel(self.case.page.kernel_id)

    def may_end_in(self) -> frozenset[str]:
        # The cell ahead is what is interrupted, and that drops what is queued behind it.
        return frozenset({VALUE, "interrupted", "aborted", "note"})


class Restart(Fault):
    """Kernel → Restart."""

    name = "restart"
    new_kernel = True

    def begin(self) -> None:
        self.case.page.js("Jupyter.notebook.kernel.restart();")

    def may_end_in(self) -> frozenset[str]:
        return _NEW_PROCESS | ({VALUE} if self.case.is_answered else set())


class Kill(Restart):
    """The kernel's process is killed."""

    name = "SIGKILL"

    def begin(self) -> None:
        self.case.link.kill_kernel(self.case.page.kernel_id)


class Vanish(Restart):
    """The kernel's process ends itself."""

    name = "os._exit"

    def begin(self) -> None:
        process = psutil.Process(self.case.link.kernel_pid(self.case.page.kernel_id))
        self.case.leave_word("vanish")
        process.wait(10)

    def heal(self) -> None:
        (self.case.place / "vanish").unlink()
        super().heal()


class Stop(Fault):
    """The kernel's process stands still for five seconds."""

    name = "SIGSTOP"

    def begin(self) -> None:
        self._kernel = psutil.Process(self.case.link.kernel_pid(self.case.page.kernel_id))
        self._kernel.suspend()

    def end(self) -> None:
        time.sleep(_SOME_TIME)
        self._kernel.resume()


class FailingCell(Fault):
    """A cell of the user's fails, ahead of the call or while it runs."""

    name = "failing cell"

    def begin(self) -> None:
        case = self.case
        case.leave_word("fail")
        if type(case.moment) is Moment:
            case.hold_the_kernel()
        elif not isinstance(case.moment, Queued):
            case.page.run("raise RuntimeError('behind the call')", wait=False)

    def heal(self) -> None:
        # What is asked before the cell has failed is dropped with the queue behind it.
        self.case.page.cells[-1].wait(check=False)

    def end(self) -> None:
        if type(self.case.moment) is Moment:
            self.case.open_gate()

    def may_end_in(self) -> frozenset[str]:
        ahead = type(self.case.moment) in (Moment, Queued)
        return frozenset({VALUE, "aborted"} if ahead and not self.case.kind.twice else {VALUE})


class SocketClosed(Fault):
    """The server closes the page's WebSocket."""

    name = "socket closed"

    def begin(self) -> None:
        self.case.link.close_sockets()

    def may_end_in(self) -> frozenset[str]:
        return frozenset({VALUE, "disconnected"})

    def heal(self) -> None:
        self.case.page.wait_ready()


class ServerRestart(Fault):
    """The server dies and is started again; its kernels die with it."""

    name = "server restart"
    new_kernel = True

    def begin(self) -> None:
        self.case.link.restart()

    def may_end_in(self) -> frozenset[str]:
        lost = frozenset({"disconnected", "dead", "restarted", "waiting", "note"})
        return lost | ({VALUE} if self.case.is_answered else set())

    def heal(self) -> None:
        self.case.page.reload()
        self.case.set_up()


class Sleep(Fault):
    """The laptop sleeps: the page stands still for five seconds, and goes on."""

    name = "sleep"

    def begin(self) -> None:
        self._become("frozen")
        time.sleep(_SOME_TIME)
        self._become("active")
        # Whoever wakes the laptop looks at the page.
        self.case.driver.minimize_window()
        self.case.driver.maximize_window()

    def may_end_in(self) -> frozenset[str]:
        # The browser closes the connections of a page that stands still.
        return frozenset({VALUE, "disconnected"})

    def heal(self) -> None:
        self.case.page.wait_ready()

    def _become(self, state: str) -> None:
        self.case.page.focus().execute_cdp_cmd("Page.setWebLifecycleState", {"state": state})


class TabClosed(Fault):
    """The page is closed, and the notebook opened again."""

    name = "tab closed"
    new_page = True

    def begin(self) -> None:
        self.case.page.close_window()

    def may_end_in(self) -> frozenset[str]:
        return frozenset({CLOSED})

    def heal(self) -> None:
        case = self.case
        # In the midst of a large message a page cannot say goodbye: what came is kept for a while.
        case.excused.add("uploads")
        case.page = Notebook(case.driver, case.link, case.page.path)  # type: ignore[arg-type]
        if case.kind.cell:
            case.show()
        super().heal()


class TabDuplicated(Fault):
    """The notebook is opened in a second window, which stays."""

    name = "tab duplicated"

    def begin(self) -> None:
        case = self.case
        other = Notebook(case.driver, case.link, case.page.path, kernel=False)  # type: ignore[arg-type]
        case.others.append(other)


class Slow(Fault):
    """The network is slow."""

    name = "slow network"
    lasts = True

    def begin(self) -> None:
        self.case.link.rate = _SLOW

    def end(self) -> None:
        self.case.link.rate = None


class Cut(Fault):
    """The network is gone for two seconds."""

    name = "network cut"

    def begin(self) -> None:
        self.case.link.cut()

    def end(self) -> None:
        time.sleep(2)
        self.case.link.mend()

    def may_end_in(self) -> frozenset[str]:
        return frozenset({VALUE, "disconnected"})

    def heal(self) -> None:
        self.case.page.wait_ready()


class Treated(Fault):
    """Something befalls the kernel's messages to the page."""

    lasts = True
    rule: Callable[[Callable[[Message], bool]], Rule]

    def begin(self) -> None:
        self.case.link.rule = type(self).rule(self.befalls)

    def end(self) -> None:
        self.case.link.rule = None

    def befalls(self, message: Message) -> bool:
        """Whether it befalls a message."""
        return self.case.link.answers_call(message)


class ShellLate(Treated):
    """Replies are overtaken by output."""

    name = "reply late"
    rule = Late

    def befalls(self, message: Message) -> bool:
        return super().befalls(message) and message.channel == "shell"


class IopubLate(Treated):
    """Output is overtaken by replies."""

    name = "output late"
    rule = Late

    def befalls(self, message: Message) -> bool:
        return super().befalls(message) and message.channel == "iopub"


class IopubLost(Treated):
    """Output is lost, as a server does that is over its limit; in the last moment, the end."""

    name = "output lost"
    rule = Drop

    def befalls(self, message: Message) -> bool:
        if not super().befalls(message) or message.channel != "iopub":
            return False
        return message.type != "status" or (
            isinstance(self.case.moment, AfterReply) and message.is_idle
        )

    def may_end_in(self) -> frozenset[str]:
        return frozenset({VALUE, "lost-reply", "no output", "note"})


class Repeated(Treated):
    """Every answer comes twice."""

    name = "answers twice"
    rule = Twice


FAULTS: tuple[type[Fault], ...] = (
    Interrupt,
    Restart,
    Kill,
    Stop,
    Vanish,
    FailingCell,
    SocketClosed,
    ServerRestart,
    Sleep,
    TabClosed,
    TabDuplicated,
    Slow,
    Cut,
    ShellLate,
    IopubLate,
    IopubLost,
    Repeated,
)
