"""What a notebook keeps of a player."""

from __future__ import annotations

import base64
import io
from types import SimpleNamespace

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from matplotlib.animation import FuncAnimation
from PIL import Image

import pybridge
from pybridge.animation import poster
from pybridge.errors import BadArgumentError, NoHandleError


def moving(**options):
    figure, axes = plt.subplots(figsize=(4, 3))
    (line,) = axes.plot([0, 1], [0, 1])
    animation = FuncAnimation(figure, lambda i: line.set_ydata([0, i]), frames=10)
    return pybridge.Animation(animation, **options)


def noise(size):
    pixels = np.random.default_rng(0).integers(0, 255, (*size, 3), dtype=np.uint8)
    return pybridge.Animation(lambda i: np.roll(pixels, i, axis=1), frames=1000)


@pytest.fixture(autouse=True)
def _no_handles():
    yield
    for handle in pybridge.handles():
        handle.release()


def shown(player):
    data, metadata = DisplayFormatter().format(player)
    return data, metadata


def test_it_is_markup_a_picture_and_a_line_of_text():
    data, metadata = shown(moving())
    assert set(data) == {"text/html", "image/png", "text/plain"}
    assert data["text/plain"] == "Animation"
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (400, 300)
    assert metadata["pybridge"]["version"] == pybridge.__version__
    assert pybridge.get(metadata["pybridge"]["handle"])


def test_it_makes_a_valid_notebook():
    data, metadata = shown(moving(bake=True))
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
    nbformat.validate(notebook)


def test_markup_alone_can_be_had():
    player = moving()
    assert player._repr_html_() == shown(player)[0]["text/html"]


def test_its_words_name_it_without_an_address():
    player = moving()
    player._frames.source.figure.suptitle("Waves")
    assert repr(player) == "<pybridge.Animation: Waves, 10 frames>"


def test_twenty_players_of_a_thousand_frames_are_below_2_MB():  # noqa: N802 - a unit
    sizes = []
    for _ in range(20):
        data, metadata = shown(noise((480, 640)))
        output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
        sizes.append(
            len(
                nbformat.writes(
                    nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
                )
            )
        )
    assert sum(sizes) < 2_000_000


def test_a_picture_that_is_too_large_becomes_a_jpeg_of_the_same_place():
    data, _ = shown(noise((480, 640)))
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"])))
    assert picture.format == "JPEG"
    assert picture.width / picture.height == 640 / 480
    assert 'width="640" height="480"' in data["text/html"]


@pytest.mark.parametrize(
    ("configured", "size"),
    [({"figure_format": "retina"}, 800), ({"figure_formats": {"png2x"}}, 800), ({}, 400)],
)
def test_it_is_sharp_where_the_notebooks_figures_are(monkeypatch, configured, size):
    shell = SimpleNamespace(
        config=SimpleNamespace(InlineBackend=configured), configurables=[], history_manager=None
    )
    monkeypatch.setattr(poster, "get_ipython", lambda: shell)
    data, _ = shown(moving())
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width == size
    assert 'width="400" height="300"' in data["text/html"]


def test_the_same_animation_gives_the_same_output():
    first = shown(moving(bake=5))
    pybridge.handles()[0].release()
    plt.close("all")
    assert shown(moving(bake=5)) == first


def test_two_that_are_alive_at_once_have_handles_of_their_own():
    names = [shown(moving())[1]["pybridge"]["handle"] for _ in range(3)]
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]


def test_showing_it_again_keeps_its_handle():
    player = moving()
    assert shown(player)[1] == shown(player)[1]
    assert player.name == shown(player)[1]["pybridge"]["handle"]


def test_other_content_has_another_handle():
    name = shown(moving())[1]["pybridge"]["handle"]
    pybridge.release(name)
    other = moving(interval=30)
    assert shown(other)[1]["pybridge"]["handle"] != name
    with pytest.raises(NoHandleError):
        pybridge.get(name)


def test_what_was_baked_is_in_the_markup_and_said_in_the_caption():
    html = shown(moving(bake=4))[0]["text/html"]
    assert '<script type="application/json">' in html
    assert "which holds 4 of 10 frames" in html


def test_frames_that_are_no_longer_right_are_baked_anew():
    def draw(i, height=1):
        return np.full((8, 8, 3), 20 * i + height, dtype=np.uint8)

    player = pybridge.Animation(draw, frames=5, params={"height": (1, 9)}, bake=True)
    before = shown(player)[0]["text/html"]
    assert shown(player)[0]["text/html"] == before
    player.set_params(height=6)
    assert shown(player)[0]["text/html"] != before


def test_it_can_be_baked_later():
    player = moving()
    assert "application/json" not in shown(player)[0]["text/html"]
    result = player.bake("1 MB", lossless=True)
    assert str(result).startswith("all 10 frames, without losses: 0.0")
    assert "application/json" in shown(player)[0]["text/html"]


@pytest.mark.parametrize("hostile", ["</script><img src=x onerror=alert(1)>", '"><b>', "<!--"])
def test_titles_are_text(hostile):
    player = moving(bake=2)
    player._frames.source.figure.suptitle(hostile, parse_math=False)
    html = shown(player)[0]["text/html"]
    assert hostile not in html


def test_a_bake_that_fails_leaves_the_player():
    def draw(i):
        if i == 3:
            raise ZeroDivisionError("no frame 3")
        return np.zeros((8, 8, 3), dtype=np.uint8)

    player = pybridge.Animation(draw, frames=5, bake=True)
    with pytest.warns(UserWarning, match="no frames are kept in the notebook: ZeroDivisionError"):
        data, metadata = shown(player)
    assert 'class="pybridge-player' in data["text/html"]
    assert pybridge.get(metadata["pybridge"]["handle"])


def test_a_bake_that_fails_changes_nothing():
    player = moving()
    with pytest.raises(BadArgumentError, match="not one frame fits"):
        player.bake("1 kB")
    assert "application/json" not in shown(player)[0]["text/html"]


def test_of_an_endless_animation_as_many_are_kept_as_asked_for():
    player = pybridge.Animation(lambda i: np.full((8, 8, 3), i % 256, dtype=np.uint8))
    assert str(player.bake(150)).startswith("the first 150 frames")


def test_a_restart_keeps_what_was_baked():
    player = moving(bake=3)
    before = shown(player)[0]["text/html"]
    player.restart()
    assert shown(player)[0]["text/html"] == before


def test_frames_that_were_doubted_meanwhile_are_drawn_again():
    player = moving(bake=True, lossless=True)
    renderer = player._frames._renderer
    render = renderer.render
    doubts = iter([False] * 5 + [True])

    def doubtful(*args, **options):
        pixels = render(*args, **options)
        renderer.doubtful = int(next(doubts, False))
        return pixels

    renderer.render = doubtful
    shown(player)
    assert player._service._baked.version == player._frames.version > 0
    assert player._service._baked.text == "all 10 frames"
