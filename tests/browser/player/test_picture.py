"""What the player shows: the right pixels, once, in the right size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.browser.chromium import Chromium
from tests.browser.notebook import Notebook
from tests.browser.server import Server

from .conftest import Show
from .player import Player

Picture = Callable[[str], NDArray[np.uint8]]

LINES = """
import matplotlib.pyplot as plt

def waves(size=(5, 3)):
    figure, axes = plt.subplots(figsize=size, dpi=100)
    x = np.linspace(0, 7, 200)
    line, = axes.plot(x, np.sin(x))

    def update(i):
        line.set_ydata(np.sin(x + i / 3))
        axes.set_title(f"frame {i}")

    return FuncAnimation(figure, update, frames=12, interval=50)
"""


@pytest.fixture
def screen(driver: Chromium, page: Notebook):
    """Sets the window's size and scale, until the end of the test."""
    yield lambda *size: (page.focus(), driver.emulate_screen(*size))
    page.focus()
    driver.restore_screen()


def test_the_first_frame_is_there_with_the_cells_output(page: Notebook) -> None:
    cell = page.run(LINES + "shown = pybridge.Animation(waves())\nshown")
    [html] = cell.data("text/html")
    assert "data:image/png;base64," in "".join(html)
    Player.of(cell)


@pytest.mark.parametrize("magic", ["", "%matplotlib inline"])
def test_the_figure_does_not_show_a_second_time(page: Notebook, show: Show, magic: str) -> None:
    page.run(magic)
    player = show("waves()", before=LINES)
    player.click("play")
    player.wait(lambda: player.shown > 5, "it plays")
    player.click("pause")
    outputs = [output["output_type"] for cell in page.cells for output in cell.outputs]
    assert outputs == ["execute_result"]
    assert page.run("plt.get_fignums()").text.strip() == "[]"


def test_the_canvas_has_the_pixels_of_the_frame(show: Show, picture: Picture) -> None:
    player = show("waves()", before=LINES)
    for action, index in [("first", 0), ("next", 1), ("last", 11)]:
        player.click(action)
        player.at(index)
        np.testing.assert_array_equal(player.pixels(), picture(f"shown.frame({index})"))


def test_at_two_device_pixels_a_pixel_the_canvas_is_as_sharp_as_savefig(
    page: Notebook, show: Show, screen: Callable[..., object]
) -> None:
    screen(1280, 900, 2)
    player = show("waves()", before=LINES)
    player.wait(lambda: player.pixels().shape == (600, 1000, 4), "the canvas is twice as fine")
    player.click("next")
    player.at(1)
    player.wait(lambda: player.pixels().shape == (600, 1000, 4), "the canvas is twice as fine")
    page.run(
        "other = waves(); other._init_draw(); other._draw_was_started = True\n"
        "other._func(1); other._fig.savefig('two.png', dpi=200); plt.close('all')"
    )
    expected = np.asarray(Image.open(Path(page.server.folder, "two.png")).convert("RGBA"))
    np.testing.assert_array_equal(player.pixels(), expected)


def test_the_size_follows_the_cells_width(show: Show, screen: Callable[..., object]) -> None:
    screen(1280, 900)
    player = show("moving(size=(8, 4)), random_access=True")
    box = "const {width, height} = root.querySelector('canvas').getBoundingClientRect();"
    assert player.js(box + "return [width, height];") == [800, 400]
    assert player.pixels().shape == (400, 800, 4)
    screen(560, 900)
    player.wait(lambda: player.pixels().shape[1] < 800, "frames become smaller")
    width, height, cell = player.js(box + "return [width, height, root.parentElement.clientWidth];")
    assert 0 < width <= cell
    assert width == pytest.approx(2 * height, abs=1)
    assert width <= player.pixels().shape[1] < width + 101
    fits = "return root.scrollWidth <= root.clientWidth"
    assert player.js(fits)


