"""What the soak test's cell runs."""

SETUP = '''
import asyncio
import gc
import time

import numpy as np
import pybridge
import traitlets

# The kernel remembers the signatures of so many messages: 65,536, if it is not told otherwise.
get_ipython().kernel.session.digest_history_size = 100

HANDLES = 50
EPOCH = {epoch!r}


class Station:
    """Counts its calls, so that the page can tell whether one was lost, or came twice."""

    def __init__(self, number):
        self.number = number
        self.counts = dict()

    @pybridge.export
    def step(self, caller):
        self.counts[caller] = self.counts.get(caller, 0) + 1
        return [EPOCH, self.counts[caller]]

    @pybridge.export
    def items(self, caller, count):
        yield from range(count)
        return self.step(caller)

    @pybridge.export
    async def later(self, caller):
        answer = self.step(caller)
        await asyncio.sleep(0)
        return answer

    @pybridge.export
    def total(self, data):
        return int(np.frombuffer(data, np.uint8).sum(dtype=np.int64))

    @pybridge.export
    def numbers(self, count):
        return np.arange(count, dtype=np.float64)

    @pybridge.export
    def fail(self, text):
        raise ValueError(text)

    @pybridge.export
    def talk(self, text):
        print(text, flush=True)
        return len(text)

    @pybridge.export
    def ask(self, function, number):
        return function(number)

    @pybridge.export
    async def rest(self, seconds):
        await asyncio.sleep(seconds)

    @pybridge.export
    def compute(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass

    @pybridge.export
    def thing(self):
        return Thing(self.number)

    @pybridge.export(lane="side")
    def beside(self, number):
        return number + 1


class Thing:
    def __init__(self, number):
        self.number = number

    def add(self, n):
        return self.number + n


class State(pybridge.Model):
    n = traitlets.Int(0).tag(sync=True)
    twice = traitlets.Int(0).tag(sync=True)

    @traitlets.observe("n")
    def _changed(self, change):
        self.twice = 2 * change["new"]


@pybridge.comm_target("echo")
def echo(comm):
    comm.on_msg(comm.send)


stations = [pybridge.register(Station(i), f"station{{i}}") for i in range(HANDLES)]
states = [State() for _ in range(2)]
for i, state in enumerate(states):
    pybridge.register(state, f"state{{i}}")


def frame(i):
    return np.full((60, 80, 3), i % 256, np.uint8)
'''

# Not the cell's value, which `Out` would keep.
PLAYERS = """
display(*(pybridge.Animation(frame, frames=200, interval=20) for _ in range({count})))
"""

LOAD = """
import psutil, sys
gc.collect()
process = psutil.Process()
resident, threads = process.memory_info().rss, process.num_threads()
{
    **pybridge.debug().as_dict(),
    "resident": resident,
    "threads": threads,
    "blocks": sys.getallocatedblocks(),
}
"""
