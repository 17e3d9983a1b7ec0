"""A notebook becomes a page that holds all it shows."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from .conftest import ANIMATION, MODEL, export, notebook

PLAYER = """\
<div class="pybridge-player">
<img alt="A wave"><script type="application/json">{}</script>
</div>
"""


def frames(page):
    """What each player holds: the numbers of its frames."""
    return [
        [frame["index"] for frame in json.loads(script.string)["frames"]]
        for script in page.select('.pybridge-player > script[type="application/json"]')
    ]


def test_a_player_holds_its_frames(page):
    assert frames(page) == [list(range(30))]


def test_a_model_is_as_it_was_at_the_end(page):
    assert page.select_one(".pybridge-model input")["value"] == "7"


def test_the_scripts_and_styles_are_in_it(page):
    scripts = [each.string for each in page.find_all("script", type=None) if not each.get("src")]
    assert sum("class Player" in text for text in scripts) == 1
    assert any(".pybridge-player" in (style.string or "") for style in page.find_all("style"))


def test_it_loads_nothing_and_the_browser_is_told_so(page):
    for each in page.select("[src], [srcset], link, iframe, object, embed"):
        assert each.get("src", "").startswith("data:")
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize(
    ("bake", "kept"), [(5, [0, 6, 12, 18, 24]), (False, None), (True, list(range(30)))]
)
def test_how_much_to_bake_is_configured(bake, kept, caplog):
    page = export(notebook(ANIMATION), bake=bake)
    assert ("holds 5 of 30 frames" in caplog.text) == (bake == 5)
    assert frames(page) == ([] if kept is None else [kept])


def test_what_the_notebook_says_itself_goes_first():
    source = ANIMATION.replace("Animation(animation)", "Animation(animation, bake=3)")
    assert frames(export(notebook(source))) == [[0, 10, 20]]


def test_without_executing_it_says_what_is_missing(caplog):
    executed = nbclient.execute(notebook(ANIMATION))
    with caplog.at_level(logging.WARNING):
        page = export(executed, execute=False)
    assert page.select_one(".pybridge-player img")["src"].startswith("data:image/png")
    assert "Animation: A line & <more>: a picture only." in caplog.text


@pytest.mark.parametrize(
    "held", ["hi", "", "[]", "3", "null", '{"frames": [', "[" * 100_000], ids=range(7)
)
def test_a_damaged_player_is_a_picture_only_and_the_next_one_is_whole(held, caplog):
    texts = [held, '{"partial": true, "text": "2 of 3 frames"}']
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": PLAYER.format(text)}) for text in texts
    ]
    page = export(notebook(nbformat.v4.new_code_cell(outputs=outputs)), execute=False)
    assert len(page.select(".pybridge-player")) == 2
    assert "A wave: a picture only." in caplog.text
    assert "A wave: holds 2 of 3 frames" in caplog.text


def test_what_was_baked_before_needs_no_executing():
    source = ANIMATION.replace("Animation(animation)", "Animation(animation, bake=2)")
    executed = nbclient.execute(notebook(source))
    assert frames(export(executed, execute=False)) == [[0, 15]]


def test_frames_that_cannot_be_drawn_leave_the_picture(caplog):
    failing = """
import numpy as np
import pybridge

def draw(i):
    if i == 3:
        raise ZeroDivisionError("no frame 3")
    return np.zeros((10, 10, 3), dtype=np.uint8)

pybridge.Animation(draw, frames=5)
"""
    page = export(notebook(failing, ANIMATION))
    assert len(page.select(".pybridge-player img")) == 2
    assert frames(page) == [list(range(30))]
    assert "ZeroDivisionError: no frame 3" in caplog.text


def test_what_would_have_to_be_loaded_is_left_out_and_named(caplog):
    text = nbformat.v4.new_markdown_cell(
        "![far away](https://example.org/picture.png)\n\n"
        "<video src='film.mp4'></video><base href='https://example.org/'>"
    )
    page = export(notebook(text), execute=False)
    assert "https://example.org/picture.png" in caplog.text
    assert "film.mp4" in caplog.text
    assert page.video.get("src") is None
    assert page.base is None


def test_long_baking_ends_well():
    slow = """
