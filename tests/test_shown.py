"""What cells show, and the names of its handles."""

from __future__ import annotations

import pytest

from pybridge import host, registry, shown
from pybridge.errors import NoHandleError


class Thing(shown.Shown):
    def __init__(self):
        super().__init__("thing")
        self.baked = None

    def show(self):
        self.register("content")
        return {"text/plain": self.name}, {}

    def outlive(self, bake, *, lossless):
        self.baked = bake, lossless


@pytest.fixture(autouse=True)
def _no_handles():
    yield
    for handle in registry.handles():
        handle.release()


def test_it_has_no_name_before_it_is_shown():
    assert Thing().name == ""


def test_the_same_content_in_the_same_cell_has_the_same_name():
    first = Thing()
    first.show()
    registry.release(first.name)
    second = Thing()
    second.show()
    assert first.name == second.name
    assert first.name.startswith("thing-")


def test_the_same_content_in_another_cell_has_another_name(monkeypatch):
    first, second = Thing(), Thing()
    first.show()
    registry.release(first.name)
    monkeypatch.setattr(host, "cell_source", lambda: "another")
    second.show()
    assert first.name != second.name


def test_what_is_alive_is_never_replaced():
    first, second = Thing(), Thing()
    first.show()
    second.show()
    assert registry.get(first.name).obj is first
    assert registry.get(second.name).obj is second


def test_the_last_view_takes_the_handle_with_it():
    thing = Thing()
    thing.show()
    thing.join("a")
    thing.join("b")
    assert thing.is_viewed
    thing.detach("a")
    assert registry.get(thing.name)
    thing.detach("b")
    with pytest.raises(NoHandleError):
        registry.get(thing.name)


def test_it_is_shown_for_the_last_time_by_its_name():
    thing = Thing()
    thing.show()
    assert shown.again(thing.name, bake="1 MB", lossless=True) is thing
    assert thing.baked == ("1 MB", True)


def test_what_is_gone_cannot_be():
    with pytest.raises(NoHandleError):
        shown.again("thing-gone", bake=False, lossless=False)


def test_a_name_that_another_has_taken_meanwhile_is_left_to_it():
    first, second = Thing(), Thing()
    first.show()
    registry.release(first.name)
    second.show()
    first.show()
    assert first.name != second.name
    assert registry.get(second.name).obj is second
