"""What the player says when something goes wrong, and how one goes on."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.notebook import Notebook

from .conftest import SETUP, Show
from .player import Player

FAILS = """
broken = True
figure = Figure(figsize=(3, 2))
text = figure.text(0.1, 0.5, "")

def update(i):
    if broken and i == 37:
        raise ZeroDivisionError("no frame today")
    text.set_text(str(i))
"""

GONE = "The kernel that draws this animation is gone: run the cell again."


@pytest.fixture
def failing(show: Show) -> Player:
    """A player that has played up to a frame that raises."""
    player = show(
        "FuncAnimation(figure, update, frames=50, cache_frame_data=False), interval=20",
        before=FAILS,
    )
    player.click("play")
    player.wait(lambda: player.trace, "it shows the traceback")
    return player


def test_a_function_that_raises_shows_its_traceback_and_keeps_the_frames_before(
    page: Notebook, failing: Player
) -> None:
    assert "ZeroDivisionError: no frame today" in failing.trace
    assert "in update" in failing.trace
    assert "pybridge/" not in failing.trace
    failing.at(36)
    assert failing.direction == 0
    for action, index in [("first", 0), ("next", 1)]:
        failing.click(action)
        failing.at(index)
    assert failing.trace == ""
    failing.click("play")
    failing.wait(lambda: failing.trace, "it shows the traceback again")
    failing.at(36)
    assert page.console_errors() == []


def test_it_plays_on_once_the_function_is_mended(page: Notebook, failing: Player) -> None:
    page.run("broken = False")
    failing.scroll_here()
    failing.click("play")
    failing.wait(lambda: failing.frame > 40, "it plays on")
    assert failing.trace == ""


def test_stepping_onto_the_frame_that_raises_shows_the_traceback_too(failing: Player) -> None:
    failing.click("previous")
    failing.at(35)
    failing.click("next")
    failing.at(36)
    assert failing.trace == ""
    failing.click("next")
    failing.wait(lambda: "ZeroDivisionError" in failing.trace, "it shows the traceback")


def test_the_traceback_is_scrolled_by_keys(page: Notebook, failing: Player) -> None:
    failing.at(36)
    trace = failing.find(".pybridge-trace")
    page.js(
        "const [trace] = arguments; trace.textContent += '\\n'.repeat(200); trace.focus();", trace
    )
    top = "return arguments[0].scrollTop;"
    failing.press(Keys.END)
    page.wait_for(lambda: page.js(top, trace) > 0, what="it is scrolled to its end")
    failing.press(Keys.HOME)
    page.wait_for(lambda: page.js(top, trace) == 0, what="it is scrolled back")
    failing.press(" ", Keys.ARROW_RIGHT)
    failing.at(36)
    assert failing.trace
    assert failing.direction == 0


@pytest.mark.usefixtures("failing")
def test_the_mended_cell_run_again_plays_all(page: Notebook) -> None:
    cell = next(cell for cell in page.cells if "ZeroDivisionError" in cell.source)
    cell.source = cell.source.replace("broken = True", "broken = False")
    player = Player.of(cell.run())
    player.click("play")
    player.wait(lambda: player.frame > 40, "it plays")
    assert player.trace == ""


def test_a_gone_frame_says_forward_only_and_start_over_helps(show: Show) -> None:
    player = show("moving(30)")
    player.click("last")
    player.at(29)
    player.click("previous")
    player.wait(lambda: "plays forward only" in player.note, "it says so")
    player.wait(lambda: player.drawn == 29, "the last picture stays")
    player.find(".pybridge-note button").click()
    player.at(0)
    assert player.note == ""
    player.click("next")
    player.at(1)


@pytest.fixture
def other(page: Notebook, show: Show) -> Player:
    """A player in a notebook whose kernel the test may do away with."""
    page.js("window.isSetUp = false;")
    return show("moving(30)")


def test_a_restarted_kernel_is_told_over_the_last_picture(page: Notebook, other: Player) -> None:
    other.click("next")
    other.at(1)
    before = other.pixels()
    page.restart_kernel()
    other.wait(lambda: other.note == GONE, "it says what to do")
    assert (other.pixels() == before).all()
    calls = other.settled()
    other.click("last")
    other.wait(lambda: other.note == GONE, "it says so again")
    assert other.settled() <= calls + 3
    page.run(SETUP)
    cell = next(cell for cell in page.cells if "shown = " in cell.source)
    player = Player.of(cell.run())
    player.click("next")
    player.at(1)
    assert page.console_errors() == []


def test_a_restart_while_it_plays_stops_it(page: Notebook, other: Player) -> None:
    other.click("play")
    other.wait(lambda: other.frame > 1, "it plays")
    page.restart_kernel()
    other.wait(lambda: other.note == GONE, "it says what to do")
    assert other.direction == 0
    assert page.console_errors() == []


def test_a_restart_behind_the_pages_back_is_told_once_it_is_used(
    page: Notebook, other: Player
) -> None:
    page.server.restart_kernel(page.kernel_id)
    # The new process says so, but only once, and the server may not listen to it again by then.
    other.js("root.querySelector('[data-action=last]').click();")
    other.wait(lambda: other.note == GONE, "it says what to do")


def test_a_page_loaded_again_goes_on_with_the_same_kernel(page: Notebook, show: Show) -> None:
    show("moving(30)")
    page.save()
    page.reload()
    player = Player.of(page.cells[-1])
    player.click("next")
    player.at(1)
    assert player.note == ""
    # The view of the page that was left does not hold the animation for ever.
    name = page.run("shown.name").text.strip()
    page.js("const {notebook} = Jupyter; notebook.delete_cell(notebook.ncells() - 2);")
    gone = f"{name} not in [handle.name for handle in pybridge.handles()]"
    page.wait_for(lambda: page.run(gone).text.strip() == "True")
    page.js("window.isSetUp = true;")


@pytest.mark.usefixtures("other")
def test_a_page_loaded_again_with_a_new_kernel_says_what_to_do(page: Notebook) -> None:
    page.save()
    page.restart_kernel()
    page.reload()
    player = Player.of(page.cells[-1], drawn=False)
    player.wait(lambda: player.note == GONE, "it says what to do")
    assert player.find("img").is_displayed()
    assert len(player.element.find_elements(By.CSS_SELECTOR, "button")) > 7
    assert page.console_errors() == []


def test_a_kernel_that_dies_is_told(page: Notebook, other: Player) -> None:
    page.server.kill_kernel(page.kernel_id)
    other.wait(lambda: other.note == GONE, "it says what to do", timeout=20)
    page.wait_ready()
    # The notebook tells of it in a dialog of its own.
    page.js("$('.modal').modal('hide');")
    page.wait_for("!document.querySelector('.modal-backdrop')")