def test_a_wide_figure_has_controls_of_its_width_and_a_small_one_enough_room(show: Show) -> None:
    wide, small = show("moving(size=(8, 2))"), show("moving(size=(1, 1))")
    width = "return root.querySelector(arguments[1]).getBoundingClientRect().width;"
    assert wide.js(width, ".pybridge-bar") == 800
    assert small.js(width, "canvas") == 100
    assert small.js(width, ".pybridge-bar") >= 300


def test_on_a_dark_page_the_controls_are_light(page: Notebook, show: Show) -> None:
    light = show()
    page.js(
        "for (const css of ['body', '#notebook', '#notebook-container', '.notebook_app', '#site'])"
        "  for (const at of document.querySelectorAll(css)) at.style.background = '#111';"
    )
    dark = show()
    page.js("for (const at of document.querySelectorAll('[style]')) at.style.background = '';")
    ink = "return getComputedStyle(root.querySelector('[data-action=play]')).color.match(/\\d+/g);"
    assert sum(map(int, light.js(ink)[:3])) < 300
    assert sum(map(int, dark.js(ink)[:3])) > 500


HOSTILE = "</script><img src=x onerror='window.hacked = 1'><b>$x$"


def test_hostile_text_is_text(page: Notebook, show: Show) -> None:
    player = show(
        "FuncAnimation(figure, lambda i, **kw: None, frames=3), params={hostile: (0, 5),"
        " 'choice': [hostile, 'other'], 'text': hostile}",
        before=(
            f"hostile = {HOSTILE!r}\n"
            "figure = Figure(); figure.subplots().set_title(hostile.replace('$', ''))\n"
        ),
    )
    player.wait(lambda: not player.js("return root.querySelector('img');"), "the poster is gone")
    assert player.js("return window.hacked ?? null;") is None
    assert player.js("return root.querySelectorAll('b, script').length;") == 0
    assert HOSTILE.replace("$", "") in player.find("canvas").get_dom_attribute("aria-label")
    panel = player.find(".pybridge-params")
    assert HOSTILE in panel.text
    assert page.console_errors() == []


def test_a_hostile_error_message_is_text(show: Show) -> None:
    player = show(
        "fail, frames=3, figure=Figure()",
        before=f"def fail(i):\n    if i: raise ValueError({HOSTILE!r})\n",
    )
    player.click("next")
    player.wait(lambda: HOSTILE in player.trace, "the traceback is shown")
    assert player.js("return root.querySelectorAll('b, img, script').length;") == 0


def test_a_closed_figure_plays_on(page: Notebook, show: Show) -> None:
    player = show("waves()", before=LINES)
    page.run("plt.close('all')\nplt.close(shown._frames.source.figure)")
    player.scroll_here()
    player.click("last")
    player.at(11)
    assert player.note == ""


def test_twenty_thousand_pixels_square_are_refused_at_once(page: Notebook) -> None:
    cell = page.run(
        "began = time.monotonic()\npybridge.Animation(moving(size=(200, 200)))",
        check=False,
    )
    assert "20000 x 20000 pixels" in cell.text
    assert "TooLargeError" in cell.text
    assert float(page.run("time.monotonic() - began").text) < 5
    assert not cell.find_all(".pybridge-player")


def test_an_untrusted_notebook_shows_the_picture_and_a_line(
    driver: Chromium, server: Server, page: Notebook, show: Show
) -> None:
    show()
    saved = page.save()
    output = next(cell.outputs for cell in saved.cells if cell.outputs)
    opened = Notebook.create(
        driver, server, ["shown"], name="untrusted.ipynb", trusted=False, outputs={0: output}
    )
    try:
        root = opened.find(".pybridge-player")
        assert "trust this notebook" in root.text
        assert opened.js("return arguments[0].querySelector('img').naturalWidth;", root) == 400
        assert opened.js("return arguments[0].querySelectorAll('button').length;", root) == 0
        assert opened.console_errors() == []
    finally:
        opened.close()
