"""What the player asks the kernel for, and when it asks for nothing."""

from __future__ import annotations

from tests.browser.notebook import Notebook

from .conftest import Show
from .player import Player

EXECUTED = """
const {kernel} = Jupyter.notebook, send = kernel.send_shell_message;
if (!window.sent) {
    window.sent = [];
    kernel.send_shell_message = function (type, content, ...more) {
        // The view of the test before may say only now that it is gone.
        const code = content.code ?? type;
        if (!code.includes('detach')) window.sent.push(code);
        return send.call(this, type, content, ...more);
    };
}
window.sent.length = 0;
"""


def looped(player: Player, frames: int = 20) -> int:
    """Play until all frames are cached; give the number of requests."""
    player.click("play")
    player.wait(lambda: player.shown > frames + 5, "a round is over")
    return player.settled()


def test_a_cached_loop_is_played_without_a_single_call(page: Notebook, show: Show) -> None:
    player = show()
    calls = looped(player)
    page.js(EXECUTED)
    before = player.shown
    player.wait(lambda: player.shown > before + 60, "three rounds are over")
    assert player.calls == calls
    assert page.js("return sent;") == []


def test_a_cached_loop_goes_on_while_a_cell_keeps_the_kernel_busy(
    page: Notebook, show: Show
) -> None:
    player = show()
    looped(player)
    busy = page.run("time.sleep(60)", wait=False)
    player.scroll_here()
    page.wait_for(lambda: busy.execution_count == "*")
    before = player.shown
    player.wait(lambda: player.shown > before + 25, "it goes on")
    assert not busy.is_done
    page.interrupt_kernel()
    busy.wait(check=False)


def test_stepping_back_and_forth_in_what_was_shown_asks_for_nothing(show: Show) -> None:
    player = show()
    calls = looped(player)
    player.click("pause")
    for action in ["first", "next", "next", "last", "previous", "first"]:
        player.click(action)
        player.at(player.frame)
    assert player.settled() == calls


def test_at_rest_nothing_is_asked_for(page: Notebook, show: Show) -> None:
    player = show()
    calls = player.settled()
    page.js(EXECUTED)
    assert player.settled() == calls
    assert page.js("return sent;") == []


def test_out_of_sight_nothing_is_asked_for_and_in_sight_again_it_plays_on(
    page: Notebook, show: Show
) -> None:
    player = show("moving(2000, interval=20)")
    page.run("print('\\n' * 80)")
    player.click("play")
    player.wait(lambda: player.frame > 5, "it plays")
    page.js("arguments[0].scrollIntoView();", page.append("").element)
    player.settled()
    calls, frame = player.calls, player.frame
    assert player.settled() == calls
    assert player.frame == frame
    player.scroll_here()
    player.wait(lambda: player.frame > frame + 5, "it plays on")


def test_a_player_that_python_plays_out_of_sight_asks_for_nothing(
    page: Notebook, show: Show
) -> None:
    player = show("moving(2000)")
    page.run("print('\\n' * 80)")
    page.js("arguments[0].scrollIntoView();", page.append("").element)
    calls = player.settled()
    page.run("shown.play()")
    player.wait(lambda: player.direction == 1, "it has heard")
    assert player.settled() == calls


HIDE = """
const [hidden] = arguments;
Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
document.dispatchEvent(new Event('visibilitychange'));
"""


def test_in_a_hidden_tab_nothing_is_asked_for(page: Notebook, show: Show) -> None:
    player = show("moving(2000, interval=20)")
    player.click("play")
    player.wait(lambda: player.frame > 5, "it plays")
    # A tab behind another one stays visible to a browser without a screen.
    page.js(HIDE, True)
    try:
        calls = player.settled()
        page.run("shown.seek(1000)")
        player.wait(lambda: player.frame == 1000, "it has heard")
        assert player.settled() == calls
    finally:
        page.js(HIDE, False)
    player.scroll_here()
    player.at(1000)


def test_each_frame_is_asked_for_once(page: Notebook, show: Show) -> None:
    player = show(
        "update, frames=30, figure=figure, interval=20",
        before="figure = Figure(figsize=(3, 2)); seen = []\ndef update(i): seen.append(i)\n",
    )
    looped(player, 30)
    assert page.run("seen == list(range(30))").text.strip() == "True"
    assert player.calls <= 31
