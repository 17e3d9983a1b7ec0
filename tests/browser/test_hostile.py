"""Whatever a notebook's author or data say is shown as the text that it is; nothing of it runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import nbformat
import pytest

from tests.naughty import PWN, STRINGS
from tests.test_templates import PLAIN, TEMPLATES, read

from .chromium import Chromium
from .notebook import Notebook
from .player.player import Player
from .server import Server

# What becomes an element, or runs, wherever it is taken for markup.
TEXT = (
    f'<img src=x onerror={PWN}>"><script>{PWN}</script></script><script>{PWN}</script>'
    f"<svg onload={PWN}></svg>' onfocus='{PWN}' autofocus='"
    "&lt;b&gt;<i>{{7*7}}${7*7} \u202e end"
)

SETUP = f"""
import asyncio
import pybridge, traitlets
from matplotlib.figure import Figure

TEXT = {TEXT!a}

class Hostile:
    @pybridge.export
    def prints(self):
        print(TEXT)

    @pybridge.export
    def fails(self):
        raise type(TEXT, (Exception,), {{}})(TEXT)

    @pybridge.export
    async def reports(self, text):
        pybridge.get("hostile").report(0.5, text)
        await asyncio.Event().wait()

    @pybridge.export
    def gives(self, value=None, **kwargs):
        return {{"__proto__": {{"polluted": 1}}, "constructor": {{"prototype": {{"polluted": 1}}}},
                "value": value, "kwargs": kwargs}}

