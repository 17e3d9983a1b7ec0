"""A kernel whose pages are played by the tests."""

import json
from types import SimpleNamespace

import pytest

from pybridge import codec, comms, pages
from pybridge.stamp import STAMP
from tests.fake_kernel import FakeKernel


class FakeEnd:
    """The kernel's end of a model's comm: it keeps what is said to the pages.

    Attributes
    ----------
    sent : list of (str, list of bytes)
        Messages for every page: their text, and their buffers.
    done : list of str
        The ids of the pages' messages that were handled.
    errors : list of dict
        What they were refused with.
    told_end : bool
        Whether the pages were told that it ended.
    """

    def __init__(self, comm_id, heard):
        self.comm_id = comm_id
        self.heard = heard
        self.sent = []
        self.done = []
        self.errors = []
        self.told_end = False

    def send(self, data, *, metadata, buffers):
        assert metadata["pybridge"]["protocol"] == 1
        if "done" in metadata["pybridge"]:
            self.done.append(metadata["pybridge"]["done"])
        if "error" in metadata["pybridge"]:
            self.errors.append(json.loads(metadata["pybridge"]["error"]))
        if data:
            self.sent.append((data["body"], [bytes(buffer) for buffer in buffers]))


class Pages:
    """The pages of a kernel, which say what the test has them say."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.ends = {}

    def end(self, model):
        return self.ends[model.model_id]

    def says(self, model, session, text, buffers=(), stamp=STAMP):
        """Have a page say something to a model, as text of the codec's."""
        self.kernel._parent = {"header": {"session": session}, "buffers": []}
        self.end(model).heard(
            {
                "content": {"data": {"body": text}},
                "buffers": list(buffers),
                "header": {"msg_id": text},
                "metadata": {"pybridge": stamp},
            }
        )

    def say(self, model, session, kind, **fields):
        """As `says`, of values."""
        buffers = []
        self.says(
            model, session, json.dumps(codec.encode({"kind": kind, **fields}, buffers)), buffers
        )

    def heard(self, model):
        """Take what was said to every page since."""
        sent, self.end(model).sent = self.end(model).sent, []
        adopt = SimpleNamespace
        return [codec.decode(text, buffers, lambda tree: adopt(**tree)) for text, buffers in sent]

    def shows(self, model, session, revision):
        """Have a page tell what it has shown."""
        content = {"what": "shown", "models": [[model.model_id, revision]]}
        pages.heard(content, session, [b"address"], [])


@pytest.fixture
def page(monkeypatch):
    kernel = FakeKernel()
    played = Pages(kernel)

    def listen(comm_id, target, heard):
        assert target == "pybridge.model"
        return played.ends.setdefault(comm_id, FakeEnd(comm_id, heard))

    def end(listening, *, tell):
        listening.told_end = tell

    monkeypatch.setattr("pybridge.host.this_kernel", lambda: kernel)
    monkeypatch.setattr(comms, "listen", listen)
    monkeypatch.setattr(comms, "end", end)
    monkeypatch.setattr(pages, "_pages", {})
    return played
