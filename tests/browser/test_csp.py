"""Under the Content-Security-Policy of the host, and under one that allows no `eval`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .chromium import Chromium
from .notebook import Notebook
from .player.player import Player
from .server import Server

# Outputs with scripts are what a notebook is; blob: is what a model's module is imported from.
STRICT = "script-src 'self' 'unsafe-inline' blob:; object-src 'none'; base-uri 'self'"

LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
    const {effectiveDirective, blockedURI, sourceFile} = event;
    window.violations.push([effectiveDirective, blockedURI, sourceFile]);
});
"""

SETUP = """
import pybridge, traitlets
from matplotlib.figure import Figure
from matplotlib.animation import FuncAnimation

figure = Figure((3, 2))
text = figure.text(0.3, 0.4, "")
animation = FuncAnimation(figure, lambda i: text.set_text(str(i)), 8, cache_frame_data=False)

class Templated(pybridge.Model):
    x = traitlets.Int(5).tag(sync=True)
    view = '<b id="templated" data-trait="x"></b>'

class Scripted(Templated):
    view = '''
    export default {
        render({model, el}) { el.id = "scripted"; el.textContent = `x is ${model.get("x")}`; }
    };
    '''

class Thing:
    x = [1, 2]

pybridge.register(lambda n: 2 * n, "twice")
"""

EVAL = """
from IPython.display import HTML
HTML("<script>try { window.evaluated = eval('1'); } catch { window.evaluated = null; }</script>")
"""


@pytest.fixture(params=[None, STRICT], ids=["default", "no unsafe-eval"])
def policy(request: pytest.FixtureRequest) -> str | None:
    policy: str | None = request.param
    return policy


@pytest.fixture
def page(driver: Chromium, server: Server, policy: str | None) -> Iterator[Notebook]:
    """A notebook under the policy, which notes what that has forbidden."""
    headers = {"Content-Security-Policy": policy}
    settings = {"App": {"tornado_settings": {"headers": headers}}}
    other = Server(settings=settings) if policy else None
    if other:
        other.start()
    try:
        notebook = Notebook.create(driver, other or server, name="policy.ipynb")
        notebook.focus().execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": LISTEN}
        )
        notebook.reload()
        yield notebook
        notebook.close()
    finally:
        if other:
            other.stop()


def test_everything_works_and_nothing_of_ours_is_forbidden(
    page: Notebook, policy: str | None
) -> None:
    page.run(SETUP)
    assert page.py("return await py.handle('twice')(21);") == 42
    assert page.py("return await (await py.runPython('Thing()')).x;") == [1, 2]
    assert page.run("from pybridge.js import document\nprint(document.nodeType)").stream() == "9\n"
    player = Player.of(page.run("pybridge.Animation(animation)"))
    player.click("next")
    player.at(1)
    templated, scripted = page.run("Templated()"), page.run("Scripted()")
    page.wait_for(lambda: templated.find("#templated").text == "5")
    page.wait_for(lambda: scripted.find("#scripted").text == "x is 5")
    assert page.js("return window.violations;") == []
    # Such as there are.
    page.run(EVAL)
    assert page.js("return window.evaluated;") == (None if policy else 1)


def test_a_policy_without_blobs_keeps_models_modules_out_and_the_page_says_so(
    driver: Chromium,
) -> None:
    headers = {"Content-Security-Policy": STRICT.replace(" blob:", "")}
    with Server(settings={"App": {"tornado_settings": {"headers": headers}}}) as server:
        notebook = Notebook.create(driver, server, name="blobs.ipynb")
        notebook.run(SETUP)
        templated, scripted = notebook.run("Templated()"), notebook.run("Scripted()")
        notebook.wait_for(lambda: templated.find("#templated").text == "5")
        notebook.wait_for(lambda: "module" in scripted.find(".pybridge-wrong").text)
        assert notebook.py("return await py.handle('twice')(21);") == 42
        notebook.close()
