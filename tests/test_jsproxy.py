"""Proxies of JavaScript objects, with a page that answers what the test says."""

import copy
import gc
import pickle

import pytest

from pybridge.codec import Deep
from pybridge.errors import DestroyedError
from pybridge.jsproxy import (
    JsMethod,
    JsProxy,
    create_once_callable,
    create_proxy,
    is_gone,
    proxy_class,
    to_js,
)

from .js_page import FakePage


def test_attributes_are_asked_for():
    page = FakePage(get=5, set=None, delete=None)
    proxy = page.proxy()
    assert proxy.x == 5
    proxy.x = [1]
    del proxy.x
    assert page.asked == [
        ("get", {"on": proxy, "name": "x"}),
        ("set", {"on": proxy, "name": "x", "value": [1]}),
        ("delete", {"on": proxy, "name": "x"}),
    ]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("finally_", "finally"),
        ("class_", "class"),
        ("a_", "a_"),
        ("_", "_"),
        ("_private", "_private"),
    ],
)
def test_an_underscore_behind_a_keyword_is_not_sent(name, sent):
    page = FakePage(get=0)
    getattr(page.proxy(), name)
    assert page.asked[0][1]["name"] == sent


@pytest.mark.parametrize("name", ["__array__", "__wrapped__", "_repr_html_", "_ipython_display_"])
def test_what_python_looks_up_is_not_asked_for(name):
    page = FakePage()
    with pytest.raises(AttributeError):
        getattr(page.proxy(), name)
    assert page.asked == []


def test_what_the_page_raises_passes():
    page = FakePage(get=AttributeError("no x"))
    assert getattr(page.proxy(), "x", "default") == "default"


def test_abilities_make_the_class():
    assert proxy_class("") is JsProxy
    plain, function, array = (FakePage().proxy(can) for can in ("", "c", "ghils"))
    assert [callable(proxy) for proxy in (plain, function, array)] == [False, True, False]
    for refused in (len, iter, lambda it: it[0], lambda it: 0 in it, lambda it: it()):
        with pytest.raises(TypeError):
            refused(plain)
    assert all(isinstance(proxy, JsProxy) for proxy in (plain, function, array))
    assert (plain.typeof, function.typeof) == ("object", "function")


def test_items_length_and_contents():
    page = FakePage(item="got", setItem=None, deleteItem=None, length=3, contains=True)
    array = page.proxy("ghils")
    assert array["key"] == "got"
    array[0] = "new"
    del array[1]
    assert len(array) == 3
    assert "it" in array
    assert [op for op, _ in page.asked] == ["item", "setItem", "deleteItem", "length", "contains"]


def test_what_is_empty_is_false():
    page = FakePage(length=0)
    assert not page.proxy("l")
    assert page.proxy("")
    assert page.proxy("c")


def test_iteration_over_what_came_at_once():
    page = FakePage(iterate={"iterator": None, "values": [1, 2]})
    assert list(page.proxy("i")) == [1, 2]


def test_iteration_item_by_item():
    items = iter([1, 2])

    def following(on):
        del on
        return next(items, StopIteration())

    page = FakePage(next=following)
    page.answers["iterate"] = {"iterator": page.proxy("n", key=2), "values": []}
    assert list(page.proxy("i")) == [1, 2]


def test_calls_pass_this_and_keywords():
    page = FakePage(call="returned")
    function, owner = page.proxy("c", key=2), page.proxy("", key=1)
    page.answers["get"] = function
    assert owner.method(1, a=2) == "returned"
    function()
    [_, (_, first), (_, second)] = page.asked
    assert first["this"] is owner
    assert first["args"][0].value == 1
    assert first["args"][1]["a"].value == 2
    assert second["this"] is None
    assert second["args"] == []


def test_new_makes_an_object():
    page = FakePage(new="made")
    assert page.proxy("c").new(1) == "made"
    assert page.asked[0][0] == "new"


def test_a_method_is_as_good_as_its_function():
    page = FakePage(dir=["f"], string="text of it", set=None, delete=None)
    function = page.proxy("c", type_name="Function")
    page.answers["get"] = function
    owner = page.proxy(key=2)
    method, again = owner.f, owner.f
    assert isinstance(method, JsMethod)
    assert method == again == function == method
    assert len({method, again, function}) == 1
    assert repr(method) == "<JsProxy of Function>"
    assert str(method) == "text of it"
    assert "f" in dir(method)
    method.x = 1
    del method.x
    assert [fields["on"] for _, fields in page.asked[-2:]] == [function, function]


def test_objects_are_equal_only_to_themselves():
    page = FakePage()
    one, two = page.proxy(key=1), page.proxy(key=2)
    assert one == one  # noqa: PLR0124 - its own __eq__ is tested
    assert one != two
    assert one != 1
    assert len({one, two, one}) == 2


@pytest.mark.parametrize("copying", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_lives_in_a_page_cannot_be_copied(copying):
    page = FakePage()
    function = page.proxy("c", type_name="Function")
    page.answers["get"] = function
    for it in (page.proxy(key=2), function, page.proxy(key=2).method):
        with pytest.raises(TypeError, match="lives in a page"):
            copying(it)


def test_a_proxy_that_was_not_made_whole_asks_nobody():
    with pytest.raises(AttributeError):
        repr(JsProxy.__new__(JsProxy))
    with pytest.raises(AttributeError):
        repr(JsMethod.__new__(JsMethod))


def test_lists_of_keys_values_and_entries():
    page = FakePage(keys=["a"], entries=[["a", 1]], copy={"a": 1})
    proxy = page.proxy()
    assert proxy.object_keys() == ["a"]
    assert proxy.object_values() == [1]
    assert proxy.object_entries() == [("a", 1)]
    assert proxy.to_py(depth=2) == {"a": 1}
    assert page.asked[-1][1]["depth"] == 2


def test_what_nobody_has_any_more_is_given_back():
    page = FakePage()
    proxy = page.proxy(key=7)
    del proxy
    gc.collect()
    assert page.dropped == [7]


def test_a_proxy_tells_whether_its_page_is_gone():
    page = FakePage()
    proxy = page.proxy()
    assert not is_gone(proxy)
    page.gone = True
    assert is_gone(proxy)


def test_a_kept_function_is_called_until_it_is_destroyed():
    kept = create_proxy(lambda *args, **kwargs: (args, kwargs))
    assert kept(1, a=2) == ((1,), {"a": 2})
    assert kept(1) == ((1,), {})
    kept.destroy()
    with pytest.raises(DestroyedError, match="destroyed"):
        kept()


def test_a_destroyed_proxy_lets_its_object_go():
    class Callable:
        def __call__(self):
            pass

    kept = create_proxy(Callable())
    kept.destroy()
    gc.collect()
    assert not any(isinstance(found, Callable) for found in gc.get_objects())


def test_a_once_callable_is_called_once_even_if_it_raises():
    def fails():
        raise ValueError("mine")

    kept = create_once_callable(fails)
    with pytest.raises(ValueError, match="mine"):
        kept()
    with pytest.raises(DestroyedError, match="once"):
        kept()


@pytest.mark.parametrize("make", [create_proxy, create_once_callable])
def test_what_cannot_be_called_is_refused(make):
    with pytest.raises(TypeError, match="not a int"):
        make(5)


def test_to_js_marks_what_is_copied():
    deep = to_js([1], depth=3)
    assert isinstance(deep, Deep)
    assert (deep.value, deep.depth) == ([1], 3)
