"""Named handles: what may be called, and what becomes of names."""

import gc
import weakref

import pytest

import pybridge
from pybridge import registry
from pybridge.errors import NoHandleError, NotExportedError


@pytest.fixture(autouse=True)
def _no_handles(monkeypatch):
    monkeypatch.setattr(registry, "_handles", {})


class Counter:
    @pybridge.export
    def add(self, n=1):
        return n

    @pybridge.export
    def reset(self):
        """Do nothing."""

    @staticmethod
    @pybridge.export
    def static():
        return "static"

    @pybridge.export
    @classmethod
    def of_class(cls):
        return cls.__name__

    @pybridge.export
    def _hidden(self):
        """Be private in spite of the mark."""

    def secret(self):
        """Not be exported."""

    def __call__(self):
        return "called"


def plain():
    return "plain"


def test_register_gives_a_handle_that_get_finds():
    counter = Counter()
    handle = pybridge.register(counter, "counter")
    assert pybridge.get("counter") is handle and handle.obj is counter
    assert (handle.name, handle.type_name, handle.calls) == ("counter", "Counter", 0)
    assert handle.age >= 0
    assert repr(handle) == "<pybridge.Handle 'counter': Counter>"


def test_only_exported_methods_resolve():
    handle = pybridge.register(Counter(), "counter")
    assert handle.methods == ("add", "of_class", "reset", "static")
    assert handle.resolve("add")(5) == 5
    assert handle.resolve("static")() == "static"
    assert handle.resolve("of_class")() == "Counter"
    for method in ("secret", "_hidden", "__class__", "__init__", "__call__", "", None, "nothing"):
        with pytest.raises(NotExportedError) as caught:
            handle.resolve(method)
        assert (caught.value.name, caught.value.method) == ("counter", method)


def test_an_exported_method_is_still_the_method():
    assert Counter().add(3) == 3


def test_an_overriding_method_stays_exported_and_is_the_one_that_answers():
    class Louder(Counter):
        def add(self, n=1):
            return 10 * n

        def secret(self):
            return "still"

    handle = pybridge.register(Louder(), "louder")
    assert handle.resolve("add")(2) == 20
    with pytest.raises(NotExportedError):
        handle.resolve("secret")


def test_methods_takes_the_place_of_the_marks():
    handle = pybridge.register(Counter(), "counter", methods=["secret", "secret"])
    assert handle.methods == ("secret",)
    with pytest.raises(NotExportedError):
        handle.resolve("add")


@pytest.mark.parametrize(
    ("methods", "error"),
    [
        (["_hidden"], ValueError),
        (["__class__"], ValueError),
        (["nothing"], AttributeError),
        (["__doc__x"], ValueError),
        ("add", TypeError),
    ],
)
def test_methods_that_cannot_be_are_refused_at_once(methods, error):
    with pytest.raises(error):
        pybridge.register(Counter(), "counter", methods=methods)
    assert pybridge.handles() == []


def test_an_attribute_that_is_not_callable_is_no_method():
    class Thing:
        size = 5

    with pytest.raises(AttributeError, match="no method 'size'"):
        pybridge.register(Thing(), methods=["size"])


def test_a_plain_function_answers_itself_under_its_own_name():
    handle = pybridge.register(plain)
    assert handle.name == "plain" and handle.answers_itself
    assert handle.resolve(None)() == "plain"
    with pytest.raises(NotExportedError):
        handle.resolve("__call__")


def test_a_bound_method_answers_itself():
    assert pybridge.register(Counter().add).resolve(None)(4) == 4


def test_a_class_does_not_answer_itself():
    with pytest.raises(NotExportedError):
        pybridge.register(Counter, "class").resolve(None)


def test_export_registers_a_function_but_only_marks_a_method():
    @pybridge.export
    def local_function():
        return "local"

    class Local:
        @pybridge.export
        def method(self):
            return "method"

    assert [handle.name for handle in pybridge.handles()] == ["local_function"]
    assert local_function() == "local"
    assert pybridge.register(Local(), "local").methods == ("method",)


def test_what_has_no_name_of_its_own_gets_one_that_no_other_has():
    handles = [pybridge.register(obj) for obj in (Counter(), Counter(), lambda: 0, lambda: 1)]
    names = {handle.name for handle in handles}
    assert len(names) == 4
    assert [name.split("-")[0] for name in sorted(names)] == ["Counter"] * 2 + ["function"] * 2


@pytest.mark.parametrize(
    "name", ["", "a b", 'it\'s "x"', "a\nb", "\0", "\U0001f600", "\ud800", "then"]
)
def test_any_text_is_a_name(name):
    handle = pybridge.register(plain, name)
    assert pybridge.get(name) is handle
    pybridge.release(name)


@pytest.mark.parametrize("name", [5, b"name", ["name"]])
def test_anything_else_is_none(name):
    with pytest.raises(TypeError):
        pybridge.register(plain, name)
    with pytest.raises(NoHandleError):
        pybridge.get(name)


def test_a_new_object_under_an_old_name_takes_its_place():
    old = pybridge.register(Counter(), "name")
    other = pybridge.register(plain)
    new = pybridge.register(plain, "name")
    assert pybridge.get("name") is new
    assert pybridge.handles() == [other, new]
    old.release()
    assert pybridge.get("name") is new


def test_release_forgets_the_object():
    handle = pybridge.register(Counter(), "counter")
    kept = weakref.ref(handle.obj)
    pybridge.release("counter")
    del handle
    gc.collect()
    assert kept() is None
    for forget in (pybridge.get, pybridge.release):
        with pytest.raises(NoHandleError) as caught:
            forget("counter")
        assert caught.value.name == "counter"


def test_a_handle_is_a_context_manager_that_releases_itself_once():
    with pybridge.register(plain, "plain") as handle:
        assert pybridge.get("plain") is handle
    handle.release()
    assert pybridge.handles() == []


def test_the_list_of_handles_is_a_copy_oldest_first():
    pybridge.register(plain, "b")
    pybridge.register(plain, "a")
    listed = pybridge.handles()
    listed.clear()
    assert [handle.name for handle in pybridge.handles()] == ["b", "a"]


def test_the_table_of_handles_shows_them_and_escapes_what_they_are_called():
    pybridge.register(Counter(), "<script>alert(1)</script>").calls = 7
    pybridge.register(plain)
    markup = pybridge.handles()._repr_html_()
    assert "&lt;script&gt;" in markup and "<script" not in markup
    for text in ("Counter", "add, of_class, reset, static", "<td>7</td>", "itself", "0 s"):
        assert text in markup


def test_the_table_of_no_handles_says_so():
    assert "no handle is registered" in pybridge.handles()._repr_html_()


def test_the_end_of_an_object_whose_name_is_taken_may_use_the_registry():
    known = []

    class Thing:
        def __del__(self):
            known.extend(pybridge.handles())

        @pybridge.export
        def ask(self):
            pass

    pybridge.register(Thing(), "thing")
    pybridge.register(Counter(), "thing")
    gc.collect()
    assert [handle.name for handle in known] == ["thing"]
