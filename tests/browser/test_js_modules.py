"""Modules that the page registers, imported in Python as in Pyodide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .notebook import Notebook


@pytest.fixture(scope="module")
def page(shared_notebook: Notebook) -> Iterator[Notebook]:
    """A notebook with one registered module, and others as the tests need them."""
    shared_notebook.run("import sys\nimport pybridge")
    shared_notebook.py(
        """
        window.made = {
            v: 3, f: x => x + 1, list: [1], klass: class Thing {},
            sub: {g: () => 7, deeper: {h: 'far down'}},
            method() { return this === window.made; },
        };
        await py.registerJsModule('made', window.made);
        """
    )
    yield shared_notebook
    assert shared_notebook.console_errors() == []


def test_a_module_is_imported(page: Notebook) -> None:
    page.run(
        "import made\n"
        "assert (made.v, made.f(1), made.method()) == (3, 2, True)\n"
        "assert isinstance(made.list, pybridge.JsProxy)\n"
        "assert made.__name__ == 'made' and 'made' in sys.modules\n"
        "assert {'v', 'f', 'sub'} <= set(dir(made))"
    )


def test_names_are_imported_from_it(page: Notebook) -> None:
    page.run(
        "from made import f, v as value, klass\n"
        "assert (f(2), value, repr(klass.new())) == (3, 3, '<JsProxy of Thing>')"
    )


def test_a_name_that_it_lacks_cannot_be_imported(page: Notebook) -> None:
    cell = page.run("from made import nope", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "ImportError"
    assert "cannot import name 'nope' from 'made'" in cell.error["evalue"]


def test_an_attribute_that_it_lacks_is_an_attribute_error(page: Notebook) -> None:
    cell = page.run("import made\nmade.nope", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "AttributeError"


def test_submodules(page: Notebook) -> None:
    page.run(
        "import made.sub\n"
        "assert made.sub.g() == 7\n"
        "from made.sub.deeper import h\n"
        "import made.sub.deeper as deeper\n"
        "assert h == deeper.h == 'far down'"
    )


@pytest.mark.parametrize("name", ["made.nope", "made.v", "never_registered"])
def test_what_is_no_module_is_not_found(page: Notebook, name: str) -> None:
    cell = page.run(f"import {name}", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "ModuleNotFoundError"
    assert f"No module named '{name}'" in cell.error["evalue"]


def test_attributes_are_set_and_deleted_in_the_page(page: Notebook) -> None:
    page.run("import made\nmade.fresh = [1, 2]\ndel made.v")
    assert page.js("return [made.fresh, 'v' in made];") == [[1, 2], False]
    page.run("made.v = 3; del made.fresh")


def test_an_object_that_could_be_copied_is_a_module_too(page: Notebook) -> None:
    page.py("window.data = {a: 1}; await py.registerJsModule('plain_data', window.data);")
    page.run("import plain_data\nassert plain_data.a == 1")
    page.js("window.data.a = 2;")
    page.run("assert plain_data.a == 2")


def test_a_new_module_under_an_old_name_leaves_what_was_imported(page: Notebook) -> None:
    page.py("await py.registerJsModule('twice', {n: 1});")
    page.run("import twice\nassert twice.n == 1")
    page.py("await py.registerJsModule('twice', {n: 2});")
    page.run("import twice\nassert twice.n == 1\ndel sys.modules['twice']")
    page.run("import twice\nassert twice.n == 2")


def test_a_module_that_was_removed_is_not_found(page: Notebook) -> None:
    page.py(
        "await py.registerJsModule('brief', {s: 7});"
        "await py.registerJsModule('brief', {t: 3});"
        "await py.unregisterJsModule('brief');"
    )
    cell = page.run("import brief", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "ModuleNotFoundError"


def test_removing_what_is_not_registered_is_an_error(page: Notebook) -> None:
    error = page.py_error("await py.unregisterJsModule('doesnotexist');")
    assert error.type == "ValueError"
    assert "'doesnotexist'" in error.message


@pytest.mark.parametrize("module", ["5", "'text'", "null", "undefined"])
def test_a_module_is_an_object(page: Notebook, module: str) -> None:
    error = page.py_error(f"await py.registerJsModule('wrong', {module});")
    assert error.type == "TypeError"


def test_a_name_is_a_text(page: Notebook) -> None:
    assert page.py_error("await py.registerJsModule(5, {});").code == "bad-argument"


def test_pythons_own_modules_win(page: Notebook) -> None:
    page.py("await py.registerJsModule('colorsys', {mine: true});")
    page.run("import colorsys\nassert hasattr(colorsys, 'rgb_to_hsv')")


def test_a_module_of_a_page_that_was_loaded_again(notebook: Notebook) -> None:
    notebook.py("await py.registerJsModule('mine', {n: 1, sub: {m: 1}});")
    notebook.run("import pybridge\nimport mine.sub\nassert mine.n == mine.sub.m == 1")
    notebook.reload()
    cell = notebook.run("import mine\nmine.n", check=False)
    assert cell.error is not None
    assert cell.error["ename"] == "NoPageError"
    assert "loaded again" in cell.error["evalue"]
    notebook.py("await py.registerJsModule('mine', {n: 2, sub: {m: 2}});")
    notebook.run("import mine.sub\nassert mine.n == mine.sub.m == 2")
    assert notebook.console_errors() == []
