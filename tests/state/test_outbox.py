"""Changes are joined while pages lag behind, and the last one always arrives."""

import threading
from types import SimpleNamespace

import pytest

from pybridge.state import outbox
from pybridge.state.outbox import WINDOW, Outbox


class Sent(list):
    def __call__(self, revision, values):
        self.append((revision, dict(values)))


def viewer(box, session="one"):
    page = SimpleNamespace(session=session, gone=False)
    box.view(page)
    return page


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def box(sent):
    made = Outbox(sent)
    yield made
    made.close()


def test_nothing_is_sent_without_a_viewer(box, sent):
    box.put("x", 1)
    assert sent == []
    assert box.revision == 0


def test_changes_are_sent_at_once_within_the_window(box, sent):
    viewer(box)
    for value in range(WINDOW):
        assert box.put("x", value)
    assert sent == [(1, {"x": 0}), (2, {"x": 1})]


def test_changes_beyond_the_window_are_joined(box, sent):
    viewer(box)
    for value in range(10):
        box.put("x", value)
    assert not box.put("y", "last")
    box.shown("one", 1)
    assert sent[WINDOW:] == [(3, {"x": 9, "y": "last"})]


def test_the_slowest_viewer_is_waited_for(box, sent):
    viewer(box)
    viewer(box, "two")
    for value in range(5):
        box.put("x", value)
    box.shown("one", 2)
    assert len(sent) == WINDOW
    box.shown("two", 1)
    assert sent[-1] == (3, {"x": 4})


def test_a_viewer_that_is_gone_is_not_waited_for(box, sent):
    page = viewer(box)
    viewer(box, "two")
    for value in range(3):
        box.put("x", value)
    box.shown("two", 2)
    assert len(sent) == WINDOW
    page.gone = True
    box.put("x", 3)
    assert sent[-1] == (3, {"x": 3})


def test_a_viewer_that_shows_nothing_is_waited_for_only_so_long(box, sent, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 0.01)
    arrived = threading.Event()
    viewer(box)
    for value in range(WINDOW):
        box.put("x", value)
    send, box._send = box._send, lambda *patch: (send(*patch), arrived.set())
    box.put("x", "last")
    assert arrived.wait(10)
    assert sent[-1] == (3, {"x": "last"})
    # From then on it holds up nobody.
    assert box.put("x", "more")


def test_a_viewer_that_catches_up_is_waited_for_again(box, sent, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", threading.TIMEOUT_MAX)
    viewer(box)
    for value in range(3):
        box.put("x", value)
    box._give_up()
    assert len(sent) == 3
    box.shown("one", 3)
    assert [box.put("x", value) for value in range(3)] == [True, True, False]


def test_what_cannot_be_sent_takes_no_number(box, sent):
    viewer(box)
    box._send = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        box.put("x", "bad")
    box._send = sent
    box.put("x", "good")
    assert sent == [(1, {"x": "good"})]


def test_nothing_is_sent_while_held(box, sent):
    viewer(box)
    outer, inner = box.hold(), box.hold()
    box.put("x", 1)
    box.put("y", 2)
    del inner
    box.resume()
    assert sent == []
    del outer
    box.resume()
    assert sent == [(1, {"x": 1, "y": 2})]


def test_what_an_interrupt_kept_from_being_sent_goes_with_the_next(box, sent):
    viewer(box)

    def interrupted(*_):
        raise KeyboardInterrupt

    box._send = interrupted
    with pytest.raises(KeyboardInterrupt):
        box.put("x", 1)
    box._send = sent
    box.put("y", 2)
    assert sent == [(1, {"x": 1, "y": 2})]


def test_a_page_cannot_have_shown_what_was_not_sent(box):
    viewer(box)
    box.shown("one", 1_000_000)
    assert [box.put("x", value) for value in range(3)] == [True, True, False]
