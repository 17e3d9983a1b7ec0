"""What the Plot kernel answers to a cell, whatever becomes of it."""

import asyncio
import logging

import pytest

import pybridge.kernel
from pybridge.plotkernel.kernel import PlotKernel
from pybridge.plotkernel.session import Session


@pytest.fixture
def kernel(monkeypatch):
    """A kernel without sockets; `sent` has what it would have sent."""
    monkeypatch.setattr(pybridge.kernel.host, "adopt", lambda _: None)
    monkeypatch.setattr(pybridge.kernel.dispatch, "listen", lambda: None)
    made = PlotKernel()
    made.sent = []
    made.send_response = lambda _, kind, content: made.sent.append((kind, content))
    return made


def execute(kernel, code):
    return asyncio.run(kernel.do_execute(code, silent=False))


def test_an_error_that_nobody_has_thought_of_is_answered_as_the_kernels_own(
    kernel, monkeypatch, caplog
):
    def fail(*_):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(Session, "run", fail)
    with caplog.at_level(logging.ERROR, "pybridge"):
        reply = execute(kernel, "2 + 3")
    assert (reply["status"], reply["ename"]) == ("error", "ZeroDivisionError")
    assert "the kernel's own" in reply["evalue"] and "by nought" in reply["evalue"]
    assert [kind for kind, _ in kernel.sent] == ["error"]
    assert "in fail" in caplog.text


def test_an_interrupt_is_answered_too(kernel, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "inspect", interrupt)
    assert execute(kernel, "sin?")["ename"] == "KeyboardInterrupt"
