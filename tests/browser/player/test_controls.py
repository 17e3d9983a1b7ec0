"""Buttons, keys, lists and sliders of the player."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

SPEEDS = ["0.1", "0.25", "0.5", "1", "2", "4", "8"]

# Keys that do something in the notebook's command mode.
COMMANDS = [*"abxddmyjkhzo12", Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ESCAPE]
COMMANDED = (
    "const {notebook} = Jupyter;"
    "return [notebook.get_cells().map(cell => cell.cell_type), notebook.get_selected_index(),"
    " notebook.mode, $('.modal:visible').length];"
)


def frames(player: Player) -> list[int]:
    return [frame for _, frame in player.recorded]


def test_each_button_that_steps_shows_its_frame(show: Show) -> None:
    player = show()
    for action, index in [
        ("next", 1),
        ("next", 2),
        ("previous", 1),
        ("last", 19),
        ("next", 19),
        ("previous", 18),
        ("first", 0),
        ("previous", 0),
    ]:
        player.click(action)
        player.at(index)


def test_play_pause_and_reverse_do_what_their_buttons_say(show: Show) -> None:
    player = show("moving(200, interval=40), random_access=True")
    player.click("play")
    player.wait(lambda: player.direction == 1 and player.frame > 30, "it plays")
    player.click("pause")
    assert player.direction == 0
    stopped = player.frame
    player.at(stopped)
    player.click("reverse")
    player.wait(lambda: player.direction == -1 and player.frame < stopped - 2, "it plays backwards")
    player.click("pause")
    assert player.direction == 0


def test_the_keys_do_what_the_buttons_do(show: Show) -> None:
    player = show("moving(200, interval=40), random_access=True")
    player.focus()
    for key, index in [
        (Keys.ARROW_RIGHT, 1),
        (Keys.ARROW_RIGHT, 2),
        (Keys.ARROW_LEFT, 1),
        (Keys.END, 199),
        (Keys.HOME, 0),
    ]:
        player.press(key)
        player.at(index)
    player.press(" ")
    player.wait(lambda: player.direction == 1 and player.frame > 30, "it plays")
    player.press(" ")
    player.wait(lambda: player.direction == 0, "it rests")
    stopped = player.frame
    ActionChains(player.notebook.driver).key_down(Keys.SHIFT).send_keys(" ").key_up(
        Keys.SHIFT
    ).perform()
    player.wait(lambda: player.direction == -1 and player.frame < stopped, "it plays backwards")


def test_plus_and_minus_go_through_the_speeds(show: Show) -> None:
    player = show()
    player.focus()
    speed = "select[aria-label=Speed]"
    for key, expected in [("+", ["2", "4", "8", "8"]), ("-", [*SPEEDS[::-1][1:], "0.1"])]:
        for value in expected:
            player.press(key)
            assert player.value(speed) == value


@pytest.mark.parametrize("key", ["l", "L"])
def test_l_goes_through_the_modes(show: Show, key: str) -> None:
    player = show()
    player.focus()
    for mode in ["once", "reflect", "loop"]:
        player.press(key)
        assert player.value("select[aria-label='At the end']") == mode


def test_keys_work_while_the_slider_has_the_focus(show: Show) -> None:
    player = show("moving(200), random_access=True")
    player.drag(0.2, 0.5)
    stopped = player.frame
    player.press(Keys.ARROW_RIGHT)
    player.at(stopped + 1)
    player.press(" ")
    player.wait(lambda: player.direction == 1, "it plays")


def test_no_key_reaches_the_notebooks_command_mode(page: Notebook, show: Show) -> None:
    player = show()
    player.focus()
    before = page.js(COMMANDED)
    for css in [None, "[data-action=play]", ".pybridge-slider", "select", ".pybridge-rate"]:
        if css:
            page.js("arguments[0].focus();", player.find(css))
        player.press(*COMMANDS)
    assert page.js(COMMANDED) == before


def press_enter_on(player: Player, css: str) -> None:
    player.notebook.js("arguments[0].focus();", player.find(css))
    player.press(Keys.ENTER)


def test_no_key_reaches_it_from_the_menu_that_closes_when_a_format_is_chosen(
    page: Notebook, show: Show
) -> None:
    player = show("lambda i: np.full((20, 30, 3), i, np.uint8), frames=5")
    before = page.js(COMMANDED)
    menu = player.open_menu()
    press_enter_on(player, "[data-format=svg]")
    player.wait(lambda: "made of pixels" in player.note, "it cannot be saved so")
    assert not menu.is_displayed()
    player.press(*COMMANDS)
    assert page.js(COMMANDED) == before


def test_no_key_reaches_it_from_the_button_that_cancels_saving(page: Notebook, show: Show) -> None:
    player = show(
        "slow, frames=400, figure=figure",
        before="figure = Figure(figsize=(3, 2))\ndef slow(i): time.sleep(0.05)\n",
    )
    before = page.js(COMMANDED)
    player.save_as("gif")
    press_enter_on(player, "[data-action=cancel-save]")
    player.wait(lambda: not player.find(".pybridge-progress").is_displayed(), "the bar is gone")
    player.press(*COMMANDS)
    assert page.js(COMMANDED) == before


def test_no_key_reaches_it_from_the_button_that_starts_over(page: Notebook, show: Show) -> None:
    player = show("moving(30)")
    player.click("last")
    player.at(29)
    player.click("previous")
    player.wait(lambda: "plays forward only" in player.note, "it says so")
    before = page.js(COMMANDED)
    press_enter_on(player, "[data-action=restart]")
    player.at(0)
    assert player.note == ""
    player.press(*COMMANDS)
    assert page.js(COMMANDED) == before


def test_no_key_reaches_it_from_a_field_whose_kernel_is_restarted(
    page: Notebook, show: Show
) -> None:
    page.js("window.isSetUp = false;")
    player = show(
        "lambda i, title: None, frames=5, figure=Figure(figsize=(3, 2)), params={'title': 'x'}"
    )
    player.find("[name=title]").click()
    page.restart_kernel()
    player.wait(lambda: "run the cell again" in player.note, "it says what to do")
    before = page.js(COMMANDED)
    player.press(*COMMANDS)
    assert page.js(COMMANDED) == before


def test_loop_goes_on_from_the_first_frame(show: Show) -> None:
    player = show("moving(6, interval=60), random_access=True")
    player.record()
    player.click("play")
    # A page that is busy passes over some.
    player.wait(
        lambda: len(player.recorded) > 15 and set(frames(player)) == set(range(6)),
        "it has played two rounds, and all frames",
    )
    assert any(after < before for before, after in pairwise(frames(player)))
    assert player.direction == 1


def test_once_stops_at_the_last_frame_and_plays_again_from_the_first(show: Show) -> None:
    player = show("moving(6, interval=60), random_access=True")
    player.choose("At the end", "Once")
    player.click("play")
    player.wait(lambda: player.frame == 5 and player.direction == 0, "it stopped at the end")
    player.at(5)
    player.record()
    player.click("play")
    player.wait(lambda: player.direction == 0 and player.drawn == 5, "it stopped again")
    seen = frames(player)
    assert len(seen) > 1 and min(seen) < 5
    assert seen[1:] == sorted(seen[1:]) and seen[-1] == 5


def test_once_backwards_stops_at_the_first_frame(show: Show) -> None:
    player = show("moving(6, interval=60), random_access=True")
    player.choose("At the end", "Once")
    player.click("last")
    player.click("reverse")
    player.wait(lambda: player.frame == 0 and player.direction == 0, "it stopped at the beginning")
    player.at(0)


def test_reflect_turns_at_both_ends(show: Show) -> None:
    player = show("moving(6, interval=60), random_access=True")
    player.choose("At the end", "Reflect")
    player.record()
    player.click("play")
    player.wait(
        lambda: len(player.recorded) > 20 and set(frames(player)) == set(range(6)),
        "it has gone to and fro, and shown all frames",
    )
    falling = [after < before for before, after in pairwise(frames(player))]
    # In a loop only the step from the end to the beginning would be.
    assert 0.25 < np.mean(falling) < 0.75


def test_an_animation_that_does_not_repeat_is_played_once(show: Show) -> None:
    player = show("moving(repeat=False)")
    assert player.value("select[aria-label='At the end']") == "once"


def test_the_rate_comes_from_the_animations_interval(show: Show) -> None:
    assert show("moving(interval=40)").value(".pybridge-rate") == "25"
    assert show("moving(), interval=1000 / 30").value(".pybridge-rate") == "30"


def period(player: Player, least: int = 12) -> float:
    """Time from frame to frame, in ms, over at least `least` frames drawn."""
    player.record()
    player.wait(lambda: len(player.recorded) > least, "enough frames were shown")
    seen = player.recorded[1:]
    length = player.slider[1] + 1
    steps = sum((b[1] - a[1]) % length for a, b in pairwise(seen))
    return (seen[-1][0] - seen[0][0]) / steps


def cached(show: Show, frames: int, interval: float) -> Player:
    """A player that has all its frames and plays."""
    player = show(f"moving({frames}, interval={interval})")
    player.click("play")
    player.wait(lambda: player.shown > frames, "a round is over")
    player.settled()
    return player


def test_it_plays_at_the_rate_of_the_field_times_the_speed(show: Show) -> None:
    player = cached(show, 16, 100)
    assert period(player) == pytest.approx(100, rel=0.2)
    player.choose("Speed", "2\u00d7")
    assert period(player) == pytest.approx(50, rel=0.2)
    player.choose("Speed", "0.5\u00d7")
    player.type_rate("40")
    assert period(player) == pytest.approx(50, rel=0.2)


@pytest.mark.parametrize("text", ["0", "-3", "1e9", Keys.BACKSPACE])
def test_a_rate_that_makes_no_sense_is_not_taken(show: Show, text: str) -> None:
    player = show()
    player.type_rate(text)
    assert player.value(".pybridge-rate") == "20"


def test_the_slider_shows_the_frame_under_the_pointer(show: Show) -> None:
    player = show("moving(101), random_access=True")
    player.drag(0, 0.3, 0.6, 0.5)
    assert player.frame == pytest.approx(50, abs=2)
    player.at(player.frame)
    player.drag(0.5, 1)
    player.at(100)


def test_dragging_pauses_and_asks_for_few_frames(show: Show) -> None:
    player = show(
        "slow, frames=400, figure=figure, random_access=True",
        before=(
            "figure = Figure(figsize=(3, 2)); text = figure.text(.4, .4, '')\n"
            "def slow(i):\n    text.set_text(str(i))\n    time.sleep(0.3)\n"
        ),
    )
    player.click("play")
    before = player.calls
    player.drag(0, *(n / 60 for n in range(60)), 0.9)
    assert player.direction == 0
    player.at(player.frame)
    # Dozens of places were passed; two requests at a time were under way, for none of the stale.
    assert player.settled() - before < 30


def test_the_slider_grows_while_the_length_is_unknown(show: Show) -> None:
    player = show("moving(lambda: iter(range(30)))")
    assert "…" in player.place
    start = player.slider[1]
    player.click("next")
    player.click("next")
    player.at(2)
    assert start < 29
    player.choose("At the end", "Once")
    player.type_rate("100")
    player.click("play")
    player.wait(lambda: player.direction == 0, "it has found the end")
    player.at(29)
    assert player.slider == (29, 29)
    assert "…" not in player.place


def test_an_endless_animation_goes_on(show: Show) -> None:
    player = show("moving(None, interval=10)")
    player.click("play")
    player.wait(lambda: player.frame > 60, "it goes on")
    assert "…" in player.place
    assert player.slider[1] >= 60


def test_the_line_tells_frame_and_time(show: Show) -> None:
    player = show("moving(21, interval=50)")
    player.click("last")
    player.at(20)
    assert player.place == "20 / 20 · 1.0 s"


def test_full_screen_by_button_and_by_key(page: Notebook, show: Show) -> None:
    player = show()
    inside = "return document.fullscreenElement === root;"
    player.click("full")
    player.wait(lambda: player.js(inside), "it fills the screen")
    width, height, inner_width, inner_height = player.js(
        "const {width, height} = root.querySelector('canvas').getBoundingClientRect();"
        "return [width, height, innerWidth, innerHeight];"
    )
    assert 0.7 * inner_width < width <= inner_width or 0.7 * inner_height < height
    player.press("f")
    player.wait(lambda: not player.js(inside), "it is back in the page")
    player.focus()
    player.press("f")
    player.wait(lambda: player.js(inside), "it fills the screen")
    page.js("document.exitFullscreen();")
    player.wait(lambda: not player.js(inside), "it is back in the page")


def test_the_figures_are_shown_on_demand(show: Show) -> None:
    player = show()
    assert player.find(".pybridge-readout").text == ""
    player.click("info")
    text = player.find(".pybridge-readout").text
    for word in ["frames/s", "ms", "kB", "dropped", "cached"]:
        assert word in text
    assert player.find("[data-action=info]").get_dom_attribute("aria-expanded") == "true"
    player.click("info")
    assert player.find(".pybridge-readout").text == ""


def test_every_control_has_a_name_and_a_role(page: Notebook, show: Show) -> None:
    player = show(
        "lambda i, freq, mode, grid, title: None, frames=5, figure=Figure(),"
        " params={'freq': (0.1, 5.0), 'mode': ['sin', 'cos'], 'grid': True, 'title': 'x'}"
    )
    controls = player.element.find_elements(
        "css selector", "button, input, select, summary, canvas, progress, [tabindex]"
    )
    assert len(controls) > 15
    for control in controls:
        if control.is_displayed():
            assert control.accessible_name, control.get_attribute("outerHTML")
    assert player.element.aria_role == "group"
    assert player.find("canvas").aria_role in {"image", "img"}
    assert player.find(".pybridge-bar").aria_role == "toolbar"
    assert player.find(".pybridge-note").get_dom_attribute("role") == "status"
    assert player.find(".pybridge-trace").get_dom_attribute("role") == "alert"
    player.click("next")
    player.at(1)
    assert "frame 1" in player.find(".pybridge-slider").get_dom_attribute("aria-valuetext")
    assert page.console_errors() == []


def test_the_focus_is_visible_on_each_control(show: Show) -> None:
    player = show()
    player.focus()
    seen = []
    while True:
        player.press(Keys.TAB)
        inside, name, style, width = player.js(
            "const at = document.activeElement, name = at.getAttribute('aria-label');"
            "const {outlineStyle, outlineWidth} = getComputedStyle(at);"
            "return [root.contains(at), name, outlineStyle, parseFloat(outlineWidth)];"
        )
        if not inside:
            break
        seen.append(name)
        assert style == "solid" and width >= 2, name
    assert len(seen) == 14
