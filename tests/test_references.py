"""What a page holds of Python's objects."""

import array
import asyncio
import collections
import enum
import gc
import types
import weakref

import numpy as np
import pandas as pd
import polars as pl
import pytest

from pybridge import references
from pybridge.errors import DestroyedError
from pybridge.references import Lease, abilities, type_name


class Thing:
    pass


class Meta(type):
    def __len__(cls):
        return 1

    def __iter__(cls):
        return iter(())


class OfMeta(metaclass=Meta):
    pass


class Full(Thing):
    def __call__(self):
        pass

    def __len__(self):
        return 0

    def __getitem__(self, key):
        pass

    def __contains__(self, key):
        pass

    # As Python has it for what is not iterable though it has items.
    __iter__ = None


class Colour(enum.Enum):
    RED = 1


def generator():
    yield


async def coroutine():
    pass


@pytest.fixture
def lease():
    made = Lease()
    yield made
    made.end()


class TestLease:
    def test_a_reference_leads_to_the_object(self, lease):
        thing = Thing()
        tree = lease.grant(thing)
        assert (tree["$"], tree["type"], tree["can"]) == ("py", "Thing", "")
        assert lease.get(tree["id"]) is thing

    def test_one_object_has_one_id_as_long_as_it_is_held(self, lease):
        thing = Thing()
        first, second = lease.grant(thing), lease.grant(thing)
        assert first == second
        assert lease.grant(Thing())["id"] != first["id"]
        lease.release({first["id"]: 2})
        assert lease.grant(thing)["id"] != first["id"]

    def test_equal_objects_are_different_ones(self, lease):
        assert lease.grant([1])["id"] != lease.grant([1])["id"]

    def test_what_cannot_be_hashed_can_be_held(self, lease):
        assert lease.get(lease.grant({})["id"]) == {}

    def test_it_holds_until_all_references_are_back(self, lease):
        thing = Thing()
        alive = weakref.ref(thing)
        key = lease.grant(thing)["id"]
        lease.grant(thing)
        del thing
        lease.release({key: 1})
        assert alive() is not None and len(lease) == 1
        lease.release({key: 1})
        assert alive() is None and len(lease) == 0

    def test_a_release_that_crosses_a_grant_takes_nothing_away(self, lease):
        thing = Thing()
        key = lease.grant(thing)["id"]
        lease.grant(thing)
        lease.release({key: 1})
        assert lease.get(key) is thing

    def test_the_release_of_what_is_not_held_means_nothing(self, lease):
        lease.release({"nothing": 1})
        key = lease.grant(Thing())["id"]
        lease.release({key: 9})
        lease.release({key: 1})
        assert len(lease) == 0

    def test_what_was_given_back_is_gone(self, lease):
        key = lease.grant(Thing())["id"]
        lease.release({key: 1})
        with pytest.raises(DestroyedError, match="given back"):
            lease.get(key)

    @pytest.mark.parametrize("key", ["0123abcd-1", "", "x", None, 5])
    def test_an_id_of_another_process_is_known_for_one(self, lease, key):
        lease.grant(Thing())
        with pytest.raises(DestroyedError, match="restarted"):
            lease.get(key)

    def test_its_end_lets_go_of_everything(self, lease):
        thing = Thing()
        alive = weakref.ref(thing)
        key = lease.grant(thing)["id"]
        del thing
        lease.end()
        assert alive() is None and lease.held() == []
        with pytest.raises(DestroyedError):
            lease.get(key)

    def test_an_objects_end_may_use_the_lease(self, lease):
        class Last:
            def __del__(self):
                lease.grant(Thing())

        key = lease.grant(Last())["id"]
        lease.release({key: 1})
        gc.collect()
        assert [type_name(held.obj) for held in lease.held()] == ["Thing"]

    def test_it_lists_what_it_holds_the_oldest_first(self, lease):
        first, second = Thing(), Thing()
        lease.grant(first)
        lease.grant(second)
        lease.grant(first)
        assert [(held.obj, held.count) for held in lease.held()] == [(first, 2), (second, 1)]


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (Thing(), "Thing"),
        (Thing, "type"),
        ([], "list"),
        (generator(), "generator"),
        (len, "builtin_function_or_method"),
        (np, "module"),
        (np.zeros(1), "numpy.ndarray"),
        (collections.OrderedDict(), "collections.OrderedDict"),
        (Colour.RED, "Colour"),
    ],
)
def test_a_type_is_named_as_pyodide_does(obj, name):
    assert type_name(obj) == name


@pytest.mark.parametrize(
    ("obj", "can"),
    [
        (object(), ""),
        (Thing(), ""),
        (Thing, "c"),
        (OfMeta(), ""),
        (OfMeta, "cil"),
        (Full(), "clgh"),
        (Colour.RED, ""),
        (Colour, "cilgh"),
        ([], "ilgsdh"),
        ((), "ilgh"),
        ({}, "ilgsdh"),
        (set(), "ilh"),
        (range(3), "ilgh"),
        (generator(), "in"),
        (iter([]), "in"),
        (len, "c"),
        (generator, "c"),
        (types.SimpleNamespace(), ""),
        (np, ""),
        (b"", "ilghb"),
        (bytearray(), "ilgsdhb"),
        (array.array("b"), "ilgsdhb"),
        (np.zeros(1), "ilgsdhb"),
        (np.zeros(1, "M8[s]"), "ilgsdhb"),
        (np.array([None]), "ilgsdh"),
        (pd.DataFrame(), "ilgsdhb"),
        (pl.DataFrame(), "ilgshb"),
    ],
    ids=str,
)
def test_abilities_are_those_of_the_class(obj, can):
    assert sorted(abilities(obj)) == sorted(can)


def test_awaitables_are_known():
    made = coroutine()
    try:
        assert abilities(made) == "a"
    finally:
        made.close()
    loop = asyncio.new_event_loop()
    try:
        assert "a" in abilities(loop.create_future())
    finally:
        loop.close()


def test_every_letter_is_explained():
    table = references.__doc__.split("====")
    letters = "abcdghilns"
    assert all(
        f"\n{letter}  " in "".join(table) or f"  {letter}  " in "".join(table) for letter in letters
    )


def test_an_interrupt_in_the_midst_of_a_grant_leaves_the_object_to_be_granted(monkeypatch):
    lease, thing = Lease(), Thing()

    def interrupted(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(references, "Held", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lease.grant(thing)
    assert lease.get(lease.grant(thing)["id"]) is thing
