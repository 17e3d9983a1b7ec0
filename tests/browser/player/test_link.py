"""Frames over a connection that they are too large for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.chromium import Chromium
from tests.browser.notebook import Notebook
from tests.browser.server import Server
from tests.browser.slow_link import SlowLink

from .conftest import SETUP
from .player import Player

NOISE = """
random = np.random.default_rng(1)
figure = Figure(figsize=(4, 3), dpi=100)
axes = figure.add_axes((0, 0, 1, 1))
image = axes.imshow(random.random((300, 400)), cmap="gray", aspect="auto")
moving = FuncAnimation(figure, lambda i: image.set_data(random.random((300, 400))), frames=400)
shown = pybridge.Animation(moving, interval=100)
shown
"""


@pytest.fixture
def link(server: Server) -> Iterator[SlowLink]:
    with SlowLink(server) as link:
        yield link


@pytest.fixture
def far(driver: Chromium, link: SlowLink) -> Iterator[Notebook]:
    """A notebook at the other end of the link."""
    notebook = Notebook.create(driver, link, name="far.ipynb")  # type: ignore[arg-type]
    notebook.run(SETUP)
    yield notebook
    link.rate = None
    assert notebook.console_errors() == []
    notebook.close()


def sent(player: Player) -> str:
    text: str = player.js("return root.querySelector('[data-figure=sent]').textContent;")
    return text


def test_frames_come_with_losses_while_it_plays_and_without_when_it_rests(
    far: Notebook, link: SlowLink
) -> None:
    player = Player.of(far.run(NOISE))
    player.click("info")
    player.wait(lambda: sent(player) == "PNG, lossless", "the figures are there")
    player.click("play")
    link.rate = 1_000_000
    player.wait(lambda: sent(player).endswith("until it rests"), "smaller frames come", 60)
    player.click("pause")
    index = player.frame
    player.wait(lambda: sent(player) == "PNG, lossless", "it rests without losses", 60)
    player.at(index)
    link.rate = None
    expected = pixels_of(far, f"shown.frame({index})")

    def is_exact() -> bool:
        return bool((player.pixels() == expected).all())

    player.wait(is_exact, "the very pixels are shown")


def pixels_of(notebook: Notebook, expression: str) -> NDArray[np.uint8]:
    """The pixels of a PIL image that an expression in the kernel makes."""
    shape, content = notebook.py(
        "const array = await py.runPython(arguments[0]); return [array.shape, [...array.data]];",
        f"np.asarray(({expression}).convert('RGBA'))",
    )
    return np.array(content, np.uint8).reshape(shape)


def test_nothing_is_lost_as_long_as_frames_come_in_time(show: Callable[..., Player]) -> None:
    # In a second each, however busy the machine.
    player = show(
        "animation, interval=1000",
        before=NOISE.partition("shown =")[0].replace("moving =", "animation ="),
    )
    player.click("info")
    player.click("play")
    player.wait(lambda: player.shown > 12, "it has played", 60)
    assert sent(player) == "PNG, lossless"
    figure = player.js("return root.querySelector('[data-figure=drawn]').textContent;")
    assert figure in {"what moves", "whole figures: nearly all of it changes from frame to frame"}
