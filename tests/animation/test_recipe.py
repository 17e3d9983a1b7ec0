"""What travels to a worker, and what is said of that which cannot."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

import pybridge
from pybridge.animation import recipe
from pybridge.animation.errors import NotPicklableError
from pybridge.errors import BadArgumentError

from .made import maker


def test_a_recipe_makes_the_same_animation_again():
    packed = recipe.pack(recipe.Recipe(maker(7), interval=40))
    unpacked = recipe.unpack(packed.data)
    source = unpacked.source(unpacked.make())
    assert (source.length, source.interval, source.random_access) == (7, 40, True)


def test_only_settings_of_pictures_that_differ_go_along():
    assert recipe.settings() == {}
    with mpl.rc_context({"lines.linewidth": 3, "toolbar": "None"}):
        assert recipe.settings() == {"lines.linewidth": 3}


def test_what_cannot_travel_is_named():
    lock = threading.Lock()

    def draw(i):
        return i, lock

    def make():
        return draw

    with ThreadPoolExecutor(1) as executor, pytest.raises(NotPicklableError) as caught:
        pybridge.Animation(make, executor=executor)
    assert caught.value.culprit == "lock (a _thread.lock)"
    assert "inside of make()" in str(caught.value)


def notebook(*cells):
    """Give the names that the cells of a notebook have made: functions of it travel by value."""
    names = {"__name__": "__main__", "threading": threading}
    for cell in cells:
        exec(cell, names)
    return names


STEPPING = """
lock = threading.Lock()
def step(i):
    with lock:
        return i
"""
PING = """
def ping(i):
    return i and pong(i - 1)
"""
PONG = """
def pong(i):
    return ping(i) + step(i)
"""


@pytest.mark.parametrize(
    "cells",
    [
        ["def make():\n    def update(i):\n        return step(i)\n    return update"],
        ["def make():\n    return lambda i: [step(each) for each in range(i)]"],
        [PING, PONG, "def make():\n    return ping"],
        [PING, PONG, "def make():\n    return lambda i: pong(i)"],
        ["def make():\n    return make if step(0) else None"],
    ],
    ids=["an inner function", "a comprehension", "a circle", "another way in", "itself"],
)
def test_what_cannot_travel_is_named_wherever_it_is_used(cells):
    made = notebook(STEPPING, *cells)
    with pytest.raises(NotPicklableError) as caught:
        recipe.pack(recipe.Recipe(made["make"]))
    assert caught.value.culprit == "lock (a _thread.lock)"


def test_an_attribute_is_not_taken_for_the_global_of_its_name():
    made = notebook(
        STEPPING,
        "size = threading.Lock()",
        "def make():\n    def update(i):\n        return step(i.size)\n    return update",
    )
    with pytest.raises(NotPicklableError) as caught:
        recipe.pack(recipe.Recipe(made["make"]))
    assert caught.value.culprit == "lock (a _thread.lock)"


def test_when_nothing_else_is_found_a_function_is_named():
    made = notebook(STEPPING, "def draw(i, own=lock): pass", "def make():\n    return draw")
    with pytest.raises(NotPicklableError) as caught:
        recipe.pack(recipe.Recipe(made["make"]))
    assert caught.value.culprit == "draw"


def test_what_is_no_maker_is_refused():
    with ThreadPoolExecutor(1) as executor:
        for wrong in (divmod, lambda _: None, 3):
            with pytest.raises(BadArgumentError, match=r"make\(\)"):
                pybridge.Animation(wrong, executor=executor)
        for options in ({"figure": Figure()}, {"setter": print}):
            with pytest.raises(BadArgumentError, match="with an executor others draw"):
                pybridge.Animation(maker(), executor=executor, **options)
    with pytest.raises(BadArgumentError, match="load_balanced_view"):
        pybridge.Animation(maker(), executor="ipyparallel")


def test_a_module_that_workers_lack_is_named_with_what_to_do(monkeypatch):
    data = recipe.pack(recipe.Recipe(maker())).data
    monkeypatch.setattr(recipe.pickle, "loads", lambda _: __import__("not_installed_here"))
    with pytest.raises(ImportError, match=r"not_installed_here.*register_pickle_by_value"):
        recipe.unpack(data)
