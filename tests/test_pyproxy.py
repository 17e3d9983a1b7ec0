"""What a page may do with an object that it holds."""

import numpy as np
import pandas as pd
import pytest

from pybridge import codec, pyproxy


class Thing:
    def __init__(self):
        self.x = 5
        self.inner = None

    def add(self, a, b=2):
        return a + b

    def __str__(self):
        return "a thing"


def plain(value):
    """Give a value without the marks of the codec."""
    if isinstance(value, codec.Whole):
        return value.value
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def test_attributes_are_got_along_a_path():
    thing = Thing()
    thing.inner = Thing()
    assert pyproxy.attribute(thing, []) is thing
    assert pyproxy.attribute(thing, ["inner", "x"]) == 5
    with pytest.raises(AttributeError, match="nope"):
        pyproxy.attribute(thing, ["inner", "nope"])


def test_methods_are_called_along_a_path():
    thing = Thing()
    thing.inner = Thing()
    assert pyproxy.call(thing, ["inner", "add"], [1], {"b": 5}) == 6
    assert pyproxy.call(len, [], ["abc"], {}) == 3


def test_items_are_those_of_python():
    items = {"a": 1}
    pyproxy.set_item(items, "b", 2)
    pyproxy.delete_item(items, "a")
    assert items == {"b": 2}
    assert pyproxy.get_item(items, "b") == 2
    assert (pyproxy.contains(items, "b"), pyproxy.contains(items, "a")) == (True, False)
    assert pyproxy.length(items) == 1
    with pytest.raises(KeyError):
        pyproxy.get_item(items, "a")


def test_text_is_str():
    assert pyproxy.text(Thing()) == "a thing"


def test_a_copy_goes_as_deep_as_it_is_asked_to():
    copied = pyproxy.copy([1, [2]], 1)
    assert (copied.value, copied.depth) == ([1, [2]], 1)


def test_a_copied_table_is_its_columns():
    copied = pyproxy.copy(pd.DataFrame({"a": [1, 2]}), -1)
    assert copied.value["a"].tolist() == [1, 2]


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 600])
@pytest.mark.parametrize("kind", [list, tuple, dict.fromkeys, set, frozenset])
def test_plain_collections_are_gone_through_many_at_a_time(kind, length):
    batch = plain(pyproxy.iterate(kind(range(length))))
    values, batches = list(batch["values"]), 1
    while not batch["done"]:
        batch = plain(pyproxy.take(batch["iterator"], 256))
        values += batch["values"]
        batches += 1
    assert batch["iterator"] is None
    assert sorted(values) == list(range(length))
    assert batches == length // 256 + 1


def test_anything_else_is_asked_for_one_at_a_time():
    made = []

    def numbers():
        for i in range(2):
            made.append(i)
            yield i

    batch = plain(pyproxy.iterate(numbers()))
    assert (batch["many"], batch["values"], made) == (1, [], [])
    iterator = batch["iterator"]
    assert plain(pyproxy.take(iterator, 1))["values"] == [0] and made == [0]
    assert plain(pyproxy.take(iterator, 1)) == {"iterator": iterator, "values": [1], "done": False}
    assert plain(pyproxy.take(iterator, 1)) == {"iterator": None, "values": [], "done": True}


def test_a_subclass_with_a_way_of_its_own_counts_as_the_users_code():
    class Own(list):
        def __iter__(self):
            yield "mine"

    class Same(list):
        pass

    assert pyproxy.iterate(Own([1]))["many"] == 1
    assert pyproxy.iterate(Same([1]))["many"] == 256
    assert pyproxy.iterate({1: 2}.items())["many"] == 256
    assert pyproxy.iterate(np.arange(3))["many"] == 256


def test_values_are_sent_into_generators():
    def talk():
        got = yield "first"
        yield got
        return "end"

    talking = talk()
    said = [plain(pyproxy.send(talking, value)) for value in (None, "a", None, None)]
    assert said == [
        {"done": False, "value": "first"},
        {"done": False, "value": "a"},
        {"done": True, "value": "end"},
        {"done": True, "value": None},
    ]
    with pytest.raises(AttributeError):
        pyproxy.send(iter([1]), "sent")


def test_memory_comes_after_what_describes_it():
    header, *chunks = pyproxy.buffer(np.arange(3, dtype="i2"), None)
    assert (header["type"], header["nbytes"]) == ("i16", 6)
    assert b"".join(chunks) == np.arange(3, dtype="<i2").tobytes()
    assert next(pyproxy.buffer(b"", "u8"))["nbytes"] == 0


def test_a_table_comes_column_by_column():
    header, *columns = pyproxy.buffer(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), None)
    assert header == {"columns": ["a", "b"], "length": 2}
    assert [list(column) for column in columns] == [[1, 2], ["x", "y"]]
