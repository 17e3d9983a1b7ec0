"""Downloads from the menu that saves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import Chromium
from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player


@pytest.fixture
def downloads(page: Notebook, driver: Chromium, tmp_path: Path) -> Iterator[Path]:
    """Where the browser puts what it downloads."""
    page.focus()
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path)}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    yield tmp_path
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "default"})


def downloaded(player: Player, path: Path) -> Path:
    return player.wait(lambda: path.exists() and path, f"{path.name} is downloaded", timeout=30)


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF-")]
)
def test_a_frame_is_downloaded(show: Show, downloads: Path, ending: str, start: bytes) -> None:
    player = show("moving()")
    player.click("next")
    player.at(1)
    player.save_as(ending)
    path = downloaded(player, downloads / f"frame-1.{ending}")
    assert path.read_bytes().startswith(start)
    if ending == "png":
        np.testing.assert_array_equal(np.asarray(Image.open(path)), player.pixels())


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_the_animation_is_downloaded(show: Show, downloads: Path, ending: str) -> None:
    player = show("moving(12)")
    player.save_as(ending)
    path = downloaded(player, downloads / f"animation.{ending}")
    if ending == "mp4":
        assert path.read_bytes()[4:8] == b"ftyp"
    else:
        with Image.open(path) as image:
            assert image.n_frames == 12
    player.wait(lambda: not player.find(".pybridge-progress").is_displayed(), "the bar is gone")
    assert player.note == ""


SLOW = """
figure = Figure(figsize=(3, 2))

def slow(i):
    time.sleep(0.05)
"""


def test_progress_is_shown_and_can_be_cancelled(
    page: Notebook, show: Show, downloads: Path
) -> None:
    player = show("slow, frames=400, figure=figure", before=SLOW)
    player.save_as("gif")
    bar = "return root.querySelector('progress').value;"
    player.wait(lambda: 0.01 < player.js(bar) < 1, "the bar moves")
    far = player.js(bar)
    player.wait(lambda: player.js(bar) > far, "the bar moves on")
    player.click("cancel-save")
    player.wait(lambda: not player.find(".pybridge-progress").is_displayed(), "the bar is gone")
    # The kernel is free again, long before all the frames could have been drawn.
    assert page.run("6 * 7", timeout=15).text.strip() == "42"
    assert list(downloads.iterdir()) == []
    assert player.note == ""
    player.scroll_here()
    player.click("next")
    player.at(1)
    assert page.console_errors() == []


def test_what_was_drawn_for_the_file_is_played_without_drawing_it_again(
    page: Notebook, show: Show, downloads: Path
) -> None:
    player = show(
        "update, frames=15, figure=figure",
        before="figure = Figure(figsize=(3, 2)); seen = []\ndef update(i): seen.append(i)\n",
    )
    player.save_as("gif")
    downloaded(player, downloads / "animation.gif")
    player.choose("At the end", "Once")
    player.type_rate("100")
    player.click("play")
    player.at(14)
    assert page.run("seen == list(range(15))").text.strip() == "True"


def test_the_view_stays_where_it_is_while_the_animation_is_saved(
    show: Show, downloads: Path
) -> None:
    player = show("moving(30)")
    player.drag(0.5)
    player.wait(lambda: player.frame > 5, "it is there")
    there = player.frame
    player.save_as("gif")
    downloaded(player, downloads / "animation.gif")
    player.wait(lambda: not player.find(".pybridge-progress").is_displayed(), "it is saved")
    assert player.frame == there
    assert player.place.startswith(f"{there} / ")


def test_an_error_while_saving_is_told(page: Notebook, show: Show) -> None:
    player = show("lambda i: np.full((20, 30, 3), i, np.uint8), frames=5")
    player.save_as("svg")
    player.wait(lambda: "made of pixels" in player.note, "it says why")
    assert not player.find(".pybridge-progress").is_displayed()
    assert page.console_errors() == []


def test_the_menu_closes_with_escape_and_with_a_click_elsewhere(show: Show) -> None:
    player = show()
    menu = player.open_menu()
    player.press(Keys.ESCAPE)
    player.wait(lambda: not menu.is_displayed(), "it is closed")
    assert player.js("return document.activeElement.tagName;") == "SUMMARY"
    player.open_menu()
    player.click("first")
    player.wait(lambda: not menu.is_displayed(), "it is closed")


def test_the_menu_lies_above_the_output_of_the_next_cell(page: Notebook, show: Show) -> None:
    player = show()
    page.run("print('a line\\n' * 40)")
    player.open_menu()
    covered = player.js(
        "return [...root.querySelectorAll('.pybridge-menu button')].filter(button => {"
        "  const {left, top} = button.getBoundingClientRect();"
        "  return document.elementFromPoint(left + 20, top + 5) !== button;"
        "}).map(button => button.textContent);"
    )
    assert covered == []


def test_the_cell_may_run_again_while_the_menu_is_open(page: Notebook, show: Show) -> None:
    player = show()
    player.open_menu()
    page.js(
        "window.before = [...document.querySelectorAll('.pybridge-player')].at(-1);"
        "Jupyter.notebook.get_cells().at(-1).execute();"
    )
    page.wait_for("!before.isConnected", what="there is another player")
    assert page.console_errors() == []


def test_the_menu_lies_within_the_window(show: Show) -> None:
    player = show("moving(size=(4, 0.5))")
    player.open_menu()
    top = player.find("[data-format=png]")
    assert player.js(
        "const {left, top, width} = arguments[1].getBoundingClientRect();"
        "return document.elementFromPoint(left + width / 2, top + 5) === arguments[1];",
        top,
    )
