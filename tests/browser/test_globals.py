"""`py.globals`: the names of the notebook."""

from __future__ import annotations

import json

import pytest

from .notebook import Notebook

INJECTION = '\'; import os; os.system("x")'


def test_a_value_that_is_set_is_there_in_the_next_cell(shared_notebook: Notebook) -> None:
    shared_notebook.py("await py.globals.set('foo', {a: [1, 'b']});")
    assert shared_notebook.run("foo").data() == ["{'a': [1, 'b']}"]


def test_a_value_of_a_cell_is_there_for_the_page(shared_notebook: Notebook) -> None:
    shared_notebook.run("bar = {'list': [1, 2.5, None, True], 'text': 'ü'}")
    value = shared_notebook.py("return await py.globals.get('bar');")
    assert value == {"list": [1, 2.5, None, True], "text": "ü"}


def test_a_name_that_is_not_there_gives_undefined(shared_notebook: Notebook) -> None:
    assert shared_notebook.py("return (await py.globals.get('nowhere')) === undefined;") is True


def test_none_gives_null(shared_notebook: Notebook) -> None:
    shared_notebook.run("nothing = None")
    assert shared_notebook.py("return (await py.globals.get('nothing')) === null;") is True


def test_has_tells_whether_a_name_is_there(shared_notebook: Notebook) -> None:
    shared_notebook.run("there = None")
    result = shared_notebook.py(
        "return [await py.globals.has('there'), await py.globals.has('not_there')];"
    )
    assert result == [True, False]


def test_delete_removes_a_name(shared_notebook: Notebook) -> None:
    shared_notebook.run("doomed = 1")
    shared_notebook.py("await py.globals.delete('doomed');")
    assert shared_notebook.run("'doomed' in globals()").data() == ["False"]


def test_deleting_what_is_not_there_is_a_key_error(shared_notebook: Notebook) -> None:
    error = shared_notebook.py_error("await py.globals.delete('never_was');")
    assert (error.name, error.type) == ("PythonError", "KeyError")


def test_keys_lists_what_the_author_named_and_nothing_else(notebook: Notebook) -> None:
    notebook.run("import math as m\nx = 1\n_private = 2\ndef f(): pass")
    notebook.py("await py.globals.set('from_page', 1);")
    assert notebook.py("return await py.globals.keys();") == ["m", "x", "f", "from_page"]


@pytest.mark.parametrize("text", [INJECTION, "{x}\n%magic\n!ls", "\u2028\x00\\", '"""', "?"])
def test_a_string_is_set_as_it_is_and_never_run(shared_notebook: Notebook, text: str) -> None:
    shared_notebook.run("import os\nran = []\nos.system = ran.append")
    shared_notebook.py("await py.globals.set('just_text', arguments[0]);", text)
    cell = shared_notebook.run("import json\nprint(json.dumps([just_text, ran]))")
    assert json.loads(cell.stream()) == [text, []]


def test_setting_replaces_the_value(shared_notebook: Notebook) -> None:
    shared_notebook.py("await py.globals.set('twice', 1); await py.globals.set('twice', 'two');")
    assert shared_notebook.run("twice").data() == ["'two'"]


def test_setting_undefined_sets_none(shared_notebook: Notebook) -> None:
    shared_notebook.py("await py.globals.set('undefined_', undefined);")
    assert shared_notebook.run("undefined_ is None").data() == ["True"]


def test_a_value_without_a_form_in_javascript_stays_in_python(shared_notebook: Notebook) -> None:
    shared_notebook.run("thing = [1, {'deep': object()}]")
    assert shared_notebook.py(
        "const thing = await py.globals.get('thing'); return [thing.type, await thing.length];"
    ) == ["list", 2]
    assert shared_notebook.py("return await py.globals.has('thing');") is True


def test_many_names_set_at_once_are_all_there(shared_notebook: Notebook) -> None:
    shared_notebook.py(
        "await Promise.all(Array.from({length: 100}, (_, i) => py.globals.set(`many${i}`, i)));"
    )
    cell = shared_notebook.run("[globals()[f'many{i}'] for i in range(100)] == list(range(100))")
    assert cell.data() == ["True"]
