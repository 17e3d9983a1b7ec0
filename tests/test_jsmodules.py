"""Modules of a page, with a page that answers what the test says."""

import importlib
import sys

import pytest

from pybridge import jsmodules

from .js_page import FakePage


@pytest.fixture(autouse=True)
def _clean():
    before = set(sys.modules)
    yield
    for name in list(jsmodules._registered):
        jsmodules.unregister(name)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def page_with(**attributes):
    """A page whose objects have these attributes, and one of its objects."""

    def get(on, name):
        del on
        return attributes.get(name, AttributeError(name))

    page = FakePage(get=get, set=None, delete=None, dir=["v"])
    return page, page.proxy()


def test_a_registered_module_is_imported():
    page, proxy = page_with(v=3)
    jsmodules.register("js_made", proxy)
    module = importlib.import_module("js_made")
    assert module.v == 3
    assert module.__name__ == "js_made"
    assert module.__spec__.origin == "JavaScript"
    assert "v" in dir(module)
    module.w = 1
    del module.v
    assert [op for op, _ in page.asked[-2:]] == ["set", "delete"]


def test_importing_asks_the_page_nothing():
    page, proxy = page_with()
    jsmodules.register("js_quiet", proxy)
    importlib.import_module("js_quiet")
    assert page.asked == []


def test_parts_are_imported():
    page, proxy = page_with(v=3, f=None)
    part = page.proxy(key=2)
    deeper = page.proxy(key=3)
    page.answers["get"] = lambda on, name: {
        (proxy, "part"): part,
        (part, "deeper"): deeper,
        (deeper, "v"): 7,
        (proxy, "v"): 3,
    }.get((on, name), AttributeError(name))
    jsmodules.register("js_parts", proxy)
    assert importlib.import_module("js_parts.part.deeper").v == 7
    for missing in ("js_parts.nope", "js_parts.v"):
        with pytest.raises(ModuleNotFoundError, match=f"No module named '{missing}'"):
            importlib.import_module(missing)


def test_a_part_of_another_module_is_not_looked_for():
    jsmodules.register("js_other", page_with()[1])
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("json.js_other")


def test_what_was_imported_stays():
    jsmodules.register("js_twice", page_with(n=1)[1])
    first = importlib.import_module("js_twice")
    jsmodules.register("js_twice", page_with(n=2)[1])
    assert importlib.import_module("js_twice") is first
    del sys.modules["js_twice"]
    assert importlib.import_module("js_twice").n == 2


def test_what_was_imported_from_a_page_that_is_gone_is_imported_anew():
    page, proxy = page_with(n=1)
    jsmodules.register("js_gone", proxy)
    importlib.import_module("js_gone")
    page.gone = True
    jsmodules.register("js_gone", page_with(n=2)[1])
    assert importlib.import_module("js_gone").n == 2


def test_an_unregistered_module_is_not_found():
    jsmodules.register("js_brief", page_with()[1])
    jsmodules.unregister("js_brief")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("js_brief")
    with pytest.raises(ValueError, match="'js_brief'"):
        jsmodules.unregister("js_brief")


def test_pythons_own_modules_win():
    jsmodules.register("colorsys", page_with()[1])
    sys.modules.pop("colorsys", None)
    assert hasattr(importlib.import_module("colorsys"), "rgb_to_hsv")


@pytest.mark.parametrize(("name", "module"), [(5, None), ("js_wrong", 5), ("js_wrong", {"a": 1})])
def test_only_objects_of_a_page_are_registered_under_names(name, module):
    with pytest.raises(TypeError):
        jsmodules.register(name, page_with()[1] if module is None else module)
