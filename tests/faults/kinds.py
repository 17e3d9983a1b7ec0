"""Kinds of call: how the page begins one, and what Python does in it.

Whatever the kind, Python notes in a file that the call's work began and ended, and does between
the two what another file says: nothing, wait for a gate, or print (yield) something first.
"""

from __future__ import annotations

from dataclasses import dataclass

SETUP = '''
import os
import threading
import time
from pathlib import Path

import numpy as np
import pybridge
import traitlets

place = Path({place!r})


def note(what, token):
    with (place / "notes").open("a") as notes:
        notes.write(f"{{what}} {{token}}\\n")


def mode(token):
    what, of = (place / "mode").read_text().split()
    return what if of == str(token) else "plain"


def gate():
    while not (place / "open").exists():
        time.sleep(0.01)


def vanish():
    """End the process from within, as a crash in a library would."""
    while not (place / "vanish").exists():
        time.sleep(0.01)
    os._exit(1)


threading.Thread(target=vanish, daemon=True).start()


def begin(token):
    note("began", token)
    if mode(token) == "streaming":
        for part in range(3):
            print("part", part, flush=True)
    if mode(token) in ("running", "streaming"):
        gate()


def work(token, data=None):
    begin(token)
    note("ended", token)
    return f"did {{token}}"


def items(token):
    note("began", token)
    yield "first"
    yield "second"
    if mode(token) in ("running", "streaming"):
        gate()
    yield noise() if mode(token) == "sending" else "third"
    note("ended", token)
    return f"did {{token}}"


def noise(shape=(1000, 1000, 4), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def download(token):
    return {{"answer": work(token), "data": noise()}}


def ask(token, function):
    """Wait for what JavaScript says."""
    note("began", token)
    if mode(token) == "streaming":
        print("part", flush=True)
    answer = function(token, noise() if mode(token) == "sending" else None)
    note("ended", token)
    return answer


class Thing:
    def work(self, token, data=None):
        return work(token)


class State(pybridge.Model):
    n = traitlets.Int(0).tag(sync=True)
    data = traitlets.Bytes(b"").tag(sync=True)

    @traitlets.observe("n")
    def _changed(self, change):
        work(change["new"])


def frame(i):
    work(i)
    return noise((600, 800, 3), seed=i)


state = State()
pybridge.register(state, "state")
thing = Thing()
for function in (work, items, download, ask):
    pybridge.register(function)
pybridge.register(lambda: thing, "get_thing")
'''

PLAYER = "pybridge.Animation(frame, frames=100)"

# For a call's bodies: its number, and whether it has to be large.
GIVEN = (
    "const [token, large] = arguments; const payload = large ? new Uint8Array(4e6 - 4000) : null;"
)


@dataclass(frozen=True)
class Kind:
    """A kind of call.

    Parameters
    ----------
    name
    start
        Body of an async function: the call. Gives ``did <token>``, or throws.
    prepare
        The same: what the page does once before.
    cell
        What a cell shows for it.
    down
        Whether what is large comes from the kernel.
    twice
        Whether the work may be done twice: it was declared repeatable.
    """

    name: str
    start: str
    prepare: str = ""
    cell: str = ""
    down: bool = False
    twice: bool = False

    def __str__(self) -> str:
        return self.name


KINDS = (
    Kind(
        "execute",
        """
        let value = null;
        const code = `work(${token})` + (large ? '#'.repeat(2e6) : '');
        await py.execute(code, {stream() {}, result({data}) { value = data['text/plain']; }});
        // The promise is that of the kernel's reply; what it displays may be lost.
        if (value === null) throw Object.assign(new Error('no value'), {code: 'no output'});
        return value.slice(1, -1);
        """,
    ),
    Kind("call", "return await py.handle('work')(token, payload);"),
    Kind(
        "generator",
        """
        const items = [];
        const options = {onItem(item) { items.push(item); }};
        const value = await py.handle('items').call(null, [token], {}, options);
        if (items.length !== 3 || items[1] !== 'second') throw new Error(`items: ${items}`);
        return value;
        """,
        down=True,
    ),
    Kind("upload", "return await py.handle('work')(token, new Uint8Array(12e6));"),
    Kind(
        "download",
        """
        const {answer, data} = await py.handle('download')(token);
        if (data.data.length !== 4e6) throw new Error(`${data.data.length} bytes`);
        return answer;
        """,
        down=True,
    ),
    Kind(
        "proxy",
        "return await thing.work(token, payload);",
        prepare="window.thing = await py.handle('get_thing')();",
    ),
    Kind(
        "model",
        """
        model.set(large ? {n: token, data: payload} : {n: token});
        // Without a connection the change is kept, for as long as it takes, and the status says so.
        const given = (async () => {
            for (let seconds = 0; seconds < 20; seconds += model.status === 'waiting' ? 1 : 0) {
                await new Promise(resolve => setTimeout(resolve, 1000));
            }
            throw Object.assign(new Error('still waiting'), {code: 'waiting'});
        })();
        await Promise.race([model.save(), given]);
        if (model.get('n') !== token) throw new Error(`n is ${model.get('n')}`);
        return `did ${token}`;
        """,
        prepare="window.model = await py.model('state');",
    ),
    Kind(
        "frame",
        """
        const root = document.querySelector('.pybridge-player');
        const slider = root.querySelector('.pybridge-slider');
        slider.value = token;
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        const note = root.querySelector('.pybridge-note');
        while (root.dataset.frame !== String(token)) {
            const text = note.checkVisibility() ? note.innerText : '';
            if (text && !text.startsWith('Kernel busy')) {
                throw Object.assign(new Error(text), {code: 'note'});
            }
            await new Promise(resolve => setTimeout(resolve, 20));
        }
        return `did ${token}`;
        """,
        cell=PLAYER,
        down=True,
        twice=True,
    ),
    Kind(
        "stdin",
        """
        window.asked = false;
        const answer = async token => {
            window.asked = true;
            if (gated) await new Promise(resolve => { window.openGate = resolve; });
            return `did ${token}`;
        };
        return await py.handle('ask')(token, answer);
        """,
        down=True,
    ),
)