pybridge.register(Hostile(), "hostile")
"""

# What a page's own script might have been made to do, and to all objects.
HARM = """
return [window.pwned ?? null, {}.polluted ?? null, Object.keys(Object.prototype).length];
"""

# The elements of a document with the names of their attributes, and what its scripts are.
OUTLINE = """
const outline = (html) => {
    const {documentElement: root} = new DOMParser().parseFromString(html, 'text/html');
    const texts = [root.textContent];
    const parts = [...root.querySelectorAll('*')].map((element) => {
        const names = element.getAttributeNames();
        texts.push(...names.map((name) => element.getAttribute(name)));
        const isScript = element.localName === 'script' && element.type === '';
        return [element.localName, ...names, isScript ? element.textContent : ''].join(' ');
    });
    return {parts: parts.join('\\n'), texts: texts.join('\\n')};
};
"""


# What was made of the text in the element that shows it; null as long as there is none.
SHOWN = """
const [css, text] = arguments;
const found = [...document.querySelectorAll(css)].find((at) => at.textContent.includes(text));
if (!found) return null;
const made = Array.from(found.querySelectorAll('img, script, svg, i'), (at) => at.localName);
return made.length > 0 ? made : ['none'];
"""


@pytest.fixture(scope="module")
def ready(shared_notebook: Notebook) -> Notebook:
    shared_notebook.run(SETUP)
    return shared_notebook


@pytest.fixture
def page(ready: Notebook) -> Iterator[Notebook]:
    """A notebook in which nothing has run, before and after."""
    yield ready
    assert ready.js(HARM) == [None, None, 0]


def shows(page: Notebook, css: str, text: str = TEXT) -> None:
    """Wait until an element shows the text, and has no elements made of it."""
    made = page.wait_for(lambda: page.js(SHOWN, css, text), 15, f"{css} shows it")
    assert made == ["none"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_any_text_stays_text_in_a_template_that_the_browser_reads(
    page: Notebook, template: str
) -> None:
    fill = TEMPLATES[template]
    cases = [[fill(text), read(text)] for text in [PLAIN, *STRINGS]]
    wrong = page.js(
        OUTLINE + "const cases = JSON.parse(arguments[0]), plain = outline(cases[0][0]).parts;"
        # A parser has one kind of line end, and leaves out NUL or puts a mark in its place.
        "const even = (text) => text.replace(/\\r\\n?/g, '\\n').replace(/[\\0\\ufffd]/g, '');"
        "return cases.filter(([html, text]) => {"
        "    const {parts, texts} = outline(html);"
        "    return parts !== plain || !even(texts).includes(even(text));"
        "}).map(([, text]) => text.slice(0, 80));",
        json.dumps(cases),
    )
    assert wrong == []


def test_what_is_printed_and_raised(page: Notebook) -> None:
    cell = page.run(
        "display({'text/html': '<button id=pushed>go</button><script>document.getElementById("
        '"pushed").onclick = () => pybridge.connect().then(py => py.handle("hostile").prints())'
        "</script>'}, raw=True)"
    )
    page.click("#pushed")
    shows(page, ".output_stdout")
    error = page.py_error("await py.handle('hostile').fails();")
    assert TEXT in error.message
    assert cell.error is None


def test_the_tables_of_handles_and_proxies(page: Notebook) -> None:
    page.run("pybridge.register(type(TEXT, (), {})(), TEXT)\npybridge.handles()")
    shows(page, ".pybridge-handles td")
    page.py("window.held = await py.runPython('type(TEXT, (), {})()');")
    page.run("pybridge.proxies()")
    shows(page, ".pybridge-proxies td")
    page.run("pybridge.release(TEXT)")


def test_the_texts_of_bars(page: Notebook) -> None:
    page.js("document.body.append(Object.assign(document.createElement('div'), {id: 'bars'}));")
    pending = page.start(
        "const element = document.getElementById('bars');"
        "const own = await pybridge.connect({element});"
        "return await own.handle('hostile').reports(arguments[0]).catch(error => error.code);",
        TEXT,
    )
    shows(page, ".pybridge-bar-name")
    title, label = page.js(
        "return [document.querySelector('.pybridge-bar-name').title,"
        " document.querySelector('.pybridge-bar-row progress').ariaLabel];"
    )
    assert title == label == TEXT
    page.click(".pybridge-bars button")
    assert pending.result() == "cancelled"


def test_a_model_and_its_errors(page: Notebook) -> None:
    page.run(
        "class Said(pybridge.Model):\n"
        "    said = traitlets.Unicode(TEXT).tag(sync=True)\n"
        "    held = traitlets.List([TEXT]).tag(sync=True)\n"
        "    chosen = traitlets.Enum([TEXT, 'b'], TEXT).tag(sync=True)\n"
        "    constructor = traitlets.Int(3).tag(sync=True)\n"
        "    @traitlets.validate('constructor')\n"
        "    def _check(self, proposal):\n"
        "        if proposal.value > 5:\n"
        "            raise traitlets.TraitError(TEXT)\n"
        "        return proposal.value\n"
        "said = Said()\n"
        "pybridge.register(said, 'said')\n"
        "said"
    )
    shows(page, ".pybridge-model option")
    assert page.js("return document.querySelector('input[data-trait=said]').value;") == TEXT
    page.wait_for("document.querySelector('.pybridge-model').dataset.status === 'live'")
    page.run("said.held = ['changed', TEXT]")
    shows(page, "output[data-trait=held]", '["changed","<img src=x')
    error = page.py(
        "const model = await py.model('said');"
        "model.set('constructor', 4);"
        "await model.save();"
        "model.set('constructor', 6);"
        "const error = await model.save().catch(error => error);"
        "return [error.message, model.get('constructor')];"
    )
    assert error == [TEXT, 4]
    shows(page, ".pybridge-model .pybridge-note")


def test_a_player_its_parameters_and_its_errors(page: Notebook) -> None:
    cell = page.run(
        "figure = Figure((3, 2))\n"
        "figure.add_subplot().set_title(TEXT.replace('$', ''), fontsize=1)\n"
        "def update(i, **params):\n"
        "    if params['fail']:\n"
        "        raise type(TEXT, (Exception,), {})(TEXT)\n"
        "pybridge.Animation(update, frames=3, figure=figure, random_access=True, params={\n"
        "    TEXT: TEXT, 'constructor': (0, 5), '__proto__': (0, 5), 'choice': [TEXT, 'b'],\n"
        "    'fail': False})"
    )
    player = Player.of(cell)
    label = TEXT.replace("$", "")
    assert player.element.get_dom_attribute("aria-label") == f"Animation: {label}"
    shows(page, ".pybridge-params span")
    shows(page, ".pybridge-params option")
    names = player.js(
        "return [...root.querySelectorAll('.pybridge-params [name]')].map(at => at.name);"
    )
    assert names == [TEXT, "constructor", "__proto__", "choice", "fail"]
    player.find("[name=fail]").click()
    player.wait(lambda: TEXT in player.trace, "it shows the error")
    shows(page, ".pybridge-player .pybridge-trace, .pybridge-player pre")


def test_what_a_plot_cannot_read(driver: Chromium, server: Server) -> None:
    kernelspec = {"name": "plot", "display_name": "Plot", "language": "plot"}
    metadata = {"kernelspec": kernelspec}
    notebook = Notebook.create(driver, server, name="plot-hostile.ipynb", metadata=metadata)
    try:
        for source in (TEXT, f"y = {TEXT}", f"x in [{TEXT}]"):
            cell = notebook.run(source, check=False)
            assert cell.outputs
            assert cell.output_element.find_elements("css selector", "svg, i, script") == []
        assert notebook.js(HARM) == [None, None, 0]
    finally:
        notebook.close()


def test_names_of_the_prototype_in_both_directions(page: Notebook) -> None:
    assert page.py(
        'const value = JSON.parse(\'{"__proto__": {"polluted": 1}, "constructor": 2}\');'
        'const kwargs = JSON.parse(\'{"__proto__": 3, "prototype": {"polluted": 1}}\');'
        "const got = await py.handle('hostile').call('gives', [value], kwargs);"
        "const plain = Object.getPrototypeOf(got) === Object.prototype;"
        "return [plain, Object.keys(got), Object.entries(got.value), Object.entries(got.kwargs)];"
    ) == [
        True,
        ["__proto__", "constructor", "value", "kwargs"],
        [["__proto__", {"polluted": 1}], ["constructor", 2]],
        [["__proto__", 3], ["prototype", {"polluted": 1}]],
    ]


# What a stranger may put into a notebook's texts.
FAKE = '<div class="pybridge-player" data-handle="hostile"><img alt="x"><p>fake</p></div>'


def test_a_cell_that_is_run_brings_nothing_of_a_stranger_to_life(
    driver: Chromium, server: Server, page: Notebook
) -> None:
    shown = page.run("pybridge.Animation(lambda i: None, frames=3, figure=Figure((3, 2)))")
    Player.of(shown)
    [output] = page.save().cells[-1].outputs
    other = Notebook.create(
        driver,
        server,
        ["shown", nbformat.v4.new_markdown_cell(FAKE)],
        name="stranger.ipynb",
        trusted=False,
        outputs={0: [output]},
    )
    try:
        saved = other.cells[0]
        assert "trust this notebook" in saved.find(".pybridge-player").text
        other.run("import pybridge\nfrom matplotlib.figure import Figure")
        Player.of(other.run("pybridge.Animation(lambda i: None, frames=3, figure=Figure((3, 2)))"))
        assert "trust this notebook" in saved.find(".pybridge-player").text
        mounted = other.js("return document.querySelectorAll('[data-mounted]').length;")
        assert mounted == 1
        # Run again, it is the user's own.
        own = saved
        own.source = "pybridge.Animation(lambda i: None, frames=3, figure=Figure((3, 2)))"
        Player.of(own.run())
        assert other.js(HARM) == [None, None, 0]
        assert other.console_errors() == []
    finally:
        other.close()
