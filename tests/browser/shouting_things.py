"""What the pages of the shouting kernel can call."""

import asyncio
import time

import numpy as np
import traitlets

import pybridge
from pybridge import js


class Things:
    @pybridge.export
    def add(self, a, b=1):
        print("adding")  # noqa: T201 - for whoever calls
        return a + b

    @pybridge.export
    def double(self, array):
        return np.asarray(array) * 2

    @pybridge.export
    def fail(self):
        raise ValueError("as asked")

    @pybridge.export
    def items(self, n):
        yield from range(n)

    @pybridge.export
    async def later(self):
        await asyncio.sleep(0.01)
        return "later"

    @pybridge.export
    def sleep(self):
        time.sleep(60)

    @pybridge.export
    def made(self):
        return {1, 2}.union

    @pybridge.export
    def title(self, text):
        js.document.title = text
        return js.document.title


class Count(pybridge.Model):
    value = traitlets.Int(3).tag(sync=True)


count = Count()
pybridge.register(Things(), "things")
pybridge.register(count, "count")
pybridge.register(lambda: count.value, "value")


@pybridge.comm_target("echo")
def echo(comm):
    comm.on_msg(comm.send)
