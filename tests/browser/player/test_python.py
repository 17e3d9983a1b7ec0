"""What Python tells an animation reaches every view of it; each view has its own position."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player


def test_views_in_two_cells_have_their_own_positions(page: Notebook, show: Show) -> None:
    first = show()
    second = Player.of(page.run("shown"))
    second.click("next")
    second.at(1)
    first.scroll_here()
    assert first.frame == 0
    first.click("last")
    first.at(19)
    assert second.frame == 1
    second.scroll_here()
    second.choose("Speed", "4\u00d7")
    assert first.value("select[aria-label=Speed]") == "1"


def test_seek_reaches_every_view_and_pauses_it(page: Notebook, show: Show) -> None:
    first = show()
    second = Player.of(page.run("shown"))
    second.click("play")
    second.wait(lambda: second.frame > 2, "it plays")
    page.run("shown.seek(7)")
    for player in (first, second):
        player.scroll_here()
        player.at(7)
        assert player.direction == 0
    assert "FrameRangeError" in page.run("shown.seek(20)", check=False).text
    assert first.frame == 7


def test_play_and_pause_reach_every_view(page: Notebook, show: Show) -> None:
    first = show()
    second = Player.of(page.run("shown"))
    page.run("shown.play()")
    for player in (first, second):
        player.scroll_here()
        player.wait(lambda player=player: player.direction == 1 and player.frame > 2, "it plays")
    page.run("shown.pause()")
    for player in (first, second):
        player.wait(lambda player=player: player.direction == 0, "it rests")


def test_the_page_follows_while_the_cell_that_plays_still_runs(page: Notebook, show: Show) -> None:
    player = show()
    player.click("play")
    player.wait(lambda: player.shown > 25, "a round is over")
    player.click("pause")
    cell = page.run("shown.seek(3); time.sleep(60)", wait=False)
    player.at(3)
    assert not cell.is_done
    page.interrupt_kernel()
    cell.wait(check=False)


def test_restart_takes_every_view_to_the_first_frame(page: Notebook, show: Show) -> None:
    before = (
        "figure = Figure(figsize=(3, 2)); text = figure.text(.1, .5, '')\n"
        "count = itertools.count()\n"
        "def update(i): text.set_text(f'{i}: call {next(count)}')\n"
    )
    player = show("update, frames=9, figure=figure", before=before)
    player.click("next")
    player.at(1)
    player.settled()
    calls = page.run("next(count)").text
    first = player.shown
    page.run("shown.restart()")
    player.scroll_here()
    player.at(0)
    player.wait(lambda: player.shown > first, "the new frame is drawn")
    player.settled()
    assert int(page.run("next(count)").text) > int(calls) + 1


def test_frame_gives_a_picture_and_leaves_the_views_alone(page: Notebook, show: Show) -> None:
    player = show()
    assert page.run("shown.frame(5).size").text.strip() == "(400, 200)"
    assert player.frame == 0


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_save_writes_all_frames(page: Notebook, show: Show, ending: str) -> None:
    player = show("moving(10)")
    player.click("next")
    page.run(f"shown.save('saved.{ending}')")
    path = Path(page.server.folder, f"saved.{ending}")
    if ending == "mp4":
        assert path.read_bytes()[4:8] == b"ftyp"
    else:
        with Image.open(path) as image:
            assert image.n_frames == 10
    assert player.note == ""


@pytest.fixture
def windows(page: Notebook, show: Show) -> Iterator[tuple[Player, Player]]:
    """Two windows that show one animation."""
    first = show("moving(40, interval=100)")
    page.save()
    other = page.second_window()
    yield first, Player.of(other.cells[-1])
    other.close_window()
    page._others.remove(other)


def test_a_second_window_has_its_own_position_and_hears_python(
    page: Notebook, windows: tuple[Player, Player]
) -> None:
    first, second = windows
    second.click("next")
    second.at(1)
    assert first.frame == 0
    page.run("shown.seek(2)")
    first.scroll_here()
    for player in windows:
        player.at(2)
    page.run("shown.play()")
    for player in windows:
        player.wait(lambda player=player: player.direction == 1, "it plays")


def test_closing_one_window_leaves_the_other_its_frames(windows: tuple[Player, Player]) -> None:
    first, second = windows
    second.notebook.close_window()
    first.scroll_here()
    first.click("last")
    first.at(39)
    assert first.note == ""
