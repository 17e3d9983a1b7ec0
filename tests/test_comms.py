"""The kernel's end of comms: targets by decorator, and errors that reach the page."""

import json

import comm
import pytest

import pybridge
from pybridge import comms, pages
from tests.fake_kernel import FakeKernel


class Manager:
    def __init__(self):
        self.targets = {}
        self.comms = {}

    @property
    def known(self):
        return list(self.comms.values())

    def register_target(self, name, function):
        self.targets[name] = function

    def register_comm(self, end):
        self.comms[end.comm_id] = end

    def unregister_comm(self, end):
        del self.comms[end.comm_id]


class End(comm.base_comm.BaseComm):
    """Records what is published."""

    def __init__(self, **options):
        self.published = []
        super().__init__(**{"primary": False, **options})

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **_):
        # As jupyter_client does: text that is no Unicode cannot be sent.
        json.dumps([data, metadata], ensure_ascii=False).encode()
        self.published.append((msg_type, data, metadata, buffers))


@pytest.fixture
def manager(monkeypatch):
    made = Manager()
    monkeypatch.setattr(comm, "get_comm_manager", lambda: made)
    monkeypatch.setattr(comm, "create_comm", End)
    kernel = FakeKernel()
    monkeypatch.setattr("pybridge.host.this_kernel", lambda: kernel)
    monkeypatch.setattr(pages, "_pages", {})
    return made


def message(data, buffers=()):
    return {"content": {"data": data}, "buffers": list(buffers), "header": {"msg_id": "m1"}}


def opened(manager, name, data=None):
    end = End()
    manager.register_comm(end)
    manager.targets[name](end, message(data))
    return end


def test_a_target_is_given_the_comm_and_what_the_page_said(manager):
    made = []

    @pybridge.comm_target("chat")
    def chat(comm, data):
        made.append((comm, data))

    end = opened(manager, "chat", {"room": 1})
    [(given, data)] = made
    assert isinstance(given, pybridge.Comm)
    assert given.comm_id == end.comm_id
    assert data == {"room": 1}
    assert callable(chat)


def test_a_target_need_not_take_what_the_page_said(manager):
    made = []
    pybridge.comm_target("chat")(made.append)
    opened(manager, "chat")
    assert len(made) == 1


def test_messages_go_both_ways_as_they_are(manager):
    @pybridge.comm_target("echo")
    def echo(comm):
        @comm.on_msg
        def heard(data, buffers):
            comm.send(data, buffers)

    end = opened(manager, "echo")
    end.handle_msg(message({"a": [1]}, [b"part"]))
    opening, echoed, receipt = end.published
    assert echoed == ("comm_msg", {"a": [1]}, comms.mark(), [b"part"])
    assert opening == receipt == ("comm_msg", {}, comms.mark(done="m1"), None)


def test_what_a_listener_raises_is_told_to_the_page(manager):
    @pybridge.comm_target("bad")
    def bad(comm):
        @comm.on_msg
        def heard(*_):
            raise ValueError("no")

    end = opened(manager, "bad")
    end.handle_msg(message(1))
    _, (kind, _, metadata, _) = end.published
    assert kind == "comm_msg"
    assert metadata["pybridge"]["done"] == "m1"
    assert json.loads(metadata["pybridge"]["error"])["type"] == "ValueError"


def test_an_interrupt_is_told_to_the_page(manager):
    @pybridge.comm_target("slow")
    def slow(comm, data):
        @comm.on_msg
        def heard(*_):
            raise KeyboardInterrupt

        if data == "at once":
            raise KeyboardInterrupt

    end = opened(manager, "slow")
    end.handle_msg(message(1))
    refused = opened(manager, "slow", "at once")
    for metadata in (end.published[-1][2], refused.published[-1][2]):
        assert metadata["pybridge"]["done"] == "m1"
        assert json.loads(metadata["pybridge"]["error"])["code"] == "interrupted"


@pytest.mark.parametrize("metadata", [{}, {"pybridge": None}, {"pybridge": [1]}])
def test_a_message_without_a_stamp_is_taken_as_it_is(manager, metadata):
    heard = []
    pybridge.comm_target("any")(heard.append)
    end = End()
    manager.targets["any"](end, message(1) | {"metadata": metadata})
    assert len(heard) == 1


def test_what_a_target_raises_closes_the_comm_and_is_told(manager):
    @pybridge.comm_target("bad")
    def bad(_):
        raise ValueError("no")

    end = opened(manager, "bad")
    [(kind, _, metadata, _)] = end.published
    assert kind == "comm_close"
    assert json.loads(metadata["pybridge"]["error"])["message"] == "no"


def test_an_error_of_any_text_is_told(manager):
    @pybridge.comm_target("bad")
    def bad(comm):
        @comm.on_msg
        def heard(*_):
            raise ValueError("half of an emoji: \ud83d")

    end = opened(manager, "bad")
    end.handle_msg(message(1))
    _, (_, _, metadata, _) = end.published
    assert json.loads(metadata["pybridge"]["error"])["message"] == "half of an emoji: \ud83d"


def test_closing_from_either_side(manager):
    heard = []

    @pybridge.comm_target("short")
    def short(comm):
        comm.on_close(heard.append)
        comm.on_msg(lambda *_: comm.close("bye"))

    end = End()
    manager.register_comm(end)
    manager.targets["short"](end, message(None))
    end.handle_msg(message(1))
    assert [kind for kind, *_ in end.published][1] == "comm_close"
    other = opened(manager, "short")
    other.handle_close(message("left"))
    assert heard == ["left"]
    kind, _, metadata, _ = other.published[-1]
    assert (kind, metadata["pybridge"]["done"]) == ("comm_msg", "m1")


def test_what_listens_hears_messages_and_ends_with_a_word_or_without(manager):
    heard = []
    ends = [comms.listen(f"id{number}", "target", heard.append) for number in range(2)]
    assert manager.known == ends
    ends[0].handle_msg("said")
    comms.end(ends[0], tell=True)
    comms.end(ends[1], tell=False)
    assert heard == ["said"]
    assert manager.known == []
    assert [len(end.published) for end in ends] == [1, 0]
    # Nor when it is freed.
    ends[1].__del__()
    assert ends[1].published == []


def test_a_comm_ends_with_its_page(manager):
    heard = []

    @pybridge.comm_target("long")
    def long(comm):
        comm.on_close(heard.append)

    for _ in range(2):
        end = End()
        manager.register_comm(end)
        manager.targets["long"](end, message(None))
    manager.unregister_comm(end)
    end.handle_close(message("said before"))
    pages.heard({"what": "bye"}, "page", [], [])
    assert heard == ["said before", None]
    assert manager.known == []


def test_a_refused_comm_leaves_nothing_with_its_page(manager):
    @pybridge.comm_target("closed")
    def refuse(_):
        raise ValueError("not now")

    for _ in range(3):
        end = End()
        manager.register_comm(end)
        manager.targets["closed"](end, message(None))
    assert pages.sender()._at_end == []


def test_a_page_of_another_version_is_refused_and_told_why(manager):
    made = []
    pybridge.comm_target("chat")(made.append)
    end = End()
    manager.register_comm(end)
    stranger = {"pybridge": {"protocol": 0, "version": "0.0.1"}}
    manager.targets["chat"](end, message(None) | {"metadata": stranger})
    [(kind, _, metadata, _)] = end.published
    assert (kind, made) == ("comm_close", [])
    assert json.loads(metadata["pybridge"]["error"])["code"] == "version-mismatch"
    assert list(pages.pages()) == []
