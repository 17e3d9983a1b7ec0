"""A player while a cell keeps the kernel busy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.browser.cell import Cell
from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

COMPUTE = """
import os
steps = 0
while not os.path.exists("enough"):
    steps += 1
os.remove("enough")
"""


class Busy:
    """A cell that computes until it is told to end."""

    def __init__(self, page: Notebook) -> None:
        self.file = (page.server.folder / page.path).parent / "enough"
        self.cell: Cell = page.run(COMPUTE, wait=False)
        page.wait_for(
            lambda: page.js("return $('#kernel_indicator_icon').attr('title');") != "Kernel Idle"
        )

    def end(self) -> None:
        self.file.write_text("")
        self.cell.wait()


@pytest.fixture
def busy(page: Notebook) -> Iterator[type[Busy]]:
    """Makes the kernel busy; it is idle again after the test."""
    started = []

    def start() -> Busy:
        started.append(Busy(page))
        return started[-1]

    yield start  # type: ignore[misc]
    for one in started:
        if not one.cell.is_done:
            one.end()


def says(player: Player) -> str:
    """What the player says of a busy kernel."""
    return str(player.js("return root.querySelector('.pybridge-busy:not([hidden])')?.value ?? '';"))


def waited(player: Player) -> int:
    """For how many seconds it says that it has waited; 0 if it says nothing."""
    said = re.fullmatch(r"Kernel busy: waiting for (\d+) s", says(player))
    return int(said[1]) if said else 0


def test_cached_frames_play_on_and_the_rest_comes_later(show: Show, busy: type[Busy]) -> None:
    player = show("moving(interval=20), random_access=True")
    player.click("play")
    player.wait(lambda: player.shown > 20, "all frames are here")
    one = busy()
    before = player.shown
    player.wait(lambda: player.shown > before + 40, "cached frames play on")
    one.end()


def test_it_says_how_long_it_waits_and_loses_nothing(show: Show, busy: type[Busy]) -> None:
    player = show("moving(frames=400), random_access=True")
    one = busy()
    player.drag(0.5)
    before = player.wait(lambda: waited(player), "it says that it waits")
    player.wait(lambda: waited(player) > before, "and how long")
    # What nobody wants any more is taken back.
    player.drag(0.9)
    index = player.js("return Number(root.querySelector('.pybridge-slider').value);")
    one.end()
    player.wait(lambda: player.frame == index and player.shown > 1, "the last one wanted is shown")
    player.wait(lambda: says(player) == "", "it waits no more")


def test_in_the_side_lane_it_plays_on(show: Show, busy: type[Busy], host: str) -> None:
    player = show("moving(frames=10_000, interval=20), random_access=True, lane='side'")
    if host == "notebook6":
        # Calls wait, as in the main lane.
        one = busy()
        player.click("last")
        player.wait(lambda: says(player) != "", "it says that it waits")
        one.end()
        player.wait(lambda: player.frame == 9_999, "it is shown")
        return
    one = busy()
    player.click("play")
    player.wait(lambda: player.frame > 150, "frames come while the cell computes", timeout=30)
    assert not one.cell.is_done
    player.wait(lambda: says(player) == "", "it does not wait")
    one.end()


def test_a_player_that_is_shown_before_a_long_cell(page: Notebook, host: str) -> None:
    if host == "notebook6":
        pytest.skip("ipykernel 6 has no subshells")
    page.run("shown = pybridge.Animation(moving(), random_access=True, lane='side')")
    cell = page.run("shown", wait=False)
    one = Busy(page)
    player = Player.of(cell)
    player.click("next")
    player.wait(lambda: player.frame == 1, "it is connected while the next cell runs")
    assert not one.cell.is_done
    one.end()
