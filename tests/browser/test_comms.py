"""Comms of a page's author with the kernel's targets."""

from __future__ import annotations

import pytest

from .notebook import Notebook

SETUP = """
import comm as jupyter_comm
import pybridge

closed = []

@pybridge.comm_target("echo")
def echo(comm, data):
    print("opened with", data)

    @comm.on_msg
    def heard(data, buffers):
        if data == "bad":
            raise ValueError("bad")
        print("heard", data)
        comm.send({"echo": data}, buffers)

    @comm.on_close
    def end(data):
        closed.append(data)

@pybridge.comm_target("broken")
def broken(comm):
    raise RuntimeError("broken")

@pybridge.comm_target("short")
def short(comm):
    @comm.on_msg
    def heard(data, buffers):
        comm.close("bye")

def raw(comm, message):
    comm.on_msg(lambda message: comm.send({"raw": message["content"]["data"]}))

jupyter_comm.get_comm_manager().register_target("raw", raw)
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Notebook:
    """A notebook with comm targets."""
    shared_notebook.run(SETUP)
    return shared_notebook


def test_messages_and_buffers_go_both_ways(page: Notebook) -> None:
    result = page.py("""
        const comm = await py.comm('echo', {data: {hello: 1}});
        const heard = new Promise(done => comm.onMessage((...message) => done(message)));
        await comm.send({a: [1, null]}, [new Uint8Array([1, 2, 3]).subarray(1)]);
        const [data, buffers] = await heard;
        const bytes = buffers.map(({buffer, byteOffset, byteLength}) =>
            [...new Uint8Array(buffer, byteOffset, byteLength)]);
        await comm.close({over: true});
        return [data, bytes, comm.closed];
    """)
    assert result == [{"echo": {"a": [1, None]}}, [[2, 3]], True]
    assert page.py("return await py.runPython('closed.pop()');") == {"over": True}


def test_any_target_of_the_kernel_will_do(page: Notebook) -> None:
    result = page.py("""
        const comm = await py.comm('raw');
        const heard = new Promise(done => comm.onMessage(done));
        await comm.send({x: 1});
        return await heard;
    """)
    assert result == {"raw": {"x": 1}}


def test_opening_rejects_without_a_target(page: Notebook) -> None:
    error = page.py_error("await py.comm('nothing');")
    assert error.code == "no-handle"
    assert "nothing" in error.message


def test_opening_rejects_with_what_the_target_raises(page: Notebook) -> None:
    error = page.py_error("await py.comm('broken');")
    assert (error.name, error.message) == ("PythonError", "broken")


def test_sending_rejects_with_what_the_listener_raises(page: Notebook) -> None:
    result = page.py("""
        const comm = await py.comm('echo', {data: {}});
        const sendings = ['good', 'bad', 'good'].map(word => comm.send(word));
        const results = await Promise.allSettled(sendings);
        return results.map(({status, reason}) => reason?.type ?? status);
    """)
    assert result == ["fulfilled", "ValueError", "fulfilled"]


def test_python_can_close_it(page: Notebook) -> None:
    result = page.py("""
        const comm = await py.comm('short');
        const closed = new Promise(done => comm.onClose(done));
        comm.send('please');
        const data = await closed;
        const error = await comm.send('more').catch(error => error.code);
        return [data, comm.closed, error];
    """)
    assert result == ["bye", True, "destroyed"]


def test_what_a_target_prints_is_shown_in_the_callers_cell(page: Notebook) -> None:
    page.run("from IPython.display import HTML")
    cell = page.run("HTML('<button class=opener>open</button>')")
    page.js("""
        document.querySelector('.opener').onclick = async () => {
            const py = await pybridge.connect();
            const comm = await py.comm('echo', {data: 'x'});
            await comm.send('y');
        };
    """)
    page.click(".opener")
    page.wait_for(lambda: cell.stream() == "opened with x\nheard y\n")


def test_a_comm_survives_a_failing_cell_ahead(page: Notebook) -> None:
    comm = page.start("""
        const comm = await py.comm('echo', {data: {}});
        window.opened = true;
        await new Promise(done => { window.go = done; });
        const heard = new Promise(done => comm.onMessage(done));
        await comm.send('after');
        return await heard;
    """)
    page.wait_for("window.opened")
    failing = page.run("import time; time.sleep(0.5); 1 / 0", wait=False)
    page.js("go();")
    assert comm.result() == {"echo": "after"}
    failing.wait(check=False)


def test_its_messages_leave_nothing_behind(page: Notebook) -> None:
    count = "return Object.keys(Jupyter.notebook.kernel._msg_callbacks).length;"
    page.py("await py.runPython('1');")
    before = page.js(count)
    # In the midst of calls, newer kernels take them without a word of their own.
    page.py(
        "const comm = await py.comm('echo');"
        "for (let i = 0; i < 50; i++) {"
        "  const calls = [py.runPython('1'), py.runPython('2')];"
        "  await comm.send(i);"
        "  await Promise.all(calls);"
        "}"
        "await comm.close();"
    )
    # A few of the notebook's own, too, are answered by no status.
    page.wait_for(lambda: page.js(count) <= before + 5, 10, "the notebook has forgotten them")


def test_those_that_are_closed_while_a_call_waits_keep_no_other_waiting(
    page: Notebook, host: str
) -> None:
    if host == "notebook6":
        pytest.skip("ipykernel 6 takes comms between the calls only")
    page.run("import asyncio; gate = asyncio.Event()")
    # More than may be under way at a time; the last one lets the call go on.
    page.run(
        "@pybridge.comm_target('gate')\ndef opened(comm):\n    comm.on_msg(lambda *_: gate.set())"
    )
    assert page.py(
        "const waiting = py.runPython('await asyncio.wait_for(gate.wait(), 20)');"
        "for (let i = 0; i < 12; i++) {"
        "  const comm = await py.comm('echo');"
        "  void comm.close();"
        "}"
        "const comm = await py.comm('gate');"
        "await comm.send(null);"
        "return await waiting;"
    )


def test_a_restart_ends_it(page: Notebook) -> None:
    waiting = page.start("""
        const comm = await py.comm('echo', {data: {}});
        window.ready = true;
        await new Promise(done => comm.onClose(done));
        return await comm.send('more').catch(error => error.code);
    """)
    page.wait_for("window.ready")
    page.restart_kernel()
    assert waiting.result() == "restarted"
