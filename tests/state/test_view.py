"""The HTML of a model in a cell: templates, modules, controls, and what a notebook keeps."""

import base64
import importlib
import json
import re

import numpy as np
import pytest
import traitlets

import pybridge
from pybridge import codec
from pybridge.errors import BadArgumentError, NotSerializableError

pytestmark = pytest.mark.usefixtures("page")


class Plain(pybridge.Model):
    count = traitlets.Int(3).tag(sync=True)
    part = traitlets.Float(0.5, min=0, max=1).tag(sync=True)
    on = traitlets.Bool(True).tag(sync=True)
    name = traitlets.Unicode("<b>&\"'").tag(sync=True)
    kind = traitlets.Enum(["sin", "cos"], "cos").tag(sync=True)
    data = traitlets.Any([1, 2]).tag(sync=True)
    hidden = traitlets.Int(0)


def kept(html):
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    return json.loads(text)


def test_without_a_view_it_has_a_control_for_each_trait():
    html = Plain()._repr_html_()
    traits = set(re.findall(r'data-trait="(\w+)"', html))
    assert traits == {"count", "part", "on", "name", "kind", "data"}
    assert 'type="number"' in html
    assert 'type="range" aria-label="part" data-trait="part" min="0" max="1"' in html
    assert 'type="checkbox" aria-label="on" data-trait="on" checked' in html
    assert '<option value="cos" selected>cos</option>' in html
    assert '<output data-trait="data">[1, 2]</output>' in html


def test_values_are_text_and_never_markup():
    html = Plain(name="</script><img src=x onerror=alert(1)>")._repr_html_()
    assert "<img" not in html
    assert kept(html)["state"]


def test_the_notebook_keeps_the_state():
    model = Plain(data=np.arange(3.0))
    told = kept(model._repr_html_())
    buffers = [base64.b64decode(part) for part in told["buffers"]]
    state = codec.decode(told["state"], buffers)
    assert state["count"] == 3
    np.testing.assert_array_equal(state["data"], [0, 1, 2])
    assert told["module"] is None


def test_a_large_state_is_not_kept():
    told = kept(Plain(data=np.zeros(100_000))._repr_html_())
    assert (told["state"], told["buffers"]) == (None, [])


def test_a_state_that_cannot_be_sent_is_an_error_with_advice():
    with pytest.raises(NotSerializableError, match=r"object at \$\.data: .*to_json"):
        Plain(data=object())._repr_html_()


def test_a_template_is_filled_in_with_the_model():
    class Templated(pybridge.Model):
        title = traitlets.Unicode("<i>").tag(sync=True)
        view = "<p>{{ model.title }} <output data-trait='title'></output></p>"

    html = Templated()._repr_html_()
    assert "<p>&lt;i&gt; <output data-trait='title'></output></p>" in html


def test_what_cannot_be_changed_is_shown_and_has_no_control():
    class Measured(pybridge.Model):
        value = traitlets.Int(1, min=0, max=5, read_only=True).tag(sync=True)

    html = Measured()._repr_html_()
    assert '<output data-trait="value">1</output>' in html
    assert "<input" not in html


def test_a_module_goes_with_the_output():
    source = "export default {render({model, el}) { el.textContent = '</script>'; }};"

    class Moduled(pybridge.Model):
        value = traitlets.Int(1).tag(sync=True)
        view = source
        style = "b > i { color: red } </style>"

    html = Moduled()._repr_html_()
    assert kept(html)["module"] == source
    # A style can hold any character, but cannot end early.
    assert html.count("</style>") == 1
    assert "b > i { color: red }" in html
    # Who blocks scripts sees the values.
    assert '<output data-trait="value">1</output>' in html


def test_files_lie_beside_the_file_of_the_class(tmp_path, monkeypatch):
    (tmp_path / "slider.html").write_text('{% include "part.html" %}')
    (tmp_path / "part.html").write_text("included {{ model.value }}")
    (tmp_path / "slider.css").write_text("p { color: blue }")
    (tmp_path / "other.mjs").write_text("export default {render() {}};")
    (tmp_path / "package.py").write_text(
        "import pathlib, pybridge, traitlets\n"
        "class Slider(pybridge.Model):\n"
        "    value = traitlets.Int(4).tag(sync=True)\n"
        "    view = 'slider.html'\n"
        "    style = 'slider.css'\n"
        "class Module(Slider):\n"
        "    view = pathlib.Path('other.mjs')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    package = importlib.import_module("package")
    html = package.Slider()._repr_html_()
    assert "included 4" in html
    assert "p { color: blue }" in html
    # A subclass elsewhere has the view where the class above has it.
    assert "included 4" in type("Sub", (package.Slider,), {})()._repr_html_()
    assert "render() {}" in kept(package.Module()._repr_html_())["module"]


@pytest.mark.parametrize(
    ("view", "message"),
    [("absent.html", r"Broken\.view is neither source nor a file.*absent\.html"), ("x.py", "x.py")],
)
def test_a_view_that_is_not_there_is_an_error(view, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.py").write_text("")
    made = type("Broken", (pybridge.Model,), {"view": view, "__module__": "__main__"})
    with pytest.raises(BadArgumentError, match=message):
        made()._repr_html_()


def test_the_same_state_gives_the_same_html():
    model = Plain()
    assert model._repr_html_() == model._repr_html_()
