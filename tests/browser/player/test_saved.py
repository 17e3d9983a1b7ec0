"""A notebook that was saved: opened again with the same kernel, another one, or without trust."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from numpy.typing import NDArray
from PIL import Image

from tests.browser.chromium import Chromium
from tests.browser.notebook import Notebook
from tests.browser.server import Server

from .conftest import SETUP, Show
from .player import Player

MOVING = "moving(), random_access=True"

Picture = Callable[[str], NDArray[np.uint8]]


def outputs(page: Notebook) -> list[nbformat.NotebookNode]:
    """What the file has of the last cell, once the notebook is saved."""
    saved: list[nbformat.NotebookNode] = page.save().cells[-1].outputs
    return saved


def held(output: nbformat.NotebookNode) -> dict[str, Any] | None:
    """The frames that an output holds, as they are written; None where it holds none."""
    markup = BeautifulSoup(output.data["text/html"], "html.parser")
    script = markup.select_one('.pybridge-player > script[type="application/json"]')
    return None if script is None else json.loads(str(script.string))


def indices(output: nbformat.NotebookNode) -> list[int]:
    document = held(output)
    assert document is not None
    return [frame["index"] for frame in document["frames"]]


@contextmanager
def opened(
    driver: Chromium, server: Server, output: nbformat.NotebookNode, *, trusted: bool = True
) -> Iterator[tuple[Notebook, Player]]:
    """A notebook with this output, with a kernel of its own."""
    other = Notebook.create(
        driver, server, ["shown"], name="opened.ipynb", trusted=trusted, outputs={0: [output]}
    )
    try:
        yield other, Player(other, other.find(".pybridge-player"))
        assert other.console_errors() == []
    finally:
        other.close()


def restart(page: Notebook) -> None:
    """Restart the kernel; the next test sets it up again."""
    page.restart_kernel()
    page.js("window.isSetUp = false;")


def overlapping(page: Notebook) -> list[str]:
    """Pairs of what a player shows that lie on each other."""
    found: list[str] = page.js(
        """
        const shown = [...document.querySelectorAll('.pybridge-player > *')]
            .filter(element => element.offsetHeight > 0);
        const pairs = [];
        for (const [i, one] of shown.entries()) for (const other of shown.slice(i + 1)) {
            const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
            const isBeside = a.right <= b.left || b.right <= a.left;
            if (!isBeside && a.bottom > b.top + 1 && b.bottom > a.top + 1)
                pairs.push(`${one.className || one.tagName} ${other.className || other.tagName}`);
        }
        return pairs;
        """
    )
    return found


# Without frames: a picture.


def test_the_same_kernel_is_found_again(page: Notebook, show: Show) -> None:
    show()
    page.save()
    page.reload()
    player = Player.of(page.cells[-1])
    player.click("next")
    player.at(1)
    assert player.calls > 0
    assert player.note == ""


def test_with_a_fresh_kernel_the_controls_are_grey(
    page: Notebook, driver: Chromium, server: Server, show: Show
) -> None:
    show()
    [output] = outputs(page)
    with opened(driver, server, output) as (other, player):
        player.wait(lambda: "run the cell again" in player.note, "the player says what to do")
        assert player.js("return root.querySelector('img').naturalWidth;") == 400
        assert player.js("return root.querySelector('.pybridge-bar').inert;") is True
        assert (
            player.js("return getComputedStyle(root.querySelector('.pybridge-bar')).opacity;")
            < "0.5"
        )
        player.focus()
        player.press(" ")
        assert player.direction == 0
        assert overlapping(other) == []


def test_running_its_cell_brings_it_back(page: Notebook, show: Show) -> None:
    show()
    restart(page)
    player = Player(page, page.find(".pybridge-player"))
    player.wait(lambda: "run the cell again" in player.note, "the player says what to do")
    page.run(SETUP)
    again = Player.of(page.cells[-2].run())
    again.click("next")
    again.at(1)


# With frames: it plays.


def test_baked_frames_play_with_a_fresh_kernel(
    page: Notebook, driver: Chromium, server: Server, show: Show, picture: Picture
) -> None:
    show(f"{MOVING}, bake=True, lossless=True")
    [output] = outputs(page)
    assert indices(output) == list(range(20))
    live = [picture(f"shown.frame({i})") for i in (0, 7, 19)]
    with opened(driver, server, output) as (other, player):
        player.wait(lambda: "all 20 frames" in player.note, "the player says what it plays")
        assert "run the cell again" in player.note
        for index, pixels in zip((0, 7, 19), live, strict=True):
            player.js(
                "const slider = root.querySelector('.pybridge-slider');"
                "slider.value = arguments[1]; slider.dispatchEvent(new Event('input'));",
                index,
            )
            player.at(index)
            assert np.array_equal(player.pixels(), pixels)
        player.focus()
        player.press(" ")
        player.wait(lambda: player.shown > 10, "it plays")
        assert player.direction == 1
        assert player.calls == 0
        assert overlapping(other) == []


def test_between_chosen_frames_the_one_before_is_shown(
    page: Notebook, driver: Chromium, server: Server, show: Show
) -> None:
    show(f"{MOVING}, bake=5")
    [output] = outputs(page)
    assert indices(output) == [0, 4, 8, 12, 16]
    with opened(driver, server, output) as (_, player):
        player.wait(lambda: "5 of 20 frames" in player.note, "the player says what it plays")
        player.click("last")
        player.wait(lambda: player.drawn == 16, "the frame before it is shown")
        assert player.frame == 19


def test_untrusted_it_is_a_picture_and_words(
    page: Notebook, driver: Chromium, server: Server, show: Show
) -> None:
    show(f"{MOVING}, bake=True")
    [output] = outputs(page)
    with opened(driver, server, output, trusted=False) as (other, player):
        assert "trust this notebook" in player.element.text
        assert "all 20 frames" in player.element.text
        assert player.js("return root.querySelector('img').naturalWidth;") == 400
        assert player.js("return root.querySelector('a').href;").startswith("https://")
        assert player.js("return root.querySelectorAll('script, button').length;") == 0
        assert overlapping(other) == []


def test_live_frames_take_over_without_a_jump(show: Show, picture: Picture) -> None:
    player = show(f"{MOVING}, bake=4")
    player.settled()
    player.click("next")
    player.at(1)
    # Frame 1 was not baked, 0 was; both are the kernel's now.
    assert np.array_equal(player.pixels(), picture("shown.frame(1)"))
    player.click("previous")
    player.at(0)
    player.settled()
    assert np.array_equal(player.pixels(), picture("shown.frame(0)"))
    assert player.note == ""


def test_a_kernel_that_dies_leaves_the_baked_frames(page: Notebook, show: Show) -> None:
    player = show(f"{MOVING}, bake=True")
    player.click("play")
    player.wait(lambda: player.shown > 5, "it plays")
    restart(page)
    player.wait(lambda: "all 20 frames" in player.note, "the player says what it plays")
    before = player.shown
    player.wait(lambda: player.shown > before + 25, "it plays on")
    assert player.direction == 1


def test_it_can_be_baked_from_python(page: Notebook, show: Show) -> None:
    player = show()
    [output] = outputs(page)
    assert held(output) is None
    assert "3 of 20 frames" in page.run("print(shown.bake(3))").text
    page.js("Jupyter.notebook.delete_cell(Jupyter.notebook.ncells() - 1);")
    player.wait(lambda: page.js("return Jupyter.notebook.dirty;"), "there is something to save")
    assert page.wait_for(lambda: held(outputs(page)[0]), what="the notebook holds the frames")
    assert indices(outputs(page)[0]) == [0, 6, 13]
    [output] = outputs(page)
    assert "pybridge.mount()" in output.data["text/html"]


def test_it_can_be_baked_from_the_menu(page: Notebook, show: Show) -> None:
    player = show()
    player.save_as("keep")
    assert page.wait_for(lambda: held(outputs(page)[0]), what="the notebook holds the frames")
    assert indices(outputs(page)[0]) == list(range(20))
    player.wait(lambda: player.note == "The notebook holds all 20 frames.", "it says so")
    player.click("info")
    player.wait(
        lambda: "all 20 frames" in player.find(".pybridge-readout").text, "the figures say so"
    )


def test_what_is_baked_before_a_view_is_there_is_kept(page: Notebook) -> None:
    page.run(
        "early = pybridge.Animation(moving(), random_access=True)\ndisplay(early)\n"
        "kept = early.bake(4)"
    )
    page.wait_for(lambda: held(outputs(page)[0]), what="the notebook holds the frames")
    assert indices(outputs(page)[0]) == [0, 5, 10, 15]


def test_a_player_that_is_baked_in_part_says_so(show: Show) -> None:
    player = show(f"{MOVING}, bake=5")
    player.wait(lambda: player.note == "The notebook holds 5 of 20 frames.", "it says so")
    player.click("next")
    player.at(1)
    assert player.note == ""


def test_changed_parameters_are_never_mixed_with_baked_frames(page: Notebook, show: Show) -> None:
    player = show(
        "draw, frames=6, params={'level': (0, 9)}, bake=True, lossless=True",
        before="def draw(i, level=1):\n    return np.full((20, 20, 3), 10 * i + level, np.uint8)\n",
    )
    page.run("shown.set_params(level=5)")
    player.click("next")
    player.at(1)
    player.wait(lambda: player.pixels()[0, 0, 0] == 15, "the new frame is shown")
    restart(page)
    player.wait(lambda: "all 6 frames" in player.note, "the player says what it plays")
    for index in (2, 1):
        player.click("next" if index > player.frame else "previous")
        player.at(index)
        player.wait(lambda index=index: player.pixels()[0, 0, 0] == 10 * index + 1, "as baked")


def test_long_baking_shows_how_far_it_is(page: Notebook) -> None:
    slow = (
        "import os\n"
        "def slow(i):\n"
        "    while i >= 10 and not os.path.exists(f'drawn {i // 10}'): time.sleep(0.01)\n"
        "    return np.full((20, 20, 3), i, dtype=np.uint8)\n"
        "shown = pybridge.Animation(slow, frames=30, bake=True)\nshown"
    )
    gates = [(page.server.folder / page.path).parent / f"drawn {n}" for n in (1, 2)]
    for gate in gates:
        gate.unlink(missing_ok=True)
    cell = page.run(slow, wait=False)
    bar = page.find(".pybridge-bars progress")
    value = page.js("return arguments[0].value;", bar)
    gates[0].touch()
    page.wait_for(lambda: page.js("return arguments[0].value;", bar) > value, what="it goes on")
    assert 0 < page.js("return arguments[0].value;", bar) < 1
    gates[1].touch()
    cell.wait(30)
    page.wait_for(lambda: not page.find_all(".pybridge-bars"), what="the bar goes")
    Player.of(cell)
    assert len(outputs(page)) == 1


def test_an_interrupted_baking_leaves_no_bar(page: Notebook) -> None:
    slow = (
        "def slow(i):\n    time.sleep(0.2)\n    return np.full((20, 20, 3), i, dtype=np.uint8)\n"
        "pybridge.Animation(slow, frames=300, bake=True)"
    )
    cell = page.run(slow, wait=False)
    page.find(".pybridge-bars")
    page.interrupt_kernel()
    cell.wait(30, check=False)
    page.wait_for(lambda: not page.find_all(".pybridge-bars"), what="the bar goes")


@pytest.mark.parametrize(
    "text",
    ["{", "null", '{"format": 99}', '{"format": 1, "frames": [{}], "data": ""}', "<b>"],
)
def test_what_is_damaged_never_breaks_the_page(
    page: Notebook, driver: Chromium, server: Server, show: Show, text: str
) -> None:
    show(f"{MOVING}, bake=2")
    [output] = outputs(page)
    markup = BeautifulSoup(output.data["text/html"], "html.parser")
    script = markup.select_one('.pybridge-player > script[type="application/json"]')
    assert script is not None
    script.string = text
    output.data["text/html"] = str(markup)
    with opened(driver, server, output) as (other, player):
        player.wait(lambda: "run the cell again" in player.note, "the player says what to do")
        assert player.js("return root.querySelector('img').naturalWidth;") == 400
        other.run(SETUP)
        Player.of(other.run("pybridge.Animation(moving())"))


HOSTILE = '</script><img src=x onerror="window.hacked = true">'


def test_what_a_user_names_is_text_wherever_it_is_kept(
    page: Notebook, driver: Chromium, server: Server, show: Show
) -> None:
    player = show(
        "draw, frames=4, params={'name': [HOSTILE, 'b']}, bake=True",
        before=(
            f"HOSTILE = {HOSTILE!r}\nfigure = Figure((4, 2), dpi=100)\n"
            "def draw(i, name):\n    figure.suptitle(name, parse_math=False)\n    return figure\n"
        ),
    )
    assert player.js("return root.querySelectorAll('img, script').length;") == 0
    [output] = outputs(page)
    with opened(driver, server, output) as (other, player):
        player.wait(lambda: "all 4 frames" in player.note, "the player says what it plays")
        assert HOSTILE in player.js("return root.querySelector('canvas').ariaLabel;")
        assert other.js("return window.hacked;") is None


# Exported: no kernel, no notebook, no network.


def test_an_exported_page_plays_from_the_disk(
    page: Notebook, driver: Chromium, show: Show, picture: Picture, tmp_path: Any
) -> None:
    nbconvert = pytest.importorskip("pybridge.nbconvert.exporter")
    show(f"{MOVING}, bake=True, lossless=True")
    notebook = page.save()
    html, _ = nbconvert.PybridgeExporter().from_notebook_node(notebook)
    (tmp_path / "page.html").write_text(html, "utf-8")
    live = [picture(f"shown.frame({i})") for i in range(20)]
    page.focus()
    driver.switch_to.new_window("window")
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )
        driver.get((tmp_path / "page.html").as_uri())
        check_exported(driver, live)
        assert (
            driver.execute_script(
                "return performance.getEntriesByType('resource').map(entry => entry.name)"
                ".filter(name => !name.startsWith('data:') && !name.startsWith('blob:'));"
            )
            == []
        )
    finally:
        driver.close()
    assert page.console_errors() == []


def check_exported(driver: Chromium, live: list[NDArray[np.uint8]]) -> None:
    """Go through all frames of the page's player and compare them."""
    urls = driver.execute_async_script(
        """
        const done = arguments[arguments.length - 1];
        (async () => {
            const root = document.querySelector('.pybridge-player');
            const slider = root.querySelector('.pybridge-slider');
            const urls = [];
            for (let i = 0; i < 20; i++) {
                slider.value = i;
                slider.dispatchEvent(new Event('input'));
                while (root.dataset.frame !== String(i) || root.dataset.shown === '0')
                    await new Promise(resolve => setTimeout(resolve, 5));
                urls.push(root.querySelector('canvas').toDataURL());
            }
            done(urls);
        })();
        """
    )
    for url, pixels in zip(urls, live, strict=True):
        drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))))
        assert np.array_equal(drawn, pixels)
