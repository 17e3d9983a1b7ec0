"""Show the animation example: ``python -m examples.demo`` in a checkout.

With a display it opens the notebook in your browser and serves it until Ctrl-C. Without one it
does what you would do, in headless Chromium: run the notebook, press play, look at the picture.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import webbrowser
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.notebook_file import sign_notebook
from tests.browser.server import Server

if TYPE_CHECKING:
    from tests.browser.notebook import Notebook

EXAMPLES = Path(__file__).resolve().parent
BUILD = EXAMPLES.parent / "build" / "demo"
NOTEBOOK = "animation.ipynb"

# Counted in the page, where the frames are shown.
MEASURE = """
const [player, milliseconds] = arguments;
const shown = () => Number(player.dataset.shown || 0);
const begin = performance.now(), before = shown();
await new Promise(resolve => setTimeout(resolve, milliseconds));
return [shown() - before, (performance.now() - begin) / 1000];
"""


class DemoError(Exception):
    """The demo cannot go on, for the reason it says."""


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(text, flush=True)


def has_display() -> bool:
    """Whether a browser would find a screen."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def copy_examples() -> Path:
    """Copy the notebooks to where running and saving them changes nothing of the checkout."""
    if not (EXAMPLES / NOTEBOOK).exists():
        raise DemoError(f"{EXAMPLES / NOTEBOOK} is missing")
    folder = BUILD / "notebooks"
    ignored = shutil.ignore_patterns("*.py", "__pycache__", ".*")
    shutil.copytree(EXAMPLES, folder, ignore=ignored, dirs_exist_ok=True)
    return folder


def show_in_browser(server: Server) -> None:
    """Open the notebook in the user's browser and serve it until Ctrl-C."""
    url = server.notebook_url(NOTEBOOK)
    say(f"Opening {url}")
    if not webbrowser.open(url):
        say("No browser could be started: please open that address yourself.")
    say("Choose Cell > Run All, then press play. Ctrl-C here ends the demo.")
    try:
        server.wait()
        say("The server was shut down from the browser.")
    except KeyboardInterrupt:
        say("\nShutting down.")


def press_play(page: Notebook, seconds: float) -> None:
    """Run the notebook, press play, and report what the player shows.

    Raises
    ------
    DemoError
        When a cell raises, no player appears, or it shows no frames.
    """
    say("Running its cells ...")
    cells = page.run_all()
    outputs = "\n".join(cell.text for cell in cells).strip()
    try:
        player = page.find(".pybridge-player")
        say("The player is there. Pressing play ...")
        page.click(".pybridge-player [data-action=play]")
        page.wait_for(
            lambda: int(player.get_attribute("data-shown") or 0) > 1, 20, "the player shows frames"
        )
    except TimeoutError as error:
        errors = "\n".join(page.console_errors())
        picture = page.screenshot(BUILD / "failed.png")
        raise DemoError(
            f"{error}\noutputs:\n{outputs}\nconsole:\n{errors}\npicture: {picture}"
        ) from error
    frames, elapsed = page.js_async(MEASURE, player, seconds * 1000, timeout=seconds + 30)
    page.js("arguments[0].scrollIntoView({block: 'center'});", player)
    picture = page.screenshot(BUILD / "animation.png")
    say(f"Screenshot: {picture}")
    say(f"Frames shown: {frames} in {elapsed:.1f} s")
    say(f"Frames per second: {frames / elapsed:.1f}")
    if frames == 0:
        raise DemoError("the player stopped after its first frames")


def show_headless(server: Server, seconds: float) -> None:
    """Let headless Chromium do what a person would."""
    try:
        from selenium.common.exceptions import WebDriverException  # noqa: PLC0415

        from tests.browser.cell import CellError  # noqa: PLC0415
        from tests.browser.chromium import Chromium  # noqa: PLC0415
        from tests.browser.notebook import Notebook  # noqa: PLC0415
    except ImportError as error:
        raise DemoError(f"without a display the demo needs Selenium: {error}") from error
    say("No display: starting headless Chromium ...")
    try:
        with Chromium(size=(1100, 1000)) as driver:
            say(f"Opening {NOTEBOOK} ...")
            press_play(Notebook(driver, server, NOTEBOOK), seconds)
    except (CellError, TimeoutError, RuntimeError, WebDriverException) as error:
        raise DemoError(str(error)) from error


def main(arguments: list[str] | None = None) -> int:
    """Run the demo and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="as if there were no display")
    parser.add_argument(
        "--seconds", type=float, default=5, help="how long headless Chromium plays (default: 5)"
    )
    options = parser.parse_args(arguments)
    # Whoever ends the demo politely gets the kernels and the server ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        version = metadata.version("pybridge-nbext")
    except metadata.PackageNotFoundError:
        say(f"demo: pybridge is not installed for {sys.executable}: run `make demo`")
        return 1
    try:
        folder = copy_examples()
        say(f"pybridge {version}: starting the notebook server ...")
        with Server(folder, base_url="/") as server:
            say(f"{server.host} serves {folder}")
            sign_notebook(folder / NOTEBOOK, server.data_dir)
            if has_display() and not options.headless:
                show_in_browser(server)
            else:
                show_headless(server, options.seconds)
    except (DemoError, RuntimeError) as error:
        print(f"demo: {error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