import time
import numpy as np
import pybridge

def draw(i):
    time.sleep(0.1)
    return np.full((10, 10, 3), i, dtype=np.uint8)

player = pybridge.Animation(draw, frames=10)
player
"""
    # Shown twice, it is baked once.
    page = export(notebook(slow, "player"))
    assert frames(page) == [list(range(10))] * 2


SLOW = """
import time
import numpy as np
import pybridge

def draw(i):
    time.sleep({} * (i > 0))
    return np.zeros((10, 10, 3), dtype=np.uint8)

pybridge.Animation(draw, frames={})
"""


@pytest.mark.parametrize(("seconds", "count"), [(120, 10), (0.5, 240)], ids=["one", "all of them"])
def test_frames_that_take_too_long_leave_the_picture(seconds, count, caplog):
    page = export(notebook(SLOW.format(seconds, count)), timeout=20)
    assert page.select_one(".pybridge-player img")
    assert frames(page) == []
    assert "took longer than 20 s" in caplog.text


def test_a_limit_below_zero_is_none():
    page = export(notebook(SLOW.format(2.5, 2)), timeout=-1)
    assert frames(page) == [[0, 1]]


def test_a_kernel_that_dies_leaves_the_pictures(caplog):
    dying = """
import os
import numpy as np
import pybridge

def draw(i):
    if i:
        os._exit(1)
    return np.zeros((10, 10, 3), dtype=np.uint8)

pybridge.Animation(draw, frames=10)
"""
    page = export(notebook(dying, ANIMATION))
    assert len(page.select(".pybridge-player img")) == 2
    assert "stays as it was" in caplog.text


@pytest.mark.parametrize("noted", ["text", [1], None, {"handle": 3}, {"handle": "gone"}])
def test_metadata_of_somebody_else_is_left_alone(noted):
    nb = notebook("1")
    export_source = "from IPython.display import publish_display_data as show\n"
    nb.cells[0].source = (
        export_source + f"show({{'text/html': '<p>x</p>'}}, {{'pybridge': {noted!r}}})"
    )
    assert export(nb).select_one(".jp-OutputArea-output p").text == "x"


def test_formulas_are_shown(page):
    del page
    shown = export(
        notebook(
            nbformat.v4.new_markdown_cell("A wave $y = \\sin x$, and `$not$` one.\n\n$$a^2$$"),
            "from IPython.display import Latex\nLatex(r'\\begin{align}a &= b\\end{align} < c')",
        )
    )
    assert [each.get("display") for each in shown.find_all("math")] == ["inline", "block", "block"]
    assert shown.find("code", string="$not$")
    assert "< c" in shown.select_one(".jp-RenderedLatex").text


def test_a_kernel_of_another_language_is_executed_too():
    nb = notebook("y = x**2 - 3")
    nb.metadata.kernelspec = {"name": "plot", "language": "plot", "display_name": "Plot"}
    page = export(nb)
    assert page.select_one(".pybridge-plot img")["src"].startswith("data:image/png")


def test_it_is_a_command(tmp_path):
    nbformat.write(notebook(ANIMATION, MODEL), tmp_path / "lesson.ipynb")
    command = [
        *(sys.executable, "-m", "jupyter", "nbconvert", "--to", "pybridge", "--execute"),
        *("--BakePreprocessor.bake=4 frames", "lesson.ipynb"),
    ]
    wrong = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "a size like" in wrong.stderr
    command[-2] = "--BakePreprocessor.bake=4"
    # As in a terminal: there the progress is shown.
    command.insert(-1, "--BakePreprocessor.progress=True")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "baking: 100%" in done.stderr
    assert "unhandled" not in done.stderr
    assert Path(tmp_path, "lesson.html").read_text("utf-8").count("pybridge-player tex2jax") == 1
    assert os.listdir(tmp_path) in (
        ["lesson.html", "lesson.ipynb"],
        ["lesson.ipynb", "lesson.html"],
    )
