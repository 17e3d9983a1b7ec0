"""Live parameters: a control for each, changed by hand or from Python, in every view."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

BEFORE = """
figure = Figure(figsize=(4, 2), dpi=100)
text = figure.text(0.05, 0.5, "", size=9)
seen = []

def update(i, **params):
    seen.append((i, params))
    text.set_text(f"{i} {params}")
"""

ANIMATION = (
    "update, frames=8, figure=figure, random_access=True,"
    " params={'freq': (0.0, 5.0), 'count': (0, 10, 2),"
    " 'mode': ['sin', 'cos'], 'shape': {'flat': 0, 'round': [1, 2]},"
    " 'grid': True, 'title': 'one'}"
)


@pytest.fixture
def player(show: Show) -> Player:
    """A player with a parameter of each kind."""
    return show(ANIMATION, before=BEFORE)


def called_with(page: Notebook, name: str) -> str:
    """What the function was last called with."""
    return page.run(f"seen[-1][1][{name!r}]").text.strip()


def value(player: Player, name: str) -> str:
    return player.value(f"[name={name}]")


def test_each_kind_has_its_control_with_its_first_value(player: Player) -> None:
    kinds = player.js(
        "return Array.from(root.querySelectorAll('.pybridge-params [name]'),"
        " at => [at.name, at.type, at.type === 'checkbox' ? at.checked : at.value]);"
    )
    assert kinds == [
        ["freq", "range", "2.5"],
        ["count", "range", "4"],
        ["mode", "select-one", "sin"],
        ["shape", "select-one", "flat"],
        ["grid", "checkbox", True],
        ["title", "text", "one"],
    ]


def drawn_anew(player: Player, before: int) -> None:
    player.wait(lambda: player.shown > before, "a new frame is drawn")
    player.settled()


def test_a_slider_calls_the_function_with_its_value(page: Notebook, player: Player) -> None:
    before, pixels = player.shown, player.pixels()
    player.drag(0.5, 0.8, css="[name=freq]")
    drawn_anew(player, before)
    assert (player.pixels() != pixels).any()
    assert float(called_with(page, "freq")) == pytest.approx(4, abs=0.2)
    assert player.js("return root.querySelector('[name=freq] + output').value;") == (
        f"{float(value(player, 'freq')):.4g}"
    )


def test_a_slider_of_whole_numbers_keeps_to_its_steps(page: Notebook, player: Player) -> None:
    before = player.shown
    player.js("root.querySelector('[name=count]').focus();")
    player.press(Keys.ARROW_RIGHT)
    drawn_anew(player, before)
    assert called_with(page, "count") == "6"
    player.js("root.querySelector('[name=count]').focus();")
    player.press(Keys.END)
    page.wait_for(lambda: called_with(page, "count") == "10")


def test_choices_give_the_values_behind_their_labels(page: Notebook, player: Player) -> None:
    player.find("[name=mode]").send_keys("cos")
    page.wait_for(lambda: called_with(page, "mode") == "'cos'")
    player.find("[name=shape]").send_keys("round")
    page.wait_for(lambda: called_with(page, "shape") == "[1, 2]")


def test_a_check_box_gives_a_bool(page: Notebook, player: Player) -> None:
    player.find("[name=grid]").click()
    page.wait_for(lambda: called_with(page, "grid") == "False")


def test_a_text_field_gives_its_text(page: Notebook, player: Player) -> None:
    player.find("[name=title]").send_keys(" 'two'; lf")
    page.wait_for(lambda: called_with(page, "title") == '''"one 'two'; lf"''')
    assert player.direction == 0


def test_the_position_stays_when_a_parameter_changes(player: Player) -> None:
    for index in (1, 2, 3):
        player.click("next")
        player.at(index)
    before = player.shown
    player.find("[name=grid]").click()
    drawn_anew(player, before)
    player.at(3)


def test_playing_goes_on_while_a_parameter_changes(page: Notebook, player: Player) -> None:
    player.click("play")
    player.wait(lambda: player.frame > 1, "it plays")
    player.drag(0.5, 0.2, 0.9, css="[name=freq]")
    before = player.shown
    assert player.direction == 1
    player.wait(lambda: player.shown > before + 10, "it plays on")
    page.wait_for(
        lambda: float(called_with(page, "freq")) == pytest.approx(float(value(player, "freq"))),
        what="it draws with the last value",
    )


def test_python_changes_them_and_the_controls_follow(page: Notebook, player: Player) -> None:
    before = player.shown
    page.run("shown.set_params(freq=0.5, count=8, mode='cos', shape=[1, 2], grid=False, title='x')")
    player.wait(lambda: value(player, "title") == "x", "the controls follow")
    assert [value(player, name) for name in ("freq", "count", "mode", "shape")] == [
        "0.5",
        "8",
        "cos",
        "round",
    ]
    assert not player.find("[name=grid]").is_selected()
    player.scroll_here()
    drawn_anew(player, before)
    assert called_with(page, "title") == "'x'"


def test_python_may_set_what_no_control_could(page: Notebook, player: Player) -> None:
    page.run("shown.set_params(freq=50, mode='tan')")
    output = "return root.querySelector('[name=freq] + output').value;"
    player.wait(lambda: player.js(output) == "50", "the slider's number follows")
    assert value(player, "mode") == ""
    again = Player.of(page.run("shown"))
    assert again.js(output) == "50"
    assert again.note == ""


def test_two_views_stay_in_step(page: Notebook, player: Player) -> None:
    other = Player.of(page.run("shown"))
    before = player.shown
    other.find("[name=title]").send_keys(" two")
    player.wait(lambda: value(player, "title") == "one two", "the other view follows")
    player.scroll_here()
    drawn_anew(player, before)
    player.find("[name=mode]").send_keys("cos")
    other.wait(lambda: value(other, "mode") == "cos", "the first view follows")
    other.scroll_here()
    other.settled()
    player.settled()
    assert (player.pixels() == other.pixels()).all()


def test_a_change_that_cannot_be_made_says_why_and_is_taken_back(show: Show) -> None:
    player = show(
        "FuncAnimation(figure, update, frames=iter(range(9)), repeat=False,"
        " cache_frame_data=False), params={'grid': True}",
        before=BEFORE,
    )
    player.find("[name=grid]").click()
    player.wait(lambda: "cannot be begun again" in player.note, "it says why")
    player.wait(player.find("[name=grid]").is_selected, "the box is as it was")


def test_a_setter_takes_the_changes(page: Notebook, show: Show) -> None:
    player = show(
        "moving(8), params={'color': ['red', 'blue']}, setter=colour",
        before="taken = []\ndef colour(**params): taken.append(params)\n",
    )
    player.find("[name=color]").send_keys("blue")
    page.wait_for(lambda: page.run("taken").text.strip() == "[{'color': 'blue'}]")
